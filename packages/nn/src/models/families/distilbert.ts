// DistilBERT: BERT's block under names of its own, without token types.
import type { Architecture } from "../architecture.ts";
import type { Config } from "../config.ts";
import { exact, fused, layerNorm, layers, linear, matrix } from "../parts.ts";

/** Not in its config: transformers has the number in the model's code. */
const EPS = 1e-12;

export function distilbert(config: Config): Architecture {
  const E = config.count(["dim", "hidden_size"], 768);
  const H = config.heads(["n_heads", "num_attention_heads"], 12, E);
  const N = config.layers(["n_layers", "num_hidden_layers"], 6);
  const F = config.count("hidden_dim", 3072);
  const V = config.count("vocab_size", 30522);
  const length = config.count("max_position_embeddings", 512);
  const activation = config.activation("activation", "gelu");
  // Sinusoids are stored like any other table.
  config.skip("sinusoidal_pos_embds", "tie_word_embeddings", "pad_token_id");
  return {
    kind: "encoder",
    checkpoint: {
      prefix: "distilbert.",
      companions: /^(vocab_\w+|(pre_)?classifier|qa_outputs)\.|^embeddings\.position_ids$/,
    },
    encoder: {
      width: E,
      length,
      embedding: {
        tokens: matrix("distilbert.embeddings.word_embeddings.weight", V, E),
        scale: 1,
        positions: {
          kind: "learned",
          first: 0,
          table: exact("distilbert.embeddings.position_embeddings.weight", length, E),
        },
        norm: layerNorm("distilbert.embeddings.LayerNorm", E, EPS),
      },
      normFirst: false,
      blocks: layers(N, (i) => {
        const layer = `distilbert.transformer.layer.${i}`;
        const self = (name: string) => linear(`${layer}.attention.${name}`, E, E);
        return {
          attention: {
            heads: H,
            keyValueHeads: H,
            headSize: E / H,
            scale: (E / H) ** -0.5,
            causal: false,
            projection: fused(self("q_lin"), self("k_lin"), self("v_lin")),
            output: self("out_lin"),
          },
          attentionNorm: layerNorm(`${layer}.sa_layer_norm`, E, EPS),
          feedForward: {
            activation,
            input: linear(`${layer}.ffn.lin1`, F, E),
            output: linear(`${layer}.ffn.lin2`, E, F),
          },
          feedForwardNorm: layerNorm(`${layer}.output_layer_norm`, E, EPS),
        };
      }),
    },
  };
}
