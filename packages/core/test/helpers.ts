// What the tests share: both variants, and one comparison of a call with the float64 reference. Holds no cases.
import {
  type AttentionReferenceOptions,
  attentionTolerance,
  compare,
  createRandom,
  type Random,
  referenceAttention,
} from "@attn/conformance";
import { type Attention, type AttentionOptions, createAttention, type Tensor } from "@attn/core";
import { expect } from "vitest";

/** Engines of both variants; every test of results runs on each. */
export const engines: [variant: string, engine: Attention][] = [
  ["simd", createAttention({ variant: "simd" })],
  ["relaxed", createAttention({ variant: "relaxed" })],
];

/** Options as the API and the reference both take them: masks as tensors. */
export type CaseOptions = Omit<
  AttentionOptions,
  "mask" | "bias" | "returnWeights" | "returnScores" | "returnLse" | "out"
> & {
  mask?: { data: Uint8Array; shape: readonly number[] } | undefined;
  bias?: Tensor | undefined;
};

/** A keep-mask whose cells are visible with the given probability. */
export function randomMask(
  random: Random,
  shape: readonly number[],
  visible: number,
): { data: Uint8Array; shape: readonly number[] } {
  const length = shape.reduce((a, b) => a * b, 1);
  return { data: Uint8Array.from({ length }, () => (random.uniform() < visible ? 1 : 0)), shape };
}

/** Asserts that every result of attention() is what the reference says, within what float32 loses. */
export function expectAttention(
  engine: Attention,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: CaseOptions = {},
): void {
  const expected = referenceAttention(query, key, value, options as AttentionReferenceOptions);
  const allowed = attentionTolerance(expected);
  const got = engine.attention(query, key, value, {
    ...options,
    returnWeights: true,
    returnScores: true,
    returnLse: true,
  });
  expectSame("output", got.output, expected.output, allowed.output);
  expectSame("weights", got.weights, expected.weights, allowed.weights);
  expectSame("scores", got.scores, expected.scores, allowed.scores);
  expectSame("lse", got.lse, expected.lse, allowed.lse);
  // The fused path, which holds no weights, must give the very same output.
  expect(
    compare(engine.attention(query, key, value, options).output.data, got.output.data),
    "output without weights",
  ).toBeUndefined();
  const mean = engine.attention(query, key, value, { ...options, returnWeights: "mean" });
  expectSame("mean weights", mean.weights, expected.meanWeights, allowed.meanWeights);
}

type Allowed = Parameters<typeof compare>[2];

/** Asserts the shape, and each element within what is allowed. */
export function expectSame(
  name: string,
  got: Tensor,
  expected: { data: ArrayLike<number>; shape: readonly number[] },
  allowed?: Allowed,
): void {
  expect([...got.shape], `shape of ${name}`).toEqual([...expected.shape]);
  expect(compare(got.data, expected.data, allowed), name).toBeUndefined();
}

/** Query, key and value [B, H|G, L|S, D|Dv] of normal numbers, in the layout's order. */
export function randomInputs(
  random: Random,
  {
    B = 1,
    H = 1,
    G = H,
    L,
    S,
    D,
    Dv = D,
    layout = "BHLD",
  }: { B?: number; H?: number; G?: number; L: number; S: number; D: number; Dv?: number; layout?: "BHLD" | "BLHD" },
): [query: Tensor, key: Tensor, value: Tensor] {
  const make = (heads: number, length: number, size: number): Tensor =>
    random.tensor(layout === "BHLD" ? [B, heads, length, size] : [B, length, heads, size]);
  return [make(H, L, D), make(G, S, D), make(G, S, Dv)];
}

export { createRandom };
