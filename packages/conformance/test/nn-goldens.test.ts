// The references of layers, and blocks put together from them, against goldens by other code, where their folder is at hand.
// It is looked for in env ATTN_MODELS, else in shared/models beside the repository.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type Activation,
  type AttentionReferenceOptions,
  activations,
  compare,
  type MultiheadReferenceOptions,
  type NormReferenceOptions,
  type NumericArray,
  type RealArray,
  type RelativeBiasOptions,
  type RopeReferenceOptions,
  referenceActivation,
  referenceAttention,
  referenceEmbedding,
  referenceGatedFeedForward,
  referenceLayerNorm,
  referenceLinear,
  referenceMultiHead,
  referenceMultiheadAttention,
  referenceQuantize,
  referenceRelativeBias,
  referenceRmsNorm,
  referenceRope,
  referenceSinusoidalPositions,
  referenceTransformerDecoderLayer,
  referenceTransformerEncoderLayer,
  relativeBucket,
  type TransformerReferenceOptions,
} from "../src/index.ts";
import { array, slice, swapTokensAndHeads } from "./helpers.ts";

const folder = process.env.ATTN_MODELS
  ? resolve(process.env.ATTN_MODELS)
  : fileURLToPath(new URL("../../../../shared/models", import.meta.url));

type Arrays = Record<string, NumericArray>;
type Options = Record<string, unknown>;

const plus = (a: NumericArray, b: NumericArray): RealArray => ({
  data: Float64Array.from(a.data, (x, i) => x + Number(b.data[i])),
  shape: a.shape,
});

/** The parameters whose names begin with `prefix`, without it. */
const under = (inputs: Arrays, prefix: string): Arrays =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [],
    ),
  );

const layer = (inputs: Arrays, name: string): { weight: NumericArray; bias?: NumericArray } => {
  const [weight, bias] = [inputs[`${name}.weight`], inputs[`${name}.bias`]];
  if (!weight) throw new RangeError(`there is no "${name}.weight"`);
  return { weight, ...(bias && { bias }) };
};

const input = (inputs: Arrays, name: string): NumericArray => {
  const found = inputs[name];
  if (!found) throw new RangeError(`there is no "${name}"`);
  return found;
};

/** [in, out] → [out, in], as GPT-2's Conv1D keeps it. */
function transposed({ data, shape: [rows = 0, columns = 0] }: NumericArray): NumericArray {
  const turned = Array.from({ length: data.length }, (_, i) =>
    Number(data[(i % rows) * columns + Math.floor(i / rows)]),
  );
  return { data: turned, shape: [columns, rows] };
}

/** [B, L, heads·size] → [B, heads, L, size]. */
const split = ({ data, shape: [B = 0, L = 0, E = 0] }: NumericArray, heads: number): NumericArray =>
  swapTokensAndHeads({ data, shape: [B, L, heads, E / heads] });

const joined = (x: NumericArray): NumericArray => {
  const { data, shape } = swapTokensAndHeads(x);
  const [B = 0, L = 0, H = 0, D = 0] = shape;
  return { data, shape: [B, L, H * D] };
};

function bertLayer(x: NumericArray, inputs: Arrays, options: Options): RealArray {
  const self = "attention.self";
  const attended = referenceMultiHead(x, undefined, {
    heads: options.heads as number,
    keyLengths: options.keyLengths as number[],
    projections: {
      query: layer(inputs, `${self}.query`),
      key: layer(inputs, `${self}.key`),
      value: layer(inputs, `${self}.value`),
      output: layer(inputs, "attention.output.dense"),
    },
  }).output;
  const eps = options.eps as number;
  const first = referenceLayerNorm(plus(x, attended), { ...layer(inputs, "attention.output.LayerNorm"), eps });
  const inner = referenceActivation("gelu", referenceLinear(first, layer(inputs, "intermediate.dense")));
  const second = referenceLinear(inner, layer(inputs, "output.dense"));
  return referenceLayerNorm(plus(first, second), { ...layer(inputs, "output.LayerNorm"), eps });
}

function bertModel(inputs: Arrays, options: Options): Record<string, RealArray> {
  const config = options.config as Record<string, number>;
  const lengths = options.keyLengths as number[];
  const ids = input(inputs, "ids");
  const [B = 0, L = 0] = ids.shape;
  const rows = (data: ArrayLike<number>, name: string): RealArray =>
    referenceEmbedding(data, input(inputs, `embeddings.${name}_embeddings.weight`));
  const positions = Array.from({ length: B * L }, (_, i) => i % L);
  const eps = Number(config.layer_norm_eps);
  const types = rows(input(inputs, "types").data, "token_type");
  const sum = plus(plus(rows(ids.data, "word"), rows(positions, "position")), types);
  const E = Number(config.hidden_size);
  let x: RealArray = referenceLayerNorm(
    { ...sum, shape: [B, L, E] },
    { ...layer(inputs, "embeddings.LayerNorm"), eps },
  );
  for (let n = 0; n < Number(config.num_hidden_layers); n++)
    x = bertLayer(x, under(inputs, `encoder.layer.${n}.`), {
      heads: config.num_attention_heads,
      eps,
      keyLengths: lengths,
    });
  const cls = slice(x, 1, 0, 1);
  const first = { data: Float64Array.from(cls.data), shape: [B, E] };
  const pooled = referenceLinear(first, layer(inputs, "pooler.dense"));
  return { hidden: x, cls: first, pooler: { data: pooled.data.map(Math.tanh), shape: pooled.shape } };
}

function gpt2Block(x: NumericArray, inputs: Arrays, options: Options): RealArray {
  const eps = options.eps as number;
  const turned = (name: string): { weight: NumericArray; bias?: NumericArray } => {
    const { weight, bias } = layer(inputs, name);
    return { weight: transposed(weight), ...(bias && { bias }) };
  };
  const first = referenceLayerNorm(x, { ...layer(inputs, "ln_1"), eps });
  const [qkv, output] = [turned("attn.c_attn"), turned("attn.c_proj")];
  const attended = referenceMultiheadAttention(
    first,
    first,
    first,
    {
      in_proj_weight: qkv.weight,
      in_proj_bias: qkv.bias,
      "out_proj.weight": output.weight,
      "out_proj.bias": output.bias,
    },
    { heads: options.heads as number, causal: true },
  ).output;
  const middle = plus(x, attended);
  const inner = referenceLinear(referenceLayerNorm(middle, { ...layer(inputs, "ln_2"), eps }), turned("mlp.c_fc"));
  return plus(middle, referenceLinear(referenceActivation("geluTanh", inner), turned("mlp.c_proj")));
}

function llamaBlock(x: NumericArray, inputs: Arrays, options: Options): RealArray {
  const { heads, keyValueHeads, eps, theta, slidingWindow, qkNorm } = options as Record<string, number>;
  const first = referenceRmsNorm(x, { ...layer(inputs, "input_layernorm"), eps });
  const projected = (name: string, count: number | undefined, turns: boolean): NumericArray => {
    const rows = split(referenceLinear(first, layer(inputs, `self_attn.${name}_proj`)), Number(count));
    if (!turns) return rows;
    const norm = qkNorm ? referenceRmsNorm(rows, { ...layer(inputs, `self_attn.${name}_norm`), eps }) : rows;
    return referenceRope(norm, { style: "half", theta });
  };
  const window = slidingWindow ? { left: slidingWindow - 1 } : undefined;
  const attended = referenceAttention(
    projected("q", heads, true),
    projected("k", keyValueHeads, true),
    projected("v", keyValueHeads, false),
    { causal: true, window },
  ).output;
  const middle = plus(x, referenceLinear(joined(attended), layer(inputs, "self_attn.o_proj")));
  const second = referenceRmsNorm(middle, { ...layer(inputs, "post_attention_layernorm"), eps });
  const parts = { gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj" } as const;
  const [gate, up, down] = [parts.gate, parts.up, parts.down].map((name) => layer(inputs, name).weight);
  return plus(middle, referenceGatedFeedForward(second, { gate, up, down } as Gated, "silu"));
}

type Gated = { gate: NumericArray; up: NumericArray; down: NumericArray };

function t5EncoderBlock(x: NumericArray, inputs: Arrays, options: Options): RealArray {
  const { heads, eps } = options as { heads: number; eps: number };
  const [, L = 0] = x.shape;
  const first = referenceRmsNorm(x, { ...layer(inputs, "layer.0.layer_norm"), eps });
  const projected = (name: string): NumericArray =>
    split(referenceLinear(first, layer(inputs, `layer.0.SelfAttention.${name}`)), heads);
  const table = layer(inputs, "layer.0.SelfAttention.relative_attention_bias").weight;
  const attended = referenceAttention(projected("q"), projected("k"), projected("v"), {
    scale: 1,
    keyLengths: options.keyLengths as number[],
    bias: referenceRelativeBias(table, L, L, { bidirectional: true }),
  }).output;
  const middle = plus(x, referenceLinear(joined(attended), layer(inputs, "layer.0.SelfAttention.o")));
  const second = referenceRmsNorm(middle, { ...layer(inputs, "layer.1.layer_norm"), eps });
  const [gate, up, down] = ["wi_0", "wi_1", "wo"].map((name) => layer(inputs, `layer.1.DenseReluDense.${name}`).weight);
  return plus(middle, referenceGatedFeedForward(second, { gate, up, down } as Gated, "geluTanh"));
}

/** Only the rows before each batch element's length. */
function visible({ data, shape }: NumericArray, lengths: readonly number[] | undefined): number[] {
  const [, L = 0, E = 0] = shape;
  return Array.from(data).filter((_, i) => {
    const row = Math.floor(i / E);
    return !lengths || row % L < Number(lengths[Math.floor(row / L)]);
  });
}

interface Stored {
  offset: number;
  shape: number[];
  dtype?: "i32";
}

interface UnitCase {
  name: string;
  op: string;
  options: Options;
  inputs: Record<string, Stored>;
  outputs: Record<string, Stored>;
  tolerance: number;
}

/** Ops that are not layers of ours, with the reason. */
const passedOver: Readonly<Record<string, string>> = { samplingDistribution: "sampling has a reference of its own" };

function runUnit({ op, options }: UnitCase, inputs: Arrays): Record<string, RealArray | NumericArray> {
  const x = inputs.x as NumericArray;
  const pick = (name: string): NumericArray => input(inputs, name);
  const { weight, bias } = inputs;
  const eps = options.eps as number | undefined;
  switch (op) {
    case "layerNorm":
      return { y: referenceLayerNorm(x, { weight, bias, eps }) };
    case "rmsNorm": {
      const shifted = weight && { ...weight, data: Array.from(weight.data, (w) => w + Number(options.offset ?? 0)) };
      return { y: referenceRmsNorm(x, { weight: shifted, eps }) };
    }
    case "activation": {
      const others: Record<string, (v: number) => number> = {
        quickGelu: (v) => v / (1 + Math.exp(-1.702 * v)),
        sigmoid: (v) => 1 / (1 + Math.exp(-v)),
        tanh: Math.tanh,
      };
      const kind = options.kind as Activation;
      return { y: { data: Float64Array.from(x.data, activations[kind] ?? others[kind]), shape: x.shape } };
    }
    case "gatedFeedForward":
      return { y: referenceGatedFeedForward(x, inputs as unknown as Gated, options.activation as Activation) };
    case "rope": {
      const { style, theta, offset, dims, scaling } = options as { style: "half"; theta: number } & Record<
        string,
        number
      >;
      const [D = 0] = x.shape.slice(-1);
      const plain = Array.from({ length: D / 2 }, (_, i) => Number(theta) ** ((-2 * i) / D));
      const { positions } = inputs;
      if (!positions) {
        const frequencies =
          scaling === undefined ? undefined : scaled(plain, scaling as unknown as Record<string, number>);
        return { y: referenceRope(x, { style, theta, positions: offset, dimensions: dims, frequencies }) };
      }
      // [B, L]: each batch element has its own.
      const [B = 0, L = 0] = positions.shape;
      const parts = Array.from({ length: B }, (_, b) =>
        referenceRope(slice(x, 0, b, b + 1), {
          style,
          theta,
          positions: Array.from(positions.data).slice(b * L, b * L + L),
        }),
      );
      return { y: { data: Float64Array.from(parts.flatMap((part) => Array.from(part.data))), shape: x.shape } };
    }
    case "sinusoidal": {
      const { style, length, width } = options as { style: string } & Record<string, number>;
      // tensor2tensor spreads its frequencies over one pair fewer: theta^(i/(width/2 - 1)).
      const theta = style === "tensor2tensor" ? 10000 ** (Number(width) / (Number(width) - 2)) : 10000;
      const own = style === "interleaved" ? "interleaved" : "halves";
      return { y: referenceSinusoidalPositions(Number(length), Number(width), { style: own, theta }) };
    }
    case "torchEncoderLayer": {
      const { heads, normFirst, activation, causal, keyLengths } = options as unknown as TransformerReferenceOptions &
        AttentionReferenceOptions;
      const chosen = { heads, normFirst, activation, eps, causal, keyLengths };
      return { y: referenceTransformerEncoderLayer(x, inputs, chosen).output };
    }
    case "torchDecoderLayer": {
      const { heads, normFirst, activation } = options as unknown as TransformerReferenceOptions;
      const lengths = {
        keyLengths: options.keyLengths as number[],
        memoryKeyLengths: options.memoryLengths as number[],
      };
      const chosen = { heads, normFirst, activation, eps, ...lengths };
      return { y: referenceTransformerDecoderLayer(x, pick("memory"), inputs, chosen).output };
    }
    case "t5Bucket": {
      const { bidirectional, buckets, maxDistance } = options as { bidirectional: boolean } & Record<string, number>;
      const chosen = { bidirectional, buckets, maximumDistance: maxDistance } as RelativeBiasOptions;
      const relative = pick("relative");
      return { bucket: { data: Array.from(relative.data, (d) => relativeBucket(d, chosen)), shape: relative.shape } };
    }
    case "t5Bias": {
      const { bidirectional, buckets, maxDistance, queries, keys, offset } = options as Record<string, number>;
      const chosen = { bidirectional: Boolean(bidirectional), buckets, maximumDistance: maxDistance, start: offset };
      return { bias: referenceRelativeBias(pick("table"), Number(queries), Number(keys), chosen) };
    }
    case "t5EncoderBlock":
      return { y: t5EncoderBlock(x, inputs, options) };
    case "bertLayer":
      return { y: bertLayer(x, inputs, options) };
    case "bertModel":
      return bertModel(inputs, options);
    case "gpt2Block":
      return { y: gpt2Block(x, inputs, options) };
    case "llamaBlock":
      return { y: llamaBlock(x, inputs, options) };
    default:
      throw new RangeError(`no such op: ${op}`);
  }
}

/** The frequencies of Llama 3's long contexts, or of linear interpolation. */
function scaled(frequencies: number[], scaling: Record<string, number | string>): number[] {
  const factor = Number(scaling.factor);
  if (scaling.type === "linear") return frequencies.map((w) => w / factor);
  const [low, high] = [Number(scaling.lowFrequencyFactor), Number(scaling.highFrequencyFactor)];
  return frequencies.map((w) => {
    const turns = (Number(scaling.originalLength) * w) / (2 * Math.PI);
    const share = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return share * w + ((1 - share) * w) / factor;
  });
}

const units = resolve(folder, "goldens/units.json");

describe.skipIf(!existsSync(units))("units", () => {
  const { data, cases } = existsSync(units)
    ? (JSON.parse(readFileSync(units, "utf8")) as { data: string; cases: UnitCase[] })
    : { data: "", cases: [] };
  const bytes = data ? readFileSync(resolve(folder, "goldens", data)) : new Uint8Array();
  const read = ({ offset, shape, dtype }: Stored): NumericArray => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
    const get =
      dtype === "i32" ? (i: number) => view.getInt32(4 * i, true) : (i: number) => view.getFloat32(4 * i, true);
    return { data: Array.from({ length: count }, (_, i) => get(i)), shape };
  };
  const readAll = (stored: Record<string, Stored>): Arrays =>
    Object.fromEntries(Object.entries(stored).map(([name, place]) => [name, read(place)]));

  it("are all here", () => expect(cases.length).toBe(74));

  it.each(cases.filter(({ op }) => !(op in passedOver)).map((unit) => [unit.name, unit] as const))("%s", (_, unit) => {
    const got = runUnit(unit, readAll(unit.inputs));
    const lengths = unit.options.keyLengths as number[] | undefined;
    for (const [name, expected] of Object.entries(readAll(unit.outputs))) {
      const result = got[name];
      if (!result) continue; // pooled in ways that are arithmetic, not layers
      const rows = expected.shape.length === 3 ? lengths : undefined;
      expect(result.shape).toEqual(expected.shape);
      // Both are float64; the golden is rounded to float32 once, and a large mean makes both lose their last digits.
      const atol = Math.min(unit.tolerance, 1e-7);
      expect(compare(visible(result, rows), visible(expected, rows), { atol, rtol: 2 ** -23 })).toBeUndefined();
    }
  });
});

type Nested = Parameters<typeof array>[0];

interface LayerCase extends Record<string, unknown> {
  op: string;
  note?: string;
  options?: Options;
}

const layers = resolve(folder, "families-more/layers.json");

describe.skipIf(!existsSync(layers))("layers", () => {
  // Numbers are decimals of float32 numbers, so float32 is what they are to be read as.
  const rounded = (key: string, value: unknown): unknown =>
    key === "data" ? (value as number[]).map(Math.fround) : value;
  const { cases } = existsSync(layers)
    ? (JSON.parse(readFileSync(layers, "utf8"), rounded) as { cases: LayerCase[] })
    : { cases: [] };

  /** Tensors, masks as nested booleans, and everything else as it is. */
  const decode = (value: unknown): unknown => {
    if (value && typeof value === "object" && "data" in value) return value;
    if (Array.isArray(value) && Array.isArray(value[0]) && typeof value[0][0] === "boolean")
      return array(value.map((row: boolean[]) => row.map(Number)) as Nested);
    return value;
  };
  const decodeAll = (values: Options = {}): Options =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, decode(value)]));

  let previous: Record<string, Arrays> = {};
  const run = (c: LayerCase): Record<string, NumericArray> => {
    const options = decodeAll(c.options) as never;
    const [x, query, memory] = [c.x, c.query, c.memory] as NumericArray[];
    const norms = c as unknown as NormReferenceOptions;
    if (c.parameters && c.parameters !== "previous") previous = { ...previous, [c.op]: c.parameters as Arrays };
    const parameters = previous[c.op] ?? {};
    switch (c.op) {
      case "layerNorm":
        return { output: referenceLayerNorm(x as NumericArray, norms) };
      case "rmsNorm":
        return { output: referenceRmsNorm(x as NumericArray, norms) };
      case "gelu": {
        const kind = (c.options as Options).approximate === "tanh" ? "geluTanh" : "gelu";
        return { output: referenceActivation(kind, x as NumericArray) };
      }
      case "silu":
      case "relu":
        return { output: referenceActivation(c.op, x as NumericArray) };
      case "rope":
        return { output: referenceRope(x as NumericArray, options as RopeReferenceOptions) };
      case "sinusoidalPositions":
        return { output: referenceSinusoidalPositions(c.length as number, c.width as number, options) };
      case "multiheadAttention": {
        const [key, value] = [c.key, c.value] as [NumericArray, NumericArray];
        const chosen = options as MultiheadReferenceOptions;
        const { output, weights } = referenceMultiheadAttention(query as NumericArray, key, value, parameters, chosen);
        return { output, weights };
      }
      case "transformerEncoderLayer":
        return referenceTransformerEncoderLayer(x as NumericArray, parameters, options);
      case "transformerDecoderLayer":
        return referenceTransformerDecoderLayer(x as NumericArray, memory as NumericArray, parameters, options);
      case "linear":
        return { output: referenceLinear(x as NumericArray, c as never) };
      case "embedding":
        return { output: referenceEmbedding(c.ids as number[], c.table as NumericArray) };
      default:
        throw new RangeError(`no such op: ${c.op}`);
    }
  };

  const plain = cases.filter(({ op }) => !op.endsWith("Special") && op !== "quantize");

  it("are all here", () => expect(cases.length).toBe(102));

  it.each(plain.map((c, i) => [`${i} ${c.op} ${c.note ?? ""}`, c] as const))("%s", (_, c) => {
    const got = run(c);
    for (const name of ["output", "weights", "crossWeights"]) {
      const expected = c[name] as NumericArray | undefined;
      if (!expected) continue;
      expect(got[name]?.shape).toEqual(expected.shape);
      // Both are float64; the goldens are printed with seven digits, and then rounded to float32.
      const allowed = { atol: 1e-12, rtol: 5e-7 + 2 ** -24 };
      expect(compare((got[name] as NumericArray).data, expected.data, allowed), name).toBeUndefined();
    }
  });

  it("what is not finite", () => {
    for (const c of cases.filter(({ op }) => op.endsWith("Special"))) {
      const tanh = (c.options as Options | undefined)?.approximate === "tanh";
      const kind = (tanh ? "geluTanh" : c.op.slice(0, -"Special".length)) as Activation;
      for (const [i, x] of (c.x as string[]).entries()) {
        const allowed = (c.allowed as (string | number)[][])[i]?.map(Number);
        expect(allowed?.some((y) => Object.is(y, activations[kind](Number(x)) + 0))).toBe(true);
      }
    }
  });

  it("quantize", () => {
    for (const c of cases.filter(({ op }) => op === "quantize")) {
      const { values, scales } = referenceQuantize(c.weight as NumericArray);
      expect(compare(scales.data, (c.scales as NumericArray).data, { rtol: 5e-7 })).toBeUndefined();
      expect(compare(values.data, (c.values as NumericArray).data)).toBeUndefined();
    }
  });
});
