// The public types. Knows names and shapes; no behaviour.
//
// Dimension letters as in @attn/core, and: E model width · F inner width · V vocabulary · N layers, or rows of a weight
import type { Attention, AttentionOptions, Tensor, TensorInput } from "@attn/core";
import type { FetchResponse, UrlObject } from "@attn/core/engine";

/** Element types of a safetensors file. */
export type StoredDtype = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** A tensor of a file, in the file's own type: little-endian, row-major; a view of the file's bytes, not a copy. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The tensors of a file by name, in the order of its header. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

/** What a ReadableStream of bytes is, whether a project's settings know that type or not. */
export interface ByteStream {
  readonly locked: boolean;
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
  cancel(reason?: unknown): Promise<void>;
}

/** Where `loadModel` reads a file from: an address to fetch, what fetch gives, a stream of bytes, or all of them. */
export type WeightSource =
  | string
  | UrlObject
  | FetchResponse
  | PromiseLike<FetchResponse>
  | ByteStream
  | ArrayBuffer
  | Uint8Array;

/** How weights are kept in wasm memory. Arithmetic is f32, or integer with "int8". */
export type WeightDtype = "f32" | "f16" | "int8";
/** How decoders keep keys and values: core's cache types. */
export type CacheDtype = "f32" | "f16" | "int8";

/** A weight in wasm memory, packed once for the kernel. It belongs to an engine; dispose gives its memory back. */
export interface Weight extends Disposable {
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  readonly byteLength: number;
  dispose(): void;
}

/** A parameter of a layer: a tensor, or one of a file that has a float type (F64, F32, F16 or BF16). */
export type ParameterInput = TensorInput | StoredTensor;
/** A parameter that is multiplied or looked up in: a Weight is used where it lies, anything else is packed in each call. */
export type WeightInput = ParameterInput | Weight;

/** nn.Linear's. */
export interface LinearParameters {
  /** [N, K] */
  weight: WeightInput;
  /** [N] */
  bias?: ParameterInput | undefined;
}
/** nn.LayerNorm's, and eps. */
export interface LayerNormParameters {
  /** [E]; ones where absent. */
  weight?: ParameterInput | undefined;
  /** [E]; zeros where absent. */
  bias?: ParameterInput | undefined;
  /** Default 1e-5. */
  eps?: number | undefined;
}
/** nn.RMSNorm's, and eps. */
export interface RmsNormParameters {
  /** [E]; ones where absent. */
  weight?: ParameterInput | undefined;
  /** Default 1e-6. */
  eps?: number | undefined;
}

/** nn.MultiheadAttention's: in_proj_weight, or the three of separate widths in its place. */
export interface MultiheadParameters {
  /** [3E, E]: the rows of query, key and value, one below the other. */
  in_proj_weight?: WeightInput | undefined;
  /** [E, E] */
  q_proj_weight?: WeightInput | undefined;
  /** [E, key's width] */
  k_proj_weight?: WeightInput | undefined;
  /** [E, value's width] */
  v_proj_weight?: WeightInput | undefined;
  /** [3E] */
  in_proj_bias?: ParameterInput | undefined;
  /** [E, E] */
  "out_proj.weight": WeightInput;
  /** [E] */
  "out_proj.bias"?: ParameterInput | undefined;
}
export interface MultiheadOptions extends AttentionOptions {
  /** H, which divides E. */
  heads: number;
}

/** What a state dict holds, by name. */
export type LayerParameters = Readonly<Record<string, WeightInput | undefined>>;

export interface LayerOptions {
  /** H, which divides E. */
  heads: number;
  /** Of the feed-forward layer; "gelu" is the one with erf. Default "relu". */
  activation?: "relu" | "gelu" | undefined;
  /** Whether a norm comes before its part instead of behind it. Default false. */
  normFirst?: boolean | undefined;
  /** Of the norms. Default 1e-5. */
  eps?: number | undefined;
  returnWeights?: boolean | undefined;
}
export interface EncoderLayerOptions
  extends LayerOptions,
    Pick<AttentionOptions, "mask" | "bias" | "causal" | "keyLengths"> {}
export interface DecoderLayerOptions extends LayerOptions {
  /** Which of memory's tokens a query sees: true = attend; broadcast to [(B,) H, L, S]. */
  memoryMask?: AttentionOptions["mask"];
  /** [B]: memory's tokens at or past it are not attended. */
  memoryKeyLengths?: ArrayLike<number> | undefined;
}
export interface EncoderLayerResult {
  /** As x. */
  readonly output: Tensor;
  /** returnWeights: [(B,) H, L, L]. */
  readonly weights?: Tensor;
}
export interface DecoderLayerResult extends EncoderLayerResult {
  /** returnWeights: of the attention over memory, [(B,) H, L, S]. */
  readonly crossWeights?: Tensor;
}

export interface RopeOptions {
  /** "half" pairs i with i + dimensions/2, "interleaved" 2i with 2i + 1. */
  style: "half" | "interleaved";
  /** Position of row 0, or one for each row [L]. Default 0. */
  positions?: number | ArrayLike<number> | undefined;
  /** Default 10000. */
  theta?: number | undefined;
  /** How many leading dimensions turn; even. Default D. */
  dimensions?: number | undefined;
}
export interface SinusoidalOptions {
  /** "interleaved" = sin, cos, sin, cos …; "halves" = sines, then cosines. Default "interleaved". */
  style?: "interleaved" | "halves" | undefined;
  /** Position of row 0. Default 0. */
  start?: number | undefined;
  /** Default 10000. */
  theta?: number | undefined;
}

/**
 * Hugging Face's config.json, as it is. model_type is one of "bert", "roberta", "xlm-roberta", "distilbert" (encoders);
 * "gpt2", "llama", "mistral", "qwen2" (decoders); "marian", "m2m_100", "t5" (encoder-decoders). A key that changes the
 * result and is not known to the family is an Error, not ignored.
 */
export type ModelConfig = Readonly<Record<string, unknown>> & { readonly model_type: string };

/** What `createModel` and `loadModel` take. */
export interface ModelOptions {
  /**
   * Default "f32". Norms, biases and positions stay f32. Embedding tables are kept in this type too, and read row by row.
   * "auto": as the first file has its matrices, "int8" where one of them is I8, "f16" where one is F16 or BF16.
   */
  dtype?: WeightDtype | "auto" | undefined;
  /** Default: an engine of the model's own, with just the memory it needs. */
  engine?: Attention | undefined;
  /** Ceiling of the wasm memory of the model's own engine. */
  maximumBytes?: number | undefined;
  /** Default "f32". */
  cacheDtype?: CacheDtype | undefined;
}

/** AbortSignal, where the settings know it. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : { readonly aborted: boolean; throwIfAborted(): void };

/** What `loadModel` takes besides. */
export interface LoadOptions extends ModelOptions {
  /** Aborted, it cancels what is open, and loadModel rejects with its reason. */
  signal?: Signal | undefined;
  /** Called for each piece that arrives; totalBytes, of all files, as soon as it is known. */
  onProgress?:
    | ((progress: { readonly loadedBytes: number; readonly totalBytes: number | undefined }) => void)
    | undefined;
}

/** Its `kind` says which. */
export type Model = Encoder | Decoder | EncoderDecoder;
/** Token ids, each below the vocabulary's size. */
export type Tokens = ArrayLike<number>;

/** What every model has. */
export interface ModelBase extends Disposable {
  readonly config: ModelConfig;
  /** Of its weights in wasm memory. */
  readonly byteLength: number;
  /** How many numbers they are. */
  readonly parameters: number;
  /** Idempotent; any later call is an Error that says so. */
  dispose(): void;
}

/** Attention of every layer, for those who look inside. Each is [H, L, S]; layers in order. */
export interface Attentions {
  readonly self?: readonly Tensor[];
  readonly cross?: readonly Tensor[];
}
/** [N, H] factors on heads' results before the output projection: 0 removes a head. As Hugging Face's head_mask. */
export type HeadMask = TensorInput;

/** What to give besides an encoder's output, and what to change of it. */
export interface EncodeOptions {
  /** The attention of every layer. */
  returnWeights?: boolean | undefined;
  /** What goes into each layer, and comes out of the last. */
  returnHidden?: boolean | undefined;
  headMask?: HeadMask | undefined;
  /** One type for each token; 0 unless given. */
  tokenTypes?: readonly Tokens[] | undefined;
}
/** What an encoder makes of a batch. */
export interface Encoded {
  /** One for each sequence: [L, E]. */
  readonly output: readonly Tensor[];
  /** returnHidden: [N + 1] for each sequence, embeddings first. */
  readonly hidden?: readonly (readonly Tensor[])[];
  /** returnWeights: for each sequence, a layer's [H, L, L]. */
  readonly weights?: readonly (readonly Tensor[])[];
}
/** How one vector is made of many. */
export interface EmbedOptions {
  /** "mean" over tokens (the default), "cls" the first, "last" the last. */
  pooling?: "mean" | "cls" | "last" | undefined;
  /** Length 1. */
  normalize?: boolean | undefined;
  /** The first so many, before normalising (Matryoshka). */
  dimensions?: number | undefined;
}
/** BERT and its kin. */
export interface Encoder extends ModelBase {
  readonly kind: "encoder";
  /**
   * Sequences of any lengths together, packed: a batch costs the sum of its tokens, never its longest sequence. One may be empty.
   *
   * @throws TypeError, RangeError that names the place of an id that is none or out of range, or a sequence that is longer than
   * the model was made for; nothing is computed then. Error where the model is disposed.
   */
  encode(batch: readonly Tokens[], options?: EncodeOptions): Encoded;
  /**
   * One vector each: [B, E], or [B, dimensions]; zeros for a sequence without tokens.
   *
   * @throws as encode; RangeError for more dimensions than the model has.
   */
  embed(batch: readonly Tokens[], options?: EmbedOptions): Tensor;
}

/** A growing sequence: its caches in wasm memory. */
export interface Sequence extends Disposable {
  readonly length: number;
  readonly capacity: number;
  /**
   * Logits of the token after the last: [V]. Many tokens at once are a prefill, and any chunking gives the same result
   * within rounding. Past capacity: RangeError, nothing changed.
   */
  append(tokens: Tokens | number): Tensor;
  /** Forget what is past `length`: to go back, to share a prompt. */
  truncate(length: number): void;
  /** The attentions of the last append, where start() was told to return them. */
  readonly attentions?: Attentions | undefined;
  dispose(): void;
}
/** How a sequence begins. */
export interface StartOptions {
  /** Tokens there is room for. Default: what the model was made for, at most 2048. */
  capacity?: number | undefined;
  /** Keep the attentions of each append. */
  returnWeights?: boolean | undefined;
  headMask?: HeadMask | undefined;
}

/**
 * Order of the filters, as Hugging Face's: repetitionPenalty → temperature → topK → topP → minP → draw. temperature 0
 * (the default) takes the largest logit, the first of equals. One seed gives one text on every machine in variant "simd".
 */
export interface GenerateOptions extends StartOptions {
  /** Default: to capacity. */
  maximumTokens?: number | undefined;
  /** Default: the config's eos_token_id; the stop token is not yielded. */
  stop?: number | readonly number[] | undefined;
  temperature?: number | undefined;
  topK?: number | undefined;
  topP?: number | undefined;
  minP?: number | undefined;
  repetitionPenalty?: number | undefined;
  seed?: number | undefined;
  /**
   * Goes on with this sequence, which stays open, instead of starting one: the prompt stands behind its tokens. Those count for
   * repetitionPenalty; the last token generated is not appended.
   */
  sequence?: Sequence | undefined;
  /** Called with the logits before the filters; writes into them. */
  processLogits?: ((logits: Float32Array, tokens: readonly number[]) => void) | undefined;
}
/** GPT-2, Llama and their kin. */
export interface Decoder extends ModelBase {
  readonly kind: "decoder";
  /** An empty sequence, whose caches are in wasm memory until it is disposed. RangeError where memory does not suffice. */
  start(options?: StartOptions): Sequence;
  /** Logits at every position: [L, V]. */
  logits(tokens: Tokens): Tensor;
  /**
   * Token by token; break, return or throw ends it and frees its memory. A token is computed when it is asked for.
   *
   * @throws TypeError, RangeError for an argument that cannot be, at the call and before the first token; RangeError for logits
   * that are NaN, when it is their turn.
   */
  generate(prompt: Tokens, options?: GenerateOptions): Generator<number, void, undefined>;
}
/** Of a beam search. */
export interface SearchOptions {
  /** How many texts are followed at a time; so many are found at most. */
  beams: number;
  /** Default 1. */
  lengthPenalty?: number | undefined;
  /** Default: as many as a sequence has room for. */
  maximumTokens?: number | undefined;
  stop?: number | readonly number[] | undefined;
}
/** A text that a search found. */
export interface Found {
  readonly tokens: readonly number[];
  /** Sum of log-probabilities / length^lengthPenalty. */
  readonly score: number;
}
/** Marian, M2M-100 and T5. */
export interface EncoderDecoder extends ModelBase {
  readonly kind: "encoder-decoder";
  /** As an Encoder's. */
  encode(batch: readonly Tokens[], options?: EncodeOptions): Encoded;
  /** memory: one of encode's outputs. The keys and values of cross-attention are computed once, here. */
  start(memory: Tensor, options?: StartOptions): Sequence;
  /** Logits [L, V] at every position of target, which begins with the decoder's start token. */
  logits(source: Tokens, target: Tokens): Tensor;
  /** As a Decoder's, behind its start token. */
  generate(source: Tokens, options?: GenerateOptions): Generator<number, void, undefined>;
  /** Beam search, best first; the stop token is not among the tokens. */
  search(source: Tokens, options: SearchOptions): readonly Found[];
}
