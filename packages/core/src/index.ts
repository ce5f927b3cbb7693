// The whole public API. The functions run on one engine, made at their first call; createAttention makes another.
import { makeAttention } from "./ops/attention.ts";
import { makeCreateKvCache } from "./ops/cache.ts";
import { makeMatmul } from "./ops/matmul.ts";
import {
  makeCrossAttention,
  makeMaskedMultiHeadSelfAttention,
  makeMultiHeadSelfAttention,
  makeSelfAttention,
} from "./ops/mechanisms.ts";
import { makeMergeAttention } from "./ops/merge.ts";
import { makeScores } from "./ops/scores.ts";
import { makeSoftmax } from "./ops/softmax.ts";
import { shared } from "./shared.ts";
import type {
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
export const attention: AttentionFunction = /* @__PURE__ */ shared("attention", makeAttention);
/**
 * The dot products q·kᵀ by themselves, [..., L, S], before any softmax; scale is 1 unless given. See {@link
 * ScoresFunction}.
 */
export const scores: ScoresFunction = /* @__PURE__ */ shared("scores", makeScores);
/**
 * Joins results over disjoint keys (output and lse of each) into the result over all of them. See {@link
 * MergeAttentionFunction}.
 */
export const mergeAttention: MergeAttentionFunction = /* @__PURE__ */ shared("mergeAttention", makeMergeAttention);
/**
 * One head of x [..., L, E] over itself: output [..., L, E or the projected width], weights [..., L, L]. See {@link
 * SelfAttentionFunction}.
 */
export const selfAttention: SelfAttentionFunction = /* @__PURE__ */ shared("selfAttention", makeSelfAttention);
/**
 * Several heads of x [..., L, E], concatenated and projected: weights [..., H, L, L]. See {@link
 * MultiHeadSelfAttentionFunction}.
 */
export const multiHeadSelfAttention: MultiHeadSelfAttentionFunction = /* @__PURE__ */ shared(
  "multiHeadSelfAttention",
  makeMultiHeadSelfAttention,
);
/** multiHeadSelfAttention with causal: true: a word sees itself and what came before it. */
export const maskedMultiHeadSelfAttention: MultiHeadSelfAttentionFunction = /* @__PURE__ */ shared(
  "maskedMultiHeadSelfAttention",
  makeMaskedMultiHeadSelfAttention,
);
/**
 * Queries from x [..., L, E], keys and values from memory [..., S, Em]; several heads where heads is given. See {@link
 * CrossAttentionFunction}.
 */
export const crossAttention: CrossAttentionFunction = /* @__PURE__ */ shared("crossAttention", makeCrossAttention);
/**
 * a [..., M, K] · b [..., K, N], or with transposeB b [..., N, K]; leading dimensions broadcast. See {@link
 * MatmulFunction}.
 */
export const matmul: MatmulFunction = /* @__PURE__ */ shared("matmul", makeMatmul);
/** Softmax over the last dimension; a row of -Infinity gives zeros. See {@link SoftmaxFunction}. */
export const softmax: SoftmaxFunction = /* @__PURE__ */ shared("softmax", makeSoftmax);
/**
 * Keys and values kept in wasm memory while decoding, in f32, f16 or int8; give it back by dispose, or `using`. See
 * {@link KvCache}.
 */
export const createKvCache: CreateKvCacheFunction = /* @__PURE__ */ shared("createKvCache", makeCreateKvCache);
