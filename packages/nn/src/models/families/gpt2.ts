// GPT-2. Its linear layers are stored [in, out], but by minGPT; which of the two a file has is seen when it is matched.
import type { Architecture } from "../architecture.ts";
import type { Config } from "../config.ts";
import { generation, tiedHead } from "../generation.ts";
import { conv1d, exact, layerNorm, layers } from "../parts.ts";

export function gpt2(config: Config): Architecture {
  const E = config.count(["n_embd", "hidden_size"], 768);
  const H = config.heads(["n_head", "num_attention_heads"], 12, E);
  const N = config.layers(["n_layer", "num_hidden_layers"], 12);
  const F = config.count("n_inner", 4 * E);
  const V = config.count("vocab_size", 50257);
  const length = config.count(["n_positions", "max_position_embeddings"], 1024);
  const eps = config.positive("layer_norm_epsilon", 1e-5);
  const activation = config.activation("activation_function", "gelu_new");
  const scale = config.flag("scale_attn_weights", true) ? (E / H) ** -0.5 : 1;
  const byLayer = config.flag("scale_attn_by_inverse_layer_idx", false);
  config.skip("pad_token_id", "n_ctx");
  const { tokens, head } = tiedHead("transformer.wte.weight", V, E, config.flag("tie_word_embeddings", true));
  return {
    kind: "decoder",
    checkpoint: {
      prefix: "transformer.",
      companions: /^h\.\d+\.attn\.(bias|masked_bias)$|^(score|classifier|multiple_choice_head)\./,
    },
    generation: generation(config, V, 50256),
    head,
    decoder: {
      width: E,
      length,
      embedding: {
        tokens,
        scale: 1,
        positions: { kind: "learned", first: 0, table: exact("transformer.wpe.weight", length, E) },
      },
      normFirst: true,
      blocks: layers(N, (i) => {
        const layer = `transformer.h.${i}`;
        return {
          attention: {
            heads: H,
            keyValueHeads: H,
            headSize: E / H,
            scale: byLayer ? scale / (i + 1) : scale,
            causal: true,
            projection: conv1d(`${layer}.attn.c_attn`, 3 * E, E),
            output: conv1d(`${layer}.attn.c_proj`, E, E),
          },
          attentionNorm: layerNorm(`${layer}.ln_1`, E, eps),
          feedForward: {
            activation,
            input: conv1d(`${layer}.mlp.c_fc`, F, E),
            output: conv1d(`${layer}.mlp.c_proj`, E, F),
          },
          feedForwardNorm: layerNorm(`${layer}.ln_2`, E, eps),
        };
      }),
      norm: layerNorm("transformer.ln_f", E, eps),
    },
  };
}
