// The public types. Knows names and shapes; no behaviour.
//
// Dimension letters, used everywhere (docs, errors, code):
//   B batch · H query heads · G key/value heads (H is a multiple of G) · L query length · S key length
//   D head size of query and key · Dv head size of value · E model width (H·D)

import type { WasmModule } from "@attn/kernel/interface";

/** Dense, row-major float32. A plain object, so any library's Float32Array can be wrapped without a copy. */
export interface Tensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Keep-mask: 1 or true = attend, 0 or false = hidden (the polarity of PyTorch SDPA, ONNX, JAX and Keras). */
export interface MaskTensor {
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

export type NestedNumbers = readonly number[] | readonly NestedNumbers[];
export type NestedBooleans = readonly boolean[] | readonly NestedBooleans[];
export type TensorInput = Tensor | NestedNumbers;
export type MaskInput = MaskTensor | NestedBooleans;

/** Memory order of query, key, value and output. */
export type Layout = "BHLD" | "BLHD";

/** Where query 0 stands among the keys; see {@link AttentionOptions.align}. */
export type Align = "top-left" | "bottom-right" | number;

/** Keys visible to a query at position p: p-left … p+right, both inclusive; an absent side is unbounded. */
export interface Window {
  left?: number | undefined;
  right?: number | undefined;
}

/**
 * Lengths of packed sequences, in tokens; key's are query's unless they are given.
 *
 * @example
 * ```ts
 * import { attention } from "@attn/core";
 *
 * // Two sequences, of one token and of two, one behind the other.
 * const x = [[1, 0], [0, 1], [1, 1]];
 * const { weights } = attention(x, x, x, { segments: { query: [1, 2] }, causal: true, scale: 1, returnWeights: true });
 * console.log(weights); // → [[1, 0, 0], [0, 1, 0], [0, 0.2689, 0.7311]]
 * ```
 */
export interface Segments {
  query: ArrayLike<number>;
  key?: ArrayLike<number> | undefined;
}

/** What a logit is made of, and who is hidden: shared by `attention` and `scores`. */
export interface LogitOptions {
  /**
   * Multiplies q·k. Default 1/√D; in `scores` 1. It is read as a float32 and may be of any size: where a number of a query times
   * scale is no normal float (2⁻¹²⁶ … 3.4e38), that query's products are computed in float64, which takes three to four times as long.
   */
  scale?: number | undefined;
  /**
   * Hide keys that come after the query's position. For L = 3, S = 5 (■ visible):
   *
   *     align "top-left"     align "bottom-right"
   *     ■ □ □ □ □            ■ ■ ■ □ □
   *     ■ ■ □ □ □            ■ ■ ■ ■ □
   *     ■ ■ ■ □ □            ■ ■ ■ ■ ■
   */
  causal?: boolean | undefined;
  window?: Window | undefined;
  /**
   * The key index that query 0 stands at; it anchors causal, window and alibi.
   * "top-left" = 0; "bottom-right" = S-L, or keyLengths[b]-L where keyLengths is given; a number = that index,
   * an integer that may be negative. Where L = S it defaults to 0, also with keyLengths. Where L ≠ S and one of
   * the three is used it has no default: libraries disagree here, so the call is a RangeError that names both choices.
   * With a KvCache it defaults to "bottom-right".
   */
  align?: Align | undefined;
  /** Broadcast from the right to the shape that weights have, by index: never expanded in memory. */
  mask?: MaskInput | undefined;
  /** Added to the logits; broadcast as mask is. A bias of -Infinity hides the key, as a mask does. */
  bias?: TensorInput | undefined;
  /** [B], each 0 … S: keys at or past keyLengths[b] are not attended, and their memory is not read. */
  keyLengths?: ArrayLike<number> | undefined;
  /** softcap·tanh(logit/softcap), after scale and before bias. */
  softcap?: number | undefined;
  /** Adds -slope[h]·|position - j|. true = the slopes of Press et al. 2022, with their interleaving where H is no power of 2. */
  alibi?: boolean | ArrayLike<number> | undefined;
  /** Memory order of query, key, value and output. Both are read in place. Default "BHLD". */
  layout?: Layout | undefined;
}

export interface AttentionOptions extends LogitOptions {
  /**
   * Sequences packed one behind the other along L, and along S where key differs: lengths that add up to L and S. A query
   * attends to the keys of its own sequence alone. causal, window, align and alibi count within it, and keyLengths has a
   * length for each (or one, of all keys). Batch 1; the cost is the sum over sequences, not L·S. Weights and scores, where
   * asked for, are [H, L, S] with 0 and -Infinity between sequences. Not with a cache. (FlashAttention's varlen.)
   */
  segments?: Segments | undefined;
  /** [H]: exp(sinks[h]) joins the softmax's denominator and nothing else. */
  sinks?: ArrayLike<number> | undefined;
  /** Softmax weights; "mean" = averaged over heads. */
  returnWeights?: boolean | "mean" | undefined;
  /** Logits as softmax sees them: after scale, softcap, alibi and bias; -Infinity where hidden. */
  returnScores?: boolean | undefined;
  /** Natural-log-sum-exp of each row's logits, the sink among them; with all keys hidden: the sink, or -Infinity without one. */
  returnLse?: boolean | undefined;
  /** Write the output here instead of into a new array: exactly the output's size. Not one of the inputs. */
  out?: Float32Array | Tensor | undefined;
}

type Returned<Asked, Name extends string> = [Asked] extends [false | undefined]
  ? unknown
  : [Asked] extends [true | "mean"]
    ? { readonly [K in Name]: Tensor }
    : { readonly [K in Name]?: Tensor };

/**
 * `weights`, `scores` and `lse` are in the type exactly when they were asked for; where that is only known when the
 * program runs, they are optional. Axes that the query lacks are absent: a rank-2 query gives output [L, Dv],
 * weights [L, S], lse [L].
 *
 * output [..., L, Dv] · weights [..., H, L, S], for "mean" [..., L, S] · scores [..., H, L, S] · lse [..., H, L]
 */
export type AttentionResult<
  W extends boolean | "mean" | undefined = boolean | "mean" | undefined,
  S extends boolean | undefined = boolean | undefined,
  E extends boolean | undefined = boolean | undefined,
> = { readonly output: Tensor } & Returned<W, "weights"> & Returned<S, "scores"> & Returned<E, "lse">;

/** The three options that decide the result's type. */
export interface Returns<W, S, E> {
  returnWeights?: W;
  returnScores?: S;
  returnLse?: E;
}

export interface ScoresOptions extends LogitOptions {
  /** What a hidden score reads as. Default -Infinity, which softmax needs; 0 prints as in a notebook. */
  maskedValue?: number | undefined;
}

/** y = x·weightᵀ + bias, as PyTorch's nn.Linear: weight [out, in], bias [out]. */
export interface Linear {
  weight: TensorInput;
  bias?: TensorInput | undefined;
}

/** An absent projection is the identity: then query = key = value = x, as the notebook has it. */
export interface Projections {
  query?: Linear | undefined;
  key?: Linear | undefined;
  value?: Linear | undefined;
  output?: Linear | undefined;
}

export interface MechanismOptions extends Omit<AttentionOptions, "layout"> {
  projections?: Projections | undefined;
}
export interface MultiHeadOptions extends MechanismOptions {
  heads: number;
  keyValueHeads?: number | undefined;
}
export interface CrossAttentionOptions extends MechanismOptions {
  heads?: number | undefined;
  keyValueHeads?: number | undefined;
}

export interface MatmulOptions {
  /** b is read as [..., N, K]. */
  transposeB?: boolean | undefined;
  /** Added to the product; broadcast from the right to its shape. */
  bias?: TensorInput | undefined;
  out?: Float32Array | Tensor | undefined;
}
export interface SoftmaxOptions {
  out?: Float32Array | Tensor | undefined;
}

/** One part of a split attention: what `attention` returns with `returnLse`. */
export interface AttentionPart {
  readonly output: Tensor;
  readonly lse: Tensor;
}

export type CacheDtype = "f32" | "f16" | "int8";

export interface KvCacheOptions {
  /** B. Default 1. */
  batch?: number | undefined;
  /** G. */
  heads: number;
  /** D. */
  headSize: number;
  /** Dv. Default D. */
  valueSize?: number | undefined;
  /** The most tokens it can hold. */
  capacity: number;
  /**
   * How the tokens are stored; arithmetic is f32. int8 is symmetric, one f32 scale per token and head: where keys and
   * values are normal numbers the output is off by 0.9 % (L2), where one channel of the keys is 50 times the others by
   * 11 %, at 200 times by 46 %; f16 bears such channels. Default "f32".
   */
  dtype?: CacheDtype | undefined;
}

/**
 * Keys and values kept in wasm memory, appended in place: a decode step copies one token, never the past.
 * It belongs to the engine that made it.
 */
export interface KvCache extends Disposable {
  /** Tokens held. */
  readonly length: number;
  readonly capacity: number;
  /** Wasm memory it holds; dispose gives it to the next that asks. */
  readonly byteLength: number;
  /** key [G, T, D] or [B, G, T, D], value the same with Dv. Past capacity: RangeError, nothing changed. */
  append(key: TensorInput, value: TensorInput): void;
  /** Forgets the tokens at and past `length`. */
  truncate(length: number): void;
  dispose(): void;
}

/**
 * A tensor in wasm memory, zeros at first. Its data getter survives memory growth; a view taken from it does not, and
 * after dispose it is another's memory. One that is forgotten is freed with the last view of its whole data.
 *
 * @example
 * ```ts
 * import { createAttention } from "@attn/core";
 *
 * using engine = createAttention();
 * using x = engine.empty([2, 2]);
 * x.data.set([1, 0, 0, 1]);
 * engine.softmax(x, { out: engine.empty([2, 2]) }); // read and written where it lies
 * console.log(x.data); // → [1, 0, 0, 1]
 * ```
 */
export interface WasmTensor extends Tensor, Disposable {
  dispose(): void;
}

export interface EngineOptions {
  /** "auto" (default): relaxed where the runtime has it. "simd": the same bits on every machine. "relaxed": throws where unsupported. */
  variant?: "auto" | "relaxed" | "simd" | undefined;
  /** @attn/kernel/simd.wasm or relaxed.wasm, compiled or as bytes; it says itself which it is, and of which version. */
  module?: WasmModule | ArrayBuffer | ArrayBufferView | undefined;
  /** Ceiling of the engine's wasm memory; passing it is a RangeError before anything is computed. */
  maximumBytes?: number | undefined;
}

/**
 * softmax(q·kᵀ·scale)·v. Ranks: [L, D], [H, L, D] or [B, H, L, D] (with layout "BLHD": [L, H, D] or [B, L, H, D]).
 * key and value may have G heads where query has H (grouped-query: query head h reads key head ⌊h·G/H⌋).
 * Memory is O(L·D + S·D): no L×S array exists unless weights or scores are asked for.
 *
 * Fixed: the order is scale → softcap → alibi → bias → masks → softmax. A row with nothing to attend to gives
 * output 0, weights 0 and lse -Infinity, never NaN. A hidden key or value is not touched: NaN or Infinity there
 * reaches nothing. NaN in what is attended propagates, as IEEE 754 says.
 *
 * With a cache instead of key and value, the query attends to the tokens held: align defaults to "bottom-right",
 * layout speaks of query and output only, and with batch 1 a rank-3 query will do.
 *
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong value or shape; nothing is computed then.
 */
export interface AttentionFunction {
  <
    W extends boolean | "mean" | undefined = false,
    S extends boolean | undefined = false,
    E extends boolean | undefined = false,
  >(
    query: TensorInput,
    key: TensorInput,
    value: TensorInput,
    options?: AttentionOptions & Returns<W, S, E>,
  ): AttentionResult<W, S, E>;
  <
    W extends boolean | "mean" | undefined = false,
    S extends boolean | undefined = false,
    E extends boolean | undefined = false,
  >(
    query: TensorInput,
    cache: KvCache,
    options?: AttentionOptions & Returns<W, S, E>,
  ): AttentionResult<W, S, E>;
}

/** The scaled (default scale here: 1) dot products themselves, before any softmax: what a textbook prints first. */
export type ScoresFunction = (query: TensorInput, key: TensorInput, options?: ScoresOptions) => Tensor;

/** x: [L, E] or [B, L, E]. One head. output [..., L, E or the projected width], weights [..., L, L]. */
export type SelfAttentionFunction = <
  W extends boolean | "mean" | undefined = false,
  S extends boolean | undefined = false,
  E extends boolean | undefined = false,
>(
  x: TensorInput,
  options?: MechanismOptions & Returns<W, S, E>,
) => AttentionResult<W, S, E>;

/**
 * The projected width (E without projections) is split over heads, each attends, the results are concatenated and
 * projected. weights: [..., H, L, L].
 */
export type MultiHeadSelfAttentionFunction = <
  W extends boolean | "mean" | undefined = false,
  S extends boolean | undefined = false,
  E extends boolean | undefined = false,
>(
  x: TensorInput,
  options: MultiHeadOptions & Returns<W, S, E>,
) => AttentionResult<W, S, E>;

/**
 * Queries from x [..., L, E], keys and values from memory [..., S, Em]. The head axis is there when heads is.
 */
export type CrossAttentionFunction = <
  W extends boolean | "mean" | undefined = false,
  S extends boolean | undefined = false,
  E extends boolean | undefined = false,
>(
  x: TensorInput,
  memory: TensorInput,
  options?: CrossAttentionOptions & Returns<W, S, E>,
) => AttentionResult<W, S, E>;

/** a [..., M, K] · b [..., K, N]; transposeB reads b as [..., N, K]. Leading dimensions broadcast. */
export type MatmulFunction = (a: TensorInput, b: TensorInput, options?: MatmulOptions) => Tensor;

/** Over the last dimension. A row of -Infinity gives zeros. */
export type SoftmaxFunction = (x: TensorInput, options?: SoftmaxOptions) => Tensor;

/**
 * Joins results over disjoint sets of keys into the result over their union (split keys, streams, workers).
 * Outputs in BHLD order. A sink belongs to one of the parts only.
 */
export type MergeAttentionFunction = (parts: readonly AttentionPart[]) => { output: Tensor; lse: Tensor };

export type CreateKvCacheFunction = (options: KvCacheOptions) => KvCache;

/** One engine: its own memory, a chosen variant. The functions are plain: `const { attention } = createAttention()` works. */
export interface Attention extends Disposable {
  readonly variant: "relaxed" | "simd";
  /** Wasm memory held now; it grows and is reused, and never shrinks. */
  readonly byteLength: number;
  readonly attention: AttentionFunction;
  readonly scores: ScoresFunction;
  readonly mergeAttention: MergeAttentionFunction;
  readonly selfAttention: SelfAttentionFunction;
  readonly multiHeadSelfAttention: MultiHeadSelfAttentionFunction;
  readonly maskedMultiHeadSelfAttention: MultiHeadSelfAttentionFunction;
  readonly crossAttention: CrossAttentionFunction;
  readonly matmul: MatmulFunction;
  readonly softmax: SoftmaxFunction;
  readonly createKvCache: CreateKvCacheFunction;
  /** A tensor in wasm memory: the calls read and write it with no copy. Its data getter survives memory growth. */
  empty(shape: readonly number[]): WasmTensor;
  /** Idempotent; any later call is an Error that says so. */
  dispose(): void;
}
