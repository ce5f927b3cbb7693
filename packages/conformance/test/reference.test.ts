// The reference against numbers worked out by hand. What an implementation must do is not tested here.

import { describe, expect, it } from "vitest";
import {
  type AttentionReferenceOptions,
  alibiSlopes,
  compare,
  createRandom,
  type NumericArray,
  referenceAttention,
  referenceMerge,
  referenceScores,
} from "../src/index.ts";
import { array, drawing, filled, identity, repeatHeads, slice, swapTokensAndHeads } from "./helpers.ts";

/** Four decimals, as such numbers are printed in papers and notebooks. */
function close(got: NumericArray | ArrayLike<number>, expected: readonly number[], atol = 5e-5): void {
  const data = "data" in got ? got.data : got;
  expect(compare(data, expected, { atol })).toBeUndefined();
}

/** Doubles that went through different orders of summation. */
function same(got: NumericArray, expected: NumericArray): void {
  expect(got.shape).toEqual(expected.shape);
  expect(compare(got.data, expected.data, { atol: 1e-13, rtol: 1e-13 })).toBeUndefined();
}

const eye = identity(3);
const ln2 = Math.log(2);
const ln3 = Math.log(3);

/** Logits of 0 everywhere: what is added to them stands alone. */
function flat(L: number, S: number, options: AttentionReferenceOptions) {
  return referenceAttention(filled([L, 1], 0), filled([S, 1], 1), filled([S, 1], 1), options);
}

describe("three orthogonal words", () => {
  it("weighs them by softmax of 1/√3 and 0", () => {
    const { output, weights, lse } = referenceAttention(eye, eye, eye);
    // e^0.57735 = 1.78131; 1.78131 / 3.78131 = 0.4711, 1 / 3.78131 = 0.2645, ln 3.78131 = 1.3301
    const rows = [0.4711, 0.2645, 0.2645, 0.2645, 0.4711, 0.2645, 0.2645, 0.2645, 0.4711];
    close(weights, rows);
    close(output, rows);
    close(lse, [1.3301, 1.3301, 1.3301]);
  });

  it("takes another scale", () => {
    // e / (e + 2) = 0.5761
    const { weights } = referenceAttention(eye, eye, eye, { scale: 1 });
    close(weights, [0.5761, 0.2119, 0.2119, 0.2119, 0.5761, 0.2119, 0.2119, 0.2119, 0.5761]);
  });

  it("is causal", () => {
    const { weights, scores } = referenceAttention(eye, eye, eye, { causal: true });
    close(weights, [1, 0, 0, 0.3595, 0.6405, 0, 0.2645, 0.2645, 0.4711]);
    expect(drawing(scores)).toEqual(["x..", "xx.", "xxx"]);
  });

  it("prints the dot products themselves", () => {
    expect([...referenceScores(eye, eye).data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const mask = array([1, 1, 0]);
    expect([...referenceScores(eye, eye, { mask, maskedValue: 0 }).data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect([...referenceScores(eye, eye, { mask }).data]).toEqual([1, 0, -Infinity, 0, 1, -Infinity, 0, 0, -Infinity]);
  });
});

describe("shapes", () => {
  it("leaves out the axes that the query lacks", () => {
    for (const lead of [[], [2], [3, 2]]) {
      const result = referenceAttention(
        filled([...lead, 4, 5], 1),
        filled([...lead, 6, 5], 1),
        filled([...lead, 6, 7], 1),
      );
      expect(result.output.shape).toEqual([...lead, 4, 7]);
      expect(result.weights.shape).toEqual([...lead, 4, 6]);
      expect(result.scores.shape).toEqual([...lead, 4, 6]);
      expect(result.lse.shape).toEqual([...lead, 4]);
      expect(result.meanWeights.shape).toEqual([...lead.slice(0, -1), 4, 6]);
      expect(result.condition.length).toBe(result.output.data.length);
    }
  });

  it("reads [L,H,D] and [B,L,H,D], and writes output alone in that order", () => {
    const random = createRandom(1);
    const [query, key, value] = [random.tensor([2, 4, 3, 5]), random.tensor([2, 2, 6, 5]), random.tensor([2, 2, 6, 7])];
    const expected = referenceAttention(query, key, value);
    const swapped = [swapTokensAndHeads(query), swapTokensAndHeads(key), swapTokensAndHeads(value)] as const;
    const got = referenceAttention(...swapped, { layout: "BLHD" });
    same(got.output, swapTokensAndHeads(expected.output));
    same(got.weights, expected.weights);
    same(got.scores, expected.scores);
    same(got.lse, expected.lse);
    same(
      { data: got.condition, shape: got.output.shape },
      swapTokensAndHeads({ data: expected.condition, shape: expected.output.shape }),
    );

    const second = (t: NumericArray) => ({ data: slice(t, 0, 1, 2).data, shape: t.shape.slice(1) });
    const [q, k, v] = [second(swapped[0]), second(swapped[1]), second(swapped[2])];
    const alone = referenceAttention(q, k, v, { layout: "BLHD" });
    expect(alone.weights.shape).toEqual([4, 3, 6]);
    same(alone.output, second(got.output));
    same(referenceScores(q, k, { layout: "BLHD", scale: 1 / Math.sqrt(5) }), alone.scores);
  });

  it("gives query head h the key head ⌊h·G/H⌋", () => {
    const value = array([[[10]], [[20]]]); // [G=2, S=1, Dv=1]
    const result = referenceAttention(filled([4, 1, 1], 1), filled([2, 1, 1], 1), value);
    expect([...result.output.data]).toEqual([10, 10, 20, 20]);
    const key = array([[[1]], [[3]]]);
    expect([...referenceScores(filled([4, 1, 1], 1), key).data]).toEqual([1, 1, 3, 3]);
  });

  it("groups heads as if key and value were repeated", () => {
    const random = createRandom(2);
    const [query, key, value] = [random.tensor([2, 6, 3, 4]), random.tensor([2, 2, 5, 4]), random.tensor([2, 2, 5, 3])];
    const grouped = referenceAttention(query, key, value);
    const repeated = referenceAttention(query, repeatHeads(key, 3), repeatHeads(value, 3));
    expect(grouped).toEqual(repeated);
  });

  it("averages weights over heads", () => {
    const query = array([[[0]], [[ln3]]]); // head 0 sees [1/2, 1/2], head 1 [1/4, 3/4]
    const key = array([[[0], [1]]]);
    const { weights, meanWeights } = referenceAttention(query, key, filled([1, 2, 1], 1), { scale: 1 });
    close(weights, [0.5, 0.5, 0.25, 0.75], 1e-15);
    close(meanWeights, [0.375, 0.625], 1e-15);
    expect(meanWeights.shape).toEqual([1, 2]);
  });

  it("takes a dimension of 0, whichever it is", () => {
    const run = (B: number, H: number, G: number, L: number, S: number, D: number, Dv: number) =>
      referenceAttention(filled([B, H, L, D], 1), filled([B, G, S, D], 1), filled([B, G, S, Dv], 2));
    expect(run(0, 2, 1, 3, 4, 5, 6).output).toEqual({ data: new Float64Array(0), shape: [0, 2, 3, 6] });
    expect(run(1, 0, 0, 3, 4, 5, 6).output.shape).toEqual([1, 0, 3, 6]);
    expect(run(1, 0, 0, 1, 2, 5, 6).meanWeights).toEqual({ data: new Float64Array(2), shape: [1, 1, 2] });
    expect(run(1, 2, 1, 0, 4, 5, 6).lse.shape).toEqual([1, 2, 0]);
    expect(run(1, 2, 1, 3, 4, 5, 0).output.shape).toEqual([1, 2, 3, 0]);
    const noKeys = run(1, 1, 1, 2, 0, 5, 3);
    expect([...noKeys.output.data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...noKeys.lse.data]).toEqual([-Infinity, -Infinity]);
    const noSize = run(1, 1, 1, 1, 4, 0, 1); // every logit an empty sum
    expect([...noSize.scores.data]).toEqual([0, 0, 0, 0]);
    expect([...noSize.output.data]).toEqual([2]);
  });

  it("refuses what does not go together", () => {
    const t = filled;
    expect(() => referenceAttention(t([4], 1), t([4], 1), t([4], 1))).toThrow(/rank 1/);
    expect(() => referenceAttention(t([2, 3], 1), t([2, 4], 1), t([2, 4], 1))).toThrow(RangeError);
    expect(() => referenceAttention(t([2, 3], 1), t([1, 2, 3], 1), t([1, 2, 3], 1))).toThrow(RangeError);
    expect(() => referenceAttention(t([2, 3], 1), t([5, 3], 1), t([4, 3], 1))).toThrow(/"value"/);
    expect(() => referenceAttention(t([3, 2, 3], 1), t([2, 2, 3], 1), t([2, 2, 3], 1))).toThrow(/no multiple/);
    expect(() => referenceAttention({ data: [1], shape: [1, 2] }, t([1, 2], 1), t([1, 2], 1))).toThrow(/"query" holds/);
    expect(() => flat(2, 2, { sinks: [0, 0] })).toThrow(/"sinks"/);
    expect(() => flat(2, 2, { alibi: [1, 1] })).toThrow(/"alibi"/);
    expect(() => flat(2, 2, { mask: filled([3], 1) })).toThrow(/"mask".*does not broadcast/);
    expect(() => flat(2, 2, { mask: filled([1, 2, 2], 1) })).toThrow(/"mask".*does not broadcast/);
    expect(() => flat(2, 2, { keyLengths: [3] })).toThrow(/"keyLengths"/);
    expect(() => flat(2, 2, { keyLengths: [1, 1] })).toThrow(/"keyLengths"/);
  });
});

describe("position", () => {
  const draw = (L: number, S: number, options: AttentionReferenceOptions) => drawing(flat(L, S, options).scores);

  it("aligns causal where L ≠ S", () => {
    expect(draw(2, 4, { causal: true, align: "top-left" })).toEqual(["x...", "xx.."]);
    expect(draw(2, 4, { causal: true, align: "bottom-right" })).toEqual(["xxx.", "xxxx"]);
    expect(draw(4, 2, { causal: true, align: "top-left" })).toEqual(["x.", "xx", "xx", "xx"]);
    expect(draw(4, 2, { causal: true, align: "bottom-right" })).toEqual(["..", "..", "x.", "xx"]);
    expect(draw(2, 4, { causal: true, align: 1 })).toEqual(["xx..", "xxx."]);
    expect(draw(2, 4, { causal: true, align: -1 })).toEqual(["....", "x..."]);
    expect(draw(2, 4, { causal: true, align: 9 })).toEqual(["xxxx", "xxxx"]);
    expect(draw(3, 3, { causal: true, align: 1 })).toEqual(["xx.", "xxx", "xxx"]);
  });

  it("has a window with inclusive ends", () => {
    expect(draw(4, 4, { window: { left: 1 } })).toEqual(["xxxx", "xxxx", ".xxx", "..xx"]);
    expect(draw(4, 4, { window: { right: 1 } })).toEqual(["xx..", "xxx.", "xxxx", "xxxx"]);
    expect(draw(4, 4, { window: { left: 0, right: 0 } })).toEqual(["x...", ".x..", "..x.", "...x"]);
    expect(draw(4, 4, { window: { left: 1, right: 2 }, causal: true })).toEqual(["x...", "xx..", ".xx.", "..xx"]);
  });

  it("draws windows where L ≠ S", () => {
    const window = { left: 1, right: 1 };
    expect(draw(2, 5, { window, align: "top-left" })).toEqual(["xx...", "xxx.."]);
    expect(draw(2, 5, { window, align: "bottom-right" })).toEqual(["..xxx", "...xx"]);
    expect(draw(5, 2, { window, align: "top-left" })).toEqual(["xx", "xx", ".x", "..", ".."]);
    expect(draw(5, 2, { window, align: "bottom-right" })).toEqual(["..", "..", "x.", "xx", "xx"]);
    expect(draw(2, 5, { window: { left: 1 }, causal: true, align: "bottom-right" })).toEqual(["..xx.", "...xx"]);
  });

  it("counts within the sequences that are packed", () => {
    const of = (query: number[], key?: number[]) => ({ segments: { query, ...(key && { key }) } });
    expect(draw(3, 3, of([2, 1]))).toEqual(["xx.", "xx.", "..x"]);
    expect(draw(4, 4, { ...of([1, 3]), causal: true })).toEqual(["x...", ".x..", ".xx.", ".xxx"]);
    expect(draw(3, 5, of([2, 1], [1, 4]))).toEqual(["x....", "x....", ".xxxx"]);
    expect(draw(3, 4, of([0, 3], [2, 2]))).toEqual(["..xx", "..xx", "..xx"]);
    expect(draw(2, 5, { ...of([1, 1], [2, 3]), causal: true, align: "top-left" })).toEqual(["x....", "..x.."]);
    expect(draw(2, 5, { ...of([1, 1], [2, 3]), causal: true, align: "bottom-right" })).toEqual(["xx...", "..xxx"]);
    expect(draw(2, 5, { ...of([1, 1], [2, 3]), causal: true, align: 1 })).toEqual(["xx...", "..xx."]);
    expect(draw(4, 4, { ...of([2, 2]), window: { left: 0, right: 0 } })).toEqual(["x...", ".x..", "..x.", "...x"]);
    // A length for each, or one of all keys.
    expect(draw(2, 5, { ...of([1, 1], [2, 3]), keyLengths: [1, 2] })).toEqual(["x....", "..xx."]);
    expect(draw(2, 5, { ...of([1, 1], [2, 3]), keyLengths: [3] })).toEqual(["xx...", "..x.."]);
    const cut = { causal: true, align: "bottom-right" } as const;
    expect(draw(3, 5, { ...of([1, 2], [2, 3]), ...cut, keyLengths: [2, 2] })).toEqual(["xx...", "..x..", "..xx."]);
  });

  it("refuses sequences that do not add up, and more than one batch", () => {
    for (const segments of [{ query: [1] }, { query: [2, 1], key: [3] }, { query: [3], key: [2] }])
      expect(() => flat(3, 3, { segments })).toThrow(/"segments"/);
    const x = filled([2, 1, 3, 1], 1);
    expect(() => referenceAttention(x, x, x, { segments: { query: [3] } })).toThrow(/2 batches/);
    expect(() => flat(3, 3, { segments: { query: [1, 2] }, keyLengths: [2, 2] })).toThrow(/"keyLengths" of segment 0/);
    expect(() => flat(3, 4, { segments: { query: [1, 2], key: [1, 3] }, causal: true })).toThrow(/"top-left"/);
  });

  it("has no default alignment where L ≠ S and a position is asked for", () => {
    for (const options of [{ causal: true }, { window: { left: 1 } }, { window: { right: 0 } }, { alibi: true }])
      expect(() => flat(2, 3, options)).toThrow(/"top-left" or "bottom-right"/);
    expect(() => flat(3, 2, { causal: true })).toThrow(RangeError);
    for (const options of [{}, { causal: false }, { window: {} }, { alibi: false }, { keyLengths: [2] }])
      expect(() => flat(2, 3, options)).not.toThrow();
    expect(() => flat(3, 3, { causal: true, alibi: true })).not.toThrow();
  });

  it("hides keys at or past keyLengths, batch by batch", () => {
    const run = (options: AttentionReferenceOptions) =>
      drawing(
        referenceAttention(filled([3, 1, 2, 1], 1), filled([3, 1, 3, 1], 1), filled([3, 1, 3, 1], 1), {
          keyLengths: [3, 0, 2],
          ...options,
        }).scores,
      );
    expect(run({})).toEqual(["xxx", "xxx", "...", "...", "xx.", "xx."]);
    expect(run({ causal: true, align: "top-left" })).toEqual(["x..", "xx.", "...", "...", "x..", "xx."]);
    // origins 3-2 = 1, 0-2 = -2, 2-2 = 0
    expect(run({ causal: true, align: "bottom-right" })).toEqual(["xx.", "xxx", "...", "...", "x..", "xx."]);
  });

  it("starts at key 0 where L = S, also with keyLengths", () => {
    expect(draw(3, 3, { causal: true, keyLengths: [2] })).toEqual(["x..", "xx.", "xx."]);
    expect(draw(3, 3, { causal: true, keyLengths: [2], align: "bottom-right" })).toEqual(["...", "x..", "xx."]);
  });

  it("gives a batch without keys zeros, and divides by nothing", () => {
    const value = filled([2, 1, 2, 1], 5);
    const result = referenceAttention(filled([2, 1, 1, 1], 1), filled([2, 1, 2, 1], 1), value, { keyLengths: [0, 1] });
    expect([...result.output.data]).toEqual([0, 5]);
    expect([...result.weights.data]).toEqual([0, 0, 1, 0]);
    expect([...result.lse.data]).toEqual([-Infinity, 1]);
  });
});

describe("alibi", () => {
  it("has the published slopes", () => {
    expect(alibiSlopes(8)).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]);
    expect(alibiSlopes(1)).toEqual([1 / 256]);
    expect(alibiSlopes(2)).toEqual([1 / 16, 1 / 256]);
    expect(alibiSlopes(0)).toEqual([]);
    close(alibiSlopes(16).slice(0, 4), [Math.SQRT1_2, 0.5, Math.SQRT1_2 / 2, 0.25], 1e-15);
  });

  it("interleaves where heads are no power of 2", () => {
    const eight = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256];
    close(alibiSlopes(12), [...eight, Math.SQRT1_2, Math.SQRT1_2 / 2, Math.SQRT1_2 / 4, Math.SQRT1_2 / 8], 1e-15);
    expect(alibiSlopes(3)).toEqual([1 / 16, 1 / 256, 1 / 4]);
    close(alibiSlopes(6), [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8], 1e-15);
  });

  it("falls off on both sides of the query's position", () => {
    const { scores } = flat(2, 4, { alibi: [0.5], align: "bottom-right" });
    expect([...scores.data]).toEqual([-1, -0.5, 0, -0.5, -1.5, -1, -0.5, 0]);
    expect([...flat(1, 3, { alibi: [1], align: -2 }).scores.data]).toEqual([-2, -3, -4]);
    expect([...flat(2, 2, { alibi: true }).scores.data]).toEqual([0, -1 / 256, -1 / 256, 0]);
  });

  it("has one slope a head, and the origin of keyLengths", () => {
    const scores = referenceScores(filled([2, 2, 1, 1], 0), filled([2, 1, 2, 1], 0), {
      alibi: [1, 10],
      keyLengths: [2, 1],
      align: "bottom-right",
    });
    expect([...scores.data]).toEqual([-1, 0, -10, 0, 0, -Infinity, 0, -Infinity]);
  });
});

describe("softcap", () => {
  it("is softcap·tanh(x/softcap)", () => {
    // tanh(ln 3 / 2) = (3 - 1) / (3 + 1) = 1/2
    const query = array([[1]]);
    const key = array([[ln3], [-ln3], [0], [1000]]);
    close(referenceScores(query, key, { softcap: 2 }), [1, -1, 0, 2], 1e-15);
  });

  it("stands after scale and before alibi and bias", () => {
    const query = array([[1]]);
    const key = array([[ln3 / 4], [ln3 / 4]]);
    const options = { scale: 4, softcap: 2, alibi: [8], align: 0, bias: array([100, 200]) };
    close(referenceScores(query, key, options), [1 + 100, 1 - 8 + 200], 1e-12);
  });
});

describe("mask and bias", () => {
  it("attends to what is not 0", () => {
    const { weights } = flat(2, 3, { mask: { data: new Uint8Array([1, 0, 1, 0, 1, 0]), shape: [2, 3] } });
    expect([...weights.data]).toEqual([0.5, 0, 0.5, 0, 1, 0]);
  });

  it("adds bias to the logits", () => {
    const { weights, lse } = flat(1, 2, { bias: array([[0, ln3]]) });
    close(weights, [0.25, 0.75], 1e-15);
    close(lse, [Math.log(4)], 1e-15);
  });

  it("hides by a bias of -Infinity, and reads nothing there", () => {
    const query = array([[1]]);
    const poison = array([[Number.NaN], [2]]);
    const { output, scores } = referenceAttention(query, poison, poison, { bias: array([-Infinity, 1]) });
    expect([...output.data]).toEqual([2]);
    expect([...scores.data]).toEqual([-Infinity, 3]);
  });

  it("broadcasts from the right to the shape of weights", () => {
    const [B, H, L, S] = [2, 3, 2, 4];
    const query = filled([B, H, L, 1], 0);
    const key = filled([B, 1, S, 1], 0);
    const index = (b: number, h: number, i: number, j: number) => ((b * H + h) * L + i) * S + j;
    const shapes = [
      [S],
      [1],
      [L, 1],
      [L, S],
      [H, 1, 1],
      [H, 1, S],
      [1, L, S],
      [B, 1, 1, S],
      [B, H, L, S],
      [B, 1, 1, 1],
    ];
    for (const shape of shapes) {
      const bias = filled(shape, (i) => i + 1);
      const scores = referenceScores(query, key, { bias });
      const mask = filled(shape, (i) => i % 2);
      const masked = referenceScores(query, key, { mask });
      for (let b = 0; b < B; b++)
        for (let h = 0; h < H; h++)
          for (let i = 0; i < L; i++)
            for (let j = 0; j < S; j++) {
              // The same element, found by coordinates instead of strides.
              const coordinates = [b, h, i, j].slice(4 - shape.length).map((c, axis) => (shape[axis] === 1 ? 0 : c));
              const source = coordinates.reduce((flatIndex, c, axis) => flatIndex * Number(shape[axis]) + c, 0);
              expect(scores.data[index(b, h, i, j)]).toBe(source + 1);
              expect(masked.data[index(b, h, i, j)]).toBe(source % 2 ? 0 : -Infinity);
            }
    }
  });

  it("composes with causal, window and keyLengths: a key must pass all", () => {
    const options = { mask: array([0, 1, 1, 1]), causal: true, window: { left: 2 }, keyLengths: [3] };
    expect(drawing(flat(4, 4, options).scores)).toEqual(["....", ".x..", ".xx.", ".xx."]);
  });
});

describe("rows with nothing to attend to", () => {
  it("are 0 with an lse of -Infinity, and leave other rows alone", () => {
    const mask = array([
      [0, 0],
      [1, 1],
    ]);
    const { output, weights, scores, lse, condition } = flat(2, 2, { mask });
    expect([...output.data]).toEqual([0, 1]);
    expect([...weights.data]).toEqual([0, 0, 0.5, 0.5]);
    expect([...scores.data]).toEqual([-Infinity, -Infinity, 0, 0]);
    expect(lse.data[0]).toBe(-Infinity);
    close([Number(lse.data[1])], [ln2], 1e-15);
    expect([...condition]).toEqual([0, 1]);
  });

  it("have the sink for lse, where there is one", () => {
    const { output, weights, lse } = flat(1, 2, { mask: array([0, 0]), sinks: [0.25] });
    expect([...output.data, ...weights.data]).toEqual([0, 0, 0]);
    expect([...lse.data]).toEqual([0.25]);
  });

  it("are also those whose logits are all -Infinity by themselves", () => {
    const { weights, lse } = referenceAttention(array([[1]]), filled([2, 1], -Infinity), array([[1], [1]]));
    expect([...weights.data]).toEqual([0, 0]);
    expect([...lse.data]).toEqual([-Infinity]);
  });
});

describe("sinks", () => {
  it("join the denominator and nothing else", () => {
    const { weights, output, lse } = flat(1, 3, { sinks: [ln3] });
    close(weights, [1 / 6, 1 / 6, 1 / 6], 1e-15);
    close(output, [0.5], 1e-15);
    close(lse, [Math.log(6)], 1e-15);
  });

  it("belong to one head each, and -Infinity is none", () => {
    const { lse } = referenceAttention(filled([2, 1, 1], 0), filled([1, 1, 1], 1), filled([1, 1, 1], 1), {
      sinks: [0, -Infinity],
    });
    close(lse, [ln2, 0], 1e-15);
  });

  it("do not overflow when they tower over the logits", () => {
    const { weights, lse } = flat(1, 1, { sinks: [2000] });
    expect([...weights.data, ...lse.data]).toEqual([0, 2000]);
  });
});

describe("not-a-number", () => {
  const run = (query: NumericArray, key: NumericArray, value: NumericArray, options: AttentionReferenceOptions) => {
    const { output, weights, lse } = referenceAttention(query, key, value, options);
    return [...output.data, ...weights.data, ...lse.data];
  };
  const ones = filled([2, 1], 1);
  const poison = array([[1], [Number.NaN]]);

  it("in a hidden key or value reaches nothing, however it is hidden", () => {
    const hidings: AttentionReferenceOptions[] = [
      { mask: array([1, 0]) },
      { bias: array([0, -Infinity]) },
      { keyLengths: [1] },
      { causal: true, align: -0 },
      { window: { right: 0 }, align: 0 },
      { window: { left: 0, right: 0 }, align: "top-left" },
    ];
    for (const options of hidings)
      expect(run(array([[1]]), poison, array([[7], [Number.NaN]]), options)).toEqual([7, 1, 0, 1]);
  });

  it("in an attended key reaches the whole row", () => {
    expect(run(array([[1]]), poison, ones, {})).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    // and only the rows that attend to it
    expect(run(ones, poison, ones, { causal: true })).toEqual([
      1,
      Number.NaN,
      1,
      0,
      Number.NaN,
      Number.NaN,
      1,
      Number.NaN,
    ]);
  });

  it("in an attended value reaches the output alone", () => {
    const [output, ...rest] = run(array([[0]]), ones, poison, {});
    expect(output).toBeNaN();
    close(rest, [0.5, 0.5, ln2], 1e-15);
  });

  it("in a bias counts where the key is attended, and not where it is hidden", () => {
    expect(flat(1, 2, { bias: array([0, Number.NaN]), keyLengths: [1] }).output.data[0]).toBe(1);
    expect(flat(1, 2, { bias: array([0, Number.NaN]) }).output.data[0]).toBeNaN();
  });
});

describe("what a tolerance needs to know", () => {
  it("condition is Σ w·|v|", () => {
    const { output, condition } = referenceAttention(array([[0]]), array([[1], [1]]), array([[3], [-3]]));
    expect([...output.data]).toEqual([0]);
    expect([...condition]).toEqual([3]);
  });

  it("sensitivity is the derivative by the logits, found by differences", () => {
    const random = createRandom(4);
    const [query, key, value] = [random.tensor([1, 3]), random.tensor([6, 3]), random.tensor([6, 1])];
    const sinks = [0.7];
    const before = referenceAttention(query, key, value, { sinks, alibi: [0.1], align: 2 });
    const r = 1e-6;
    const output = Number(before.output.data[0]);
    const moved = (sign: (j: number) => number) =>
      referenceAttention(query, key, value, {
        bias: { data: before.sensitivity.scores.map((c, j) => r * c * sign(j)), shape: [6] },
        sinks: [0.7 + r * 0.7 * sign(-1)],
        alibi: [0.1],
        align: 2,
      });
    const up = moved(() => 1);
    close([(Number(up.lse.data[0]) - Number(before.lse.data[0])) / r], [...before.sensitivity.lse], 1e-4);
    // each key moved the way that pulls the output up; the sink pulls it towards 0
    const pulled = moved((j) => (j < 0 ? -Math.sign(output) : Math.sign(Number(value.data[j]) - output)));
    close([(Number(pulled.output.data[0]) - output) / r], [...before.sensitivity.output], 1e-4);
  });

  it("magnitude is the largest sum behind an attended logit", () => {
    const query = array([[1, -1]]);
    const key = array([
      [2, 2],
      [5, 5],
    ]);
    const value = filled([2, 1], 1);
    const both = referenceAttention(query, key, value, { scale: -0.5, bias: array([-8, 1]) });
    expect(both.magnitude).toBe(0.5 * Math.hypot(2, 2) + 8); // beats 0.5·√(5² + 5²) + 1
    expect(referenceAttention(query, key, value, { scale: 0.5, mask: array([1, 0]) }).magnitude).toBe(
      0.5 * Math.hypot(2, 2),
    );
    expect(referenceAttention(query, key, value, { scale: 0.5, sinks: [-7] }).magnitude).toBe(7);
    expect(both.logitTerms).toBe(2);
    expect(both.valueTerms).toBe(2);
  });
});

describe("merge", () => {
  it("of split keys is the whole", () => {
    const random = createRandom(3);
    const [B, H, G, L, S] = [2, 4, 2, 5, 9];
    const query = random.tensor([B, H, L, 6]);
    const [key, value] = [random.tensor([B, G, S, 6]), random.tensor([B, G, S, 3])];
    const bias = random.tensor([L, S], 3);
    const sinks = [0.5, -1, 2, 0];
    const whole = referenceAttention(query, key, value, { bias, sinks });
    for (const cuts of [
      [0, 9],
      [0, 4, 9],
      [0, 1, 1, 8, 9], // one part is empty
    ]) {
      const parts = cuts.slice(1).map((end, part) => {
        const start = Number(cuts[part]);
        return referenceAttention(query, slice(key, 2, start, end), slice(value, 2, start, end), {
          bias: slice(bias, 1, start, end),
          ...(part === 0 && { sinks }),
        });
      });
      const merged = referenceMerge(parts);
      same(merged.output, whole.output);
      same(merged.lse, whole.lse);
    }
  });

  it("weighs parts by their sums", () => {
    const part = (output: number, lse: number) => ({ output: array([[output]]), lse: array([lse]) });
    const merged = referenceMerge([part(4, 0), part(8, ln3)]);
    close(merged.output, [7], 1e-15); // (1·4 + 3·8) / 4
    close(merged.lse, [Math.log(4)], 1e-15);
    const far = referenceMerge([part(4, 5000), part(8, 5000)]);
    close(far.output, [6], 1e-12);
    close(far.lse, [5000 + ln2], 1e-12);
  });

  it("does not read a part that saw nothing", () => {
    const empty = { output: array([[Number.NaN]]), lse: array([-Infinity]) };
    const full = { output: array([[3]]), lse: array([1]) };
    expect(referenceMerge([empty, full])).toEqual({
      output: { data: new Float64Array([3]), shape: [1, 1] },
      lse: { data: new Float64Array([1]), shape: [1] },
    });
    const nothing = referenceMerge([empty, empty]);
    expect([...nothing.output.data, ...nothing.lse.data]).toEqual([0, -Infinity]);
  });

  it("refuses no parts, and parts that differ", () => {
    const part = { output: array([[1]]), lse: array([1]) };
    expect(() => referenceMerge([])).toThrow(RangeError);
    expect(() => referenceMerge([part, { output: array([[1, 2]]), lse: array([1]) }])).toThrow(RangeError);
    expect(() => referenceMerge([{ output: array([[1]]), lse: array([1, 2]) }])).toThrow(RangeError);
  });
});
