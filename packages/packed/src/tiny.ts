// Tiny models of three families under the names that published files have, with seeded weights; and a layer of PyTorch's.
// Knows names and shapes alone.
import { createRandom } from "@attn/conformance";
import { writeSafetensors } from "@attn/nn";

/** What a model's folder has. */
export interface TinyModel {
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string };
  readonly weights: Uint8Array;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** weight [out, in] and bias. */
const linear = (name: string, out: number, from: number): Shapes => ({
  [`${name}.weight`]: [out, from],
  [`${name}.bias`]: [out],
});
const norm = (name: string, width: number): Shapes => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] });
const several = (count: number, make: (i: number) => Shapes): Shapes =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => make(i)));

/** A file of such tensors; what multiplies a norm's result is about 1. */
function checkpoint(shapes: Shapes, seed: number): Uint8Array {
  const random = createRandom(seed);
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const tensor = random.tensor(shape, 0.3);
    if (shape.length === 1 && name.endsWith("weight"))
      return [name, { data: tensor.data.map((x) => 1 + x), shape }] as const;
    return [name, tensor] as const;
  });
  return writeSafetensors(new Map(tensors), { format: "pt" });
}

/** As sentence-transformers' MiniLM: its width and heads, one layer. */
export function tinyBert(V: number): TinyModel {
  const [E, F, N] = [384, 16, 1];
  const shapes: Shapes = {
    "embeddings.word_embeddings.weight": [V, E],
    "embeddings.position_embeddings.weight": [512, E],
    "embeddings.token_type_embeddings.weight": [2, E],
    ...norm("embeddings.LayerNorm", E),
    ...several(N, (i) => ({
      ...several(3, (j) => linear(`encoder.layer.${i}.attention.self.${["query", "key", "value"][j]}`, E, E)),
      ...linear(`encoder.layer.${i}.attention.output.dense`, E, E),
      ...norm(`encoder.layer.${i}.attention.output.LayerNorm`, E),
      ...linear(`encoder.layer.${i}.intermediate.dense`, F, E),
      ...linear(`encoder.layer.${i}.output.dense`, E, F),
      ...norm(`encoder.layer.${i}.output.LayerNorm`, E),
    })),
    ...linear("pooler.dense", E, E),
  };
  const config = {
    model_type: "bert",
    ...{ hidden_size: E, intermediate_size: F, num_hidden_layers: N, num_attention_heads: 12, vocab_size: V },
    max_position_embeddings: 512,
  };
  return { config, weights: checkpoint(shapes, 1) };
}

/** As SmolLM2: grouped heads, tied embeddings. */
export function tinyLlama(V: number): TinyModel {
  const [E, D, H, G, F, N] = [32, 8, 4, 2, 48, 2];
  const shapes: Shapes = {
    "model.embed_tokens.weight": [V, E],
    ...several(N, (i) => ({
      [`model.layers.${i}.input_layernorm.weight`]: [E],
      [`model.layers.${i}.self_attn.q_proj.weight`]: [H * D, E],
      [`model.layers.${i}.self_attn.k_proj.weight`]: [G * D, E],
      [`model.layers.${i}.self_attn.v_proj.weight`]: [G * D, E],
      [`model.layers.${i}.self_attn.o_proj.weight`]: [E, H * D],
      [`model.layers.${i}.post_attention_layernorm.weight`]: [E],
      [`model.layers.${i}.mlp.gate_proj.weight`]: [F, E],
      [`model.layers.${i}.mlp.up_proj.weight`]: [F, E],
      [`model.layers.${i}.mlp.down_proj.weight`]: [E, F],
    })),
    "model.norm.weight": [E],
  };
  const config = {
    model_type: "llama",
    ...{ hidden_size: E, intermediate_size: F, num_hidden_layers: N, num_attention_heads: H, num_key_value_heads: G },
    ...{ vocab_size: V, max_position_embeddings: 2048, tie_word_embeddings: true, bos_token_id: 0, eos_token_id: 0 },
  };
  return { config, weights: checkpoint(shapes, 2) };
}

/** As T5: a bias by distance, eight heads. */
export function tinyT5(V: number): TinyModel {
  const [E, D, H, F, N] = [16, 4, 8, 24, 2];
  const attention = (name: string): Shapes => ({
    ...several(3, (j) => ({ [`${name}.${"qkv"[j]}.weight`]: [H * D, E] })),
    [`${name}.o.weight`]: [E, H * D],
  });
  const stack = (side: "encoder" | "decoder"): Shapes => ({
    [`${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`]: [32, H],
    ...several(N, (i) => {
      const layer = (n: number) => `${side}.block.${i}.layer.${n}`;
      const last = side === "encoder" ? 1 : 2;
      return {
        ...attention(`${layer(0)}.SelfAttention`),
        ...(side === "decoder" && attention(`${layer(1)}.EncDecAttention`)),
        [`${layer(last)}.DenseReluDense.wi.weight`]: [F, E],
        [`${layer(last)}.DenseReluDense.wo.weight`]: [E, F],
        ...several(last + 1, (n) => ({ [`${layer(n)}.layer_norm.weight`]: [E] })),
      };
    }),
    [`${side}.final_layer_norm.weight`]: [E],
  });
  const shapes: Shapes = { "shared.weight": [V, E], ...stack("encoder"), ...stack("decoder") };
  const config = {
    model_type: "t5",
    ...{ d_model: E, d_kv: D, num_heads: H, d_ff: F, num_layers: N, vocab_size: V, n_positions: 512 },
    ...{ pad_token_id: 0, eos_token_id: 1, decoder_start_token_id: 0 },
  };
  return { config, weights: checkpoint(shapes, 3) };
}

/** The state dict of torch.nn.TransformerEncoderLayer(E, heads, F), as safetensors has it. */
export function tinyLayer(E: number, F: number): Uint8Array {
  const shapes: Shapes = {
    "self_attn.in_proj_weight": [3 * E, E],
    "self_attn.in_proj_bias": [3 * E],
    ...linear("self_attn.out_proj", E, E),
    ...linear("linear1", F, E),
    ...linear("linear2", E, F),
    ...norm("norm1", E),
    ...norm("norm2", E),
  };
  return checkpoint(shapes, 4);
}
