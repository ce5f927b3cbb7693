// Models in the shapes of published ones, of random weights: configs, tensors under Hugging Face's names, files of them.
// Knows no library, and nothing of what is computed with them.
import { createRandom, referenceQuantize } from "@attn/conformance";
import type { Tensor } from "@attn/core";

/** BERT: V vocabulary · E width · N layers · H heads · F inner width. */
export interface EncoderShape {
  readonly V: number;
  readonly E: number;
  readonly N: number;
  readonly H: number;
  readonly F: number;
  /** The longest text. */
  readonly length: number;
}

/** Llama, whose head is its token table: G key/value heads beside. */
export interface DecoderShape extends EncoderShape {
  readonly G: number;
}

export const encoders = {
  "all-MiniLM-L6-v2": { V: 30522, E: 384, N: 6, H: 12, F: 1536, length: 512 },
} as const satisfies Record<string, EncoderShape>;
export type EncoderName = keyof typeof encoders;

export const decoders = {
  stories15M: { V: 32000, E: 288, N: 6, H: 6, G: 6, F: 768, length: 256 },
  "SmolLM2-135M": { V: 49152, E: 576, N: 30, H: 9, G: 3, F: 1536, length: 2048 },
} as const satisfies Record<string, DecoderShape>;
export type DecoderName = keyof typeof decoders;

/** How a file or a library keeps weights. */
export type WeightDtype = "f32" | "int8";

export interface Checkpoint {
  /** As config.json. */
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string };
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A prime, so that rows of matrices do not repeat. */
const PERIOD = 1_000_003;

/** Normal numbers by name and shape. Matrices are views of one pool of a million, repeated: they are many millions. */
class Weights {
  readonly tensors = new Map<string, Tensor>();
  readonly #pool: Float32Array;
  readonly #random = createRandom(1);

  /** `largest`: numbers of the largest matrix. */
  constructor(largest: number, deviation: number) {
    const { data } = this.#random.tensor([PERIOD], deviation);
    this.#pool = new Float32Array(Math.ceil(largest / PERIOD + 1) * PERIOD);
    for (let at = 0; at < this.#pool.length; at += PERIOD) this.#pool.set(data, at);
  }

  matrix(name: string, ...shape: number[]): void {
    const from = this.#random.integer(0, PERIOD - 1);
    this.tensors.set(name, { data: this.#pool.subarray(from, from + sizeOf(shape)), shape });
  }

  vector(name: string, size: number, mean = 0): void {
    const { data } = this.#random.tensor([size], 0.1);
    this.tensors.set(name, { data: data.map((x) => mean + x), shape: [size] });
  }

  linear(name: string, out: number, from: number): void {
    this.matrix(`${name}.weight`, out, from);
    this.vector(`${name}.bias`, out);
  }

  norm(name: string, size: number): void {
    this.vector(`${name}.weight`, size, 1);
    this.vector(`${name}.bias`, size);
  }
}

function encoderCheckpoint({ V, E, N, H, F, length }: EncoderShape): Checkpoint {
  const weights = new Weights(V * E, E ** -0.5);
  weights.matrix("embeddings.word_embeddings.weight", V, E);
  weights.matrix("embeddings.position_embeddings.weight", length, E);
  weights.matrix("embeddings.token_type_embeddings.weight", 2, E);
  weights.norm("embeddings.LayerNorm", E);
  for (let i = 0; i < N; i++) {
    const layer = `encoder.layer.${i}`;
    for (const name of ["query", "key", "value"]) weights.linear(`${layer}.attention.self.${name}`, E, E);
    weights.linear(`${layer}.attention.output.dense`, E, E);
    weights.norm(`${layer}.attention.output.LayerNorm`, E);
    weights.linear(`${layer}.intermediate.dense`, F, E);
    weights.linear(`${layer}.output.dense`, E, F);
    weights.norm(`${layer}.output.LayerNorm`, E);
  }
  const config = {
    model_type: "bert",
    vocab_size: V,
    hidden_size: E,
    num_hidden_layers: N,
    num_attention_heads: H,
    intermediate_size: F,
    max_position_embeddings: length,
    type_vocab_size: 2,
    hidden_act: "gelu",
    layer_norm_eps: 1e-12,
  };
  return { config, tensors: weights.tensors };
}

function decoderCheckpoint({ V, E, N, H, G, F, length }: DecoderShape): Checkpoint {
  const weights = new Weights(V * E, E ** -0.5);
  const keys = (G * E) / H;
  weights.matrix("model.embed_tokens.weight", V, E);
  for (let i = 0; i < N; i++) {
    const layer = `model.layers.${i}`;
    weights.vector(`${layer}.input_layernorm.weight`, E, 1);
    weights.matrix(`${layer}.self_attn.q_proj.weight`, E, E);
    weights.matrix(`${layer}.self_attn.k_proj.weight`, keys, E);
    weights.matrix(`${layer}.self_attn.v_proj.weight`, keys, E);
    weights.matrix(`${layer}.self_attn.o_proj.weight`, E, E);
    weights.vector(`${layer}.post_attention_layernorm.weight`, E, 1);
    weights.matrix(`${layer}.mlp.gate_proj.weight`, F, E);
    weights.matrix(`${layer}.mlp.up_proj.weight`, F, E);
    weights.matrix(`${layer}.mlp.down_proj.weight`, E, F);
  }
  weights.vector("model.norm.weight", E, 1);
  const config = {
    model_type: "llama",
    vocab_size: V,
    hidden_size: E,
    num_hidden_layers: N,
    num_attention_heads: H,
    num_key_value_heads: G,
    intermediate_size: F,
    max_position_embeddings: length,
    hidden_act: "silu",
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
  };
  return { config, tensors: weights.tensors };
}

export const checkpointOf = (name: EncoderName | DecoderName): Checkpoint =>
  name in encoders
    ? encoderCheckpoint(encoders[name as EncoderName])
    : decoderCheckpoint(decoders[name as DecoderName]);

/** Numbers of the matrices that a token of a text meets: all but the token table, which is read by rows. */
const blocks = ({ E, N, H }: EncoderShape, G: number): number => N * (2 * E * E + (2 * G * E * E) / H);
export const encoderMatrices = (shape: EncoderShape): number =>
  blocks(shape, shape.H) + 2 * shape.N * shape.E * shape.F;
/** All numbers of a checkpoint. */
export const encoderNumbers = (shape: EncoderShape): number => {
  const { V, E, N, F, length } = shape;
  return encoderMatrices(shape) + (V + length + 4) * E + N * (9 * E + F);
};
/** With the head. */
export const decoderMatrices = (shape: DecoderShape): number =>
  blocks(shape, shape.G) + 3 * shape.N * shape.E * shape.F + shape.V * shape.E;

export const bytesOfNumber: Readonly<Record<WeightDtype, number>> = { f32: 4, int8: 1 };

// ------------------------------------------------------------------------------------------------------- files

interface Stored {
  readonly dtype: "F32" | "I8";
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array;
}

/** Vectors stay f32, and tables that are read as they are. */
const isQuantized = (name: string, { shape }: Tensor): boolean =>
  shape.length === 2 && !/position_embeddings|token_type/.test(name);

/** A safetensors file: 8 bytes of the header's length, the header, the numbers. */
export function safetensors({ tensors }: Checkpoint, dtype: WeightDtype): Uint8Array {
  const stored = new Map<string, Stored>();
  for (const [name, tensor] of tensors)
    if (dtype === "int8" && isQuantized(name, tensor)) {
      const { values, scales } = referenceQuantize(tensor);
      stored.set(`${name}.scale`, { dtype: "F32", ...scales });
      stored.set(name, { dtype: "I8", ...values });
    } else stored.set(name, { dtype: "F32", ...tensor });
  let end = 0;
  const entries = [...stored].map(([name, { dtype, shape, data }]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const file = new Uint8Array(8 + header.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const { data } of stored.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}
