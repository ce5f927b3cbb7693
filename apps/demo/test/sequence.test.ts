// How words and vectors follow an edited sentence, and how a sentence becomes tokens.
import { describe, expect, it } from "vitest";
import { initialLesson, withEdgeToggled, withFeatures, withSentence } from "../src/lesson/lesson.ts";
import { realign, sequenceOf, widthOf, withNumber, withSource, withWidth, withWords } from "../src/lesson/sequence.ts";
import { tokenize } from "../src/lesson/tokens.ts";

const { sentence } = initialLesson;
const byHand = withNumber(sentence, 1, 0, 0.5);

describe("tokenize", () => {
  it.each([
    ["  나는\t사과를 \u3000먹었다\n", ["나는", "사과를", "먹었다"]],
    ["나는 사과를 먹었다.", ["나는", "사과를", "먹었다", "."]],
    ["I didn't eat it, really!", ["I", "didn't", "eat", "it", ",", "really", "!"]],
    ["我吃了苹果", ["我", "吃了", "苹果"]],
    ["👩‍🌾 3.5 kg", ["👩‍🌾", "3.5", "kg"]],
    [" \n ", []],
  ])("%j", (text, tokens) => expect(tokenize(text)).toEqual(tokens));
});

describe("withWords", () => {
  it("one-hots are made anew: each word its own, while there is a feature left", () => {
    expect(withWords(sentence, ["a", "b", "c", "d"]).vectors).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });
  it("random ones belong to their words, wherever they stand", () => {
    const one = withSource(sentence, { kind: "random", seed: 3 });
    const two = withWords(one, ["먹었다", "나는", "먹었다"]);
    expect(two.vectors).toEqual([one.vectors[2], one.vectors[0], one.vectors[2]]);
    expect(withSource(one, { kind: "random", seed: 4 }).vectors).not.toEqual(one.vectors);
  });
  it("those by hand stay with their words, also while one is retyped", () => {
    expect(withWords(byHand, ["나는", "사과", "먹었다"]).vectors).toEqual(byHand.vectors);
    const { vectors } = withWords(byHand, ["나는", "빨간", "사과를", "먹었다"]);
    expect(vectors).toEqual([byHand.vectors[0], [0, 1, 0], byHand.vectors[1], byHand.vectors[2]]);
    expect(withWords(byHand, ["나는", "먹었다"]).vectors).toEqual([byHand.vectors[0], byHand.vectors[2]]);
  });
});

it("realign keeps what belongs to repeated words", () => {
  expect(realign(["a", "a"], ["a", "b", "a"], [1, 2], () => 0)).toEqual([1, 0, 2]);
  expect(realign(["a", "b", "c"], ["c"], [1, 2, 3], () => 0)).toEqual([3]);
  expect(realign([], ["a"], [], () => 9)).toEqual([9]);
});

it("a number that is changed makes vectors by hand, in a copy", () => {
  expect(byHand.vectors[1]).toEqual([0.5, 1, 0]);
  expect(byHand.source).toEqual({ kind: "hand" });
  expect(sentence.vectors[1]).toEqual([0, 1, 0]);
});

it("another width cuts or fills what is by hand", () => {
  expect(withWidth(byHand, 2).vectors[1]).toEqual([0.5, 1]);
  expect(withWidth(byHand, 4).vectors[1]).toEqual([0.5, 1, 0, 0]);
  expect(widthOf(sequenceOf(["a"], 16, { kind: "oneHot" }))).toBe(16);
});

describe("lesson follows", () => {
  it("edges that were hidden go with their words", () => {
    const hidden = withEdgeToggled(withEdgeToggled(initialLesson, "self", [2, 0]), "self", [1, 1]);
    const inserted = withSentence(hidden, "sentence", ["나는", "빨간", "사과를", "먹었다"]);
    expect(inserted.settings.self.hidden).toEqual([
      [2, 2],
      [3, 0],
    ]);
    expect(withSentence(hidden, "sentence", ["나는", "먹었다"]).settings.self.hidden).toEqual([[1, 0]]);
  });
  it("heads always divide the width, and the pair of cross-attention keeps one width", () => {
    expect(withFeatures(initialLesson, "sentence", 4).settings.multiHead.heads).toBe(2);
    const wide = withFeatures(initialLesson, "answer", 5);
    expect([widthOf(wide.question), widthOf(wide.answer)]).toEqual([5, 5]);
  });
});
