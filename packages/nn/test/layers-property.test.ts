// Layers against the float64 references on calls drawn at random: shapes, options, dtypes of weights, and where inputs lie, on
// engines of both variants. Norms, activations and positions run on the engine that all functions share.
//
// ATTN_RUNS=5000 draws that many calls of each, ATTN_SEED=7 other ones.
import {
  activationTolerance,
  attentionTolerance,
  createRandom,
  dotTolerance,
  integerLinearTolerance,
  layerTolerance,
  type NumericArray,
  normTolerance,
  type Random,
  referenceActivation,
  referenceLayerNorm,
  referenceLinear,
  referenceMultiheadAttention,
  referenceRmsNorm,
  referenceRope,
  referenceSinusoidalPositions,
  referenceTransformerDecoderLayer,
  referenceTransformerEncoderLayer,
  rotationTolerance,
} from "@attn/conformance";
import type { Attention, NestedNumbers, Tensor, TensorInput } from "@attn/core";
import {
  createWeight,
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
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asWeights, engines, expectTensor, sizeOf, type Way, ways } from "./layers.ts";

const RUNS = Number(process.env.ATTN_RUNS ?? 120);
const SEED = Number(process.env.ATTN_SEED ?? 20261125);

/** Runs a check on drawn calls; a counterexample says all of one. */
function check<T>(arbitrary: fc.Arbitrary<T>, run: (drawn: T) => void): void {
  fc.assert(fc.property(arbitrary, run), { numRuns: RUNS, seed: SEED });
}

const seeds = fc.nat(2 ** 31);
/** Lengths that meet the edges of vectors, panels and tiles, and 0. */
const lengths = (most: number) =>
  fc.oneof(fc.integer({ min: 0, max: most }), fc.constantFrom(0, 1, 4, 7, 8, 9, 16, 17));
const outers = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const places = fc.constantFrom("plain", "nested", "wasm");
type Place = "plain" | "nested" | "wasm";

const nested = ({ data, shape }: Tensor): NestedNumbers => {
  const [n = 0, ...rest] = shape;
  if (rest.length === 0) return Array.from(data);
  const size = sizeOf(rest);
  return Array.from({ length: n }, (_, i) => nested({ data: data.subarray(i * size, (i + 1) * size), shape: rest }));
};

/** The tensor where it is to lie. Nested arrays cannot say what is behind a length of 0. */
function lying(engine: Attention, x: Tensor, place: Place): TensorInput {
  if (place === "nested" && x.shape.length > 0 && x.data.length > 0) return nested(x);
  if (place !== "wasm") return x;
  const tensor = engine.empty(x.shape);
  tensor.data.set(x.data);
  return tensor;
}

describe.each(engines)("linear, %s", (variant, engine) => {
  it.each(["f32", "f16", "int8"] as const)("of a Weight in %s", (dtype) => {
    check(
      fc.record({ seed: seeds, outer: outers, K: lengths(300), N: lengths(40), hasBias: fc.boolean(), place: places }),
      ({ seed, outer, K, N, hasBias, place }) => {
        const random = createRandom(seed);
        const x = random.tensor([...outer, K]);
        const weight = random.tensor([N, K], 0.2);
        const bias = hasBias ? random.tensor([N]) : undefined;
        using packed = createWeight(weight, { dtype, engine });
        // What the weight was rounded to.
        const held = embedding(
          Array.from({ length: N }, (_, i) => i),
          packed,
        );
        const expected = referenceLinear(x, { weight: held, bias });
        const rows = sizeOf(outer);
        const scale = expected.condition.map((size, i) => {
          const rounding = dotTolerance(K + 3) * size;
          if (dtype !== "int8") return rounding;
          const row = x.data.subarray(Math.floor(i / N) * K, (Math.floor(i / N) + 1) * K);
          const norm = Math.hypot(...held.data.subarray((i % N) * K, ((i % N) + 1) * K));
          return rounding + integerLinearTolerance(Math.max(0, ...row.map(Math.abs)), norm, 32767);
        });
        const got = linear(lying(engine, x, place), { weight: packed, bias: bias && lying(engine, bias, place) });
        expectTensor(`${rows} rows`, got, expected, { rtol: 1, scale });
        expect(engine.variant).toBe(variant);
      },
    );
  });
});

it.each(ways)("linear of %s", (_, way) => {
  check(fc.record({ seed: seeds, outer: outers, K: lengths(150), N: lengths(40) }), ({ seed, outer, K, N }) => {
    const random = createRandom(seed);
    const [x, weight, bias] = [random.tensor([...outer, K]), random.tensor([N, K]), random.tensor([N])];
    const expected = referenceLinear(x, { weight, bias });
    const got = way({ weight, bias }, (given) => linear(x, given as { weight: Tensor }));
    expectTensor("y", got, expected, { rtol: dotTolerance(K + 3), scale: expected.condition });
  });
});

describe.each(engines)("embedding, %s", (_, engine) => {
  it.each([
    ["f32", 0, 0],
    ["f16", 2 ** -11, 2 ** -39],
    ["int8", 0, (0.5 + 2 ** -20) / 127],
  ] as const)("of a Weight in %s: rows, but for what it was rounded by", (dtype, relative, ofLargest) => {
    check(fc.record({ seed: seeds, V: fc.integer({ min: 1, max: 40 }), E: lengths(300) }), ({ seed, V, E }) => {
      const random = createRandom(seed);
      // Rows of different magnitudes.
      const table = random.tensor([V, E]);
      for (let i = 0; i < table.data.length; i++) table.data[i] = Number(table.data[i]) * 10 ** (Math.floor(i / E) % 7);
      const ids = random.integers(random.integer(0, 20), 0, V - 1);
      const rows = ids.map((id) => table.data.subarray(id * E, (id + 1) * E));
      const expected = { data: Float32Array.from(rows.flatMap((row) => [...row])), shape: [ids.length, E] };
      const largest = rows.map((row) => row.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
      const scale = Float64Array.from(
        expected.data,
        (x, i) => relative * Math.abs(x) + ofLargest * Number(largest[Math.floor(i / E)]),
      );
      using weight = createWeight(table, { dtype, engine });
      expectTensor("rows", embedding(Int32Array.from(ids), weight), expected, { rtol: 1, scale });
      if (dtype === "f32") expectTensor("of a tensor", embedding(ids, table), expected, {});
    });
  });
});

describe("norms", () => {
  const drawn = fc.record({
    seed: seeds,
    outer: outers,
    E: lengths(300),
    eps: fc.constantFrom(undefined, 1e-12, 1e-3, 1),
    hasWeight: fc.boolean(),
    hasBias: fc.boolean(),
    magnitude: fc.constantFrom(1e-6, 1, 1e4),
    shift: fc.constantFrom(0, 0, 10),
  });
  const inputs = (
    random: Random,
    { outer, E, hasWeight, hasBias, magnitude, shift }: typeof drawn extends fc.Arbitrary<infer T> ? T : never,
  ) => {
    const x = random.tensor([...outer, E], magnitude);
    return {
      x: { ...x, data: x.data.map((v) => v + shift * magnitude) },
      weight: hasWeight ? random.tensor([E]) : undefined,
      bias: hasBias ? random.tensor([E]) : undefined,
    };
  };

  it("layerNorm", () => {
    check(drawn, (spec) => {
      const { x, weight, bias } = inputs(createRandom(spec.seed), spec);
      const expected = referenceLayerNorm(x, { weight, bias, eps: spec.eps });
      const allowed = { rtol: normTolerance(spec.E), scale: expected.condition };
      expectTensor("y", layerNorm(x, { weight, bias, eps: spec.eps }), expected, allowed);
    });
  });

  it("rmsNorm", () => {
    check(drawn, (spec) => {
      const { x, weight } = inputs(createRandom(spec.seed), spec);
      const expected = referenceRmsNorm(x, { weight, eps: spec.eps });
      const allowed = { rtol: normTolerance(spec.E), scale: expected.condition };
      expectTensor("y", rmsNorm(x, { weight, eps: spec.eps }), expected, allowed);
    });
  });
});

it.each([
  ["relu", relu],
  ["gelu", gelu],
  ["geluTanh", (x: Tensor) => gelu(x, { approximate: "tanh" })],
  ["silu", silu],
] as const)("%s", (kind, call) => {
  check(
    fc.record({ seed: seeds, shape: outers, magnitude: fc.constantFrom(1e-3, 1, 20) }),
    ({ seed, shape, magnitude }) => {
      const x = createRandom(seed).tensor(shape, magnitude);
      expectTensor("y", call(x), referenceActivation(kind, x), {
        rtol: activationTolerance,
        scale: x.data.map(Math.abs),
      });
    },
  );
});

describe("positions", () => {
  const position = fc.oneof(fc.integer({ min: -50, max: 5000 }), fc.constantFrom(0, 0.25, -1e6, 1e6));

  it.each(["half", "interleaved"] as const)("rope, %s", (style) => {
    check(
      fc.record({
        seed: seeds,
        outer: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
        L: fc.integer({ min: 0, max: 6 }),
        D: lengths(40),
        turning: fc.option(fc.nat(20)),
        first: position,
        listed: fc.constantFrom("no", "array", "Float32Array"),
        theta: fc.constantFrom(undefined, 1, 1.5, 500000, 1e7),
      }),
      ({ seed, outer, L, D, turning, first, listed, theta }) => {
        const dimensions = turning === null ? D - (D % 2) : 2 * Math.min(turning, Math.floor(D / 2));
        const random = createRandom(seed);
        const x = random.tensor([...outer, L, D]);
        const list = random.integers(L, 0, 3000);
        const positions = listed === "no" ? first : listed === "array" ? list : Float32Array.from(list);
        const options = { style, positions, theta, dimensions };
        const expected = referenceRope(x, options);
        expectTensor("y", rope(x, options), expected, { rtol: rotationTolerance, scale: expected.condition });
      },
    );
  });

  it.each(["interleaved", "halves"] as const)("sinusoidalPositions, %s", (style) => {
    check(
      fc.record({ length: fc.nat(20), width: lengths(50), start: position, theta: fc.constantFrom(undefined, 1, 100) }),
      ({ length, width, ...rest }) => {
        const options = { style, ...rest };
        const expected = referenceSinusoidalPositions(length, width, options);
        expectTensor("y", sinusoidalPositions(length, width, options), expected, { atol: rotationTolerance });
      },
    );
  });
});

// ---------------------------------------------------------------------------------------------------- attention

/** A state dict's part: weights [rows, columns] and biases. */
class Drawn {
  readonly random: Random;
  readonly parameters: Record<string, Tensor | undefined> = {};

  constructor(seed: number) {
    this.random = createRandom(seed);
  }
  weight(name: string, rows: number, columns: number): void {
    this.parameters[name] = this.random.tensor([rows, columns], 1 / Math.sqrt(Math.max(columns, 1)));
  }
  bias(name: string, length: number): void {
    this.parameters[name] = this.random.tensor([length], 0.3);
  }
  attention(prefix: string, E: number, hasBias: boolean, widths?: readonly [number, number]): void {
    if (widths) {
      this.weight(`${prefix}q_proj_weight`, E, E);
      this.weight(`${prefix}k_proj_weight`, E, widths[0]);
      this.weight(`${prefix}v_proj_weight`, E, widths[1]);
    } else this.weight(`${prefix}in_proj_weight`, 3 * E, E);
    this.weight(`${prefix}out_proj.weight`, E, E);
    if (!hasBias) return;
    this.bias(`${prefix}in_proj_bias`, 3 * E);
    this.bias(`${prefix}out_proj.bias`, E);
  }
  norm(name: string, E: number, hasBias: boolean): void {
    this.parameters[`${name}.weight`] = this.random.tensor([E]);
    if (hasBias) this.bias(`${name}.bias`, E);
  }
  feedForward(E: number, F: number, hasBias: boolean): void {
    this.weight("linear1.weight", F, E);
    this.weight("linear2.weight", E, F);
    if (!hasBias) return;
    this.bias("linear1.bias", F);
    this.bias("linear2.bias", E);
  }
}

/** Some cells hidden, the axes broadcast or not; a nested array of booleans or a tensor of bytes. */
function drawMask(random: Random, shape: readonly number[], visible = 0.7) {
  const own = shape.map((n, axis) => (axis < shape.length - 2 && random.uniform() < 0.5 ? 1 : n));
  return { data: Uint8Array.from({ length: sizeOf(own) }, () => (random.uniform() < visible ? 1 : 0)), shape: own };
}

/** Lengths that add up to `total`. */
function parts(random: Random, total: number, count: number): number[] {
  const ends = random.integers(count - 1, 0, total).sort((a, b) => a - b);
  return [...ends, total].map((end, i) => end - (ends[i - 1] ?? 0));
}

const sizes = fc.record({
  seed: seeds,
  rank: fc.constantFrom(2, 3),
  B: fc.integer({ min: 0, max: 3 }),
  L: fc.integer({ min: 0, max: 9 }),
  S: fc.integer({ min: 0, max: 9 }),
  H: fc.integer({ min: 1, max: 4 }),
  D: fc.integer({ min: 0, max: 7 }),
  hasBias: fc.boolean(),
});

/** As wide as a file's layer is; E is often no multiple of 8, so that parts of in_proj_weight begin within a panel. */
const attentionCalls = fc.record({
  sizes,
  /** Which of query, key and value are the same tensor. */
  same: fc.constantFrom("all", "keyValue", "none"),
  widths: fc.option(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))),
  place: places,
  options: fc.record(
    {
      scale: fc.constantFrom(0.1, 1),
      causal: fc.boolean(),
      window: fc.record({ left: fc.nat(5), right: fc.nat(5) }, { requiredKeys: [] }),
      align: fc.constantFrom("top-left" as const, "bottom-right" as const, 2, -1),
      softcap: fc.constantFrom(0.5, 30),
      alibi: fc.boolean(),
      layout: fc.constantFrom("BHLD", "BLHD"),
    },
    { requiredKeys: [] },
  ),
  mask: fc.boolean(),
  bias: fc.boolean(),
  keyLengths: fc.boolean(),
  sinks: fc.boolean(),
  /** How many sequences are packed, where there is no batch; 0: none. */
  segments: fc.nat(3),
  out: fc.constantFrom("no", "array", "tensor", "wasm"),
});

describe.each(ways)("multiheadAttention, %s", (name, way) => {
  it("with every option", () => {
    check(attentionCalls, (spec) => {
      const { seed, rank, H, D, hasBias, L } = spec.sizes;
      const drawn = new Drawn(seed);
      const { random, parameters } = drawn;
      const [B, E, S] = [rank === 2 ? 1 : spec.sizes.B, H * D, spec.same === "all" ? L : spec.sizes.S];
      const widths = spec.same === "none" && spec.widths ? spec.widths : undefined;
      drawn.attention("", E, hasBias, widths ?? (spec.widths ? [E, E] : undefined));
      const outer = rank === 2 ? [] : [B];
      const query = random.tensor([...outer, L, E]);
      const key = spec.same === "all" ? query : random.tensor([...outer, S, widths?.[0] ?? E]);
      const value = spec.same === "none" ? random.tensor([...outer, S, widths?.[1] ?? E]) : key;
      const full = [...outer, H, L, S];
      const count = B === 1 ? spec.segments : 0;
      const segments = count > 0 ? { query: parts(random, L, count), key: parts(random, S, count) } : undefined;
      const shared = {
        ...spec.options,
        // Said wherever it is asked for.
        align: spec.options.align ?? "bottom-right",
        heads: H,
        mask: spec.mask ? drawMask(random, full) : undefined,
        bias: spec.bias ? random.tensor(full.slice(random.integer(0, full.length))) : undefined,
        // Of all keys, where there are segments.
        keyLengths: spec.keyLengths ? random.integers(B, 0, S) : undefined,
        segments,
        sinks: spec.sinks ? Array.from({ length: H }, () => random.normal()) : undefined,
      } as const;
      const { layout, ...forReference } = shared;
      const expected = referenceMultiheadAttention(query, key, value, parameters, forReference);
      const allowed = attentionTolerance(expected);
      const engine = engines.find(([variant]) => name.endsWith(variant))?.[1] ?? (engines[0] as [string, Attention])[1];
      const at = (x: Tensor) => lying(engine, x, spec.place);
      const q = at(query);
      const k = key === query ? q : at(key);
      const v = value === key ? k : at(value);
      way(parameters, (given) => {
        const all = { ...shared, returnWeights: true, returnScores: true, returnLse: true } as const;
        const got = multiheadAttention(q, k, v, given as never, all);
        expectTensor("output", got.output, expected.output, allowed.output);
        expectTensor("weights", got.weights, expected.weights, allowed.weights);
        expectTensor("scores", got.scores, expected.scores, allowed.scores);
        expectTensor("lse", got.lse, expected.lse, allowed.lse);
        const out = {
          no: undefined,
          array: new Float32Array(sizeOf(query.shape)),
          tensor: { data: new Float32Array(sizeOf(query.shape)), shape: query.shape },
          wasm: engine.empty(query.shape),
        }[spec.out];
        const mean = multiheadAttention(q, k, v, given as never, { ...shared, returnWeights: "mean", out });
        expectTensor("mean", mean.weights, expected.meanWeights, allowed.meanWeights);
        expect(mean.output.data).toEqual(got.output.data);
        if (out) expect("shape" in out ? mean.output : mean.output.data).toBe(out);
      });
    });
  });
});

/** One weight for three projections, and three: the same bits. */
describe.each(engines)("in_proj_weight, %s", (_, engine) => {
  it.each(["f32", "f16", "int8"] as const)("%s: gives the bits of its parts, whichever inputs are one", (dtype) => {
    const apart = (parameters: Record<string, Tensor | undefined>, E: number) => {
      const { in_proj_weight, ...rest } = parameters;
      const rows = (i: number) => ({
        data: (in_proj_weight as Tensor).data.slice(i * E * E, (i + 1) * E * E),
        shape: [E, E],
      });
      return { ...rest, q_proj_weight: rows(0), k_proj_weight: rows(1), v_proj_weight: rows(2) };
    };
    check(sizes, ({ seed, H, D, L, S, hasBias }) => {
      const drawn = new Drawn(seed);
      const E = H * D;
      drawn.attention("", E, hasBias);
      const [x, y] = [drawn.random.tensor([L, E]), drawn.random.tensor([S, E])];
      const copy = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.slice() });
      const calls: [Tensor, Tensor, Tensor][] = [
        [x, x, x],
        [x, copy(x), copy(x)],
        [x, y, y],
        [x, y, copy(y)],
      ];
      for (const inputs of calls) {
        const call = (given: unknown) =>
          multiheadAttention(...inputs, given as never, { heads: H, returnWeights: true, returnScores: true });
        const way = asWeights(engine, dtype);
        expect(way(drawn.parameters, call)).toEqual(way(apart(drawn.parameters, E), call));
      }
    });
  });
});

// ------------------------------------------------------------------------------------------------------- layers

const layerCalls = fc.record({
  sizes,
  F: lengths(40),
  activation: fc.constantFrom(undefined, "relu", "gelu"),
  normFirst: fc.constantFrom(undefined, false, true),
  eps: fc.constantFrom(undefined, 1e-3),
  causal: fc.boolean(),
  mask: fc.boolean(),
  bias: fc.boolean(),
  keyLengths: fc.boolean(),
  apart: fc.boolean(),
  place: places,
});

/** A norm of few numbers, which may be nearly alike, magnifies what was lost before it, but for an eps of their order. */
const epsFor = (E: number, eps: number | undefined): number | undefined => (E < 8 ? 1 : eps);

const largest = ({ data }: NumericArray): number => Math.max(1, ...Array.from(data, Math.abs));

describe.each([...ways, ...engines.map(([name, engine]): [string, Way] => [`f16, ${name}`, asWeights(engine, "f16")])])(
  "layers, %s",
  (name, way) => {
    /** What f16 makes of the parameters that it keeps. */
    const held = (parameters: Record<string, Tensor | undefined>) =>
      Object.fromEntries(
        Object.entries(parameters).map(([key, x]) => {
          if (!name.startsWith("f16") || x?.shape.length !== 2) return [key, x];
          using weight = createWeight(x, { dtype: "f16", engine: (engines[0] as [string, Attention])[1] });
          return [
            key,
            embedding(
              Array.from({ length: Number(x.shape[0]) }, (_, i) => i),
              weight,
            ),
          ];
        }),
      );

    it("transformerEncoderLayer", () => {
      check(layerCalls, ({ sizes: { seed, rank, B: batch, L, H, D, hasBias }, F, apart, place, ...spec }) => {
        const drawn = new Drawn(seed);
        const { random, parameters } = drawn;
        const [B, E] = [rank === 2 ? 1 : batch, H * D];
        drawn.attention("self_attn.", E, hasBias, apart ? [E, E] : undefined);
        drawn.feedForward(E, F, hasBias);
        for (const norm of ["norm1", "norm2"]) drawn.norm(norm, E, hasBias);
        const x = random.tensor(rank === 2 ? [L, E] : [B, L, E]);
        const full = rank === 2 ? [H, L, L] : [B, H, L, L];
        const { activation, normFirst, causal } = spec;
        const eps = epsFor(E, spec.eps);
        const options = {
          ...{ heads: H, activation, normFirst, eps, causal },
          mask: spec.mask ? drawMask(random, full) : undefined,
          bias: spec.bias ? random.tensor([L, L]) : undefined,
          keyLengths: spec.keyLengths ? random.integers(B, 0, L) : undefined,
        } as const;
        const expected = referenceTransformerEncoderLayer(x, held(parameters), options);
        const at = lying((engines[0] as [string, Attention])[1], x, place);
        way(parameters, (given) => {
          const { output, weights } = transformerEncoderLayer(at, given, { ...options, returnWeights: true });
          expectTensor("output", output, expected.output, { atol: layerTolerance(largest(expected.output)) });
          expectTensor("weights", weights, expected.weights, { atol: layerTolerance(1) });
          expect(transformerEncoderLayer(at, given, options)).toEqual({ output });
        });
      });
    });

    it("transformerDecoderLayer", () => {
      check(layerCalls, ({ sizes: { seed, rank, B: batch, L, S, H, D, hasBias }, F, apart, place, ...spec }) => {
        const drawn = new Drawn(seed);
        const { random, parameters } = drawn;
        const [B, E] = [rank === 2 ? 1 : batch, H * D];
        drawn.attention("self_attn.", E, hasBias, apart ? [E, E] : undefined);
        drawn.attention("multihead_attn.", E, hasBias);
        drawn.feedForward(E, F, hasBias);
        for (const norm of ["norm1", "norm2", "norm3"]) drawn.norm(norm, E, hasBias);
        const outer = rank === 2 ? [] : [B];
        const [x, memory] = [random.tensor([...outer, L, E]), random.tensor([...outer, S, E])];
        const { activation, normFirst } = spec;
        const eps = epsFor(E, spec.eps);
        const options = {
          ...{ heads: H, activation, normFirst, eps },
          memoryMask: spec.mask ? drawMask(random, [...outer, H, L, S]) : undefined,
          memoryKeyLengths: spec.keyLengths ? random.integers(B, 0, S) : undefined,
        } as const;
        const expected = referenceTransformerDecoderLayer(x, memory, held(parameters), options);
        const at = (tensor: Tensor) => lying((engines[1] as [string, Attention])[1], tensor, place);
        const [rows, others] = [at(x), at(memory)];
        way(parameters, (given) => {
          const got = transformerDecoderLayer(rows, others, given, { ...options, returnWeights: true });
          const { output, weights, crossWeights } = got;
          expectTensor("output", output, expected.output, { atol: layerTolerance(largest(expected.output)) });
          expectTensor("weights", weights, expected.weights, { atol: layerTolerance(1) });
          expectTensor("crossWeights", crossWeights, expected.crossWeights, { atol: layerTolerance(1) });
          expect(transformerDecoderLayer(rows, others, given, options)).toEqual({ output });
        });
      });
    });
  },
);
