// The types of the package as its users meet them, from the built declarations. Nothing here runs.
import type * as core from "@attn/core";
import {
  type Attention,
  type AttentionOptions,
  type AttentionResult,
  attention,
  createAttention,
  createKvCache,
  crossAttention,
  type EngineOptions,
  type KvCache,
  type KvCacheOptions,
  type Linear,
  loadAttention,
  type MaskInput,
  type MaskTensor,
  type MechanismOptions,
  type MultiHeadOptions,
  maskedMultiHeadSelfAttention,
  matmul,
  mergeAttention,
  multiHeadSelfAttention,
  type NestedBooleans,
  type NestedNumbers,
  type Projections,
  scores,
  selfAttention,
  softmax,
  type Tensor,
  type TensorInput,
  tensor,
} from "@attn/core";
import { describe, expectTypeOf, it } from "vitest";

declare const x: Tensor;
declare const cache: KvCache;
declare const flag: boolean;
/** In a list, one key too many shows; properties of a union would hide it. */
declare function keysOf<T>(x: T): keyof T;

/** What attention() is specified to return: its own type says more, and must fit. */
interface Result {
  output: Tensor;
  weights?: Tensor;
  scores?: Tensor;
  lse?: Tensor;
}

describe("what is returned is in the type exactly when it was asked for", () => {
  it("not asked for: absent", () => {
    const keys = [
      keysOf(attention(x, x, x)),
      keysOf(attention(x, x, x, {})),
      keysOf(attention(x, x, x, { causal: true })),
      keysOf(attention(x, x, x, { returnWeights: false, returnScores: false, returnLse: false })),
      keysOf(attention(x, x, x, { returnWeights: undefined, returnScores: undefined, returnLse: undefined })),
    ];
    expectTypeOf(keys).items.toEqualTypeOf<"output">();
    expectTypeOf(attention(x, x, x).output).toEqualTypeOf<Tensor>();
    // @ts-expect-error there are no weights
    attention(x, x, x).weights;
    // @ts-expect-error there are no weights among the scores
    attention(x, x, x, { returnScores: true }).weights;
  });

  it("asked for: there", () => {
    expectTypeOf(attention(x, x, x, { returnWeights: true }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, x, x, { returnWeights: "mean" }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, x, x, { returnWeights: flag ? true : "mean" }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, x, x, { returnScores: true }).scores).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, x, x, { returnLse: true }).lse).toEqualTypeOf<Tensor>();
    const all = attention(x, x, x, { returnWeights: true, returnScores: true, returnLse: true });
    expectTypeOf(all.weights).toEqualTypeOf<Tensor>();
    expectTypeOf(all.scores).toEqualTypeOf<Tensor>();
    expectTypeOf(all.lse).toEqualTypeOf<Tensor>();
    const fixed = { returnLse: true, causal: true } as const;
    expectTypeOf(attention(x, x, x, fixed).lse).toEqualTypeOf<Tensor>();
    expectTypeOf(keysOf(attention(x, x, x, { returnLse: true }))).toEqualTypeOf<"output" | "lse">();
  });

  it("known only when the program runs: optional", () => {
    const result = attention(x, x, x, { returnWeights: flag, returnScores: flag, returnLse: flag });
    expectTypeOf(result.weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(result.scores).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(result.lse).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(result.output).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, x, x, { returnWeights: flag && "mean" }).weights).toEqualTypeOf<Tensor | undefined>();
    const options: AttentionOptions = { returnWeights: true };
    expectTypeOf(attention(x, x, x, options).weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(attention(x, x, x, options)).toExtend<AttentionResult>();
  });

  it("in every mechanism, and with a cache", () => {
    for (const { output, weights, lse } of [
      attention(x, cache, { returnWeights: true, returnLse: true }),
      selfAttention(x, { returnWeights: true, returnLse: true }),
      multiHeadSelfAttention(x, { heads: 2, returnWeights: "mean", returnLse: true }),
      maskedMultiHeadSelfAttention(x, { heads: 2, returnWeights: true, returnLse: true }),
      crossAttention(x, x, { heads: 2, returnWeights: true, returnLse: true }),
      crossAttention(x, x, { returnWeights: true, returnLse: true }),
    ]) {
      expectTypeOf(output).toEqualTypeOf<Tensor>();
      expectTypeOf(weights).toEqualTypeOf<Tensor>();
      expectTypeOf(lse).toEqualTypeOf<Tensor>();
    }
    const keys = [
      keysOf(attention(x, cache)),
      keysOf(attention(x, cache, { causal: true })),
      keysOf(selfAttention(x)),
      keysOf(multiHeadSelfAttention(x, { heads: 2 })),
      keysOf(maskedMultiHeadSelfAttention(x, { heads: 2, keyValueHeads: 1 })),
      keysOf(crossAttention(x, x)),
      keysOf(crossAttention(x, x, { heads: 2 })),
    ];
    expectTypeOf(keys).items.toEqualTypeOf<"output">();
    expectTypeOf(attention(x, cache, { returnScores: flag }).scores).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(selfAttention(x, { returnWeights: flag }).weights).toEqualTypeOf<Tensor | undefined>();
    expectTypeOf(multiHeadSelfAttention(x, { heads: 1, returnLse: flag }).lse).toEqualTypeOf<Tensor | undefined>();
  });

  it("in an engine's own functions", () => {
    const { attention, selfAttention } = createAttention();
    expectTypeOf(attention(x, x, x, { returnWeights: true }).weights).toEqualTypeOf<Tensor>();
    expectTypeOf(attention(x, cache)).not.toHaveProperty("weights");
    expectTypeOf(selfAttention(x, { returnLse: true }).lse).toEqualTypeOf<Tensor>();
  });
});

describe("options", () => {
  it("a misspelt one is an error", () => {
    // @ts-expect-error returnWeights
    attention(x, x, x, { returnWeight: true });
    // @ts-expect-error causal
    attention(x, x, x, { casual: true, returnWeights: true });
    // @ts-expect-error keyLengths
    attention(x, cache, { keyLength: [1] });
    // @ts-expect-error left
    attention(x, x, x, { window: { lef: 1 } });
    // @ts-expect-error projections
    selfAttention(x, { projection: {} });
    // @ts-expect-error output
    selfAttention(x, { projections: { out: { weight: x } } });
    // @ts-expect-error heads
    multiHeadSelfAttention(x, { head: 2 });
    // @ts-expect-error keyValueHeads
    crossAttention(x, x, { heads: 2, kvHeads: 2 });
    // @ts-expect-error transposeB
    matmul(x, x, { transpose: true });
    // @ts-expect-error headSize
    createKvCache({ heads: 1, headDim: 2, capacity: 3 });
    // @ts-expect-error maximumBytes
    createAttention({ maxBytes: 5 });
  });

  it("so is one of another call, and one of the wrong kind", () => {
    // @ts-expect-error scores has no softmax for a sink to join
    scores(x, x, { sinks: [1] });
    // @ts-expect-error scores returns scores only
    scores(x, x, { returnWeights: true });
    // @ts-expect-error a mechanism has one layout
    selfAttention(x, { layout: "BLHD" });
    // @ts-expect-error one head
    selfAttention(x, { heads: 2 });
    // @ts-expect-error heads are not optional
    multiHeadSelfAttention(x);
    // @ts-expect-error heads are not optional
    maskedMultiHeadSelfAttention(x, { keyValueHeads: 1 });
    // @ts-expect-error no such place
    attention(x, x, x, { align: "bottom-left" });
    // @ts-expect-error no such layout
    attention(x, x, x, { layout: "LBHD" });
    // @ts-expect-error no such word
    attention(x, x, x, { returnWeights: "sum" });
    // @ts-expect-error no such format
    createKvCache({ heads: 1, headSize: 2, capacity: 3, dtype: "f8" });
    // @ts-expect-error no such variant
    createAttention({ variant: "fast" });
    // @ts-expect-error the module is what is being loaded
    loadAttention("simd.wasm", { module: new Uint8Array() });
    // @ts-expect-error a cache holds keys and values both
    attention(x, cache, x, {});
    // @ts-expect-error attention has two arguments at least
    attention(x);
    // @ts-expect-error a value is missing
    attention(x, x);
  });

  it("each takes what it is specified to take", () => {
    attention(x, x, x, {
      scale: 1,
      causal: true,
      window: { left: 1, right: 0 },
      align: -3,
      mask: [[true]],
      bias: [[0]],
      keyLengths: Int32Array.of(1),
      softcap: 5,
      alibi: true,
      sinks: [0],
      returnWeights: "mean",
      returnScores: true,
      returnLse: true,
      layout: "BLHD",
      out: new Float32Array(1),
    });
    attention(x, x, x, { window: {}, align: "top-left", alibi: [1], sinks: Float32Array.of(1), out: x });
    attention(x, x, x, { window: { left: 1 }, align: "bottom-right", alibi: Float64Array.of(1), keyLengths: [1] });
    scores(x, x, { scale: 1, causal: true, window: { left: 1 }, align: 0, mask: [true], bias: x, maskedValue: 0 });
    scores(x, x, { softcap: 1, alibi: true, keyLengths: [1], layout: "BLHD" });
    const linear: Linear = { weight: [[1]], bias: [0] };
    crossAttention(x, x, {
      heads: 2,
      keyValueHeads: 1,
      projections: { query: linear, key: linear, value: linear, output: linear },
    });
    matmul(x, [[1]], { transposeB: true, bias: [1], out: x });
    softmax([1, 2], { out: new Float32Array(2) });
    mergeAttention([attention(x, x, x, { returnLse: true }), { output: x, lse: x }]);
    createKvCache({ batch: 1, heads: 1, headSize: 1, valueSize: 1, capacity: 1, dtype: "int8" });
    createAttention({ variant: "relaxed", module: new Uint8Array(8), maximumBytes: 1e6 });
    loadAttention(new URL("https://example.com/simd.wasm"), { variant: "auto", maximumBytes: 1e6 });
    loadAttention(fetch("simd.wasm"));
  });

  it("each may be undefined, as what was not decided is", () => {
    const options: { causal: boolean | undefined; mask: MaskInput | undefined; scale: number | undefined } = {
      causal: undefined,
      mask: undefined,
      scale: undefined,
    };
    attention(x, x, x, options);
    selfAttention(x, options);
    multiHeadSelfAttention(x, { ...options, heads: 2, keyValueHeads: undefined, projections: undefined });
    scores(x, x, { ...options, maskedValue: undefined });
    createKvCache({ heads: 1, headSize: 1, capacity: 1, dtype: undefined, valueSize: undefined, batch: undefined });
    createAttention({ variant: undefined, module: undefined, maximumBytes: undefined });
    attention(x, x, x, undefined);
  });
});

describe("inputs", () => {
  it("a tensor is data and shape, of whatever library; or nested arrays", () => {
    expectTypeOf<{ data: Float32Array; shape: number[] }>().toExtend<TensorInput>();
    expectTypeOf<{ data: Float32Array<ArrayBuffer>; shape: readonly [2, 3]; name: string }>().toExtend<TensorInput>();
    expectTypeOf<number[]>().toExtend<TensorInput>();
    expectTypeOf<number[][][][]>().toExtend<TensorInput>();
    expectTypeOf<readonly (readonly number[])[]>().toExtend<TensorInput>();
    expectTypeOf<{ data: Float64Array; shape: number[] }>().not.toExtend<TensorInput>();
    expectTypeOf<Float32Array>().not.toExtend<TensorInput>();
    expectTypeOf<string[]>().not.toExtend<TensorInput>();
    expectTypeOf<number>().not.toExtend<TensorInput>();
  });

  it("a mask is bytes and shape, or nested booleans; never numbers in arrays", () => {
    expectTypeOf<{ data: Uint8Array; shape: number[] }>().toExtend<MaskInput>();
    expectTypeOf<boolean[][]>().toExtend<MaskInput>();
    attention(x, x, x, { mask: { data: new Uint8Array(1), shape: [1] } });
    attention(x, x, x, { mask: [[[true, false]]] });
    // @ts-expect-error keep is true, not 1
    attention(x, x, x, { mask: [[1, 0]] });
    // @ts-expect-error a mask's data are bytes
    attention(x, x, x, { mask: x });
    // @ts-expect-error a bias is numbers
    attention(x, x, x, { bias: [[true]] });
    // @ts-expect-error a bias is no mask
    attention(x, x, x, { bias: { data: new Uint8Array(1), shape: [1] } });
  });

  it("tensor() makes one of nested arrays, or of flat data and a shape", () => {
    expectTypeOf(tensor([[1, 2]])).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor(new Float64Array(2), [2])).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor([1, 2], [2, 1] as const)).toEqualTypeOf<Tensor>();
    // @ts-expect-error flat data that are no array need a shape
    tensor(new Float32Array(2));
    // @ts-expect-error no numbers
    tensor(["1"]);
  });
});

describe("what lives longer than a call", () => {
  it("engines, caches and tensors in wasm memory are disposable", () => {
    using engine = createAttention();
    using held = engine.createKvCache({ heads: 1, headSize: 1, capacity: 1 });
    using shared = createKvCache({ heads: 1, headSize: 1, capacity: 1 });
    using inside = engine.empty([1]);
    expectTypeOf(engine).toExtend<Disposable>();
    expectTypeOf(held).toExtend<Disposable>();
    expectTypeOf(shared).toEqualTypeOf<KvCache>();
    expectTypeOf(inside).toExtend<Tensor & Disposable & { dispose(): void }>();
    expectTypeOf(attention(inside, inside, inside, { out: inside }).output).toEqualTypeOf<Tensor>();
  });

  it("what they tell is read-only", () => {
    expectTypeOf<Attention["variant"]>().toEqualTypeOf<"relaxed" | "simd">();
    expectTypeOf<Pick<KvCache, "length" | "capacity" | "byteLength">>().toEqualTypeOf<{
      readonly length: number;
      readonly capacity: number;
      readonly byteLength: number;
    }>();
    // @ts-expect-error truncate() changes it
    cache.length = 0;
    // @ts-expect-error it says what runs
    createAttention().variant = "simd";
  });

  it("a loaded engine is an engine", () => {
    expectTypeOf(loadAttention).returns.toEqualTypeOf<Promise<Attention>>();
    expectTypeOf(createAttention).returns.toEqualTypeOf<Attention>();
  });
});

describe("every name of the API", () => {
  it("types", () => {
    expectTypeOf<Tensor>().toEqualTypeOf<{ readonly data: Float32Array; readonly shape: readonly number[] }>();
    expectTypeOf<MaskTensor>().toEqualTypeOf<{ readonly data: Uint8Array; readonly shape: readonly number[] }>();
    expectTypeOf<NestedNumbers>().toEqualTypeOf<readonly number[] | readonly NestedNumbers[]>();
    expectTypeOf<NestedBooleans>().toEqualTypeOf<readonly boolean[] | readonly NestedBooleans[]>();
    expectTypeOf<TensorInput>().toEqualTypeOf<Tensor | NestedNumbers>();
    expectTypeOf<MaskInput>().toEqualTypeOf<MaskTensor | NestedBooleans>();
    expectTypeOf<AttentionResult>().toExtend<Readonly<Partial<Result>>>();
    expectTypeOf<{ output: Tensor }>().toExtend<AttentionResult>();
    expectTypeOf<{ output: Tensor; weights: Tensor; scores: Tensor; lse: Tensor }>().toExtend<AttentionResult>();
    expectTypeOf<AttentionResult["weights"]>().toEqualTypeOf<Tensor | undefined>();
    expectTypeOf<keyof AttentionOptions>().toEqualTypeOf<
      | ("scale" | "causal" | "window" | "align" | "mask" | "bias" | "keyLengths" | "softcap" | "alibi" | "sinks")
      | ("segments" | "returnWeights" | "returnScores" | "returnLse" | "layout" | "out")
    >();
    expectTypeOf<keyof MechanismOptions>().toEqualTypeOf<Exclude<keyof AttentionOptions, "layout"> | "projections">();
    expectTypeOf<keyof MultiHeadOptions>().toEqualTypeOf<keyof MechanismOptions | "heads" | "keyValueHeads">();
    expectTypeOf<MultiHeadOptions>().toExtend<MechanismOptions>();
    expectTypeOf<{ weight: Tensor; bias: number[] }>().toExtend<Linear>();
    expectTypeOf<keyof Projections>().toEqualTypeOf<"query" | "key" | "value" | "output">();
    expectTypeOf<{ heads: number; headSize: number; capacity: number }>().toExtend<KvCacheOptions>();
    expectTypeOf<keyof EngineOptions>().toEqualTypeOf<"variant" | "module" | "maximumBytes">();
    expectTypeOf<WebAssembly.Module | BufferSource>().toExtend<EngineOptions["module"]>();
  });

  it("functions, each assignable to what it is specified to be", () => {
    expectTypeOf(attention).toExtend<
      (query: TensorInput, key: TensorInput, value: TensorInput, options?: AttentionOptions) => AttentionResult
    >();
    expectTypeOf(attention).toExtend<
      (query: TensorInput, cache: KvCache, options?: AttentionOptions) => AttentionResult
    >();
    expectTypeOf(scores).toExtend<
      (
        query: TensorInput,
        key: TensorInput,
        options?: Omit<
          AttentionOptions,
          "sinks" | "segments" | "returnWeights" | "returnScores" | "returnLse" | "out"
        > & {
          maskedValue?: number;
        },
      ) => Tensor
    >();
    expectTypeOf(mergeAttention).toExtend<
      (parts: readonly { output: Tensor; lse: Tensor }[]) => { output: Tensor; lse: Tensor }
    >();
    expectTypeOf(selfAttention).toExtend<(x: TensorInput, options?: MechanismOptions) => AttentionResult>();
    expectTypeOf(multiHeadSelfAttention).toExtend<(x: TensorInput, options: MultiHeadOptions) => AttentionResult>();
    expectTypeOf(maskedMultiHeadSelfAttention).toExtend<
      (x: TensorInput, options: MultiHeadOptions) => AttentionResult
    >();
    expectTypeOf(crossAttention).toExtend<
      (
        x: TensorInput,
        memory: TensorInput,
        options?: MechanismOptions & Partial<Pick<MultiHeadOptions, "heads" | "keyValueHeads">>,
      ) => AttentionResult
    >();
    expectTypeOf(matmul).toExtend<
      (
        a: TensorInput,
        b: TensorInput,
        options?: { transposeB?: boolean; bias?: TensorInput; out?: Float32Array | Tensor },
      ) => Tensor
    >();
    expectTypeOf(softmax).toExtend<(x: TensorInput, options?: { out?: Float32Array | Tensor }) => Tensor>();
    expectTypeOf(createKvCache).toExtend<(options: KvCacheOptions) => KvCache>();
    expectTypeOf(createAttention).toExtend<(options?: EngineOptions) => Attention>();
    expectTypeOf(loadAttention).toExtend<
      (
        source: URL | string | Response | PromiseLike<Response>,
        options?: Omit<EngineOptions, "module">,
      ) => Promise<Attention>
    >();
    expectTypeOf(tensor).toExtend<(values: NestedNumbers) => Tensor>();
    expectTypeOf(tensor).toExtend<(data: ArrayLike<number>, shape: readonly number[]) => Tensor>();
  });

  it("an engine has the module's functions, of the same types", () => {
    type Functions = Omit<typeof core, "tensor" | "createAttention" | "loadAttention">;
    expectTypeOf<Attention>().toExtend<Functions>();
    expectTypeOf<Exclude<keyof Attention, keyof Functions | typeof Symbol.dispose>>().toEqualTypeOf<
      "variant" | "byteLength" | "empty" | "dispose"
    >();
  });
});
