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
 *
 * @example
 * ```ts
 * import { scores } from "@attn/core";
 *
 * const x = [[1, 0, 1], [1, 2, 0]];
 * console.log(scores(x, x)); // → [[2, 1], [1, 5]]
 * console.log(scores(x, x, { causal: true, maskedValue: 0 })); // → [[2, 0], [1, 5]]
 * ```
 */
export const scores: ScoresFunction = /* @__PURE__ */ shared("scores", makeScores);
/**
 * Joins results over disjoint keys (output and lse of each) into the result over all of them. See {@link
 * MergeAttentionFunction}.
 *
 * @example
 * ```ts
 * import { attention, mergeAttention } from "@attn/core";
 *
 * const query = [[1, 0]];
 * const part = (key: number[][], value: number[][]) => attention(query, key, value, { returnLse: true });
 * const merged = mergeAttention([part([[1, 0]], [[4]]), part([[0, 1], [1, 1]], [[8], [6]])]);
 * console.log(merged.output); // → [[5.593]]
 * console.log(attention(query, [[1, 0], [0, 1], [1, 1]], [[4], [8], [6]]).output); // → [[5.593]]
 * ```
 */
export const mergeAttention: MergeAttentionFunction = /* @__PURE__ */ shared("mergeAttention", makeMergeAttention);
/**
 * One head of x [..., L, E] over itself: output [..., L, E or the projected width], weights [..., L, L]. See {@link
 * SelfAttentionFunction}.
 *
 * @example
 * ```ts
 * import { selfAttention } from "@attn/core";
 *
 * const { output, weights } = selfAttention([[1, 0], [0, 1]], { scale: 1, returnWeights: true });
 * console.log(weights); // → [[0.7311, 0.2689], [0.2689, 0.7311]]
 * console.log(output); // → [[0.7311, 0.2689], [0.2689, 0.7311]]
 * ```
 */
export const selfAttention: SelfAttentionFunction = /* @__PURE__ */ shared("selfAttention", makeSelfAttention);
/**
 * Several heads of x [..., L, E], concatenated and projected: weights [..., H, L, L]. See {@link
 * MultiHeadSelfAttentionFunction}.
 *
 * @example
 * ```ts
 * import { multiHeadSelfAttention } from "@attn/core";
 *
 * const x = [[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]];
 * const weight = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]];
 * const { output, weights } = multiHeadSelfAttention(x, { heads: 2, projections: { output: { weight } }, returnWeights: true });
 * console.log(output.shape); // → [3, 4]
 * console.log(weights.shape); // → [2, 3, 3]
 * ```
 */
export const multiHeadSelfAttention: MultiHeadSelfAttentionFunction = /* @__PURE__ */ shared(
  "multiHeadSelfAttention",
  makeMultiHeadSelfAttention,
);
/**
 * multiHeadSelfAttention with causal: true: a word sees itself and what came before it.
 *
 * @example
 * ```ts
 * import { maskedMultiHeadSelfAttention } from "@attn/core";
 *
 * const { weights } = maskedMultiHeadSelfAttention([[1, 0], [0, 1]], { heads: 1, returnWeights: true });
 * console.log(weights); // → [[[1, 0], [0.3302, 0.6698]]]
 * ```
 */
export const maskedMultiHeadSelfAttention: MultiHeadSelfAttentionFunction = /* @__PURE__ */ shared(
  "maskedMultiHeadSelfAttention",
  makeMaskedMultiHeadSelfAttention,
);
/**
 * Queries from x [..., L, E], keys and values from memory [..., S, Em]; several heads where heads is given. See {@link
 * CrossAttentionFunction}.
 *
 * @example
 * ```ts
 * import { crossAttention } from "@attn/core";
 *
 * const { output, weights } = crossAttention([[1, 0]], [[1, 0], [0, 1], [2, 0]], { scale: 1, returnWeights: true });
 * console.log(weights); // → [[0.2447, 0.09, 0.6652]]
 * console.log(output); // → [[1.575, 0.09]]
 * ```
 */
export const crossAttention: CrossAttentionFunction = /* @__PURE__ */ shared("crossAttention", makeCrossAttention);
/**
 * a [..., M, K] · b [..., K, N], or with transposeB b [..., N, K]; leading dimensions broadcast. See {@link
 * MatmulFunction}.
 *
 * @example
 * ```ts
 * import { matmul } from "@attn/core";
 *
 * console.log(matmul([[1, 2], [3, 4]], [[0, 1], [1, 0]])); // → [[2, 1], [4, 3]]
 * console.log(matmul([[1, 2]], [[3, 4], [5, 6]], { transposeB: true, bias: [10] })); // → [[21, 27]]
 * ```
 */
export const matmul: MatmulFunction = /* @__PURE__ */ shared("matmul", makeMatmul);
/**
 * Softmax over the last dimension; a row of -Infinity gives zeros. See {@link SoftmaxFunction}.
 *
 * @example
 * ```ts
 * import { softmax } from "@attn/core";
 *
 * console.log(softmax([[0, Math.log(3)], [-Infinity, -Infinity]])); // → [[0.25, 0.75], [0, 0]]
 * ```
 */
export const softmax: SoftmaxFunction = /* @__PURE__ */ shared("softmax", makeSoftmax);
/**
 * Keys and values kept in wasm memory while decoding, in f32, f16 or int8; give it back by dispose, or `using`. See
 * {@link KvCache}.
 *
 * @example
 * ```ts
 * import { attention, createKvCache } from "@attn/core";
 *
 * using cache = createKvCache({ heads: 1, headSize: 2, valueSize: 1, capacity: 8 });
 * cache.append([[[1, 0], [0, 1]]], [[[1], [3]]]); // [G, T, D] and [G, T, Dv]: two tokens
 * cache.append([[[1, 1]]], [[[7]]]); // a third
 * console.log(cache.length); // → 3
 * console.log(attention([[[1, 0]]], cache, { scale: 1 }).output); // → [[[3.845]]]
 * ```
 */
export const createKvCache: CreateKvCacheFunction = /* @__PURE__ */ shared("createKvCache", makeCreateKvCache);
