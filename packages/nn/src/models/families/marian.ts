// Marian and M2M-100: encoder-decoders with sinusoidal positions. Marian's norms stand behind, M2M-100's before.
import type { Architecture, Block, CrossAttention, Positions, Stack } from "../architecture.ts";
import type { Config } from "../config.ts";
import { generation, tiedHead } from "../generation.ts";
import { exact, fused, layerNorm, layers, linear, matrix } from "../parts.ts";

/** nn.LayerNorm's own. */
const EPS = 1e-5;

export function marian(config: Config, family: string): Architecture {
  const isMarian = family === "marian";
  const E = config.count(["d_model", "hidden_size"], 1024);
  if (E % 2 !== 0) throw config.wrong("d_model", "be even, since positions are pairs of sine and cosine");
  const V = config.count("vocab_size", isMarian ? 58101 : 128112);
  const length = config.count("max_position_embeddings", 1024);
  const padding = config.count("pad_token_id", isMarian ? 58100 : 1, 0);
  const scale = config.flag("scale_embedding", !isMarian) ? E ** 0.5 : 1;
  const activation = config.activation("activation_function", isMarian ? "gelu" : "relu");
  config.choice("is_encoder_decoder", true);
  config.skip("num_hidden_layers");
  if (isMarian) {
    // Marian's other layouts, which transformers has no code for either.
    for (const key of ["normalize_before", "normalize_embedding", "add_final_layer_norm", "add_bias_logits"])
      config.choice(key, false);
    config.choice("static_position_embeddings", true);
  }
  const start = config.token("decoder_start_token_id", isMarian ? padding : 2) ?? padding;
  const tied = config.flag("tie_word_embeddings", true);
  const { source, target, head } = tables(config, isMarian, V, E, tied);

  const half = E / 2;
  const positions: Positions = isMarian
    ? { kind: "sinusoidal", first: 0, frequencies: layers(half, (i) => 10000 ** (-i / half)) }
    : // As tensor2tensor: the last frequency is 1/10000 itself. One pair has frequency 1.
      {
        kind: "sinusoidal",
        first: padding + 1,
        padding,
        frequencies: layers(half, (i) => 10000 ** (-i / Math.max(1, half - 1))),
      };

  const stack = (side: "encoder" | "decoder", tokens: Stack["embedding"]["tokens"]): Stack => {
    const H = config.heads(
      side === "encoder" ? ["encoder_attention_heads", "num_attention_heads"] : "decoder_attention_heads",
      16,
      E,
    );
    const F = config.count(`${side}_ffn_dim`, 4096);
    const shared = { heads: H, headSize: E / H, scale: (E / H) ** -0.5 };
    return {
      width: E,
      length,
      embedding: { tokens, scale, positions },
      normFirst: !isMarian,
      blocks: layers(config.layers(`${side}_layers`, 12), (i): Block => {
        const layer = `model.${side}.layers.${i}`;
        const project = (name: string) => linear(`${layer}.${name}`, E, E);
        const norm = (name: string) => layerNorm(`${layer}.${name}`, E, EPS);
        const cross: CrossAttention = {
          ...shared,
          query: project("encoder_attn.q_proj"),
          keyValue: fused(project("encoder_attn.k_proj"), project("encoder_attn.v_proj")),
          output: project("encoder_attn.out_proj"),
        };
        return {
          attention: {
            ...shared,
            keyValueHeads: H,
            causal: side === "decoder",
            projection: fused(project("self_attn.q_proj"), project("self_attn.k_proj"), project("self_attn.v_proj")),
            output: project("self_attn.out_proj"),
          },
          attentionNorm: norm("self_attn_layer_norm"),
          ...(side === "decoder" && { cross, crossNorm: norm("encoder_attn_layer_norm") }),
          feedForward: {
            activation,
            input: linear(`${layer}.fc1`, F, E),
            output: linear(`${layer}.fc2`, E, F),
          },
          feedForwardNorm: norm("final_layer_norm"),
        };
      }),
      norm: isMarian ? undefined : layerNorm(`model.${side}.layer_norm`, E, EPS),
    };
  };
  return {
    kind: "encoder-decoder",
    checkpoint: { prefix: "model.", companions: /^(en|de)coder\.embed_positions\.weights?$/ },
    generation: generation(config, head.weight.shape[0] as number, isMarian ? 0 : 2, start),
    encoder: stack("encoder", source),
    decoder: stack("decoder", target),
    head,
  };
}

const SHARED = ["model.shared.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"];

/** The tables of both languages, which are one unless the config says otherwise, and the head. */
function tables(config: Config, isMarian: boolean, V: number, E: number, tied: boolean) {
  if (isMarian) {
    const target = config.count("decoder_vocab_size", V);
    const bias = exact("final_logits_bias", target);
    const stored = { ...bias, sources: [{ names: ["final_logits_bias"], shape: [1, target], optional: true }] };
    const shared = config.flag("share_encoder_decoder_embeddings", true);
    if (shared && target !== V)
      throw config.wrong("decoder_vocab_size", `be ${V}, like vocab_size, where tables are shared`);
    const { tokens, head } = tiedHead(shared ? SHARED : (SHARED[2] as string), target, E, tied);
    const source = shared ? tokens : matrix(SHARED[1] as string, V, E);
    return { source, target: tokens, head: { ...head, bias: stored } };
  }
  // Tables of two vocabularies, as OpenNMT has them: each with a row more, for words that it does not know.
  const apart = config.count("source_vocab_size", 0, 0);
  const { tokens, head } = tiedHead(apart ? (SHARED[2] as string) : SHARED, apart ? V + 1 : V, E, tied);
  const source = apart ? matrix(SHARED[1] as string, apart + 1, E) : tokens;
  if (!apart) return { source, target: tokens, head };
  const size = V + 1;
  const bias = { shape: [size], exact: true, sources: [{ names: ["lm_head.bias"], shape: [size], optional: true }] };
  return { source, target: tokens, head: { ...head, bias } };
}
