// The float64 references of layers against closed forms, identities and exact arithmetic. Their goldens: nn-goldens.test.ts.

import { describe, expect, it } from "vitest";
import {
  type Activation,
  activations,
  activationTolerance,
  compare,
  createRandom,
  erf,
  erfc,
  integerLinearTolerance,
  layerTolerance,
  type NumericArray,
  normTolerance,
  referenceActivation,
  referenceDequantize,
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
  rotationTolerance,
  roundToEven,
} from "../src/index.ts";
import { array, filled, identity, slice } from "./helpers.ts";

const f = Math.fround;
const random = createRandom(7);

describe("erf", () => {
  /** erf by its power series in whole numbers of 2⁻⁴⁰⁰: exact to far more than float64 has. */
  function exact(x: number): number {
    const bits = 400n;
    const one = 1n << bits;
    const pi = 3141592653589793238462643383279502884197169399375105820974944592307816406286n;
    const scaled = BigInt(x * 2 ** 20) * (one >> 20n);
    const square = (scaled * scaled) >> bits;
    let term = scaled;
    let sum = 0n;
    for (let n = 0n; term !== 0n; n++) {
      sum += term / (2n * n + 1n);
      term = -((term * square) >> bits) / (n + 1n);
    }
    // 2/√π as √(4/π).
    const root = squareRoot((((4n * 10n ** 75n) << bits) << bits) / pi);
    return Number((sum * root) >> (bits + bits - 80n)) / 2 ** 80;
  }
  function squareRoot(n: bigint): bigint {
    let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
    for (;;) {
      const next = (x + n / x) >> 1n;
      if (next >= x) return x;
      x = next;
    }
  }

  it("is exact to 1e-15 of itself", () => {
    for (let x = -6; x <= 6; x += 2 ** -5)
      expect(Math.abs(erf(x) - exact(x))).toBeLessThanOrEqual(1e-15 * Math.abs(exact(x)));
    expect(erf(2 ** -300)).toBe((2 / Math.sqrt(Math.PI)) * 2 ** -300);
  });

  it("erfc keeps its precision in the tail", () => {
    // Values of erfc from tables: Abramowitz & Stegun, and the NIST handbook.
    for (const [x, y] of [
      [3, 2.209049699858544e-5],
      [5, 1.5374597944280349e-12],
      [10, 2.088487583762545e-45],
    ] as const)
      expect(Math.abs(erfc(x) / y - 1)).toBeLessThan(1e-14);
    expect(erfc(0)).toBe(1);
  });

  it("goes on where numbers end", () => {
    expect([erf(Infinity), erf(-Infinity), erfc(Infinity), erfc(-Infinity)]).toEqual([1, -1, 0, 2]);
    expect([erf(Number.NaN), erfc(Number.NaN)]).toEqual([Number.NaN, Number.NaN]);
    expect(erf(-0)).toBe(-0);
  });
});

describe("activations", () => {
  it("take the values that their formulas give by hand", () => {
    // Φ(1) = 0.841344746068543, from tables.
    expect(activations.gelu(1)).toBeCloseTo(0.841344746068543, 14);
    expect(activations.gelu(-1)).toBeCloseTo(0.841344746068543 - 1, 14);
    expect(activations.silu(Math.log(3))).toBeCloseTo(0.75 * Math.log(3), 14);
    const y = Math.sqrt(2 / Math.PI) * (2 + 0.044715 * 8);
    expect(activations.geluTanh(2)).toBeCloseTo(1 + Math.tanh(y), 14);
    expect(referenceActivation("relu", array([-2, 0, 3])).data).toEqual(Float64Array.of(0, 0, 3));
  });

  it.each(["relu", "gelu", "geluTanh", "silu"] as const)("%s of x, less that of -x, is x", (kind) => {
    for (let i = 0; i < 100; i++) {
      const x = random.normal(0, 5);
      expect(activations[kind](x) - activations[kind](-x)).toBeCloseTo(x, 12);
    }
  });

  it.each(["relu", "gelu", "geluTanh", "silu"] as const)("%s of what is not finite", (kind) => {
    const got = [Number.NaN, Infinity, -Infinity, 1e30, -1e30].map(activations[kind]).map((x) => x + 0);
    expect(got).toEqual([Number.NaN, Infinity, 0, 1e30, 0]);
  });

  it("activationTolerance suffices for plain float32, and tells the two gelus apart", () => {
    const sigmoid = (x: number): number => f(1 / f(1 + f(Math.exp(-x))));
    const naive: Partial<Record<Activation, (x: number) => number>> = {
      silu: (x) => f(x * sigmoid(x)),
      geluTanh: (x) => f(x * sigmoid(f(1.5957691216 * f(x + f(0.044715 * f(x * f(x * x))))))),
      gelu: (x) => f(f(x / 2) * f(1 + f(erf(f(x * Math.SQRT1_2))))),
    };
    const x = Float32Array.from({ length: 4000 }, (_, i) => -20 + i / 100);
    for (const [kind, activation] of Object.entries(naive)) {
      const expected = referenceActivation(kind as Activation, { data: x, shape: [x.length] }).data;
      const allowed = { rtol: activationTolerance, scale: x.map(Math.abs) };
      expect(compare(x.map(activation), expected, allowed), kind).toBeUndefined();
      const other = referenceActivation(kind === "gelu" ? "geluTanh" : "gelu", { data: x, shape: [x.length] }).data;
      expect(compare(other, expected, allowed), kind).toBeDefined();
    }
  });
});

describe("norms", () => {
  it("layerNorm of 1, 3 with eps 3 by hand", () => {
    const y = referenceLayerNorm(array([[1, 3]]), { eps: 3, weight: array([10, 20]), bias: array([0.5, 0.25]) });
    expect(y.data).toEqual(Float64Array.of(-10 / 2 + 0.5, 20 / 2 + 0.25)); // variance 1, √(1 + 3) = 2
  });

  it("rmsNorm of 3, 4 by hand", () => {
    const y = referenceRmsNorm(array([[3, 4]]), { eps: 0, weight: array([1, 10]) });
    expect(y.data[0]).toBeCloseTo(3 / Math.sqrt(12.5), 15);
    expect(y.data[1]).toBeCloseTo(40 / Math.sqrt(12.5), 15);
  });

  it("have mean 0 and variance 1, mean square 1", () => {
    const x = random.tensor([3, 40]);
    const normal = referenceLayerNorm(x, { eps: 0 });
    const root = referenceRmsNorm(x, { eps: 0 });
    for (let row = 0; row < 3; row++) {
      const part = slice(normal, 0, row, row + 1).data;
      expect(Array.from(part).reduce((s, v) => s + v, 0)).toBeCloseTo(0, 12);
      expect(Array.from(part).reduce((s, v) => s + v * v, 0)).toBeCloseTo(40, 12);
      expect(Array.from(slice(root, 0, row, row + 1).data).reduce((s, v) => s + v * v, 0)).toBeCloseTo(40, 12);
    }
  });

  it("have their defaults of eps, and none of width 0", () => {
    const [x, zeros] = [array([[1e-3, 3e-3]]), array([[0, 0]])];
    expect(referenceLayerNorm(x).data).toEqual(referenceLayerNorm(x, { eps: 1e-5 }).data);
    expect(referenceRmsNorm(x).data).toEqual(referenceRmsNorm(x, { eps: 1e-6 }).data);
    expect([...referenceRmsNorm(zeros).data, ...referenceLayerNorm(zeros).data]).toEqual([0, 0, 0, 0]);
    expect(() => referenceLayerNorm(x, { weight: array([1]) })).toThrow('"weight" has shape [1], expected [2]');
  });

  it("normTolerance suffices for plain float32, also with a large mean", () => {
    for (const [E, mean] of [
      [1, 0],
      [33, 0],
      [768, 0],
      [768, 300],
    ] as const) {
      const x = { data: random.tensor([E]).data.map((v) => f(v + mean)), shape: [E] };
      const [weight, bias] = [random.tensor([E]), random.tensor([E])];
      const [mu, square] = [x.data.reduce((s, v) => f(s + v), 0), x.data.reduce((s, v) => f(s + f(v * v)), 0)];
      const m = f(mu / E);
      const variance = f(x.data.reduce((s, v) => f(s + f(f(v - m) ** 2)), 0) / E);
      const layer = x.data.map((v, i) =>
        f(f(f(f(v - m) * f(1 / f(Math.sqrt(f(variance + 1e-5))))) * Number(weight.data[i])) + Number(bias.data[i])),
      );
      const rms = x.data.map((v, i) => f(f(v * f(1 / f(Math.sqrt(f(f(square / E) + 1e-6))))) * Number(weight.data[i])));
      const [expected, expectedRms] = [referenceLayerNorm(x, { weight, bias }), referenceRmsNorm(x, { weight })];
      expect(compare(layer, expected.data, { rtol: normTolerance(E), scale: expected.condition })).toBeUndefined();
      expect(compare(rms, expectedRms.data, { rtol: normTolerance(E), scale: expectedRms.condition })).toBeUndefined();
      const wrong = referenceLayerNorm(x, { weight, bias, eps: 1e-2 });
      if (E === 33)
        expect(compare(wrong.data, expected.data, { rtol: normTolerance(E), scale: expected.condition })).toBeDefined();
    }
  });
});

describe("linear layers", () => {
  it("x·weightᵀ + bias, over any leading axes", () => {
    const weight = array([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(referenceLinear(array([[[1, 10]]]), { weight, bias: array([100, 200, 300]) })).toMatchObject({
      data: Float64Array.of(121, 243, 365),
      shape: [1, 1, 3],
    });
    expect(referenceLinear(array([1, 10]), { weight })).toMatchObject({
      data: Float64Array.of(21, 43, 65),
      shape: [3],
    });
    expect(() => referenceLinear(array([1, 10]), { weight, bias: array([1]) })).toThrow("expected [3]");
  });

  it("a gate of zeros lets nothing through, of ones silu(1)", () => {
    const x = array([[1, 0]]);
    const [up, down] = [
      array([
        [2, 0],
        [5, 0],
      ]),
      array([[1, 1]]),
    ];
    expect(referenceGatedFeedForward(x, { gate: filled([2, 2], 0), up, down }, "silu").data[0]).toBe(0);
    const one = referenceGatedFeedForward(x, { gate: filled([2, 2], 1), up, down }, "silu").data[0];
    expect(one).toBeCloseTo(7 / (1 + Math.exp(-1)), 14);
  });

  it("embedding reads rows, and names an id that is none", () => {
    const table = array([
      [1, 2],
      [3, 4],
    ]);
    expect(referenceEmbedding([1, 1, 0], table)).toEqual({ data: Float64Array.of(3, 4, 3, 4, 1, 2), shape: [3, 2] });
    for (const id of [2, -1, 0.5]) expect(() => referenceEmbedding([0, id], table)).toThrow(`id ${id} at 1`);
  });

  it("quantize: the largest of a row is ±127, zeros stay zeros, halves go to the even number", () => {
    const { values, scales } = referenceQuantize(
      array([
        [-127, 63.5, 0.5, 1.5],
        [0, 0, 0, 0],
      ]),
    );
    expect([...values.data]).toEqual([-127, 64, 0, 2, 0, 0, 0, 0]);
    expect([...scales.data]).toEqual([1, 0]);
    expect([2.5, -2.5, 3.5, -0.5, 0.49, -7.51].map(roundToEven)).toEqual([2, -2, 4, 0, 0, -8]);
  });

  it("quantize is off by half a step at most", () => {
    const weight = random.tensor([5, 64]);
    const quantized = referenceQuantize(weight);
    const back = referenceDequantize(quantized);
    for (let i = 0; i < 320; i++) {
      const step = Number(quantized.scales.data[Math.floor(i / 64)]);
      expect(Math.abs(Number(back.data[i]) - Number(weight.data[i]))).toBeLessThanOrEqual(step * 0.5001);
    }
  });

  it("integerLinearTolerance suffices for activations of 12 bits, and not for those of 7", () => {
    const [K, N] = [256, 64];
    const weight = random.tensor([N, K]);
    const x = random.tensor([1, K]);
    const largest = x.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const rounded = (top: number): NumericArray => ({
      data: Array.from(x.data, (v) => (Math.round((v / largest) * top) / top) * largest),
      shape: [1, K],
    });
    const exact = referenceLinear(x, { weight }).data;
    const norms = Array.from({ length: N }, (_, n) => Math.hypot(...(slice(weight, 0, n, n + 1).data as number[])));
    const scale = norms.map((norm) => integerLinearTolerance(largest, norm, 4095));
    expect(compare(referenceLinear(rounded(4095), { weight }).data, exact, { rtol: 1, scale })).toBeUndefined();
    expect(compare(referenceLinear(rounded(63), { weight }).data, exact, { rtol: 1, scale })).toBeDefined();
  });
});

describe("positions", () => {
  it("rope turns pairs by the position's angle: a quarter turn by hand", () => {
    const x = array([[1, 2, 3, 4]]);
    const quarter = { positions: Math.PI / 2, theta: 1 };
    const close = (got: ArrayLike<number>, expected: number[]) => {
      for (const [i, e] of expected.entries()) expect(got[i]).toBeCloseTo(e, 14);
    };
    close(referenceRope(x, { style: "half", ...quarter }).data, [-3, -4, 1, 2]);
    close(referenceRope(x, { style: "interleaved", ...quarter }).data, [-2, 1, -4, 3]);
    close(referenceRope(x, { style: "half", ...quarter, dimensions: 2 }).data, [-2, 1, 3, 4]);
    expect(() => referenceRope(x, { style: "half", dimensions: 3 })).toThrow("cannot turn in pairs");
  });

  it.each(["half", "interleaved"] as const)("rope %s: dot products depend on the distance alone", (style) => {
    const [q, k] = [random.tensor([1, 8]), random.tensor([1, 8])];
    const dot = (m: number, n: number): number => {
      const [a, b] = [referenceRope(q, { style, positions: m }), referenceRope(k, { style, positions: n })];
      return a.data.reduce((sum, x, i) => sum + x * Number(b.data[i]), 0);
    };
    expect(dot(5, 3)).toBeCloseTo(dot(105, 103), 10);
    expect(dot(0, 0)).toBeCloseTo(
      q.data.reduce((sum, x, i) => sum + x * Number(k.data[i]), 0),
      12,
    );
    expect(Math.abs(dot(5, 3) - dot(5, 4))).toBeGreaterThan(1e-3);
  });

  it("rope takes a position for each row, counts from one, and frequencies of its own", () => {
    const x = random.tensor([2, 3, 4]);
    const given = referenceRope(x, { style: "half", positions: [7, 8, 9] });
    expect(referenceRope(x, { style: "half", positions: 7 })).toEqual(given);
    expect(referenceRope(x, { style: "half", positions: 7, frequencies: [1, 0.01] })).toEqual(given);
  });

  it("rotationTolerance suffices for float32 with angles in float64, and not for angles in float32", () => {
    const x = random.tensor([50, 64]);
    const expected = referenceRope(x, { style: "half", positions: 4000 });
    const rotate = (angleOf: (position: number, i: number) => number): Float32Array => {
      const out = Float32Array.from(x.data);
      for (let row = 0; row < 50; row++)
        for (let i = 0; i < 32; i++) {
          const angle = angleOf(4000 + row, i);
          const [c, s] = [f(Math.cos(angle)), f(Math.sin(angle))];
          const [a, b] = [Number(x.data[row * 64 + i]), Number(x.data[row * 64 + 32 + i])];
          out[row * 64 + i] = f(f(a * c) - f(b * s));
          out[row * 64 + 32 + i] = f(f(b * c) + f(a * s));
        }
      return out;
    };
    const allowed = { rtol: rotationTolerance, scale: expected.condition };
    const exact = rotate((position, i) => position * 10000 ** (-i / 32));
    const rounded = rotate((position, i) => f(position * f(10000 ** (-i / 32))));
    expect(compare(exact, expected.data, allowed)).toBeUndefined();
    expect(compare(rounded, expected.data, allowed)).toBeDefined();
  });

  it("sinusoidal positions: both orders of the same numbers", () => {
    const pairs = referenceSinusoidalPositions(3, 4);
    expect([...pairs.data.slice(0, 4)]).toEqual([0, 1, 0, 1]);
    expect(pairs.data[4 + 2]).toBeCloseTo(Math.sin(0.01), 15);
    expect(pairs.data[8 + 1]).toBeCloseTo(Math.cos(2), 15);
    const halves = referenceSinusoidalPositions(3, 4, { style: "halves" });
    for (let row = 0; row < 3; row++)
      for (const [a, b] of [
        [0, 0],
        [1, 2],
        [2, 1],
        [3, 3],
      ] as const)
        expect(halves.data[row * 4 + b]).toBe(pairs.data[row * 4 + a]);
    expect(referenceSinusoidalPositions(2, 4, { start: 1 }).data).toEqual(pairs.data.slice(4));
    expect(referenceSinusoidalPositions(1, 3, { style: "halves" }).data).toEqual(Float64Array.of(0, 0, 1));
    expect(referenceSinusoidalPositions(0, 6).data.length).toBe(0);
  });

  it("T5's buckets: exact below half, then the table 8 12 16 23 32 46 64 91 of distances", () => {
    const starts = [8, 12, 16, 23, 32, 46, 64, 91];
    for (const bidirectional of [true, false]) {
      const at = (distance: number): number => relativeBucket(-distance, { bidirectional });
      if (bidirectional) {
        for (let d = 0; d < 8; d++) expect(at(d)).toBe(d);
        for (const [i, distance] of starts.entries()) expect([at(distance), at(distance - 1)]).toEqual([8 + i, 7 + i]);
        expect(at(1e6)).toBe(15);
        expect(relativeBucket(5, { bidirectional })).toBe(16 + 5);
      } else {
        for (let d = 0; d < 16; d++) expect(at(d)).toBe(d);
        expect([at(1e6), relativeBucket(9, { bidirectional })]).toEqual([31, 0]);
      }
    }
    const table = filled([32, 2], (i) => i);
    const bias = referenceRelativeBias(table, 1, 3, { bidirectional: false, start: 2 });
    expect(bias).toEqual({ data: Float64Array.of(4, 2, 0, 5, 3, 1), shape: [2, 1, 3] });
  });
});

describe("torch's layers", () => {
  const E = 6;
  const square = (): NumericArray => random.tensor([E, E]);
  const parts = { q: square(), k: square(), v: square(), out: square() };
  const in_proj_weight = {
    data: [parts.q, parts.k, parts.v].flatMap((w) => Array.from(w.data)),
    shape: [3 * E, E],
  };
  const in_proj_bias = random.tensor([3 * E]);
  const [query, memory] = [random.tensor([2, 3, E]), random.tensor([2, 5, E])];
  const bias = (place: number): NumericArray => slice(in_proj_bias, 0, place * E, (place + 1) * E);

  it("multiheadAttention is multi-head attention under other names", () => {
    const parameters = { in_proj_weight, in_proj_bias, "out_proj.weight": parts.out };
    const got = referenceMultiheadAttention(query, memory, memory, parameters, { heads: 2 });
    const projections = {
      query: { weight: parts.q, bias: bias(0) },
      key: { weight: parts.k, bias: bias(1) },
      value: { weight: parts.v, bias: bias(2) },
      output: { weight: parts.out },
    };
    expect(got).toEqual(referenceMultiHead(query, memory, { heads: 2, projections }));
    const { in_proj_weight: _, ...rest } = parameters;
    const apart = { ...rest, q_proj_weight: parts.q, k_proj_weight: parts.k, v_proj_weight: parts.v };
    expect(referenceMultiheadAttention(query, memory, memory, apart, { heads: 2 })).toEqual(got);
    expect(() => referenceMultiheadAttention(query, memory, memory, rest, { heads: 2 })).toThrow('"q_proj_weight"');
  });

  /** A layer whose attention and feed-forward are the identity on what they read, for one token. */
  const ones = filled([E], 1);
  const zeros = filled([E], 0);
  const passing = (prefix: string) => ({
    [`${prefix}in_proj_weight`]: {
      data: [0, 1, 2].flatMap(() => Array.from(identity(E).data)),
      shape: [3 * E, E],
    },
    [`${prefix}out_proj.weight`]: identity(E),
  });
  const rest = {
    "linear1.weight": identity(E),
    "linear2.weight": identity(E),
    ...Object.fromEntries(
      [1, 2, 3].flatMap((n) => [
        [`norm${n}.weight`, ones],
        [`norm${n}.bias`, zeros],
      ]),
    ),
  };
  const x = random.tensor([1, E]);
  const plus = (a: NumericArray, b: NumericArray): NumericArray => ({
    data: Array.from(a.data, (v, i) => v + Number(b.data[i])),
    shape: a.shape,
  });
  const relu = (a: NumericArray): NumericArray => referenceActivation("relu", a);

  it("an encoder layer of identities, normalised after and before, by hand", () => {
    const parameters = { ...passing("self_attn."), ...rest };
    const once = referenceLayerNorm(plus(x, x));
    const after = referenceLayerNorm(plus(once, relu(once)));
    const got = referenceTransformerEncoderLayer(x, parameters, { heads: 2 });
    expect(compare(got.output.data, after.data, { atol: 1e-14 })).toBeUndefined();
    expect(got.weights).toEqual({ data: Float64Array.of(1, 1), shape: [2, 1, 1] });
    const before = plus(x, referenceLayerNorm(x));
    const last = plus(before, relu(referenceLayerNorm(before)));
    const first = referenceTransformerEncoderLayer(x, parameters, { heads: 2, normFirst: true });
    expect(compare(first.output.data, last.data, { atol: 1e-14 })).toBeUndefined();
  });

  it("a decoder layer of identities takes memory in between", () => {
    const parameters = { ...passing("self_attn."), ...passing("multihead_attn."), ...rest };
    const seen = random.tensor([1, E]);
    const once = referenceLayerNorm(plus(x, x));
    const twice = referenceLayerNorm(plus(once, seen));
    const expected = referenceLayerNorm(plus(twice, relu(twice)));
    const got = referenceTransformerDecoderLayer(x, seen, parameters, { heads: 3 });
    expect(compare(got.output.data, expected.data, { atol: 1e-14 })).toBeUndefined();
    expect(got.crossWeights.shape).toEqual([3, 1, 1]);
  });

  it("layerTolerance tells the wrong gelu", () => {
    const parameters = { ...passing("self_attn."), ...rest };
    const { output } = referenceTransformerEncoderLayer(x, parameters, { heads: 2, activation: "gelu" });
    const once = referenceLayerNorm(plus(x, x));
    const [right, wrong] = (["gelu", "geluTanh"] as const).map(
      (kind) => referenceLayerNorm(plus(once, referenceActivation(kind, once))).data,
    ) as [Float64Array, Float64Array];
    const atol = layerTolerance(output.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
    expect(compare(output.data, right, { atol: 1e-14 })).toBeUndefined();
    expect(compare(wrong, right, { atol })).toBeDefined();
  });
});
