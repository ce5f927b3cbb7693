// Tiny models of every family with seeded weights, so that no test needs a file. Holds no cases.
import { createRandom } from "@attn/conformance";
import type { StoredTensor } from "@attn/nn";
import { readConfig } from "../src/models/families.ts";
import { parametersOf } from "../src/models/match.ts";

export type TinyConfig = Readonly<Record<string, unknown>>;

const llama = {
  hidden_size: 12,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  num_hidden_layers: 2,
  intermediate_size: 10,
  vocab_size: 19,
  max_position_embeddings: 24,
  rms_norm_eps: 1e-5,
};
const bert = {
  hidden_size: 12,
  num_attention_heads: 3,
  num_hidden_layers: 2,
  intermediate_size: 10,
  vocab_size: 19,
  max_position_embeddings: 26,
  type_vocab_size: 2,
};
const marian = {
  d_model: 12,
  encoder_layers: 2,
  decoder_layers: 1,
  encoder_attention_heads: 3,
  decoder_attention_heads: 2,
  encoder_ffn_dim: 10,
  decoder_ffn_dim: 14,
  vocab_size: 19,
  max_position_embeddings: 24,
  scale_embedding: true,
  pad_token_id: 1,
  decoder_start_token_id: 2,
};

/** By a name that is the family's, or begins with it. */
export const tinyConfigs: Readonly<Record<string, TinyConfig>> = {
  bert: { model_type: "bert", ...bert },
  roberta: { model_type: "roberta", ...bert },
  "xlm-roberta": { model_type: "xlm-roberta", ...bert, type_vocab_size: 1 },
  distilbert: {
    model_type: "distilbert",
    dim: 12,
    hidden_dim: 10,
    n_layers: 2,
    n_heads: 3,
    vocab_size: 19,
    max_position_embeddings: 24,
  },
  gpt2: { model_type: "gpt2", n_embd: 12, n_head: 3, n_layer: 2, n_positions: 24, vocab_size: 19 },
  llama: { model_type: "llama", ...llama },
  "llama with biases": {
    model_type: "llama",
    ...llama,
    attention_bias: true,
    mlp_bias: true,
    tie_word_embeddings: true,
  },
  mistral: { model_type: "mistral", ...llama, sliding_window: 3 },
  qwen2: {
    model_type: "qwen2",
    ...llama,
    tie_word_embeddings: true,
    use_sliding_window: true,
    sliding_window: 3,
    max_window_layers: 1,
  },
  marian: { model_type: "marian", ...marian, activation_function: "swish" },
  "marian with two tables": {
    model_type: "marian",
    ...marian,
    share_encoder_decoder_embeddings: false,
    decoder_vocab_size: 17,
  },
  m2m_100: { model_type: "m2m_100", ...marian },
  "m2m_100 with two vocabularies": {
    model_type: "m2m_100",
    ...marian,
    source_vocab_size: 16,
    tie_word_embeddings: false,
  },
  t5: {
    model_type: "t5",
    d_model: 12,
    d_kv: 5,
    num_heads: 3,
    d_ff: 10,
    num_layers: 2,
    vocab_size: 19,
    relative_attention_num_buckets: 8,
    relative_attention_max_distance: 12,
  },
  "t5 1.1": {
    model_type: "t5",
    d_model: 12,
    d_kv: 5,
    num_heads: 3,
    d_ff: 10,
    num_layers: 2,
    num_decoder_layers: 1,
    vocab_size: 19,
    feed_forward_proj: "gated-gelu",
    tie_word_embeddings: false,
  },
};

export function tinyConfig(name: string): TinyConfig {
  const config = tinyConfigs[name];
  if (!config) throw new Error(`there is no ${name}`);
  return config;
}

/** A checkpoint in F32, under the usual names. */
export function tinyWeights(name: string, seed = 1): Map<string, StoredTensor> {
  const random = createRandom(seed);
  const tensors = new Map<string, StoredTensor>();
  for (const { sources } of parametersOf(readConfig("createModel", tinyConfig(name))))
    for (const { names, shape } of sources) {
      const [usual = ""] = names;
      const { data } = random.tensor(shape, 0.4);
      // A norm's weight is about 1.
      if (shape.length === 1 && usual.endsWith("weight"))
        for (let i = 0; i < data.length; i++) data[i] = 1 + (data[i] as number);
      tensors.set(usual, { dtype: "F32", shape, bytes: new Uint8Array(data.buffer) });
    }
  return tensors;
}
