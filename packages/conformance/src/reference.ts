// Attention itself, in float64 and plain loops: the definition that every implementation is held against.
// Written to be read; it is slow, builds every L×S array, and checks only what would otherwise give a wrong number.

import { alibiSlopes } from "./alibi.ts";
import { at, broadcast, checkArray, type NumericArray, type RealArray } from "./array.ts";
import { extentsOf, keyHead, type Layout, rowStart, sizesOf } from "./layout.ts";
import { checkAlign, isInReach, type PositionOptions, queryOrigin, spansOf } from "./visibility.ts";

/** Everything that attention can be asked for, but for where to write it. */
export interface AttentionReferenceOptions extends PositionOptions {
  /** Multiplies q·k. Default 1/√D. With D = 0 the logit is 0: an empty sum has nothing to scale. */
  scale?: number | undefined;
  /** Hide keys that come after the query's position. */
  causal?: boolean | undefined;
  /** Keys visible to a query at position p: p-left … p+right, both inclusive; an absent side is unbounded. */
  window?: { left?: number | undefined; right?: number | undefined } | undefined;
  /** The key index that query 0 stands at; it anchors causal, window and alibi. See queryOrigin. */
  align?: "top-left" | "bottom-right" | number | undefined;
  /** Not 0 = attend, 0 = hidden. Broadcast to the shape that weights have. */
  mask?: NumericArray | undefined;
  /** Added to the logits; broadcast as mask is. -Infinity hides the key, as a mask does. */
  bias?: NumericArray | undefined;
  /** [B], each 0 … S: keys at or past keyLengths[b] are hidden. */
  keyLengths?: ArrayLike<number> | undefined;
  /**
   * Lengths of sequences that lie one behind the other along L, and along S where key differs: a pair of two sequences is
   * hidden, and causal, window, align, alibi and keyLengths count within each. Batch 1.
   */
  segments?: { query: ArrayLike<number>; key?: ArrayLike<number> | undefined } | undefined;
  /** softcap·tanh(logit/softcap), after scale and before alibi and bias. */
  softcap?: number | undefined;
  /** Adds -slope[h]·|position - j|; true = alibiSlopes(H). */
  alibi?: boolean | ArrayLike<number> | undefined;
  /** [H]: exp(sinks[h]) joins the softmax's denominator and nothing else. */
  sinks?: ArrayLike<number> | undefined;
  /** Memory order of query, key, value and output. Default "BHLD". */
  layout?: Layout | undefined;
  /** Accepted so that a call's own options can be passed on; everything is returned anyway. */
  returnWeights?: boolean | "mean" | undefined;
  returnScores?: boolean | undefined;
  returnLse?: boolean | undefined;
}

/** Everything that attention can return, and what a tolerance needs to know of the sums behind it. */
export interface AttentionReference {
  /** [..., L, Dv] in the query's layout. */
  output: RealArray;
  /** [..., H, L, S], the axes that the query lacks left out; likewise scores. */
  weights: RealArray;
  /** Logits after scale, softcap, alibi and bias; -Infinity where hidden. */
  scores: RealArray;
  /** [..., H, L]: ln Σ_j exp(logit_j), the sink among them; -Infinity where there is nothing. */
  lse: RealArray;
  /** [..., L, S]: weights averaged over heads; zeros where there is no head. */
  meanWeights: RealArray;
  /**
   * Σ_j w_j·|v_j|, the shape of output: what errors of weights and of sums are relative to.
   * A projected v counts as |v| + ‖products‖.
   */
  condition: Float64Array;
  /** How the results answer to errors of the logits. */
  sensitivity: Sensitivity;
  /** Largest of sensitivity.scores and of |sinks|. */
  magnitude: number;
  /** Length of the sums behind a logit: D, and the widths that were projected from. */
  logitTerms: number;
  /** Length of the sums behind an output: S, and the widths that were projected from. */
  valueTerms: number;
}

/**
 * If every logit is off by r·c, c its own element of `scores`, then to first order lse is off by up to r·lse and output
 * by up to r·output. For softmax ∂w_j/∂x_k = w_j·(δ_jk - w_k), so ∂o/∂x_j = w_j·(v_j - o) and ∂lse/∂x_j = w_j.
 */
export interface Sensitivity {
  /** c = |scale|·(|q·k| + √Σ_d (q_d·k_d)²) + |alibi| + |bias|, the shape of scores; 0 where hidden. */
  scores: Float64Array;
  /** Σ_j w_j·c_j + w_sink·|sink|, the shape of lse. */
  lse: Float64Array;
  /** Σ_j w_j·c_j·|v_j - o| + w_sink·|sink|·|o|, the shape of output. */
  output: Float64Array;
}

export type ScoresReferenceOptions = Omit<
  AttentionReferenceOptions,
  "sinks" | "returnWeights" | "returnScores" | "returnLse"
> & {
  /** What a hidden score reads as. Default -Infinity. */
  maskedValue?: number | undefined;
};

/** The scores, with the sensitivity and the length of the sums behind them. */
export interface ScoresReference extends RealArray {
  readonly sensitivity: Float64Array;
  readonly logitTerms: number;
}

/** An array, and what each element's error is relative to: |x| for given numbers, |x| + ‖products‖ for projected ones. */
export interface Operand extends NumericArray {
  readonly magnitude: ArrayLike<number>;
  /** Length of the sums that made it: 0 for given numbers. */
  readonly terms: number;
}

/** Given numbers as an Operand. */
export function operand(name: string, array: NumericArray): Operand {
  checkArray(name, array);
  return { ...array, magnitude: Float64Array.from(array.data, Math.abs), terms: 0 };
}

/** Which of the two leading axes the results have: a query without heads still attends with one. */
export interface Axes {
  readonly batch: boolean;
  readonly heads: boolean;
}

interface Logits {
  /** [B,H,L,S], row-major: after scale, softcap, alibi and bias; -Infinity where hidden. */
  data: Float64Array;
  /** 1 where the key is attended. A logit may be -Infinity without the key being hidden. */
  attended: Uint8Array;
  sensitivity: Float64Array;
  terms: number;
}

/** 0 for none. */
function largestFinite(...arrays: Float64Array[]): number {
  let largest = 0;
  for (const array of arrays) for (const x of array) if (Number.isFinite(x)) largest = Math.max(largest, x);
  return largest;
}

/** weights' shape, or with `last` = [L] that of lse: the axes that are there. */
function resultShape(axes: Axes, B: number, H: number, last: readonly number[]): number[] {
  return [...(axes.batch ? [B] : []), ...(axes.heads ? [H] : []), ...last];
}

/** Axes of attention's own three ranks: [L,D], [H,L,D], [B,H,L,D]. */
function axesOfRank(rank: number): Axes {
  return { batch: rank >= 4, heads: rank >= 3 };
}

/**
 * logit = bias + alibi + softcap·tanh(scale·q·k / softcap), in this order: scale, softcap, alibi, bias, masks.
 * A hidden pair is skipped by index, so nothing of its key is read.
 */
function logitsOf(query: Operand, key: Operand, options: AttentionReferenceOptions, axes: Axes): Logits {
  const { layout = "BHLD", softcap } = options;
  const { B, H, G, L, S, D } = sizesOf(query, key, layout);
  const scale = options.scale ?? 1 / Math.sqrt(D);
  const slopes = options.alibi === true ? alibiSlopes(H) : options.alibi || undefined;
  const shape = resultShape(axes, B, H, [L, S]);
  const mask = options.mask && broadcast("mask", options.mask, shape);
  const bias = options.bias && broadcast("bias", options.bias, shape);
  if (slopes && slopes.length !== H) throw new RangeError(`"alibi" holds ${slopes.length} slopes for ${H} heads`);

  const data = new Float64Array(B * H * L * S).fill(-Infinity);
  const attended = new Uint8Array(B * H * L * S);
  const sensitivity = new Float64Array(B * H * L * S);
  const spans = Array.from({ length: B }, (_, b) =>
    spansOf(options, b, B, L, S).map((span) => ({ ...span, b })),
  ).flat();
  for (const span of spans) checkAlign(options, span.L, span.S, slopes !== undefined);
  for (const span of spans) {
    const { b } = span;
    const origin = queryOrigin(options, span);
    for (let h = 0; h < H; h++) {
      for (let i = 0; i < span.L; i++) {
        for (let j = 0; j < span.S; j++) {
          const pair = ((b * H + h) * L + span.query + i) * S + span.key + j;
          const p = origin + i;
          const added = bias ? at(bias.data, pair) : 0;
          if (!isInReach(options, span, p, j) || (mask && at(mask.data, pair) === 0) || added === -Infinity) continue;

          const q = rowStart({ batch: B, heads: H, tokens: L, size: D }, layout, b, h, span.query + i);
          const k = rowStart({ batch: B, heads: G, tokens: S, size: D }, layout, b, keyHead(h, H, G), span.key + j);
          let dot = 0;
          let squares = 0;
          for (let d = 0; d < D; d++) {
            dot += at(query.data, q + d) * at(key.data, k + d);
            squares += (at(query.magnitude, q + d) * at(key.magnitude, k + d)) ** 2;
          }

          let logit = D === 0 ? 0 : dot * scale;
          if (softcap !== undefined) logit = softcap * Math.tanh(logit / softcap);
          const distance = slopes ? at(slopes, h) * Math.abs(p - j) : 0;
          logit -= distance;
          logit += added;

          data[pair] = logit;
          attended[pair] = 1;
          const product = D === 0 ? 0 : Math.abs(scale) * (Math.abs(dot) + Math.sqrt(squares));
          sensitivity[pair] = product + Math.abs(distance) + Math.abs(added);
        }
      }
    }
  }
  return { data, attended, sensitivity, terms: D + query.terms + key.terms };
}

/** referenceAttention on operands, with the axes said instead of read off the rank. */
export function attend(
  query: Operand,
  key: Operand,
  value: Operand,
  options: AttentionReferenceOptions,
  axes: Axes,
): AttentionReference {
  const { layout = "BHLD", sinks } = options;
  const { B, H, G, L, S } = sizesOf(query, key, layout);
  const values = extentsOf("value", value.shape, layout);
  const Dv = values.size;
  if (value.shape.length !== query.shape.length || values.batch !== B || values.heads !== G || values.tokens !== S)
    throw new RangeError(`"value" [${value.shape}] does not go with "key" [${key.shape}]`);
  if (sinks && sinks.length !== H) throw new RangeError(`"sinks" holds ${sinks.length} numbers for ${H} heads`);
  const logits = logitsOf(query, key, options, axes);

  const output = new Float64Array(B * H * L * Dv);
  const condition = new Float64Array(B * H * L * Dv);
  const weights = new Float64Array(B * H * L * S);
  const meanWeights = new Float64Array(B * L * S);
  const lse = new Float64Array(B * H * L);
  const lseSensitivity = new Float64Array(B * H * L);
  const outputSensitivity = new Float64Array(B * H * L * Dv);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const sink = sinks ? at(sinks, h) : -Infinity;
      for (let i = 0; i < L; i++) {
        const row = (b * H + h) * L + i;

        let largest = sink; // Math.max keeps NaN
        for (let j = 0; j < S; j++) largest = Math.max(largest, at(logits.data, row * S + j));
        const empty = largest === -Infinity; // no key, no sink, or nothing but logits of -Infinity
        const exponential = (x: number): number => (empty ? 0 : Math.exp(x - largest));
        let denominator = exponential(sink);
        for (let j = 0; j < S; j++)
          if (logits.attended[row * S + j]) denominator += exponential(at(logits.data, row * S + j));
        lse[row] = empty ? -Infinity : largest + Math.log(denominator);

        const o = rowStart({ batch: B, heads: H, tokens: L, size: Dv }, layout, b, h, i);
        for (let j = 0; j < S; j++) {
          if (!logits.attended[row * S + j]) continue;
          const weight = empty ? 0 : exponential(at(logits.data, row * S + j)) / denominator;
          weights[row * S + j] = weight;
          meanWeights[(b * L + i) * S + j] = at(meanWeights, (b * L + i) * S + j) + weight / H;
          const v = rowStart(values, layout, b, keyHead(h, H, G), j);
          for (let d = 0; d < Dv; d++) {
            output[o + d] = at(output, o + d) + weight * at(value.data, v + d);
            condition[o + d] = at(condition, o + d) + weight * at(value.magnitude, v + d);
          }
        }

        const sinkWeight = empty ? 0 : exponential(sink) / denominator;
        const sinkError = sinkWeight === 0 ? 0 : sinkWeight * Math.abs(sink);
        lseSensitivity[row] = sinkError;
        for (let d = 0; d < Dv; d++) outputSensitivity[o + d] = sinkError * Math.abs(at(output, o + d));
        for (let j = 0; j < S; j++) {
          if (weights[row * S + j] === 0) continue; // hidden, or a logit of -Infinity
          const error = at(weights, row * S + j) * at(logits.sensitivity, row * S + j);
          lseSensitivity[row] = at(lseSensitivity, row) + error;
          const v = rowStart(values, layout, b, keyHead(h, H, G), j);
          for (let d = 0; d < Dv; d++) {
            const distance = Math.abs(at(value.data, v + d) - at(output, o + d));
            outputSensitivity[o + d] = at(outputSensitivity, o + d) + error * distance;
          }
        }
      }
    }
  }

  const shape = resultShape(axes, B, H, [L, S]);
  return {
    output: { data: output, shape: [...query.shape.slice(0, -1), Dv] },
    weights: { data: weights, shape },
    scores: { data: logits.data, shape },
    lse: { data: lse, shape: resultShape(axes, B, H, [L]) },
    meanWeights: { data: meanWeights, shape: resultShape({ ...axes, heads: false }, B, H, [L, S]) },
    condition,
    sensitivity: { scores: logits.sensitivity, lse: lseSensitivity, output: outputSensitivity },
    magnitude: largestFinite(logits.sensitivity, Float64Array.from(sinks ?? [], Math.abs)),
    logitTerms: logits.terms,
    valueTerms: S + value.terms,
  };
}

/**
 * softmax(scale·q·kᵀ …)·v, in float64.
 *
 * query [L,D], [H,L,D] or [B,H,L,D] (layout "BLHD": [L,H,D], [B,L,H,D]); key and value of the same rank, with G heads
 * and S tokens; value's size Dv is its own. Query head h reads key head ⌊h·G/H⌋. Any dimension may be 0.
 *
 * A row with nothing to attend to: output 0, weights 0, lse -Infinity, or the sink. A hidden key or value is never
 * read, so NaN there reaches nothing; NaN in what is attended reaches the whole row.
 * Throws a RangeError where shapes do not go together or align is missing.
 */
export function referenceAttention(
  query: NumericArray,
  key: NumericArray,
  value: NumericArray,
  options: AttentionReferenceOptions = {},
): AttentionReference {
  const operands = [operand("query", query), operand("key", key), operand("value", value)] as const;
  return attend(...operands, options, axesOfRank(query.shape.length));
}

/**
 * The logits alone, [..., H, L, S]: as in referenceAttention, but scale is 1 by default, and hidden ones read as
 * maskedValue.
 */
export function referenceScores(
  query: NumericArray,
  key: NumericArray,
  options: ScoresReferenceOptions = {},
): ScoresReference {
  const { maskedValue = -Infinity, scale = 1, ...rest } = options;
  const axes = axesOfRank(query.shape.length);
  const { B, H, L, S } = sizesOf(query, key, options.layout ?? "BHLD");
  const logits = logitsOf(operand("query", query), operand("key", key), { ...rest, scale }, axes);
  const data = logits.data.map((logit, pair) => (logits.attended[pair] ? logit : maskedValue));
  return { data, shape: resultShape(axes, B, H, [L, S]), sensitivity: logits.sensitivity, logitTerms: logits.terms };
}
