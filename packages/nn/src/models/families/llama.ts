// Llama, Mistral and Qwen2: rotary positions, RMS norms, gated feed-forward layers. Mistral has a window, Qwen2 biases.
import type { Architecture, Rope } from "../architecture.ts";
import type { Config } from "../config.ts";
import { generation, tiedHead } from "../generation.ts";
import { fused, layers, linear, rmsNorm } from "../parts.ts";

interface Defaults {
  readonly V: number;
  readonly F: number;
  /** undefined: as many as query heads. */
  readonly keyValueHeads?: number;
  readonly length: number;
  readonly stop?: number;
}
const DEFAULTS: Readonly<Record<string, Defaults>> = {
  llama: { V: 32000, F: 11008, length: 2048, stop: 2 },
  mistral: { V: 32000, F: 14336, keyValueHeads: 8, length: 131072, stop: 2 },
  qwen2: { V: 151936, F: 22016, keyValueHeads: 32, length: 32768 },
};

export function llama(config: Config, family: string): Architecture {
  const defaults = DEFAULTS[family] as Defaults;
  const E = config.count("hidden_size", 4096);
  const H = config.count("num_attention_heads", 32);
  const size = config.raw("head_dim") ?? undefined;
  if (size === undefined && E % H !== 0) throw config.wrong("num_attention_heads", `be a divisor of the width ${E}`);
  const D = config.count("head_dim", Math.floor(E / H));
  if (D % 2 !== 0) throw config.wrong("head_dim", "be even, since rotary positions turn pairs");
  const absent = config.raw("num_key_value_heads") === null ? H : (defaults.keyValueHeads ?? H);
  const G = config.count("num_key_value_heads", absent);
  if (H % G !== 0) throw config.wrong("num_key_value_heads", `be a divisor of num_attention_heads, which is ${H}`);
  const N = config.layers("num_hidden_layers", 32);
  const F = config.count("intermediate_size", defaults.F);
  const V = config.count("vocab_size", defaults.V);
  const length = config.count("max_position_embeddings", defaults.length);
  const eps = config.positive("rms_norm_eps", 1e-6);
  const activation = config.activation("hidden_act", "silu");
  const [attentionBias, mlpBias] =
    family === "llama" ? [config.flag("attention_bias", false), config.flag("mlp_bias", false)] : [false, false];
  const windows = windowsOf(config, family, N);
  const rope = ropeOf(config, D);
  config.skip("pad_token_id");
  const { tokens, head } = tiedHead("model.embed_tokens.weight", V, E, config.flag("tie_word_embeddings", false));
  return {
    kind: "decoder",
    checkpoint: { prefix: "model.", companions: /(^|\.)rotary_emb\.inv_freq$|^(score|classifier|qa_outputs)\./ },
    generation: generation(config, V, defaults.stop),
    head,
    decoder: {
      width: E,
      length,
      embedding: { tokens, scale: 1 },
      normFirst: true,
      blocks: layers(N, (i) => {
        const layer = `model.layers.${i}`;
        const self = (name: string, heads: number) =>
          linear(`${layer}.self_attn.${name}`, heads * D, E, attentionBias || family === "qwen2");
        const mlp = (name: string, out: number, from: number) => linear(`${layer}.mlp.${name}`, out, from, mlpBias);
        return {
          attention: {
            heads: H,
            keyValueHeads: G,
            headSize: D,
            scale: D ** -0.5,
            causal: true,
            window: windows[i],
            rope,
            projection: fused(self("q_proj", H), self("k_proj", G), self("v_proj", G)),
            output: linear(`${layer}.self_attn.o_proj`, E, H * D, attentionBias),
          },
          attentionNorm: rmsNorm(`${layer}.input_layernorm`, E, eps),
          feedForward: {
            activation,
            input: mlp("gate_proj", F, E),
            up: mlp("up_proj", F, E),
            output: mlp("down_proj", E, F),
          },
          feedForwardNorm: rmsNorm(`${layer}.post_attention_layernorm`, E, eps),
        };
      }),
      norm: rmsNorm("model.norm", E, eps),
    },
  };
}

/**
 * How many keys before its own a query of each layer sees. A window of W keys has the query's own among them. Mistral has
 * one in all layers, Qwen2 in those from max_window_layers on, if use_sliding_window says so; neither where it is null.
 */
function windowsOf(config: Config, family: string, N: number): readonly (number | undefined)[] {
  if (family === "llama") return [];
  const used = family === "mistral" || config.flag("use_sliding_window", false);
  const none = !used || config.raw("sliding_window") === null;
  const window = config.count("sliding_window", 4096) - 1;
  if (family === "mistral") return layers(N, () => (none ? undefined : window));
  const first = config.count("max_window_layers", 28, 0);
  const types =
    config.raw("layer_types") ?? layers(N, (i) => (i >= first && !none ? "sliding_attention" : "full_attention"));
  const known = (type: unknown) => type === "full_attention" || (type === "sliding_attention" && !none);
  if (!Array.isArray(types) || types.length !== N || !types.every(known))
    throw config.wrong(
      "layer_types",
      `be "full_attention" or, with use_sliding_window, "sliding_attention" for each of ${N} layers`,
    );
  return types.map((type) => (type === "full_attention" ? undefined : window));
}

/**
 * Frequencies theta^(-2i/D) and their scaling: "linear" (positions divided by factor) and "llama3" (Llama 3.1: slow
 * frequencies divided by factor, fast ones kept, between them a blend). transformers 5 has all of it in rope_parameters,
 * older versions in rope_theta and rope_scaling.
 */
function ropeOf(config: Config, D: number): Rope {
  config.choice("partial_rotary_factor", 1);
  const theta = config.positive("rope_theta", 10000);
  const older = config.inner("rope_scaling");
  const newer = config.inner("rope_parameters");
  if (older && newer) throw config.wrong("rope_scaling", "be absent beside rope_parameters");
  const scaling = newer ?? older;
  const base = scaling?.positive("rope_theta", theta) ?? theta;
  const frequencies = layers(D / 2, (i) => base ** ((-2 * i) / D));
  if (!scaling) return { style: "half", frequencies };
  scaling.choice("partial_rotary_factor", 1);
  const key = scaling.raw("rope_type") === undefined ? "type" : "rope_type";
  const type = scaling.choice(key, "default", "linear", "llama3");
  scaling.skip("type");
  const scale = SCALINGS[type](scaling);
  scaling.finish(`"${type}" scaling`);
  return { style: "half", frequencies: frequencies.map(scale) };
}

const SCALINGS: Readonly<Record<"default" | "linear" | "llama3", (config: Config) => (frequency: number) => number>> = {
  default: () => (frequency) => frequency,
  linear: (config) => {
    const factor = config.positive("factor");
    return (frequency) => frequency / factor;
  },
  llama3: (config) => {
    const factor = config.positive("factor");
    const low = config.positive("low_freq_factor");
    const high = config.positive("high_freq_factor");
    const length = config.positive("original_max_position_embeddings");
    if (low >= high) throw config.wrong("high_freq_factor", `be above low_freq_factor, which is ${low}`);
    return (frequency) => {
      const turns = (length * frequency) / (2 * Math.PI);
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      return kept * frequency + ((1 - kept) * frequency) / factor;
    };
  },
};
