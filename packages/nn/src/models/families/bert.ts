// BERT, RoBERTa and XLM-RoBERTa: one encoder, whose positions begin elsewhere.
import type { Architecture, Positions } from "../architecture.ts";
import type { Config } from "../config.ts";
import { exact, fused, layerNorm, layers, linear, matrix } from "../parts.ts";

export function bert(config: Config, family: string): Architecture {
  const E = config.count("hidden_size", 768);
  const H = config.heads("num_attention_heads", 12, E);
  const N = config.layers("num_hidden_layers", 12);
  const F = config.count("intermediate_size", 3072);
  const V = config.count("vocab_size", family === "roberta" ? 50265 : 30522);
  const rows = config.count("max_position_embeddings", 512);
  const eps = config.positive("layer_norm_eps", 1e-12);
  const activation = config.activation("hidden_act", "gelu");
  config.choice("position_embedding_type", "absolute");
  config.skip("tie_word_embeddings");
  const padding = config.count("pad_token_id", family === "bert" ? 0 : 1, 0);

  const prefix = family === "bert" ? "bert." : "roberta.";
  // RoBERTa's first positions are the padding's, and those of fairseq's symbols before it.
  const counted = family === "bert" ? { first: 0 } : { first: padding + 1, padding };
  if (rows <= counted.first)
    throw config.wrong("max_position_embeddings", `be above pad_token_id + 1, which is ${counted.first}`);
  const positions: Positions = {
    ...counted,
    kind: "learned",
    table: exact(`${prefix}embeddings.position_embeddings.weight`, rows, E),
  };
  return {
    kind: "encoder",
    checkpoint: {
      prefix,
      companions: /^(cls|pooler|lm_head|classifier|qa_outputs)\.|^embeddings\.(position_ids|token_type_ids)$/,
    },
    encoder: {
      width: E,
      length: rows - counted.first,
      embedding: {
        tokens: matrix(`${prefix}embeddings.word_embeddings.weight`, V, E),
        scale: 1,
        positions,
        types: exact(`${prefix}embeddings.token_type_embeddings.weight`, config.count("type_vocab_size", 2), E),
        norm: layerNorm(`${prefix}embeddings.LayerNorm`, E, eps),
      },
      normFirst: false,
      blocks: layers(N, (i) => {
        const layer = `${prefix}encoder.layer.${i}`;
        const self = (name: string) => linear(`${layer}.attention.self.${name}`, E, E);
        return {
          attention: {
            heads: H,
            keyValueHeads: H,
            headSize: E / H,
            scale: (E / H) ** -0.5,
            causal: false,
            projection: fused(self("query"), self("key"), self("value")),
            output: linear(`${layer}.attention.output.dense`, E, E),
          },
          attentionNorm: layerNorm(`${layer}.attention.output.LayerNorm`, E, eps),
          feedForward: {
            activation,
            input: linear(`${layer}.intermediate.dense`, F, E),
            output: linear(`${layer}.output.dense`, E, F),
          },
          feedForwardNorm: layerNorm(`${layer}.output.LayerNorm`, E, eps),
        };
      }),
    },
  };
}
