// A transformer as data: what a family's page makes of a config, and all that an executor reads. No behaviour.
//
// One block serves all families; what differs between them is said by its fields, and a number that a config leaves to a
// formula (a scale, a rotation's frequencies) is worked out before it gets here.
//
//   V vocabulary · E model width · F inner width · N layers · H query heads · G key/value heads · D head size

/** A tensor of a checkpoint. */
export interface Source {
  /** What it may be called, the usual name first; each with the family's prefix, where that has one. */
  readonly names: readonly string[];
  /** As the checkpoint has it. */
  readonly shape: readonly number[];
  /** Stored [in, out], so that its columns are a parameter's rows. */
  readonly transposed?: boolean;
  /** Some checkpoints lack it: its rows are zeros then. */
  readonly optional?: boolean;
}

/** Numbers of a model: one or several tensors of a checkpoint, stacked along the first axis in this order. */
export interface Parameter {
  /** [rows, columns] of a matrix or a table, [size] of a vector. */
  readonly shape: readonly number[];
  /** Kept in f32 whatever type is asked for: norms, biases, positions. */
  readonly exact: boolean;
  readonly sources: readonly Source[];
}

/** x·weightᵀ + bias, weight [out, in]. */
export interface Linear {
  readonly weight: Parameter;
  readonly bias?: Parameter | undefined;
}

/** "layer": (x - mean)/√(variance + eps)·weight + bias. "rms": x/√(mean(x²) + eps)·weight. */
export interface Norm {
  readonly kind: "layer" | "rms";
  readonly eps: number;
  readonly weight: Parameter;
  readonly bias?: Parameter | undefined;
}

/** What is added to a token's row by its position p, counted from 0 in its sequence. */
export type Positions = {
  /** Position 0 stands at this row, or angle. */
  readonly first: number;
  /**
   * Tokens with this id are not counted: each has row `first - 1`, in a sinusoid zeros. (A sequence without padding has
   * none.)
   */
  readonly padding?: number | undefined;
} & (
  | { readonly kind: "learned" /** [first + length, E] */; readonly table: Parameter }
  /** Of a = (first + p)·frequency: all sines, then all cosines. E/2 frequencies. */
  | { readonly kind: "sinusoidal"; readonly frequencies: readonly number[] }
);

/** Pairs (i, i + D/2) of a head's query and key, turned by position·frequencies[i], for i from 0 to D/2. */
export interface Rope {
  readonly style: "half";
  readonly frequencies: readonly number[];
}

/** Added to a logit by the distance of key and query; see relativeBucket(). */
export interface RelativeBias {
  /** [buckets, H] */
  readonly table: Parameter;
  readonly maximumDistance: number;
  readonly bidirectional: boolean;
}

export interface SelfAttention {
  readonly heads: number;
  /** G, which H is a multiple of: query head h attends with key/value head ⌊h·G/H⌋. */
  readonly keyValueHeads: number;
  readonly headSize: number;
  /** Multiplies q·k. */
  readonly scale: number;
  readonly causal: boolean;
  /** How many keys before its own a query sees at most, as core's window.left; all where it is absent. */
  readonly window?: number | undefined;
  readonly rope?: Rope | undefined;
  readonly relativeBias?: RelativeBias | undefined;
  /** [(H + 2·G)·D, E]: rows of all queries, of all keys, of all values; a head's D rows together. */
  readonly projection: Linear;
  /** [E, H·D] */
  readonly output: Linear;
}

/** Queries from the decoder, keys and values from the encoder's output. As many key heads as query heads. */
export interface CrossAttention {
  readonly heads: number;
  readonly headSize: number;
  readonly scale: number;
  /** [H·D, E] */
  readonly query: Linear;
  /** [2·H·D, E of the encoder]: rows of all keys, of all values. */
  readonly keyValue: Linear;
  /** [E, H·D] */
  readonly output: Linear;
}

export type Activation = "relu" | "gelu" | "gelu_tanh" | "silu";

/** output(activation(input(x))), or gated: output(activation(input(x)) · up(x)). */
export interface FeedForward {
  readonly activation: Activation;
  /** [F, E] */
  readonly input: Linear;
  /** [F, E]: gated, where it is there. */
  readonly up?: Linear | undefined;
  /** [E, F] */
  readonly output: Linear;
}

/** Each of the two or three parts has a norm, that stands before it or behind it: {@link Stack.normFirst}. */
export interface Block {
  readonly attention: SelfAttention;
  readonly attentionNorm: Norm;
  readonly cross?: CrossAttention | undefined;
  readonly crossNorm?: Norm | undefined;
  readonly feedForward: FeedForward;
  readonly feedForwardNorm: Norm;
}

export interface Stack {
  readonly width: number;
  /** Tokens of the longest sequence that the model was made for; learned positions have no more. */
  readonly length: number;
  /** x = norm(scale·tokens[id] + position + types[type]); type 0 where none are given. */
  readonly embedding: {
    /** [V, E] */
    readonly tokens: Parameter;
    readonly scale: number;
    readonly positions?: Positions | undefined;
    /** [types, E] */
    readonly types?: Parameter | undefined;
    readonly norm?: Norm | undefined;
  };
  /** true: x + part(norm(x)). false: norm(x + part(x)). */
  readonly normFirst: boolean;
  readonly blocks: readonly Block[];
  /** Of the last block's output. */
  readonly norm?: Norm | undefined;
}

/** Logits: scale·x·weightᵀ + bias. */
export interface Head {
  /** [V, E]; where it is tied, the same object as the token table. */
  readonly weight: Parameter;
  readonly bias?: Parameter | undefined;
  readonly scale: number;
}

/** What a text begins and ends with. */
export interface Generation {
  /** The decoder's first token, of an encoder-decoder. */
  readonly start?: number | undefined;
  /** Tokens that end a text. */
  readonly stop: readonly number[];
  /** Tokens that are never generated. */
  readonly suppressed: readonly number[];
}

/** What a family's checkpoints are like, beside the sources of its parameters. */
export interface Checkpoint {
  /** Stands before the names of some files and not of others. */
  readonly prefix: string;
  /** Tensors that some files of the family have and this use of it does not need; matched without prefix. */
  readonly companions: RegExp;
}

export type Architecture = { readonly checkpoint: Checkpoint } & (
  | { readonly kind: "encoder"; readonly encoder: Stack }
  | { readonly kind: "decoder"; readonly decoder: Stack; readonly head: Head; readonly generation: Generation }
  | {
      readonly kind: "encoder-decoder";
      readonly encoder: Stack;
      readonly decoder: Stack;
      readonly head: Head;
      readonly generation: Generation;
    }
);
