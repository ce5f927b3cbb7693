// How far a float32 result may lie from the float64 reference, and the comparison itself. Derived from sizes and sums,
// so that no test carries a number that someone tuned until it passed.
//
// The reasoning, with u = 2⁻²⁴, half the distance from 1 to the next float32:
//
// 1. What a dot product loses. Adding n products one by one makes an error of up to u·|s_k| at each partial sum s_k. The
//    errors are as good as random (Higham & Mary, "A new approach to probabilistic rounding error analysis", 2019), so
//    they add up to about u·√(Σ s_k²/3). In a random order of the products p, s_k is k/n·s on average with a variance
//    of at most k/n·(1 - k/n)·‖p‖², which makes that u·√n·(|s|/3 + ‖p‖/4), s the result and ‖p‖ = √Σ p².
//    Relative to Σ|p|, products of one sign lose about √n·u/3, those of mixed signs about u/3 whatever n is. The sure
//    bound, n·u·Σ|p|, is hundreds of times more than that where D = 100, and would hide errors that matter.
//    Allowed is 4·√n·u·(|s| + ‖p‖), some twelve standard deviations. Equal terms are the exception to randomness, for
//    their errors all point the same way, up to n·u/4 of the sum: below 4·√n·u as long as n < 256. (Sums of ours are of runs
//    of 64 for that reason, so that they keep to 2e-6 at any length; that is tested by itself, where terms are equal.)
// 2. A logit is such a sum of D products and a dozen further operations (scale, softcap, alibi, bias) of one rounding
//    each: ε = 4·√(D + 13)·u·magnitude. softcap has a slope of at most 1 and lets ε through undiminished.
// 3. Softmax makes an absolute error of logits a relative error of weights: if all logits are off by up to ε, the
//    numerator is off by a factor e^(±ε), and so is the denominator: e^(2ε) - 1 together. Its own arithmetic adds the
//    rounding of x - max (u·|x - max|, relative once in exp), exp itself, the sum of S terms, and the division.
// 4. An output is a sum of S products of those weights, again with a loss of √S·u relative to Σ_j w_j·|v_j|. Errors of
//    the logits reach it by Σ_j w_j·ε_j·|v_j - o| (see Sensitivity), which is less than what 3 says of single weights.
//
// Rescaling between key blocks, as online softmax does, costs some six operations a block; a block of more than six keys
// saves as many. What naive float32 loops really lose is a half to a 300th of what is allowed; the tests measure it.

import type { AttentionReference } from "./reference.ts";

/** u: half the distance from 1 to the next float32. */
export const unitRoundoff: number = 2 ** -24;

/** Below this a float32 is denormal; an exp may return 0 instead, and a machine may flush it. */
export const smallestNormal: number = 2 ** -126;

/** The small multiple of what is lost that is allowed. */
const multiple = 4;

/**
 * Operations on one logit beyond its dot product: 3 for rounding scale, softcap and slope; 1 to scale, 6 for softcap, whose
 * tanh must therefore be right to a few u of itself also near 0; 2 for alibi, 1 for bias.
 */
const logitRoundings = 13;

/** Error of a float32 exp in units of u, the multiplication by a power of 2 included. */
const expRoundings = 2;

/** exp of less than minus this is no normal float32, so a larger max - x loses nothing more: 126·ln 2, rounded up. */
const deepestExponent = 88;

/**
 * 4·√n·u: what a float32 dot product of length n may be off, relative to |s| + ‖p‖, or to Σ|p| where that is what is
 * known; s is the sum and p are its products.
 */
export function dotTolerance(n: number): number {
  return multiple * Math.sqrt(n) * unitRoundoff;
}

/**
 * Absolute error of a logit whose dot product has length D.
 * @param magnitude |scale|·(|q·k| + √Σ_d (q_d·k_d)²) + |alibi| + |bias|, or the largest of them
 */
export function logitTolerance(D: number, magnitude: number): number {
  return dotTolerance(D + logitRoundings) * magnitude;
}

/**
 * Relative error of a softmax over S numbers that are exact.
 * @param spread max - x, or the largest of them; what lies deeper than exp reaches does not count
 */
export function softmaxTolerance(S: number, spread: number): number {
  const exponentials = 2 * expRoundings + Math.min(spread, deepestExponent);
  return multiple * unitRoundoff * exponentials + dotTolerance(S + 1);
}

/** Relative error of a softmax weight: that of softmax, and e^(2ε) - 1 for logits that are off by up to ε. */
export function weightTolerance(D: number, S: number, magnitude: number): number {
  return Math.expm1(2 * logitTolerance(D, magnitude)) + softmaxTolerance(S, 2 * magnitude);
}

/**
 * Error of an output relative to Σ_j w_j·|v_j|.
 * @param valueTerms length of the sums behind it: S, and with projections the widths of value's and output's
 */
export function outputTolerance(D: number, S: number, magnitude: number, valueTerms: number = S): number {
  return weightTolerance(D, S, magnitude) + dotTolerance(valueTerms);
}

/**
 * Absolute error of a row's log-sum-exp: that of its logits, the relative error of the sum, which ln makes absolute, and
 * the rounding of max + ln(sum) to a float32.
 */
export function lseTolerance(D: number, S: number, magnitude: number): number {
  const largest = magnitude + Math.log(S + 1);
  return logitTolerance(D, magnitude) + softmaxTolerance(S, Math.log(S + 1)) + dotTolerance(2) * largest;
}

/**
 * Merging `parts` results that are exact: relative to Σ_p share_p·|output_p| for the output, absolute for the lse.
 * @param magnitude largest finite |lse|
 */
export function mergeTolerance(parts: number, magnitude: number): { output: number; lse: number } {
  const share = softmaxTolerance(parts, 2 * magnitude);
  return { output: share + dotTolerance(parts), lse: share + dotTolerance(2) * (magnitude + Math.log(parts + 1)) };
}

/** Absolute error where `terms` numbers of up to `magnitude` are weighed with weights that float32 may flush to 0. */
export function underflowTolerance(terms: number, magnitude: number): number {
  return terms * magnitude * smallestNormal;
}

export interface CompareOptions {
  /** Absolute part of the allowed error. Default 0. */
  atol?: number | undefined;
  /** Relative part, times scale. Default 0. */
  rtol?: number | undefined;
  /** What rtol is relative to: one number, or one for each element. Default |expected|. */
  scale?: number | ArrayLike<number> | undefined;
}

/** What compare needs for each result of attention. */
export interface AttentionTolerance {
  output: CompareOptions;
  weights: CompareOptions;
  meanWeights: CompareOptions;
  scores: CompareOptions;
  lse: CompareOptions;
}

/**
 * What may be lost at each element, from the sums that the reference went through there. It is tighter than the
 * functions of sizes above, which know only the largest logit of all; they are for where there is no reference.
 */
export function attentionTolerance(reference: AttentionReference): AttentionTolerance {
  const { weights, scores, lse, output, condition, sensitivity, logitTerms, valueTerms, meanWeights } = reference;
  const S = weights.shape[weights.shape.length - 1] ?? 0;
  const logitRate = logitTolerance(logitTerms, 1);
  const get = (array: Float64Array, index: number): number => array[index] ?? Number.NaN;

  // A row's weights go with |x - max| ≤ ln S on average, by their entropy.
  const rowRate = softmaxTolerance(S, Math.log(S + 1));
  const outputs = output.data.map(
    (_, i) =>
      logitRate * get(sensitivity.output, i) +
      (2 * rowRate + dotTolerance(valueTerms)) * get(condition, i) +
      underflowTolerance(S, get(condition, i)),
  );
  const lses = lse.data.map(
    (x, row) => logitRate * get(sensitivity.lse, row) + rowRate + dotTolerance(2) * (Math.abs(x) + Math.log(S + 1)),
  );
  const weightErrors = weights.data.map((weight, pair) => {
    if (weight === 0) return smallestNormal;
    const row = Math.floor(pair / S);
    const shift = logitRate * (get(sensitivity.scores, pair) + get(sensitivity.lse, row));
    const depth = get(lse.data, row) - get(scores.data, pair); // no less than max - x
    return weight * (Math.expm1(shift) + softmaxTolerance(S, depth)) + smallestNormal;
  });
  const heads = weights.data.length / Math.max(meanWeights.data.length, 1);
  const headSize = S * (weights.shape[weights.shape.length - 2] ?? 0);
  const meanErrors = meanWeights.data.map((mean, pair) => {
    const first = Math.floor(pair / headSize) * heads * headSize + (pair % headSize);
    let sum = 0;
    for (let h = 0; h < heads; h++) sum += get(weightErrors, first + h * headSize);
    return sum / heads + dotTolerance(heads + 1) * mean;
  });
  return {
    output: { rtol: 1, scale: outputs },
    weights: { rtol: 1, scale: weightErrors },
    meanWeights: { rtol: 1, scale: meanErrors },
    scores: { rtol: logitRate, scale: sensitivity.scores },
    lse: { rtol: 1, scale: lses },
  };
}

/**
 * Undefined where every element holds, else a sentence that names the worst: |got - expected| ≤ atol + rtol·scale.
 * NaN must meet NaN and an infinity the same infinity, whatever is allowed. Lengths must be the same.
 * The worst element is the one whose error is the largest multiple of what is allowed there.
 */
export function compare(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol = 0, rtol = 0, scale }: CompareOptions = {},
): string | undefined {
  if (got.length !== expected.length) return `got ${got.length} numbers, expected ${expected.length}`;
  if (typeof scale === "object" && scale.length !== expected.length)
    return `got ${scale.length} scales for ${expected.length} numbers`;

  let wrong = 0;
  let worst = -1;
  let sentence: string | undefined;
  for (let i = 0; i < expected.length; i++) {
    const g = Number(got[i]);
    const e = Number(expected[i]);
    if (Object.is(g, e) || g === e) continue;
    const relative = scale === undefined ? Math.abs(e) : typeof scale === "number" ? scale : Number(scale[i]);
    const allowed = Number.isFinite(e) ? atol + rtol * relative : 0;
    const error = Number.isFinite(g - e) ? Math.abs(g - e) : Infinity;
    if (error <= allowed && error !== Infinity) continue;
    wrong++;
    const excess = allowed > 0 && error !== Infinity ? error / allowed : Infinity;
    if (excess > worst) {
      worst = excess;
      sentence = `element ${i}: got ${g}, expected ${e}, error ${error.toExponential(2)}, allowed ${allowed.toExponential(2)}`;
    }
  }
  return sentence && `${sentence} (${wrong} of ${expected.length} differ)`;
}
