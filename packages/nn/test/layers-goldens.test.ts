// Layers against results that others computed, in float64 and without this repository. The files are no part of it:
// ATTN_MODELS names their folder; without it nothing is tested.
import { createRandom } from "@attn/conformance";
import type { Tensor } from "@attn/core";
import {
  embedding,
  gelu,
  layerNorm,
  linear,
  multiheadAttention,
  relu,
  rmsNorm,
  rope,
  silu,
  sinusoidalPositions,
  transformerDecoderLayer,
  transformerEncoderLayer,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import { hasModels, readModelFile, readModelJson } from "./files.ts";
import { engines, expectTensor, sizeOf, stored, ways } from "./layers.ts";

/** A layer of two matrices and an activation between, as the blocks have. */
const ACTIVATIONS = { relu, silu, gelu, geluTanh: (x: Tensor) => gelu(x, { approximate: "tanh" }) };

// ------------------------------------------------------------------------------------------------------ units.json

interface Place {
  readonly offset: number;
  readonly shape: number[];
  readonly dtype?: "i32";
}
interface UnitOptions {
  readonly kind?: string;
  readonly activation?: keyof typeof ACTIVATIONS;
  readonly eps?: number;
  readonly style?: string;
  readonly theta?: number;
  readonly dims?: number;
  readonly scaling?: { readonly type: string; readonly factor: number };
  readonly offset?: number;
  readonly length?: number;
  readonly width?: number;
  readonly keyLengths?: number[];
  readonly memoryLengths?: number[];
}
interface Unit {
  readonly name: string;
  readonly op: string;
  readonly options: UnitOptions;
  readonly inputs: Record<string, Place>;
  readonly outputs: Record<string, Place>;
  readonly tolerance: number;
}

const units: readonly Unit[] = hasModels ? readModelJson<{ cases: Unit[] }>("goldens/units.json").cases : [];
const numbers = hasModels ? readModelFile("goldens/units.bin") : new Uint8Array(0);
const tensorAt = ({ offset, shape, dtype }: Place): Tensor => {
  const bytes = new Uint8Array(numbers.subarray(offset, offset + 4 * sizeOf(shape))).buffer;
  return { data: dtype ? Float32Array.from(new Int32Array(bytes)) : new Float32Array(bytes), shape };
};

/** Rows past a sequence's length, which the goldens leave out, as zeros. */
function withoutPadding({ data, shape }: Tensor, lengths: readonly number[] | undefined): Tensor {
  const [, L = 0, E = 0] = shape;
  if (!lengths) return { data, shape };
  return {
    data: data.map((x, i) => (Math.floor(i / E) % L < Number(lengths[Math.floor(i / (L * E))]) ? x : 0)),
    shape,
  };
}

/** What is asked of a unit: tensors by the names of its outputs, in each way that there is; undefined where it is no layer. */
function* results({ op, options, inputs }: Unit): Generator<[way: string, got: Record<string, Tensor>]> {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, place]) => [name, tensorAt(place)]));
  const { x, memory, positions, ...parameters } = tensors as Record<string, Tensor> & { x: Tensor };
  const { weight, bias, gate, up, down } = parameters;
  const { kind = "", eps, style, theta, dims, scaling, offset = 0 } = options;
  const factor = scaling?.factor ?? 1;
  if (op === "layerNorm") yield ["", { y: layerNorm(x, { weight, bias, eps }) }];
  else if (op === "rmsNorm") {
    const plus = weight && { ...weight, data: weight.data.map((w) => w + offset) };
    yield ["", { y: rmsNorm(x, { weight: plus, eps }) }];
  } else if (op === "activation" && kind in ACTIVATIONS)
    yield ["", { y: ACTIVATIONS[kind as keyof typeof ACTIVATIONS](x) }];
  else if (op === "gatedFeedForward") {
    const activation = ACTIVATIONS[options.activation ?? "silu"];
    for (const [name, way] of ways) {
      const y = way({ gate, up, down }, (given) => {
        const inner = activation(linear(x, { weight: given.gate as Tensor }));
        const raised = linear(x, { weight: given.up as Tensor });
        const data = inner.data.map((g, i) => g * (raised.data[i] as number));
        return linear({ data, shape: inner.shape }, { weight: given.down as Tensor });
      });
      yield [name, { y }];
    }
  } else if (op === "rope" && scaling?.type !== "llama3") {
    const [B = 0, H = 0, L = 0, D = 0] = x.shape;
    const common = { style: style as "half" | "interleaved", theta, dimensions: dims };
    const all = Array.from({ length: L }, (_, i) => (offset + i) / factor);
    if (positions) {
      // Positions of a batch element each.
      const parts = Array.from({ length: B }, (_, b) => {
        const part = { data: x.data.subarray(b * H * L * D, (b + 1) * H * L * D), shape: [H, L, D] };
        return rope(part, { ...common, positions: positions.data.subarray(b * L, (b + 1) * L) }).data;
      });
      yield ["", { y: { data: Float32Array.from(parts.flatMap((part) => [...part])), shape: x.shape } }];
    } else {
      yield ["positions listed", { y: rope(x, { ...common, positions: all }) }];
      if (factor === 1) yield ["positions from one on", { y: rope(x, { ...common, positions: offset }) }];
    }
  } else if (op === "sinusoidal" && style !== "tensor2tensor") {
    const { length = 0, width = 0 } = options;
    yield ["", { y: sinusoidalPositions(length, width, { style: style === "interleaved" ? style : "halves" }) }];
  } else if (op === "torchEncoderLayer") {
    for (const [name, way] of ways) {
      const { output } = way(parameters, (given) => transformerEncoderLayer(x, given, options as never));
      yield [name, { y: output }];
    }
  } else if (op === "torchDecoderLayer") {
    const { memoryLengths, keyLengths, ...rest } = options;
    for (const [name, way] of ways) {
      const more = { ...rest, memoryKeyLengths: memoryLengths } as never;
      const { output } = way(parameters, (given) => transformerDecoderLayer(x, memory as Tensor, given, more));
      yield [name, { y: output }];
    }
  }
}

const isLayer = ({ op, options }: Unit): boolean =>
  ["layerNorm", "rmsNorm", "gatedFeedForward", "torchEncoderLayer", "torchDecoderLayer"].includes(op) ||
  (op === "activation" && (options.kind ?? "") in ACTIVATIONS) ||
  (op === "rope" && options.scaling?.type !== "llama3") ||
  (op === "sinusoidal" && options.style !== "tensor2tensor");

describe.runIf(hasModels)("units", () => {
  const layers = units.filter(isLayer);
  it("are there", () => expect(layers.length).toBe(49));

  it.each(layers.map((unit) => [unit.name, unit] as const))("%s", (_, unit) => {
    let ways = 0;
    for (const [way, got] of results(unit)) {
      for (const [name, place] of Object.entries(unit.outputs)) {
        const y = withoutPadding(got[name] as Tensor, unit.options.keyLengths);
        const expected = tensorAt(place);
        expectTensor(`${way} ${name}`, { ...y, shape: expected.shape }, expected, { atol: unit.tolerance });
        expect(sizeOf((got[name] as Tensor).shape)).toBe(sizeOf(expected.shape));
      }
      ways++;
    }
    expect(ways).toBeGreaterThan(0);
  });
});

// ----------------------------------------------------------------------------------------------------- layers.json

interface Listed {
  readonly shape: number[];
  readonly data: number[];
}
interface Golden {
  readonly op: string;
  readonly parameters?: Record<string, Listed> | "previous";
  readonly options?: Record<string, unknown>;
  readonly output: Listed;
  readonly weights?: Listed;
  readonly crossWeights?: Listed;
  readonly [name: string]: unknown;
}

const tensorOf = ({ data, shape }: Listed): Tensor => ({ data: Float32Array.from(data), shape });
const goldens: readonly Golden[] = hasModels
  ? readModelJson<{ cases: Golden[] }>("families-more/layers.json").cases
  : [];

/** Parameters of each case: its own, or those of the nearest earlier case of its op. */
const parametersOf = new Map<Golden, Record<string, Tensor>>();
const latest = new Map<string, Record<string, Tensor>>();
for (const golden of goldens) {
  const { op, parameters } = golden;
  if (typeof parameters === "object")
    latest.set(op, Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, tensorOf(x)])));
  parametersOf.set(golden, latest.get(op) ?? {});
}

type Result = { output: Tensor; weights?: Tensor; crossWeights?: Tensor };

function* computed(golden: Golden): Generator<[way: string, result: Result]> {
  const { op, options = {} } = golden;
  const tensor = (name: string): Tensor | undefined => (golden[name] ? tensorOf(golden[name] as Listed) : undefined);
  const x = tensor("x") as Tensor;
  const [weight, bias, eps] = [tensor("weight"), tensor("bias"), golden.eps as number | undefined];
  const one = (output: Tensor): [string, Result] => ["", { output }];
  const given = { ...options, ...(options.bias ? { bias: tensorOf(options.bias as Listed) } : {}) } as never;
  const parameters = parametersOf.get(golden) as Record<string, Tensor>;
  if (op === "layerNorm") {
    yield one(layerNorm(x, { weight, bias, eps }));
    yield one(layerNorm(x, { weight: weight && stored(weight), bias: bias && stored(bias), eps }));
  } else if (op === "rmsNorm") yield one(rmsNorm(x, { weight, eps }));
  else if (op === "gelu") yield one(gelu(x, given));
  else if (op === "silu") yield one(silu(x));
  else if (op === "relu") yield one(relu(x));
  else if (op === "rope") yield one(rope(x, given));
  else if (op === "sinusoidalPositions")
    yield one(sinusoidalPositions(golden.length as number, golden.width as number, given));
  else if (op === "linear") {
    for (const [name, way] of ways)
      yield [name, { output: way({ weight, bias }, (all) => linear(x, all as { weight: Tensor })) }];
  } else if (op === "embedding") {
    for (const [name, way] of ways)
      yield [
        name,
        { output: way({ table: tensor("table") }, (all) => embedding(golden.ids as number[], all.table as Tensor)) },
      ];
  } else if (op === "multiheadAttention") {
    const [query, key, value] = [tensor("query"), tensor("key"), tensor("value")] as [Tensor, Tensor, Tensor];
    const same = (a: Tensor, b: Tensor) => String(a.data) === String(b.data);
    const more = { ...(given as object), returnWeights: true } as { heads: number; returnWeights: true };
    for (const [name, way] of ways) {
      yield [name, way(parameters, (all) => multiheadAttention(query, key, value, all as never, more))];
      // As one tensor, where they are alike: then they are one product.
      const k = same(query, key) ? query : key;
      const v = same(k, value) ? k : value;
      yield [`${name}, shared`, way(parameters, (all) => multiheadAttention(query, k, v, all as never, more))];
    }
  } else if (op === "transformerEncoderLayer") {
    for (const [name, way] of ways) yield [name, way(parameters, (all) => transformerEncoderLayer(x, all, given))];
  } else if (op === "transformerDecoderLayer") {
    for (const [name, way] of ways)
      yield [name, way(parameters, (all) => transformerDecoderLayer(x, tensor("memory") as Tensor, all, given))];
  } else throw new Error(`a golden of ${op}`);
}

describe.runIf(hasModels)("layers", () => {
  const cases = goldens.filter(({ op }) => op !== "quantize" && !op.endsWith("Special"));
  it("are there", () => expect(cases.length).toBe(97));

  it.each(cases.map((golden, i) => [`${golden.op} ${i}`, golden] as const))("%s", (_, golden) => {
    for (const [way, result] of computed(golden))
      for (const name of ["output", "weights", "crossWeights"] as const) {
        const expected = golden[name];
        if (!expected) continue;
        const largest = Math.max(1, ...expected.data.map(Math.abs));
        // As its makers say, for a mean that is a thousand times the deviation.
        const atol = /^a large mean/.test(String(golden.note)) ? 1e-3 : 2e-5 * largest;
        expectTensor(`${way} ${name}`, result[name], expected, { atol });
      }
  });

  it.each(goldens.filter(({ op }) => op.endsWith("Special")).map((golden) => [golden.op, golden] as const))(
    "%s",
    (op, { x, allowed, options }) => {
      const call = { geluSpecial: gelu, siluSpecial: silu, reluSpecial: relu }[op] as typeof gelu;
      const { data } = call((x as string[]).map(Number), options as object);
      for (const [i, some] of (allowed as unknown[][]).entries())
        expect(some.some((x) => Number(x) === data[i] || Object.is(Number(x), data[i]))).toBe(true);
    },
  );
});

it("both variants are there", () => {
  const x = createRandom(1).tensor([2, 3]);
  expect(engines.map(([variant, engine]) => [variant, engine.variant])).toEqual([
    ["simd", "simd"],
    ["relaxed", "relaxed"],
  ]);
  expect(relu(x).shape).toEqual([2, 3]);
});
