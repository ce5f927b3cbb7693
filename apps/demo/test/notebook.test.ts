// What the notebook printed, and what it comes to when done properly: from the built @attn/core.
import * as core from "@attn/core";
import { describe, expect, it } from "vitest";
import { asShare } from "../src/format.ts";
import type { Matrix } from "../src/matrix.ts";
import { type MechanismId, type MechanismResult, mechanisms, multiHeadProjections } from "../src/mechanisms/index.ts";
import { notebook } from "../src/notebook.ts";
import { numpyPrint } from "../src/numpy.ts";

const results = Object.fromEntries(
  mechanisms.map((mechanism) => [mechanism.id, mechanism.compute(notebook)]),
) as Record<MechanismId, MechanismResult>;
const asText = (matrix: Matrix | undefined): string[] | undefined =>
  matrix?.values.map((row) => row.map(asShare).join(" "));

describe("the notebook's four results", () => {
  it.each([
    ["self", "Self-Attention Matrix:", [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]],
    ["masked", "Masked Self-Attention Matrix:", [3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 0]],
    ["cross", "Cross-Attention Matrix:", [2, 2], [1, 0, 0, 1]],
  ] as const)("%s", (id, heading, shape, numbers) => {
    const { notebook: result } = results[id];
    expect(result.heading).toBe(heading);
    expect(result.printed.shape).toEqual(shape);
    expect([...result.printed.data]).toEqual(numbers);
  });

  it("multiHead: (i, j, head), every head equal", () => {
    const { printed, heads } = results.multiHead.notebook;
    expect(printed.shape).toEqual([3, 3, 3]);
    expect([...printed.data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1].flatMap((x) => [x, x, x]));
    expect(heads).toHaveLength(3);
    for (const head of heads) expect(head.values).toEqual(heads[0]?.values);
  });

  it("are printed as NumPy printed them", () => {
    expect(numpyPrint(results.self.notebook.printed)).toBe("[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 1.]]");
    expect(numpyPrint(results.masked.notebook.printed)).toBe("[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 0.]]");
    expect(numpyPrint(results.cross.notebook.printed)).toBe("[[1. 0.]\n [0. 1.]]");
    expect(numpyPrint(results.multiHead.notebook.printed)).toBe(
      "[[[1. 1. 1.]\n  [0. 0. 0.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [1. 1. 1.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [0. 0. 0.]\n  [1. 1. 1.]]]",
    );
  });
});

describe("done properly", () => {
  it("self: scaled by 1/√3, softmaxed, mixed", () => {
    const rows = ["0.4711 0.2645 0.2645", "0.2645 0.4711 0.2645", "0.2645 0.2645 0.4711"];
    expect(asText(results.self.proper.weights[0])).toEqual(rows);
    expect(asText(results.self.proper.output)).toEqual(rows);
  });

  it("multiHead: three heads that differ, side by side in the output", () => {
    const even = "0.3333 0.3333 0.3333";
    const { weights, output } = results.multiHead.proper;
    expect(weights.map(asText)).toEqual([
      [even, even, "0.7870 0.1065 0.1065"],
      [even, even, "0.1065 0.7870 0.1065"],
      ["0.1065 0.1065 0.7870", "0.1065 0.1065 0.7870", even],
    ]);
    expect(asText(output)).toEqual(["0.3333 0.3333 0.7870", "0.3333 0.3333 0.7870", "0.7870 0.7870 0.3333"]);
  });

  it("masked: a causal triangle, every row adding up to 1", () => {
    const { weights } = results.masked.proper;
    expect(asText(weights[0])).toEqual(["1.0000 0.0000 0.0000", "0.3595 0.6405 0.0000", "0.2645 0.2645 0.4711"]);
    expect(weights[0]?.hidden).toEqual([
      [false, true, true],
      [false, false, true],
      [false, false, false],
    ]);
  });

  it("masked, notebook: the hidden word is hidden from everyone", () => {
    expect(results.masked.notebook.heads[0]?.hidden).toEqual([
      [false, false, true],
      [false, false, true],
      [false, false, true],
    ]);
  });

  it("cross: the answer asks, the question is asked", () => {
    const weights = results.cross.proper.weights[0];
    expect(weights?.rows).toEqual(["나는", "먹었다"]);
    expect(weights?.columns).toEqual(["너는", "사과를"]);
    expect(asText(weights)).toEqual(["0.6698 0.3302", "0.3302 0.6698"]);
  });
});

describe("the calls that are shown", () => {
  const { sentence, question, answer } = notebook;
  const names = {
    ...core,
    x: sentence.vectors,
    question: question.vectors,
    answer: answer.vectors,
    projections: multiHeadProjections,
  };
  const run = (text: string): unknown =>
    new Function(...Object.keys(names), `return ${text};`)(...Object.values(names));

  it.each(mechanisms)("$id: give what is shown", ({ calls, compute }) => {
    const { notebook: expected, proper } = compute(notebook);
    const shown = calls(notebook);
    const printed = run(shown.notebook) as core.Tensor;
    expect([...printed.data]).toEqual(expected.heads.flatMap((head) => head.values.flat()));
    const { output, weights } = run(shown.proper) as { output: core.Tensor; weights: core.Tensor };
    expect([...output.data]).toEqual(proper.output.values.flat());
    expect([...weights.data]).toEqual(proper.weights.flatMap((head) => head.values.flat()));
  });
});
