// Checkpoints against a config: every way in which names, shapes and types differ between files of one model.
import { quantize, type StateDict, type StoredTensor } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { readConfig } from "../src/models/families.ts";
import { Matcher, parametersOf } from "../src/models/match.ts";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { type Matrix, ReferenceModel } from "./reference.ts";
import { tinyConfig, tinyConfigs, tinyWeights } from "./tiny.ts";

type Files = readonly StateDict[];
type Weights = Map<string, StoredTensor>;
const ids = [3, 1, 4, 15, 9, 2, 6];

/** What a model of these files says of a few tokens. */
function run(name: string, files: Files): Matrix {
  const model = new ReferenceModel(tinyConfig(name), files);
  const { kind } = model.architecture;
  if (kind === "encoder") return model.encode(ids).output;
  return model.logits(ids, kind === "decoder" ? undefined : model.encode(ids).output);
}
const load =
  (name: string, ...files: Files) =>
  () =>
    run(name, files);

const renamed = (weights: Weights, rename: (name: string) => string): Weights =>
  new Map([...weights].map(([name, tensor]) => [rename(name), tensor]));
const copy = (weights: Weights, from: string, to: string): Weights =>
  new Map([...weights, [to, weights.get(from) as StoredTensor]]);
const anything: StoredTensor = { dtype: "I64", shape: [1, 3], bytes: new Uint8Array(24) };

function transposed({ dtype, shape, bytes }: StoredTensor): StoredTensor {
  const [rows = 0, columns = 0] = shape;
  const from = toFloat32({ dtype, bytes });
  const to = Float32Array.from(from, (_, i) => from[(i % rows) * columns + Math.floor(i / rows)] as number);
  return { dtype, shape: [columns, rows], bytes: new Uint8Array(to.buffer) };
}

describe("the same model", () => {
  it.each<[string, string, (weights: Weights) => Files]>([
    ["without its prefix", "bert", (x) => [renamed(x, (name) => name.replace("bert.", ""))]],
    ["without its prefix", "gpt2", (x) => [renamed(x, (name) => name.replace("transformer.", ""))]],
    ["without its prefix", "llama", (x) => [renamed(x, (name) => name.replace("model.", ""))]],
    ["without its prefix", "m2m_100", (x) => [renamed(x, (name) => name.replace("model.", ""))]],
    [
      "with gamma and beta",
      "bert",
      (x) => [
        renamed(x, (name) => name.replace(/(LayerNorm\.)weight/, "$1gamma").replace(/(LayerNorm\.)bias/, "$1beta")),
      ],
    ],
    [
      "with heads and buffers",
      "bert",
      (x) => [
        new Map([
          ...x,
          ...[
            "bert.pooler.dense.weight",
            "cls.predictions.bias",
            "bert.embeddings.position_ids",
            "classifier.weight",
          ].map((name) => [name, anything] as const),
        ]),
      ],
    ],
    [
      "with a head of its kind",
      "roberta",
      (x) => [new Map([...x, ["lm_head.dense.weight", anything], ["roberta.embeddings.position_ids", anything]])],
    ],
    [
      "with a head of its kind",
      "distilbert",
      (x) => [new Map([...x, ["vocab_transform.weight", anything], ["pre_classifier.bias", anything]])],
    ],
    [
      "with its masks",
      "gpt2",
      (x) => [new Map([...x, ["transformer.h.0.attn.bias", anything], ["transformer.h.1.attn.masked_bias", anything]])],
    ],
    ["with a copy of the table as head", "gpt2", (x) => [copy(x, "transformer.wte.weight", "lm_head.weight")]],
    [
      "with the table as head alone",
      "gpt2",
      (x) => [renamed(x, (name) => name.replace("transformer.wte.weight", "lm_head.weight"))],
    ],
    [
      "with the frequencies of its positions",
      "llama",
      (x) => [
        new Map([
          ...x,
          ["model.layers.0.self_attn.rotary_emb.inv_freq", anything],
          ["model.rotary_emb.inv_freq", anything],
        ]),
      ],
    ],
    [
      "with stored sinusoids and copies of the table",
      "marian",
      (x) => [
        new Map([
          ...copy(
            copy(x, "model.shared.weight", "model.encoder.embed_tokens.weight"),
            "model.shared.weight",
            "lm_head.weight",
          ),
          ["model.encoder.embed_positions.weight", anything],
        ]),
      ],
    ],
    [
      "with one copy of the table",
      "t5",
      (x) => [renamed(x, (name) => name.replace("shared.weight", "decoder.embed_tokens.weight"))],
    ],
    [
      "with the bias that transformers ignores",
      "t5",
      (x) => [new Map([...x, ["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", anything]])],
    ],
    ["in two files", "mistral", (x) => [new Map([...x].slice(0, 7)), new Map([...x].slice(7))]],
    [
      "in two files, each with a copy of the table",
      "t5",
      (x) => [new Map([...x].slice(0, 3)), new Map([...copy(x, "shared.weight", "lm_head.weight")].slice(3))],
    ],
    [
      "with layers stored [out, in]",
      "gpt2",
      (x) => [
        new Map([...x].map(([name, tensor]) => [name, /\.c_\w+\.weight$/.test(name) ? transposed(tensor) : tensor])),
      ],
    ],
    [
      "without a bias that is zero",
      "marian",
      (x) => {
        const bias = x.get("final_logits_bias") as StoredTensor;
        bias.bytes.fill(0);
        return [new Map([...x].filter(([name]) => name !== "final_logits_bias"))];
      },
    ],
  ])("%s: %s", (_, name, change) => {
    const weights = tinyWeights(name);
    const changed = change(weights);
    expect(run(name, changed)).toEqual(run(name, [weights]));
  });
});

describe("int8", () => {
  /** All matrices of a checkpoint as quantize() makes them, and what they stand for. */
  function quantised(weights: Weights): { small: Weights; rounded: Weights } {
    const [small, rounded]: [Weights, Weights] = [new Map(), new Map()];
    for (const [name, tensor] of weights) {
      if (
        tensor.shape.length < 2 ||
        /position_embeddings|token_type|wpe|relative_attention_bias|final_logits/.test(name)
      ) {
        small.set(name, tensor);
        rounded.set(name, tensor);
        continue;
      }
      const { values, scales } = quantize({ data: toFloat32(tensor), shape: tensor.shape });
      small.set(`${name}.scale`, scales).set(name, values);
      const [data, scale] = [toFloat32(values), toFloat32(scales)];
      const K = tensor.shape[1] as number;
      // In float64 the product is what a product in float32 rounds.
      const exact = Float64Array.from(data, (x, i) => x * (scale[Math.floor(i / K)] as number));
      rounded.set(name, { dtype: "F64", shape: tensor.shape, bytes: new Uint8Array(exact.buffer) });
    }
    return { small, rounded };
  }
  it.each(Object.keys(tinyConfigs))("with scales behind the name: %s", (name) => {
    const { small, rounded } = quantised(tinyWeights(name));
    const [got, expected] = [run(name, [small]), run(name, [rounded])];
    for (const [i, row] of got.entries())
      for (const [j, x] of row.entries()) expect(x).toBeCloseTo(expected[i]?.[j] as number, 4);
  });
  it("does not matter in which order, or in which files", () => {
    const { small } = quantised(tinyWeights("llama"));
    const scales = [...small].filter(([name]) => name.endsWith(".scale"));
    const values = [...small].filter(([name]) => !name.endsWith(".scale"));
    const expected = run("llama", [small]);
    expect(run("llama", [new Map([...values, ...scales])])).toEqual(expected);
  });
  it("passes over the scale of a copy that is passed over", () => {
    const { small } = quantised(tinyWeights("gpt2"));
    const both = copy(
      copy(small, "transformer.wte.weight", "lm_head.weight"),
      "transformer.wte.weight.scale",
      "lm_head.weight.scale",
    );
    expect(run("gpt2", [both])).toEqual(run("gpt2", [small]));
  });
});

describe("one Error names every tensor that does not fit", () => {
  const bert = () => tinyWeights("bert");
  const wrong = (name: string, changes: Partial<StoredTensor>): Weights => {
    const weights = bert();
    return weights.set(name, { ...(weights.get(name) as StoredTensor), ...changes });
  };
  const without = (name: string, ...dropped: string[]): Weights => {
    const weights = tinyWeights(name);
    for (const x of dropped) if (!weights.delete(x)) throw new Error(`there is no ${x}`);
    return weights;
  };
  const query = "bert.encoder.layer.0.attention.self.query.weight";
  const f32 = (...shape: number[]): StoredTensor => ({
    dtype: "F32",
    shape,
    bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
  });

  it("missing, unused and wrongly shaped ones together", () => {
    const weights = without("bert", query, "bert.encoder.layer.1.output.dense.bias");
    weights
      .set("bert.encoder.layer.0.intermediate.dense.weight", f32(12, 10))
      .set("bert.encoder.layer.0.rotary.weight", f32(1));
    expect(load("bert", weights)).toThrow(
      'createModel: "weights" must fit the config, got 4 tensors that do not: "bert.encoder.layer.0.attention.self.query.weight" is missing; "bert.encoder.layer.1.output.dense.bias" is missing; "bert.encoder.layer.0.intermediate.dense.weight" must have shape [10, 12], got [12, 10]; "bert.encoder.layer.0.rotary.weight" is unused',
    );
  });

  it.each<[string, string, Files, string]>([
    [
      "a missing one under the name that the file would have",
      "bert",
      [renamed(without("bert", query), (x) => x.replace("bert.", ""))],
      '"encoder.layer.0.attention.self.query.weight" is missing',
    ],
    [
      "a head that is not tied",
      "llama",
      [without("llama", "lm_head.weight")],
      'got 1 tensor that does not: "lm_head.weight" is missing',
    ],
    ["of several names the usual one", "t5", [without("t5", "shared.weight")], '"shared.weight" is missing'],
    ["all that no file had", "mistral", [new Map()], '"model.layers.1.mlp.down_proj.weight" is missing'],
    [
      "one under both names",
      "bert",
      [copy(bert(), query, query.replace("bert.", ""))],
      `"${query.replace("bert.", "")}" is there twice, with a prefix and without`,
    ],
    [
      "another family's",
      "llama",
      [new Map([...tinyWeights("llama"), ["model.layers.0.self_attn.q_proj.bias", f32(16)]])],
      '"model.layers.0.self_attn.q_proj.bias" is unused',
    ],
    [
      "a layer too many",
      "qwen2",
      [new Map([...tinyWeights("qwen2"), ["model.layers.2.mlp.up_proj.weight", f32(10, 12)]])],
      '"model.layers.2.mlp.up_proj.weight" is unused',
    ],
    [
      "whole numbers",
      "bert",
      [wrong(query, { dtype: "I32" })],
      `"${query}" must be of type F32, F16, BF16, F64, or I8 with scales, got I32`,
    ],
    [
      "a norm in int8",
      "bert",
      [wrong("bert.embeddings.LayerNorm.weight", { dtype: "I8" })],
      '"bert.embeddings.LayerNorm.weight" must be of type F32, F16, BF16, F64, got I8',
    ],
    [
      "int8 without scales",
      "bert",
      [wrong(query, { dtype: "I8", bytes: new Uint8Array(144) })],
      `"${query}.scale" is missing`,
    ],
    [
      "scales of what is not int8",
      "bert",
      [new Map([...bert(), [`${query}.scale`, f32(12)]])],
      `"${query}.scale" is unused`,
    ],
    [
      "scales of another shape",
      "bert",
      [new Map([...wrong(query, { dtype: "I8" }), [`${query}.scale`, f32(12, 1)]])],
      `"${query}.scale" must have shape [12], got [12, 1]`,
    ],
    ["scales of nothing", "bert", [new Map([...bert(), ["bert.x.scale", f32(12)]])], '"bert.x.scale" is unused'],
    [
      "of layers stored in both ways, those of the second",
      "gpt2",
      [
        (() => {
          const weights = tinyWeights("gpt2");
          const name = "transformer.h.1.mlp.c_fc.weight";
          return weights.set(name, transposed(weights.get(name) as StoredTensor));
        })(),
      ],
      '"transformer.h.1.mlp.c_fc.weight" must have shape [12, 48], got [48, 12]',
    ],
  ])("%s: %s", (_, name, files, message) => {
    expect(load(name, ...files)).toThrow(RangeError);
    expect(load(name, ...files)).toThrow(message);
  });

  it("of a square layer that came before its file's kind was seen", () => {
    const architecture = readConfig("loadModel", tinyConfig("gpt2"));
    const matcher = new Matcher("loadModel", architecture);
    const weights = tinyWeights("gpt2");
    const square = "transformer.h.0.attn.c_proj.weight";
    matcher.add([[square, weights.get(square) as StoredTensor]]);
    weights.delete(square);
    const name = "transformer.h.0.attn.c_attn.weight";
    weights.set(name, transposed(weights.get(name) as StoredTensor));
    matcher.add(weights);
    expect(matcher.good).toBe(false);
    expect(() => matcher.finish()).toThrow(
      `loadModel: "weights" must fit the config, got 1 tensor that does not: "${name}" must have shape [12, 36], got [36, 12]`,
    );
  });
});

it("says where each tensor goes", () => {
  const architecture = readConfig("createModel", tinyConfig("llama"));
  const places = new Matcher("createModel", architecture).add(tinyWeights("llama"));
  const at = (name: string) => places.get(`model.layers.0.self_attn.${name}_proj.weight`);
  const [q, k, v] = [at("q"), at("k"), at("v")];
  expect([q?.row, k?.row, v?.row, v?.rows]).toEqual([0, 16, 24, 8]);
  expect(q?.parameter).toBe(v?.parameter);
  expect(q?.parameter.shape).toEqual([32, 12]);
  expect(parametersOf(architecture).has(q?.parameter as never)).toBe(true);
});
