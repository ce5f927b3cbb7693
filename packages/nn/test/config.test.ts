// What families make of a config: transformers' defaults, and what is refused.
import { describe, expect, it } from "vitest";
import type { Architecture, Positions, Stack } from "../src/models/architecture.ts";
import { readConfig } from "../src/models/families.ts";
import { parametersOf } from "../src/models/match.ts";
import { tinyConfigs } from "./tiny.ts";

const read = (config: unknown): Architecture => readConfig("createModel", config);
const change = (name: string, changes: object): object => ({ ...tinyConfigs[name], ...changes });

const decoderOf = (architecture: Architecture): Stack => {
  if (architecture.kind === "encoder") throw new Error("no decoder");
  return architecture.decoder;
};

const count = (config: unknown): number =>
  [...parametersOf(read(config))].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

describe("published models have as many parameters as their makers say", () => {
  it.each<[string, object, number]>([
    // BERT's count has the pooler's E·E + E besides.
    ["bert-base-uncased, all by default", { model_type: "bert" }, 109_482_240 - 768 * 769],
    [
      "roberta-base",
      { model_type: "roberta", max_position_embeddings: 514, type_vocab_size: 1 },
      124_645_632 - 768 * 769,
    ],
    ["distilbert-base-uncased, all by default", { model_type: "distilbert" }, 66_362_880],
    ["gpt2, all by default", { model_type: "gpt2" }, 124_439_808],
    ["Llama 2 7B, all by default", { model_type: "llama" }, 6_738_415_616],
    [
      "TinyLlama 1.1B",
      {
        model_type: "llama",
        hidden_size: 2048,
        intermediate_size: 5632,
        num_hidden_layers: 22,
        num_key_value_heads: 4,
      },
      1_100_048_384,
    ],
    [
      "SmolLM2-135M",
      {
        model_type: "llama",
        hidden_size: 576,
        intermediate_size: 1536,
        num_hidden_layers: 30,
        num_attention_heads: 9,
        num_key_value_heads: 3,
        vocab_size: 49152,
        tie_word_embeddings: true,
      },
      134_515_008,
    ],
    ["Mistral 7B, all by default", { model_type: "mistral" }, 7_241_732_096],
    [
      "Qwen2 0.5B",
      {
        model_type: "qwen2",
        hidden_size: 896,
        intermediate_size: 4864,
        num_hidden_layers: 24,
        num_attention_heads: 14,
        num_key_value_heads: 2,
        tie_word_embeddings: true,
      },
      494_032_768,
    ],
    ["t5-small, all by default", { model_type: "t5" }, 60_506_624],
    [
      "flan-t5-small",
      {
        model_type: "t5",
        d_ff: 1024,
        num_layers: 8,
        num_heads: 6,
        feed_forward_proj: "gated-gelu",
        tie_word_embeddings: false,
      },
      76_961_152,
    ],
  ])("%s", (_, config, parameters) => expect(count(config)).toBe(parameters));
});

describe.each(Object.entries(tinyConfigs))("%s", (_, config) => {
  it("has these parameters", () => {
    const lines = [...parametersOf(read(config))].map(({ shape, exact, sources }) => {
      const from = sources.map(
        (x) =>
          `${x.names.join(" or ")} [${x.shape}]${x.transposed ? " transposed" : ""}${x.optional ? " optional" : ""}`,
      );
      return `[${shape}]${exact ? " f32" : ""} ← ${from.join(" + ")}`;
    });
    expect(lines).toMatchSnapshot();
  });

  it("takes the keys that every config carries and that change nothing", () => {
    const carried = {
      architectures: ["X"],
      _name_or_path: "x",
      torch_dtype: "float16",
      dtype: "float16",
      transformers_version: "4.46.0",
      use_cache: true,
      initializer_range: 0.02,
      init_std: 0.02,
      initializer_factor: 1,
      hidden_dropout_prob: 0.1,
      attention_dropout: 0.1,
      resid_pdrop: 0.1,
      encoder_layerdrop: 0.1,
      classifier_dropout: 0.5,
      gradient_checkpointing: true,
      id2label: { 0: "x" },
      label2id: { x: 0 },
      problem_type: "regression",
      task_specific_params: { a: {} },
      output_past: true,
      output_attentions: true,
      chunk_size_feed_forward: 7,
      tokenizer_class: "X",
      bos_token_id: 3,
      sep_token_id: 3,
      max_length: 20,
      num_beams: 4,
      do_sample: true,
      top_k: 50,
      temperature: 0.7,
      length_penalty: 2,
      early_stopping: true,
      summary_type: "cls_index",
      "transformers.js_config": {},
      // Off, empty, absent.
      is_decoder: false,
      add_cross_attention: false,
      pruned_heads: {},
      no_repeat_ngram_size: 0,
      quantization_config: null,
      some_switch: false,
      some_name: "",
    };
    expect(parametersOf(read({ ...carried, ...config }))).toEqual(parametersOf(read(config)));
  });

  it.each([
    ["is_decoder", true],
    ["add_cross_attention", true],
    ["pruned_heads", { 0: [1] }],
    ["quantization_config", { bits: 4 }],
    ["no_repeat_ngram_size", 3],
    ["some_switch", true],
    ["some_number", 0.5],
  ])("refuses %s, which could change a result", (key, value) => {
    const name = JSON.stringify(`config.${key}`).replaceAll("\\", "");
    expect(() => read({ ...config, [key]: value })).toThrow(RangeError);
    expect(() => read({ ...config, [key]: value })).toThrow(
      `createModel: ${name} must be absent, since ${config.model_type} has no such switch`,
    );
  });

  it("names every such key at once", () => {
    expect(() => read({ ...config, one: 1, two: 2, three: 3 })).toThrow(
      /"config.one" must be absent.*\(likewise "two", "three"\)/,
    );
  });

  it("does not take what an object inherits for a key", () => {
    expect(() => read(Object.assign(Object.create({ hidden_act: "none", vocab_size: 0 }), config))).not.toThrow();
  });
});

describe("refuses", () => {
  it.each<[string, unknown, typeof Error, string]>([
    ["no object", null, TypeError, '"config" must be an object, as config.json has it, got null'],
    ["a list", [], TypeError, '"config" must be an object'],
    ["no model_type", {}, TypeError, '"config.model_type" must be a string, got undefined'],
    [
      "an unknown family",
      { model_type: "electra" },
      RangeError,
      '"config.model_type" must be one of "bert", "roberta"',
    ],
    ["a name that every object has", { model_type: "constructor" }, RangeError, '"config.model_type" must be one of'],
    [
      "a word for a number",
      change("bert", { hidden_size: "768" }),
      TypeError,
      '"config.hidden_size" must be a number, got "768"',
    ],
    [
      "a fraction",
      change("bert", { num_hidden_layers: 1.5 }),
      RangeError,
      '"config.num_hidden_layers" must be an integer from 1 to 2^31-1, got 1.5',
    ],
    ["no layers", change("gpt2", { n_layer: 0 }), RangeError, '"config.n_layer" must be an integer from 1'],
    ["a billion layers", change("llama", { num_hidden_layers: 1e9 }), RangeError, "at most 10000"],
    [
      "heads that do not divide the width",
      change("bert", { num_attention_heads: 5 }),
      RangeError,
      '"config.num_attention_heads" must be a divisor of the width 12, got 5',
    ],
    [
      "an eps of 0",
      change("bert", { layer_norm_eps: 0 }),
      RangeError,
      '"config.layer_norm_eps" must be finite and above 0, got 0',
    ],
    [
      "an unknown activation",
      change("bert", { hidden_act: "mish" }),
      RangeError,
      '"config.hidden_act" must be one of "relu", "gelu"',
    ],
    [
      "BERT with relative positions",
      change("bert", { position_embedding_type: "relative_key" }),
      RangeError,
      '"config.position_embedding_type" must be "absolute"',
    ],
    [
      "RoBERTa without room for positions",
      change("roberta", { pad_token_id: 25 }),
      RangeError,
      '"config.max_position_embeddings" must be above pad_token_id + 1, which is 26, got 26',
    ],
    [
      "DistilBERT with an eps, which is in its code",
      change("distilbert", { layer_norm_eps: 1e-5 }),
      RangeError,
      '"config.layer_norm_eps" must be absent',
    ],
    [
      "two names of one key that differ",
      change("gpt2", { hidden_size: 13 }),
      RangeError,
      '"config.hidden_size" must be 12, like "n_embd", got 13',
    ],
    [
      "a boolean in words",
      change("gpt2", { scale_attn_weights: "yes" }),
      TypeError,
      '"config.scale_attn_weights" must be a boolean',
    ],
    [
      "words of several tokens that must not come",
      change("gpt2", { bad_words_ids: [[1, 2]] }),
      RangeError,
      '"config.bad_words_ids" must be a list of single tokens',
    ],
    [
      "a stop that is no token",
      change("gpt2", { eos_token_id: [1, "x"] }),
      TypeError,
      '"config.eos_token_id" must be a token\'s number',
    ],
    ["an odd head", change("llama", { head_dim: 5 }), RangeError, '"config.head_dim" must be even'],
    [
      "a width that heads do not divide, without head_dim",
      change("llama", { head_dim: null, num_attention_heads: 5 }),
      RangeError,
      '"config.num_attention_heads" must be a divisor of the width 12',
    ],
    [
      "groups that do not divide the heads",
      change("llama", { num_key_value_heads: 3 }),
      RangeError,
      '"config.num_key_value_heads" must be a divisor of num_attention_heads, which is 4',
    ],
    [
      "an unknown scaling of positions",
      change("llama", { rope_scaling: { rope_type: "yarn", factor: 2 } }),
      RangeError,
      '"config.rope_scaling.rope_type" must be "default" or "linear" or "llama3", got "yarn"',
    ],
    [
      "a scaling without its factor",
      change("llama", { rope_scaling: { type: "linear" } }),
      TypeError,
      '"config.rope_scaling.factor" must be a number, got undefined',
    ],
    [
      "a scaling with another's key",
      change("qwen2", { rope_scaling: { type: "linear", factor: 2, beta_fast: 32 } }),
      RangeError,
      '"config.rope_scaling.beta_fast" must be absent, since "linear" scaling has no such switch',
    ],
    [
      "llama3 with its factors turned about",
      change("llama", {
        rope_scaling: {
          rope_type: "llama3",
          factor: 8,
          low_freq_factor: 4,
          high_freq_factor: 1,
          original_max_position_embeddings: 8,
        },
      }),
      RangeError,
      '"config.rope_scaling.high_freq_factor" must be above low_freq_factor',
    ],
    [
      "two ways to say a scaling",
      change("llama", { rope_scaling: { type: "linear", factor: 2 }, rope_parameters: { rope_type: "default" } }),
      RangeError,
      '"config.rope_scaling" must be absent beside rope_parameters',
    ],
    [
      "positions of a part of a head",
      change("llama", { partial_rotary_factor: 0.5 }),
      RangeError,
      '"config.partial_rotary_factor" must be 1, got 0.5',
    ],
    [
      "pairs turned as Meta has them",
      change("llama", { rope_interleaved: true }),
      RangeError,
      '"config.rope_interleaved" must be absent',
    ],
    [
      "biases that Mistral has not",
      change("mistral", { attention_bias: true }),
      RangeError,
      '"config.attention_bias" must be absent',
    ],
    [
      "layers of another kind",
      change("qwen2", { layer_types: ["full_attention", "linear_attention"] }),
      RangeError,
      '"config.layer_types" must be "full_attention" or',
    ],
    [
      "a window that is switched off",
      change("qwen2", { use_sliding_window: false, layer_types: ["full_attention", "sliding_attention"] }),
      RangeError,
      '"config.layer_types" must be',
    ],
    [
      "Marian with norms before",
      change("marian", { normalize_before: true }),
      RangeError,
      '"config.normalize_before" must be false, got true',
    ],
    [
      "an odd width of sinusoids",
      change("marian", { d_model: 9, encoder_attention_heads: 3, decoder_attention_heads: 3 }),
      RangeError,
      '"config.d_model" must be even',
    ],
    [
      "a first token that is none",
      change("marian", { decoder_start_token_id: 19 }),
      RangeError,
      '"config.decoder_start_token_id" must be below the vocabulary\'s 19, got 19',
    ],
    [
      "one table of two sizes",
      change("marian", { decoder_vocab_size: 18 }),
      RangeError,
      '"config.decoder_vocab_size" must be 19',
    ],
    [
      "a forced first token",
      change("m2m_100", { forced_bos_token_id: 5 }),
      RangeError,
      '"config.forced_bos_token_id" must be absent',
    ],
    [
      "an unknown feed-forward layer",
      change("t5", { feed_forward_proj: "gated-mish" }),
      RangeError,
      '"config.feed_forward_proj" must be one of',
    ],
    [
      "two feed-forward layers",
      change("t5", { feed_forward_proj: "relu", dense_act_fn: "gelu_new" }),
      RangeError,
      '"config.dense_act_fn" must be "relu", as feed_forward_proj says, got "gelu_new"',
    ],
    [
      "gated and not gated",
      change("t5", { is_gated_act: true }),
      RangeError,
      '"config.is_gated_act" must be false, got true',
    ],
    [
      "a decoder alone",
      change("t5", { is_encoder_decoder: false }),
      RangeError,
      '"config.is_encoder_decoder" must be true, got false',
    ],
  ])("%s", (_, config, kind, message) => {
    expect(() => read(config)).toThrow(kind);
    expect(() => read(config)).toThrow(message);
    expect(() => read(config)).toThrow(/^createModel: "/);
  });
});

describe("windows", () => {
  const windows = (name: string, changes: object) =>
    decoderOf(read(change(name, changes))).blocks.map(({ attention }) => attention.window);
  it.each<[string, string, object, (number | undefined)[]]>([
    ["Mistral's counts the query's own key", "mistral", { sliding_window: 3 }, [2, 2]],
    ["of one key is the query's own", "mistral", { sliding_window: 1 }, [0, 0]],
    ["null is none", "mistral", { sliding_window: null }, [undefined, undefined]],
    ["absent is 4096", "mistral", { sliding_window: undefined }, [4095, 4095]],
    ["Llama has none", "llama", {}, [undefined, undefined]],
    ["Qwen2's begins at a layer", "qwen2", {}, [undefined, 2]],
    ["Qwen2's means nothing by itself", "qwen2", { use_sliding_window: false }, [undefined, undefined]],
    ["Qwen2's may be null", "qwen2", { sliding_window: null }, [undefined, undefined]],
    ["Qwen2's layers may be listed", "qwen2", { layer_types: ["sliding_attention", "full_attention"] }, [2, undefined]],
  ])("%s", (_, name, changes, expected) => expect(windows(name, changes)).toEqual(expected));
});

describe("grouped heads by default", () => {
  const groups = (config: object) => decoderOf(read(config)).blocks[0]?.attention.keyValueHeads;
  it.each<[string, object, number]>([
    ["llama: as many as heads", { model_type: "llama" }, 32],
    ["mistral: 8", { model_type: "mistral" }, 8],
    ["mistral, null: as many as heads", { model_type: "mistral", num_key_value_heads: null }, 32],
    ["qwen2: 32", { model_type: "qwen2" }, 32],
  ])("%s", (_, config, expected) => expect(groups(config)).toBe(expected));
});

describe("scales", () => {
  const scales = (config: object) => decoderOf(read(config)).blocks.map(({ attention }) => attention.scale);
  it("are 1/√D, but for T5", () => {
    expect(scales(tinyConfigs.llama as object)).toEqual([0.5, 0.5]);
    expect(scales(tinyConfigs.t5 as object)).toEqual([1, 1]);
  });
  it("of GPT-2 have two switches", () => {
    expect(scales(change("gpt2", { scale_attn_by_inverse_layer_idx: true }))).toEqual([0.5, 0.25]);
    expect(scales(change("gpt2", { scale_attn_weights: false }))).toEqual([1, 1]);
  });
});

describe("rotary frequencies", () => {
  const frequencies = (changes: object) =>
    decoderOf(read(change("llama", { head_dim: 8, ...changes }))).blocks[0]?.attention.rope?.frequencies as number[];
  const plain = [1, 0.1, 0.01, 0.001];
  it("are theta^(-2i/D)", () => {
    for (const [i, x] of frequencies({}).entries()) expect(x).toBeCloseTo(plain[i] as number, 15);
    expect(frequencies({ rope_theta: 16 })).toEqual([1, 0.5, 0.25, 0.125]);
  });
  it("may be said in transformers 5's way", () => {
    expect(frequencies({ rope_parameters: { rope_type: "default", rope_theta: 16 } })).toEqual([1, 0.5, 0.25, 0.125]);
  });
  it("linear divides them all", () => {
    expect(frequencies({ rope_theta: 16, rope_scaling: { type: "linear", factor: 4 } })).toEqual([
      0.25, 0.125, 0.0625, 0.03125,
    ]);
  });
  it("llama3 keeps the fast, divides the slow and blends between", () => {
    const scaling = {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 40 * Math.PI,
    };
    // Turns in 40π positions: 20, 10, 5, 2.5.
    const got = frequencies({ rope_theta: 16, rope_scaling: scaling });
    expect(got.slice(0, 3)).toEqual([1, 0.5, 0.25]);
    expect(got[3]).toBeCloseTo(0.125 / 2 + 0.125 / 16, 15);
  });
});

describe("sinusoids", () => {
  const positions = (name: string) => {
    const { embedding } = decoderOf(read(tinyConfigs[name]));
    return embedding.positions;
  };
  it("Marian's begin at 0", () => {
    expect(positions("marian")).toMatchObject({
      kind: "sinusoidal",
      first: 0,
      frequencies: [1, 10000 ** (-1 / 6), 10000 ** (-2 / 6), 0.01, expect.any(Number), expect.any(Number)],
    });
  });
  it("M2M-100's end at 1/10000, and begin behind the padding's", () => {
    const { first, padding, frequencies } = positions("m2m_100") as Positions & { kind: "sinusoidal" };
    expect([first, padding, frequencies[0], frequencies[5]]).toEqual([2, 1, 1, expect.closeTo(1e-4, 18)]);
  });
});

describe("what a text begins and ends with", () => {
  const generation = (name: string, changes: object = {}) => {
    const architecture = read(change(name, changes));
    return architecture.kind === "encoder" ? undefined : architecture.generation;
  };
  it.each<[string, object, object]>([
    ["gpt2", {}, { start: undefined, stop: [50256], suppressed: [] }],
    ["llama", { eos_token_id: [3, 4] }, { stop: [3, 4] }],
    ["llama", { eos_token_id: null }, { stop: [] }],
    ["llama", { pad_token_id: -1, eos_token_id: -1 }, { stop: [] }],
    ["qwen2", {}, { stop: [] }],
    ["marian", { bad_words_ids: [[18], [40]] }, { start: 2, stop: [0], suppressed: [18] }],
    ["marian", { decoder_start_token_id: null }, { start: 1 }],
    ["t5", {}, { start: 0, stop: [1] }],
  ])("%s %j", (name, changes, expected) => expect(generation(name, changes)).toMatchObject(expected));
});

describe("tied heads", () => {
  const parts = (config: object) => {
    const architecture = read(config);
    if (architecture.kind === "encoder") throw new Error("no head");
    return [architecture.head.weight === architecture.decoder.embedding.tokens, architecture.head.scale];
  };
  it.each<[string, object, [boolean, number]]>([
    ["gpt2: yes by default", change("gpt2", {}), [true, 1]],
    ["llama: no by default", change("llama", {}), [false, 1]],
    ["t5: scaled by E^-½", change("t5", {}), [true, 12 ** -0.5]],
    ["t5 1.1: of its own, not scaled", change("t5 1.1", {}), [false, 1]],
    [
      "t5 1.1 as transformers 5 saves it",
      change("t5 1.1", { tie_word_embeddings: true, scale_decoder_outputs: false }),
      [false, 1],
    ],
  ])("%s", (_, config, expected) => expect(parts(config)).toEqual(expected));
});
