// What a call asks for, from the shapes of its nested arrays alone: nothing is computed, and no memory taken.
import type { AttentionOptions } from "@attn/core";

export const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** Lengths along the first elements. Whether the others have them too is core's to find. */
export function shapeOf(x: unknown): number[] {
  const shape: number[] = [];
  for (let level = x; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

export interface Asked extends Pick<AttentionOptions, "returnWeights" | "returnScores" | "returnLse"> {
  readonly query: unknown;
  readonly key: unknown;
  readonly value: unknown;
}

export interface Cost {
  /** Numbers in the answer. */
  readonly numbers: number;
  /** Bytes of the answer as JSON, at most. */
  readonly jsonBytes: number;
  /** Of a picture of the weights, two more each way than there are, for labels and a head's name: many small heads cost more. */
  readonly cells: number;
  /** Multiplications by a key or value, with an addition each; what else there is for a logit counts as LOGIT_COST of them. */
  readonly multiplyAdds: number;
}

/** What softcap, ALiBi, bias, mask and softmax take for a logit: measured up to 3.7 ns, where a multiply-add takes 0.07. */
const LOGIT_COST = 64;

/** For shapes that fit each other. Others are found by core, before it computes. */
export function costOf({ query, key, value, returnWeights, returnScores, returnLse }: Asked): Cost {
  const ofQuery = shapeOf(query);
  const [D = 0, L = 1, H = 1, B = 1] = ofQuery.toReversed();
  const S = shapeOf(key).at(-2) ?? 1;
  const Dv = shapeOf(value).at(-1) ?? 0;
  const rows = B * H * L;
  const pictured = returnWeights === "mean" ? B : B * H;
  const weights = returnWeights ? pictured * L * S : 0;
  const numbers = rows * Dv + weights + (returnScores ? rows * S : 0) + (returnLse ? rows : 0);
  return {
    numbers,
    // A float32 takes up to 23 characters and a comma. Brackets and a comma, for a row and for each list that it is the first
    // of, in each of four parts; then the parts' names.
    jsonBytes: 24 * numbers + 4 * 9 * rows + 64,
    cells: pictured * (L + 2) * (S + 2),
    multiplyAdds: rows * S * (D + Dv + LOGIT_COST),
  };
}
