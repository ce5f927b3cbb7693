// T5 and T5 1.1: positions as a bias by distance, attention without a scale, RMS norms, no biases.
import { quote } from "../../errors.ts";
import type { Activation, Architecture, Block, CrossAttention, Stack } from "../architecture.ts";
import { activationNames, activations, type Config } from "../config.ts";
import { generation, tiedHead } from "../generation.ts";
import { exact, fused, layers, linear, rmsNorm } from "../parts.ts";

export function t5(config: Config): Architecture {
  const E = config.count(["d_model", "hidden_size"], 512);
  const H = config.count(["num_heads", "num_attention_heads"], 8);
  const D = config.count(["d_kv", "head_dim"], 64);
  const F = config.count("d_ff", 2048);
  const V = config.count("vocab_size", 32128);
  const N = { encoder: config.layers(["num_layers", "num_hidden_layers"], 6), decoder: 0 };
  N.decoder = config.layers("num_decoder_layers", N.encoder);
  const eps = config.positive("layer_norm_epsilon", 1e-6);
  const buckets = config.count("relative_attention_num_buckets", 32, 4);
  const maximumDistance = config.count("relative_attention_max_distance", 128);
  const { activation, gated } = feedForward(config);
  config.choice("is_encoder_decoder", true);
  const padding = config.token("pad_token_id", 0) ?? 0;
  const start = config.token("decoder_start_token_id", padding) ?? padding;
  // transformers 5 says of a head of its own that it is not scaled, and that it is tied all the same.
  const tied = config.flag("tie_word_embeddings", true);
  const scaled = config.flag("scale_decoder_outputs", tied);
  const names = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];
  const { tokens, head } = tiedHead(names, V, E, tied && scaled, scaled ? E ** -0.5 : 1);

  const stack = (side: "encoder" | "decoder"): Stack => {
    const relativeBias = {
      table: exact(`${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`, buckets, H),
      maximumDistance,
      bidirectional: side === "encoder",
    };
    return {
      width: E,
      length: config.count("n_positions", 512),
      embedding: { tokens, scale: 1 },
      normFirst: true,
      blocks: layers(N[side], (i): Block => {
        const part = (n: number) => `${side}.block.${i}.layer.${n}`;
        const into = (name: string) => linear(name, H * D, E, false);
        const output = (name: string) => linear(name, E, H * D, false);
        const norm = (n: number) => rmsNorm(`${part(n)}.layer_norm`, E, eps);
        const self = `${part(0)}.SelfAttention`;
        const other = `${part(1)}.EncDecAttention`;
        const last = side === "encoder" ? 1 : 2;
        const dense = (name: string, out: number, from: number) =>
          linear(`${part(last)}.DenseReluDense.${name}`, out, from, false);
        const shared = { heads: H, headSize: D, scale: 1 };
        const cross: CrossAttention = {
          ...shared,
          query: into(`${other}.q`),
          keyValue: fused(into(`${other}.k`), into(`${other}.v`)),
          output: output(`${other}.o`),
        };
        return {
          attention: {
            ...shared,
            keyValueHeads: H,
            causal: side === "decoder",
            relativeBias,
            projection: fused(into(`${self}.q`), into(`${self}.k`), into(`${self}.v`)),
            output: output(`${self}.o`),
          },
          attentionNorm: norm(0),
          ...(side === "decoder" && { cross, crossNorm: norm(1) }),
          feedForward: {
            activation,
            input: dense(gated ? "wi_0" : "wi", F, E),
            up: gated ? dense("wi_1", F, E) : undefined,
            output: dense("wo", E, F),
          },
          feedForwardNorm: norm(last),
        };
      }),
      norm: rmsNorm(`${side}.final_layer_norm`, E, eps),
    };
  };
  return {
    kind: "encoder-decoder",
    checkpoint: {
      prefix: "",
      companions:
        /^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$|^(classification_head|qa_outputs)\./,
    },
    generation: generation(config, V, 1, start),
    encoder: stack("encoder"),
    decoder: stack("decoder"),
    head,
  };
}

/** "relu", "gated-gelu" …; two more keys say the same, and must not contradict it. */
function feedForward(config: Config): { activation: Activation; gated: boolean } {
  const name = config.raw("feed_forward_proj") ?? "relu";
  const [, gate, word = ""] = /^(gated-)?(\w+)$/.exec(`${name}`) ?? [];
  const gated = config.choice("is_gated_act", gate !== undefined);
  // T5 1.1 calls gelu what is its approximation by tanh.
  const called = gated && word === "gelu" ? "gelu_new" : word;
  const activation = activations.get(called);
  if (!activation) throw config.wrong("feed_forward_proj", `be ${activationNames()}, or one of them behind "gated-"`);
  if (config.activation("dense_act_fn", called) !== activation)
    throw config.wrong("dense_act_fn", `be ${quote(called)}, as feed_forward_proj says`);
  return { activation, gated };
}
