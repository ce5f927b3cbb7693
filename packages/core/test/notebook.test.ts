// The four results that a learner's notebook prints for 나는 사과를 먹었다, and the same mechanisms done properly.
import {
  crossAttention,
  maskedMultiHeadSelfAttention,
  multiHeadSelfAttention,
  scores,
  selfAttention,
  tensor,
} from "@attn/core";
import { describe, expect, it } from "vitest";

const words = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const rounded = (data: Float32Array): number[] => [...data].map((x) => Math.round(x * 1e4) / 1e4);

describe("the notebook's matrices", () => {
  it("self: the 3×3 identity", () => {
    expect([...scores(words, words).data]).toEqual(identity);
  });

  it("multi-head: three heads, each the same", () => {
    const heads = [words, words, words];
    const { data, shape } = scores(heads, heads);
    expect(shape).toEqual([3, 3, 3]);
    expect([...data]).toEqual([...identity, ...identity, ...identity]);
  });

  it("masked: key 3 hidden from everyone", () => {
    expect([...scores(words, words, { mask: [true, true, false], maskedValue: 0 }).data]).toEqual([
      1, 0, 0, 0, 1, 0, 0, 0, 0,
    ]);
  });

  it("cross: the 2×2 identity", () => {
    const pair = [
      [1, 0],
      [0, 1],
    ];
    expect([...scores(pair, pair).data]).toEqual([1, 0, 0, 1]);
  });
});

describe("the mechanisms done properly", () => {
  it("self: scaled and softmaxed", () => {
    const { weights, output } = selfAttention(words, { returnWeights: true });
    const row = [0.4711, 0.2645, 0.2645];
    expect(rounded(weights.data)).toEqual([...row, 0.2645, 0.4711, 0.2645, 0.2645, 0.2645, 0.4711]);
    expect(output.shape).toEqual([3, 3]);
    expect(rounded(selfAttention(words, { scale: 1, returnWeights: true }).weights.data.slice(0, 3))).toEqual([
      0.5761, 0.2119, 0.2119,
    ]);
  });

  it("multi-head: each head reads its own third of the width", () => {
    const { weights } = multiHeadSelfAttention(words, { heads: 3, returnWeights: true });
    expect(weights.shape).toEqual([3, 3, 3]);
    // Head h sees feature h alone: word h attends to itself, the others to all alike.
    const [e, third] = [Math.E / (Math.E + 2), 1 / 3];
    expect(weights.data[0]).toBeCloseTo(e, 6);
    expect(weights.data[3]).toBeCloseTo(third, 6);
    expect(weights.data[9 + 4]).toBeCloseTo(e, 6);
    expect(weights.data[9]).toBeCloseTo(third, 6);
  });

  it("masked: causal", () => {
    const { weights } = maskedMultiHeadSelfAttention(words, { heads: 1, returnWeights: true });
    expect(weights.shape).toEqual([1, 3, 3]);
    expect(rounded(weights.data)).toEqual([1, 0, 0, 0.3595, 0.6405, 0, 0.2645, 0.2645, 0.4711]);
  });

  it("cross: rows are the question, columns the answer", () => {
    const { weights, output } = crossAttention(
      tensor([[1, 0]]),
      tensor([
        [1, 0],
        [0, 1],
        [0, 1],
      ]),
      { returnWeights: true },
    );
    expect(weights.shape).toEqual([1, 3]);
    expect(output.shape).toEqual([1, 2]);
  });
});
