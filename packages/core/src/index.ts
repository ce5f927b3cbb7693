// The whole public API. The functions run on one engine, made at their first call; createAttention makes another.
import { createAttention } from "./create.ts";
import type {
  Attention,
  AttentionFunction,
  CreateKvCacheFunction,
  CrossAttentionFunction,
  MatmulFunction,
  MergeAttentionFunction,
  MultiHeadSelfAttentionFunction,
  ScoresFunction,
  SelfAttentionFunction,
  SoftmaxFunction,
} from "./types.ts";

let shared: Attention | undefined;
const engine = (): Attention => {
  shared ??= createAttention();
  return shared;
};

export { createAttention } from "./create.ts";
export { loadAttention } from "./load.ts";
export { tensor } from "./tensor.ts";
export type * from "./types.ts";

/**
 * softmax(q·kᵀ·scale)·v, over query [..., L, D], key [..., S, D] and value [..., S, Dv], or over a {@link KvCache}.
 * Output [..., L, Dv]; weights, scores and lse where they are asked for. See {@link AttentionFunction} for layouts,
 * grouped heads, the order of scale, softcap, alibi, bias and masks, and what a hidden row gives.
 *
 * @example
 * ```ts
 * import { attention } from "@attn/core";
 *
 * const [query, key, value] = [[[1, 0], [0, 1]], [[1, 0], [0, 1]], [[1], [3]]];
 * const { output, weights } = attention(query, key, value, { causal: true, scale: 1, returnWeights: true });
 * console.log(weights); // → [[1, 0], [0.2689, 0.7311]]
 * console.log(output); // → [[1], [2.462]]
 * ```
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong value or shape; nothing is computed then.
 */
export const attention: AttentionFunction = ((...args: Parameters<AttentionFunction>) =>
  engine().attention(...args)) as AttentionFunction;
/**
 * The dot products q·kᵀ by themselves, [..., L, S], before any softmax; scale is 1 unless given. See {@link
 * ScoresFunction}.
 */
export const scores: ScoresFunction = (query, key, options) => engine().scores(query, key, options);
/**
 * Joins results over disjoint keys (output and lse of each) into the result over all of them. See {@link
 * MergeAttentionFunction}.
 */
export const mergeAttention: MergeAttentionFunction = (parts) => engine().mergeAttention(parts);
/**
 * One head of x [..., L, E] over itself: output [..., L, E or the projected width], weights [..., L, L]. See {@link
 * SelfAttentionFunction}.
 */
export const selfAttention: SelfAttentionFunction = (x, options) => engine().selfAttention(x, options);
/**
 * Several heads of x [..., L, E], concatenated and projected: weights [..., H, L, L]. See {@link
 * MultiHeadSelfAttentionFunction}.
 */
export const multiHeadSelfAttention: MultiHeadSelfAttentionFunction = (x, options) =>
  engine().multiHeadSelfAttention(x, options);
/** multiHeadSelfAttention with causal: true: a word sees itself and what came before it. */
export const maskedMultiHeadSelfAttention: MultiHeadSelfAttentionFunction = (x, options) =>
  engine().maskedMultiHeadSelfAttention(x, options);
/**
 * Queries from x [..., L, E], keys and values from memory [..., S, Em]; several heads where heads is given. See {@link
 * CrossAttentionFunction}.
 */
export const crossAttention: CrossAttentionFunction = (x, memory, options) =>
  engine().crossAttention(x, memory, options);
/**
 * a [..., M, K] · b [..., K, N], or with transposeB b [..., N, K]; leading dimensions broadcast. See {@link
 * MatmulFunction}.
 */
export const matmul: MatmulFunction = (a, b, options) => engine().matmul(a, b, options);
/** Softmax over the last dimension; a row of -Infinity gives zeros. See {@link SoftmaxFunction}. */
export const softmax: SoftmaxFunction = (x, options) => engine().softmax(x, options);
/**
 * Keys and values kept in wasm memory while decoding, in f32, f16 or int8; give it back by dispose, or `using`. See
 * {@link KvCache}.
 */
export const createKvCache: CreateKvCacheFunction = (options) => engine().createKvCache(options);
