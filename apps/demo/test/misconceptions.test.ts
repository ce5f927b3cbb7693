// Each misconception's numbers, on the notebook's own words: those that its correction is known by.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chapterIds, initialLesson, type Lesson, withSentence } from "../src/lesson/lesson.ts";
import { type Evidence, evidenceOf, type MisconceptionId, misconceptionIds } from "../src/lesson/misconceptions.ts";
import { traceOf } from "../src/lesson/trace.ts";
import { lessons } from "./lessons.ts";

const show = (exhibits: Evidence["proper"]): string[][] =>
  exhibits.map(({ matrix }) => matrix.values.map((row) => row.map((x) => String(Number(x.toFixed(4)) + 0)).join(" ")));
const evidence = (id: MisconceptionId, lesson: Lesson): Evidence => {
  const chapter = chapterIds.find((each) => misconceptionIds[each].includes(id)) ?? "self";
  return evidenceOf(id, lesson, traceOf(lesson, chapter));
};
const of = (id: MisconceptionId) => {
  const { notebook, proper } = evidence(id, initialLesson);
  return { notebook: show(notebook), proper: show(proper) };
};
const identity = ["1 0 0", "0 1 0", "0 0 1"];
const weights = ["0.4711 0.2645 0.2645", "0.2645 0.4711 0.2645", "0.2645 0.2645 0.4711"];
const causal = ["1 0 0", "0.3595 0.6405 0", "0.2645 0.2645 0.4711"];

describe("self-attention", () => {
  it("Q, K and V are three projections of one source", () => {
    const { notebook, proper } = of("sameSource");
    expect(notebook).toEqual([identity]);
    expect(new Set(proper.map(String)).size).toBe(3);
  });
  it("one-hots give the identity, vectors that are alike do not", () => {
    const { notebook, proper } = of("oneHot");
    expect(notebook).toEqual([identity]);
    expect(proper[0]?.join(" ").match(/\b0\b(?!\.)/g)).toBeNull();
  });
  it("rows add up to 1 by accident, and to 2 where the vectors are twice as alike", () => {
    const { notebook, proper } = of("noSoftmax");
    expect(notebook.map((rows) => rows[0])).toEqual(["1 0 0 1", "2 0 0 2"]);
    for (const row of proper[0] ?? []) expect(row).toMatch(/ 1$/);
  });
  it("unscaled .5761 .2119, scaled .4711 .2645", () => {
    const { notebook, proper } = of("noScale");
    expect(notebook[0]?.[0]).toBe("0.5761 0.2119 0.2119");
    expect(proper[0]).toEqual(weights);
  });
  it("scores are not the output", () => {
    expect(of("noValues")).toEqual({ notebook: [identity], proper: [weights, weights] });
  });
  it("three equal sizes hide every shape", () => {
    expect(of("sameSizes")).toEqual({ notebook: [["3 3"], ["3 3"]], proper: [["3 8"], ["2 3 3"], ["3 8"]] });
  });
  it("the order of words changes nothing", () => {
    const { notebook, proper } = of("noPositions");
    expect(proper[0]?.toReversed()).toEqual(notebook[0]);
  });
});

describe("multi-head attention", () => {
  it("the notebook's heads are equal, projected ones are not", () => {
    const { notebook, proper } = of("sameHeads");
    expect(notebook).toEqual([identity, identity, identity]);
    expect(new Set(proper.map(String)).size).toBe(3);
  });
  it("a sum is as wide as one head, a join as all of them", () => {
    const { notebook, proper } = of("sumOrJoin");
    expect(notebook[0]?.[0]?.split(" ")).toHaveLength(1);
    expect(proper[0]?.[0]?.split(" ")).toHaveLength(3);
  });
  it("splitting alone and splitting what is projected differ", () => {
    const { notebook, proper } = of("ownProjections");
    expect([notebook.length, proper.length]).toEqual([2, 2]);
    expect(notebook).not.toEqual(proper);
  });
  it("a score is one number a pair, a value a vector a word", () => {
    const { notebook, proper } = evidence("scoresAsValues", initialLesson);
    expect([notebook[0]?.matrix.columnKind, proper[0]?.matrix.columnKind]).toEqual(["words", "features"]);
  });
  it("the first plane of the print is one word's heads, not one head's words", () => {
    expect(of("headLast")).toEqual({ notebook: [["1 1 1", "0 0 0", "0 0 0"]], proper: [identity] });
  });
});

describe("masked attention", () => {
  it("softmax of the product leaves .2645 for the hidden word, minus infinity gives 0", () => {
    const { notebook, proper } = of("multiplied");
    expect(notebook[0]).toEqual(["0.4711 0.2645 0.2645", "0.2645 0.4711 0.2645", "0.3333 0.3333 0.3333"]);
    for (const row of proper[0] ?? []) expect(row).toMatch(/ 0$/);
  });
  it("[1 1 0] hides a column, causality a triangle", () => {
    expect(of("padding")).toEqual({ notebook: [["1 1 0", "1 1 0", "1 1 0"]], proper: [causal] });
    expect(evidence("padding", initialLesson).proper[0]?.matrix.hidden).toEqual([
      [false, true, true],
      [false, false, true],
      [false, false, false],
    ]);
  });
  it("the last row of the notebook adds up to 0, no row of the triangle does", () => {
    const { notebook, proper } = of("emptyRow");
    expect(notebook[0]?.[2]).toBe("0 0 0 0");
    for (const row of proper[0] ?? []) expect(row).toMatch(/ 1$/);
  });
  it("the upper triangle is what is forbidden", () => {
    const { notebook, proper } = of("forbiddenPart");
    expect(notebook[0]?.[2]).toBe("0 0 1");
    expect(proper[0]).toEqual(causal);
  });
  it("a causal mask times one-hots is the identity still", () => {
    const { notebook, proper } = of("identityAgain");
    expect(notebook[0]).toEqual(identity);
    expect(proper[0]).not.toEqual(identity);
  });
  it("several heads under one mask", () => expect(of("oneHeadOnly").proper).toHaveLength(2));
});

describe("cross-attention", () => {
  it("rows are who asks", () => {
    const { notebook, proper } = evidence("transposed", initialLesson);
    expect(notebook[0]?.matrix.rows).toEqual(proper[0]?.matrix.columns);
  });
  it("other numbers for the same words, another matrix", () => {
    expect(of("twoSpaces")).toEqual({ notebook: [["1 0", "0 1"]], proper: [["0 1", "1 0"]] });
  });
  it("done properly there are weights and an output", () => expect(of("halfWay").proper).toHaveLength(2));
  it("a translation: I asks 나는, ate asks 먹었다, an and apple ask 사과를", () => {
    const best = evidence("translation", initialLesson).proper[0]?.matrix;
    const chosen = best?.values.map((row) => best.columns[row.indexOf(Math.max(...row))]);
    expect(chosen).toEqual(["나는", "먹었다", "사과를", "사과를"]);
  });
});

it("there are twenty-two, and each stands on whatever is on screen", () => {
  const all = Object.values(misconceptionIds).flat();
  expect(new Set(all).size).toBe(22);
  fc.assert(
    fc.property(lessons, (lesson) => {
      for (const id of all) {
        const { notebook, proper } = evidence(id, lesson);
        for (const { matrix } of [...notebook, ...proper]) {
          expect(matrix.values).toHaveLength(matrix.rows.length);
          for (const row of matrix.values) {
            expect(row).toHaveLength(matrix.columns.length);
            for (const x of row) expect(x).not.toBeNaN();
          }
        }
      }
    }),
    { seed: 3, numRuns: 40 },
  );
});

it("they follow the words", () => {
  const lesson = withSentence(initialLesson, "sentence", ["he", "ate"]);
  for (const id of [...misconceptionIds.self, ...misconceptionIds.masked]) {
    if (id === "sameSizes") continue;
    const { notebook, proper } = evidence(id, lesson);
    for (const { matrix } of [...notebook, ...proper]) expect(matrix.rows.toSorted()).toEqual(["ate", "he"]);
  }
});
