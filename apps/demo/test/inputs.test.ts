// How words and vectors follow an edited sentence, and which texts are numbers.
import { describe, expect, it } from "vitest";
import { parseNumber, realign, tokenize, withNumber, withWords } from "../src/inputs.ts";
import { notebook } from "../src/notebook.ts";

const { sentence } = notebook;

it("tokenizes by whitespace of any kind and amount", () => {
  expect(tokenize("  나는\t사과를 \u3000먹었다\n")).toEqual(["나는", "사과를", "먹었다"]);
  expect(tokenize(" \n ")).toEqual([]);
});

describe("withWords", () => {
  it("keeps a word's vector while it is retyped", () => {
    expect(withWords(sentence, ["나는", "사과", "먹었다"])).toEqual({ ...sentence, words: ["나는", "사과", "먹었다"] });
  });

  it("keeps the vectors of words in front of and behind an insertion", () => {
    const { vectors } = withWords(sentence, ["나는", "빨간", "사과를", "먹었다"]);
    expect(vectors).toEqual([sentence.vectors[0], expect.any(Array), sentence.vectors[1], sentence.vectors[2]]);
    expect(vectors[1]).toHaveLength(3);
  });

  it("drops the vector of the word that is removed", () => {
    expect(withWords(sentence, ["나는", "먹었다"]).vectors).toEqual([sentence.vectors[0], sentence.vectors[2]]);
  });

  it("gives a new word a feature that no other has, while there is one", () => {
    const two = withWords(sentence, ["나는", "먹었다"]);
    expect(withWords(two, ["나는", "먹었다", "사과를"]).vectors[2]).toEqual([0, 1, 0]);
  });

  it("keeps the width, whatever the number of words", () => {
    const words = Array.from({ length: 8 }, (_, i) => `w${i}`);
    expect(withWords(sentence, words).vectors.map((vector) => vector.length)).toEqual(Array(8).fill(3));
  });
});

it("realign keeps what belongs to repeated words", () => {
  expect(realign(["a", "a"], ["a", "b", "a"], [1, 2], () => 0)).toEqual([1, 0, 2]);
  expect(realign(["a", "b", "c"], ["c"], [1, 2, 3], () => 0)).toEqual([3]);
  expect(realign([], ["a"], [], () => 9)).toEqual([9]);
});

it("withNumber changes one number of a copy", () => {
  const changed = withNumber(sentence, 1, 0, 0.5);
  expect(changed.vectors).toEqual([
    [1, 0, 0],
    [0.5, 1, 0],
    [0, 0, 1],
  ]);
  expect(sentence.vectors[1]).toEqual([0, 1, 0]);
});

it.each([
  ["0.5", 0.5],
  ["-10", -10],
  [" 1e1 ", 10],
  ["", undefined],
  ["  ", undefined],
  ["a", undefined],
  ["NaN", undefined],
  ["10.5", undefined],
  ["Infinity", undefined],
])("parseNumber(%j) = %s", (text, value) => {
  expect(parseNumber(text)).toBe(value);
});
