// Projections, heads and the two primitives, against numbers worked out by hand.

import { describe, expect, it } from "vitest";
import {
  compare,
  createRandom,
  type NumericArray,
  referenceAttention,
  referenceMatmul,
  referenceMultiHead,
  referenceSoftmax,
} from "../src/index.ts";
import { array, drawing, filled, identity, swapTokensAndHeads } from "./helpers.ts";

function close(got: ArrayLike<number>, expected: ArrayLike<number>, atol = 1e-14): void {
  expect(compare(got, expected, { atol })).toBeUndefined();
}

describe("multi-head", () => {
  it("with one head and no projection is attention of x to itself", () => {
    const x = createRandom(1).tensor([4, 6]);
    const plain = referenceAttention(x, x, x, { causal: true });
    const { output, weights, scores, lse, meanWeights } = referenceMultiHead(x, undefined, { causal: true });
    for (const [got, expected] of [
      [output, plain.output],
      [weights, plain.weights],
      [scores, plain.scores],
      [lse, plain.lse],
      [meanWeights, plain.weights],
    ] as const)
      expect(got).toEqual(expected);
  });

  it("splits the width over heads and lays the results side by side", () => {
    // Three orthogonal words over three heads: head h sees 1 in word h and 0 elsewhere.
    const { output, weights } = referenceMultiHead(identity(3), undefined, { heads: 3, scale: 1 });
    expect(weights.shape).toEqual([3, 3, 3]);
    const third = 1 / 3;
    close(weights.data.slice(0, 9), [0.5761, 0.2119, 0.2119, third, third, third, third, third, third], 5e-5);
    close(weights.data.slice(9, 18), [third, third, third, 0.2119, 0.5761, 0.2119, third, third, third], 5e-5);
    expect(output.shape).toEqual([3, 3]);
    close(output.data, [0.5761, third, third, third, 0.5761, third, third, third, 0.5761], 5e-5);
  });

  it("has the head axis exactly when heads is there", () => {
    const x = filled([2, 3, 4], 1);
    const one = referenceMultiHead(x, undefined, { heads: 1 });
    expect([one.weights.shape, one.lse.shape, one.meanWeights.shape]).toEqual([
      [2, 1, 3, 3],
      [2, 1, 3],
      [2, 3, 3],
    ]);
    const none = referenceMultiHead(x, undefined);
    expect([none.weights.shape, none.lse.shape, none.meanWeights.shape]).toEqual([
      [2, 3, 3],
      [2, 3],
      [2, 3, 3],
    ]);
    expect(none.output.shape).toEqual([2, 3, 4]);
  });

  it("broadcasts a mask to weights without a head axis", () => {
    const mask = filled([2, 1, 3], (i) => (i < 3 ? 1 : i % 2)); // batch 1 sees keys 1 only: 3 → 1, 4 → 0, 5 → 1
    const { scores } = referenceMultiHead(filled([2, 3, 4], 1), undefined, { mask });
    expect(drawing(scores)).toEqual(["xxx", "xxx", "xxx", "x.x", "x.x", "x.x"]);
    expect(() => referenceMultiHead(filled([2, 3, 4], 1), undefined, { heads: 4, mask })).toThrow(/"mask"/);
  });

  it("projects as x·Wᵀ + b", () => {
    const x = array([[1, 2]]);
    const value = {
      weight: array([
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
      bias: array([100, 200, 300]),
    };
    // one key: weight 1. v = [1·3 + 2·4 + 100, 1·5 + 2·6 + 200, 1·7 + 2·8 + 300]
    const projected = referenceMultiHead(x, undefined, { projections: { value } });
    expect([...projected.output.data]).toEqual([111, 217, 323]);
    const output = { weight: array([[1, 0, -1]]), bias: array([-1000]) };
    const both = referenceMultiHead(x, undefined, { projections: { value, output } });
    expect(both.output).toEqual({ data: new Float64Array([111 - 323 - 1000]), shape: [1, 1] });
    // |v| + √(Σ products² + bias²), carried by |W|, + |bias|
    close(both.condition, [111 + Math.hypot(3, 8, 100) + 323 + Math.hypot(7, 16, 300) + 1000], 1e-10);
    expect([...both.sensitivity.output]).toEqual([0]); // one key: its weight is 1, whatever its logit
    expect(both.valueTerms).toBe(1 + 3 + 4);

    const query = { weight: array([[2, 0]]), bias: array([1]) }; // q = 3
    const key = { weight: array([[0, 5]]) }; // k = 10
    const scored = referenceMultiHead(x, undefined, { projections: { query, key } });
    expect([...scored.scores.data]).toEqual([30]);
    const [q, k] = [3 + Math.hypot(2, 1), 10 + 10]; // |y| + √(Σ products² + bias²), no bias in k
    close([scored.magnitude], [30 + q * k]);
    expect(scored.logitTerms).toBe(1 + 3 + 2);
  });

  it("crosses: queries from x, keys and values from memory of another width", () => {
    const x = array([[[1, 0]], [[0, 1]]]); // [B=2, L=1, E=2]
    const memory = array([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [7, 8, 9],
        [0, 0, 1],
      ],
    ]); // [2, S=2, Em=3]
    const key = {
      weight: array([
        [1, 0, 0],
        [0, 1, 0],
      ]),
    };
    const { scores, output, weights } = referenceMultiHead(x, memory, { scale: 1, projections: { key } });
    expect([...scores.data]).toEqual([1, 4, 8, 0]);
    expect(output.shape).toEqual([2, 1, 3]);
    const late = 1 / (1 + Math.exp(-3)); // weight of the second key in batch 0
    close(weights.data.slice(0, 2), [1 - late, late]);
    close(output.data.slice(0, 3), [1 + 3 * late, 2 + 3 * late, 3 + 3 * late]);
  });

  it("groups key and value heads", () => {
    const random = createRandom(2);
    const x = random.tensor([2, 3, 8]);
    const linear = (rows: number) => ({ weight: random.tensor([rows, 8]) });
    const projections = { query: linear(8), key: linear(4), value: linear(6) };
    const got = referenceMultiHead(x, undefined, { heads: 4, keyValueHeads: 2, projections });

    const headsOf = (weight: NumericArray, heads: number) => {
      const projected = referenceMatmul(x, weight, { transposeB: true });
      const size = Number(projected.shape[2]) / heads;
      return { data: projected.data, shape: [2, 3, heads, size] };
    };
    const expected = referenceAttention(
      swapTokensAndHeads(headsOf(projections.query.weight, 4)),
      swapTokensAndHeads(headsOf(projections.key.weight, 2)),
      swapTokensAndHeads(headsOf(projections.value.weight, 2)),
    );
    expect(got.output.shape).toEqual([2, 3, 12]);
    close(got.weights.data, expected.weights.data);
    close(got.output.data, swapTokensAndHeads(expected.output).data);
  });

  it("does not let a hidden token's NaN through a projection", () => {
    const x = array([
      [1, 1],
      [Number.NaN, 1],
    ]);
    const weight = identity(2);
    const { output } = referenceMultiHead(array([[1, 1]]), x, {
      keyLengths: [1],
      projections: { key: { weight }, value: { weight } },
    });
    expect([...output.data]).toEqual([1, 1]);
  });

  it("refuses what does not go together", () => {
    const x = filled([2, 6], 1);
    expect(() => referenceMultiHead(x, undefined, { heads: 4 })).toThrow(/do not divide 6/);
    expect(() => referenceMultiHead(x, undefined, { heads: 3, keyValueHeads: 2 })).toThrow(RangeError);
    expect(() => referenceMultiHead(filled([6], 1), undefined)).toThrow(/rank 1/);
    expect(() => referenceMultiHead(x, filled([1, 2, 6], 1))).toThrow(/"memory"/);
    const wrongWidth = { query: { weight: filled([6, 5], 1) } };
    expect(() => referenceMultiHead(x, undefined, { projections: wrongWidth })).toThrow(/projections.query.weight/);
    const wrongBias = { query: { weight: filled([6, 6], 1), bias: filled([5], 1) } };
    expect(() => referenceMultiHead(x, undefined, { projections: wrongBias })).toThrow(/projections.query.bias/);
  });
});

describe("matmul", () => {
  const a = array([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  it("multiplies", () => {
    const b = array([
      [7, 8],
      [9, 10],
      [11, 12],
    ]);
    const product = referenceMatmul(a, b);
    expect(product.shape).toEqual([2, 2]);
    expect([...product.data]).toEqual([58, 64, 139, 154]);
    const transposed = array([
      [7, 9, 11],
      [8, 10, 12],
    ]);
    expect([...referenceMatmul(a, transposed, { transposeB: true }).data]).toEqual([58, 64, 139, 154]);
    expect([...referenceMatmul(a, b, { bias: array([10, 20]) }).data]).toEqual([68, 84, 149, 174]);
    expect([...referenceMatmul(a, b, { bias: array([[10], [20]]) }).data]).toEqual([68, 74, 159, 174]);
  });

  it("broadcasts leading dimensions on both sides", () => {
    const left = filled([2, 1, 1, 1], (i) => i + 1);
    const right = filled([3, 1, 1], (i) => 10 ** i);
    const product = referenceMatmul(left, right);
    expect(product.shape).toEqual([2, 3, 1, 1]);
    expect([...product.data]).toEqual([1, 10, 100, 2, 20, 200]);
    expect(referenceMatmul(filled([0, 2, 3], 1), filled([3, 4], 1)).shape).toEqual([0, 2, 4]);
  });

  it("knows what its error is relative to", () => {
    const product = referenceMatmul(array([[1, -1]]), array([[5], [5]]), { bias: array([-2]) });
    expect([...product.data]).toEqual([-2]);
    close(product.condition, [0 + Math.hypot(5, 5) + 2]); // |sum| + √Σ products² + |bias|
  });

  it("of an empty K is 0, or the bias", () => {
    expect([...referenceMatmul(filled([2, 0], 1), filled([0, 1], 1)).data]).toEqual([0, 0]);
    expect([...referenceMatmul(filled([2, 0], 1), filled([0, 1], 1), { bias: array([3]) }).data]).toEqual([3, 3]);
  });

  it("refuses what does not go together", () => {
    expect(() => referenceMatmul(a, a)).toThrow(/K = 3/);
    expect(() => referenceMatmul(array([1]), a)).toThrow(RangeError);
    expect(() => referenceMatmul(filled([2, 1, 1], 1), filled([3, 1, 1], 1))).toThrow(/do not broadcast/);
  });
});

describe("softmax", () => {
  const ln2 = Math.log(2);

  it("is over the last dimension", () => {
    const { data, shape } = referenceSoftmax(
      array([
        [
          [0, ln2, ln2],
          [1, 1, 1],
        ],
      ]),
    );
    expect(shape).toEqual([1, 2, 3]);
    close(data, [0.2, 0.4, 0.4, 1 / 3, 1 / 3, 1 / 3]);
  });

  it("does not overflow, and gives a row of -Infinity zeros", () => {
    close(referenceSoftmax(array([1e6, 1e6])).data, [0.5, 0.5]);
    expect([
      ...referenceSoftmax(
        array([
          [-Infinity, -Infinity],
          [0, -Infinity],
        ]),
      ).data,
    ]).toEqual([0, 0, 1, 0]);
  });

  it("makes a row with NaN or +Infinity NaN, and that row alone", () => {
    const { data } = referenceSoftmax(
      array([
        [0, Number.NaN],
        [0, Infinity],
        [0, 0],
      ]),
    );
    expect([...data]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0.5, 0.5]);
  });

  it("takes empty arrays", () => {
    expect(referenceSoftmax(filled([3, 0], 1)).data.length).toBe(0);
    expect(referenceSoftmax(filled([0, 3], 1)).shape).toEqual([0, 3]);
  });
});
