// What must hold between calls, whatever the numbers are: orders, splits, repetitions and layouts that say the same thing.
// The reference serves for tolerances only, twice over where two results of ours are compared.
import {
  type AttentionReference,
  type AttentionReferenceOptions,
  attentionTolerance,
  dotTolerance,
  mergeTolerance,
  referenceAttention,
  softmaxTolerance,
} from "@attn/conformance";
import { type Attention, createAttention, type Tensor, type WasmTensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { gather, range, slice, swapHeads, times } from "./arrays.ts";
import { type CaseOptions, createRandom, engines, expectSame, randomInputs, randomMask } from "./helpers.ts";

const everything = { returnWeights: true, returnScores: true, returnLse: true } as const;

type Inputs = readonly [query: Tensor, key: Tensor, value: Tensor];
interface Results {
  output: Tensor;
  weights?: Tensor;
  lse?: Tensor;
}

const referenceOf = (inputs: Inputs, options: CaseOptions = {}): AttentionReference =>
  referenceAttention(...inputs, options as AttentionReferenceOptions);

/** Asserts that two float32 results of one attention are as near as two such results must be. */
function expectEqual(got: Results, wanted: Results, reference: AttentionReference): void {
  const allowed = attentionTolerance(reference);
  for (const name of ["output", "weights", "lse"] as const) {
    const [a, b] = [got[name], wanted[name]];
    if (a && b) expectSame(name, a, b, { ...allowed[name], rtol: 2 });
  }
}

/** Asserts the same bits, NaN and -0 included. */
function expectBits(got: object, wanted: object): void {
  expect(got).toEqual(wanted);
}

describe.each(engines)("attention, %s: orders and splits of keys", (_, engine) => {
  it("permuting the keys with their values, mask and bias changes nothing but the weights' order", () => {
    const random = createRandom(1);
    for (const [L, S] of [
      [1, 50],
      [3, 300],
      [40, 270],
    ] as const) {
      const inputs = randomInputs(random, { B: 2, H: 2, L, S, D: 8, Dv: 6 });
      const [query, key, value] = inputs;
      const mask = randomMask(random, [2, 1, L, S], 0.8);
      const bias = random.tensor([2, 1, S]);
      const order = range(S)
        .map((j) => ({ j, at: random.uniform() }))
        .sort((a, b) => a.at - b.at)
        .map(({ j }) => j);
      const whole = engine.attention(...inputs, { mask, bias, ...everything });
      const permuted = engine.attention(query, gather(key, 2, order), gather(value, 2, order), {
        mask: gather(mask, -1, order),
        bias: gather(bias, -1, order),
        ...everything,
      });
      const expected = { ...whole, weights: gather(whole.weights, -1, order) };
      const reference = referenceOf(inputs, { mask, bias });
      expectSame("output", permuted.output, expected.output, { ...attentionTolerance(reference).output, rtol: 2 });
      expectSame("lse", permuted.lse, expected.lse, { ...attentionTolerance(reference).lse, rtol: 2 });
      const weights = gather(
        { data: Float32Array.from(reference.weights.data), shape: whole.weights.shape },
        -1,
        order,
      );
      expectSame("weights", permuted.weights, weights, { atol: 1e-6, rtol: 1e-5 });
    }
  });

  it.each([2, 3, 7])("%i parts of the keys, merged, are the whole", (count) => {
    const random = createRandom(count);
    for (const [L, S] of [
      [1, 40],
      [5, 301],
      [60, 260],
    ] as const) {
      const inputs = randomInputs(random, { B: 2, H: 3, L, S, D: 8, Dv: 5 });
      const sinks = [1, -1, 4];
      const cases: CaseOptions[] = [
        {},
        { sinks },
        { causal: true, align: S - L },
        // The first queries see only the first part, or nothing at all.
        { causal: true, align: -2 },
        { window: { left: 20, right: 3 }, align: 10, sinks },
        { mask: randomMask(random, [3, L, S], 0.05) },
        { mask: randomMask(random, [2, 1, 1, S], 0) },
        { bias: random.tensor([L, S], 5), softcap: 3 },
        { alibi: true, align: S - L, bias: random.tensor([S]) },
      ];
      for (const options of cases) {
        const { lse, output } = mergedParts(engine, inputs, options, count);
        const reference = referenceOf(inputs, options);
        const whole = engine.attention(...inputs, { ...options, returnLse: true });
        const allowed = attentionTolerance(reference);
        const { magnitude, condition } = reference;
        const merged = mergeTolerance(count, magnitude);
        // A part's own errors are those of the whole; merging adds its own.
        const outputs = Float64Array.from(allowed.output.scale as Float64Array, (x, i) => {
          return 2 * x + merged.output * (condition[i] as number);
        });
        expectSame("output", output, whole.output, { rtol: 1, scale: outputs, atol: 1e-37 });
        expectSame("lse", lse, whole.lse, { ...allowed.lse, rtol: 2, atol: merged.lse });
      }
    }
  });

  it("a part that is hidden, NaN and all, adds nothing", () => {
    const inputs = randomInputs(createRandom(3), { H: 2, L: 6, S: 30, D: 8 });
    const [query, key, value] = inputs;
    const first = engine.attention(...inputs, { returnLse: true });
    const mask = { data: new Uint8Array(1), shape: [1] };
    const second = engine.attention(query, times(key, Number.NaN), times(value, Number.NaN), { mask, returnLse: true });
    const merged = engine.mergeAttention([second, first, second]);
    expectBits(merged, { output: first.output, lse: first.lse });
    const nothing = engine.mergeAttention([second, second]);
    expect(nothing.output.data.every((x) => x === 0)).toBe(true);
    expect(nothing.lse.data.every((x) => x === -Infinity)).toBe(true);
  });

  it("parts may be merged in steps", () => {
    const inputs = randomInputs(createRandom(4), { H: 2, L: 5, S: 90, D: 8 });
    const parts = partsOf(engine, inputs, {}, 3) as [Part, Part, Part];
    const { mergeAttention } = engine;
    const inSteps = mergeAttention([parts[0], mergeAttention([parts[1], parts[2]])]);
    expectEqual(inSteps, mergeAttention(parts), referenceOf(inputs));
  });
});

interface Part {
  output: Tensor;
  lse: Tensor;
}

/** Attention over `count` consecutive parts of the keys; a sink is in the second only. */
function partsOf(engine: Attention, [query, key, value]: Inputs, options: CaseOptions, count: number): Part[] {
  const S = key.shape[2] as number;
  return range(count).map((i) => {
    const [from, to] = [Math.floor((i * S) / count), Math.floor(((i + 1) * S) / count)];
    const { align, sinks, mask, bias, ...rest } = options;
    return engine.attention(query, slice(key, 2, from, to), slice(value, 2, from, to), {
      ...rest,
      ...(typeof align === "number" && { align: align - from }),
      ...(sinks && i === 1 && { sinks }),
      ...(mask && { mask: slice(mask, -1, from, to) }),
      ...(bias && { bias: slice(bias, -1, from, to) }),
      returnLse: true,
    });
  });
}

const mergedParts = (engine: Attention, inputs: Inputs, options: CaseOptions, count: number): Part =>
  engine.mergeAttention(partsOf(engine, inputs, options, count));

describe.each(engines)("attention, %s: two ways to say it", (_, engine) => {
  /** A keep-mask [L, S] of what a query at position align + i sees. */
  const maskOf = (L: number, S: number, align: number, sees: (p: number, j: number) => boolean) => ({
    data: Uint8Array.from({ length: L * S }, (_, i) => (sees(align + Math.floor(i / S), i % S) ? 1 : 0)),
    shape: [L, S],
  });

  it.each([
    [1, 30],
    [4, 4],
    [7, 300],
    [300, 7],
    [97, 97],
    [30, 270],
  ])("causal is a mask, as is a window: L = %i, S = %i", (L, S) => {
    const inputs = randomInputs(createRandom(L * S), { H: 2, L, S, D: 6 });
    const run = (options: CaseOptions) => engine.attention(...inputs, { ...options, ...everything });
    for (const align of [0, S - L, -5, 11]) {
      const causal = { mask: maskOf(L, S, align, (p, j) => j <= p) };
      expectEqual(run({ causal: true, align }), run(causal), referenceOf(inputs, causal));
      for (const [left, right] of [
        [0, 0],
        [3, 1],
        [260, 5],
      ] as const) {
        const both = { mask: maskOf(L, S, align, (p, j) => j >= p - left && j <= p + right) };
        expectEqual(run({ window: { left, right }, align }), run(both), referenceOf(inputs, both));
        const one = { mask: maskOf(L, S, align, (p, j) => j >= p - left && j <= p) };
        expectEqual(run({ window: { left }, causal: true, align }), run(one), referenceOf(inputs, one));
      }
    }
  });

  it("a side of a window that reaches past all keys is as an absent one, however large it is", () => {
    const inputs = randomInputs(createRandom(16), { L: 7, S: 30, D: 4 });
    for (const side of [1e3, 2 ** 30, 2 ** 31, Number.MAX_SAFE_INTEGER, Infinity]) {
      for (const align of [0, 7, -100, 900]) {
        const wanted = engine.attention(...inputs, { window: { left: 3 }, align, ...everything });
        expectBits(engine.attention(...inputs, { window: { left: 3, right: side }, align, ...everything }), wanted);
        const right = engine.attention(...inputs, { window: { right: 3 }, align, ...everything });
        expectBits(engine.attention(...inputs, { window: { left: side, right: 3 }, align, ...everything }), right);
      }
    }
    const all = engine.attention(...inputs, everything);
    expectBits(engine.attention(...inputs, { window: { left: 2 ** 31 }, align: 2 ** 30, ...everything }), all);
    expectBits(engine.attention(...inputs, { window: { right: 2 ** 31 }, align: -(2 ** 30), ...everything }), all);
  });

  it("keyLengths are a mask, and a mask is a bias of -Infinity", () => {
    const random = createRandom(5);
    for (const L of [2, 9]) {
      const inputs = randomInputs(random, { B: 3, H: 2, L, S: 40, D: 6 });
      const keyLengths = [40, 7, 0];
      const mask = {
        data: Uint8Array.from({ length: 120 }, (_, i) => (i % 40 < (keyLengths[Math.floor(i / 40)] as number) ? 1 : 0)),
        shape: [3, 1, 1, 40],
      };
      const bias = { data: Float32Array.from(mask.data, (keep) => (keep ? 0 : -Infinity)), shape: mask.shape };
      const wanted = engine.attention(...inputs, { mask, ...everything });
      const reference = referenceOf(inputs, { mask });
      expectEqual(engine.attention(...inputs, { keyLengths, ...everything }), wanted, reference);
      expectEqual(engine.attention(...inputs, { bias, ...everything }), wanted, reference);
    }
  });

  it.each([
    [4, 2],
    [6, 1],
    [8, 4],
  ])("%i heads over %i are the heads repeated", (H, G) => {
    const random = createRandom(H);
    for (const L of [1, 2, 40]) {
      const [query, key, value] = randomInputs(random, { B: 2, H, G, L, S: 70, D: 8, Dv: 12 });
      const heads = range(H).map((h) => Math.floor((h * G) / H));
      const repeated = [query, gather(key, 1, heads), gather(value, 1, heads)] as const;
      const options = { alibi: true, align: 70 - L, sinks: range(H) };
      const got = engine.attention(query, key, value, { ...options, ...everything });
      expectEqual(got, engine.attention(...repeated, { ...options, ...everything }), referenceOf(repeated, options));
    }
  });

  it('layout "BLHD" is "BHLD" with its axes swapped, to the bit', () => {
    const random = createRandom(6);
    for (const [B, H, G, L, S] of [
      [2, 4, 2, 1, 60],
      [1, 3, 3, 5, 300],
      [2, 6, 2, 40, 40],
      [1, 1, 1, 9, 3],
    ] as const) {
      const inputs = randomInputs(random, { B, H, G, L, S, D: 10, Dv: 7 });
      const mask = randomMask(random, [B, H, L, S], 0.8);
      for (const options of [{}, { causal: true, align: 2, sinks: range(H) }, { mask }]) {
        const wanted = engine.attention(...inputs, { ...options, ...everything });
        const [query, key, value] = inputs.map(swapHeads) as [Tensor, Tensor, Tensor];
        const got = engine.attention(query, key, value, { ...options, layout: "BLHD", ...everything });
        expectBits({ ...got, output: swapHeads(got.output) }, wanted);
      }
      const first = (x: Tensor): Tensor => ({ data: slice(x, 0, 0, 1).data, shape: x.shape.slice(1) });
      const [q, k, v] = inputs;
      const got = engine.attention(swapHeads(first(q)), swapHeads(first(k)), swapHeads(first(v)), { layout: "BLHD" });
      expectBits(swapHeads(got.output), engine.attention(first(q), first(k), first(v)).output);
    }
  });

  it.each([1, 4, 5, 64])("queries in chunks of %i are the whole, align saying where each stands", (chunk) => {
    const random = createRandom(chunk);
    const [L, S] = [130, 140];
    const inputs = randomInputs(random, { H: 2, L, S, D: 8 });
    const [query, key, value] = inputs;
    const mask = randomMask(random, [L, S], 0.9);
    for (const options of [
      { causal: true },
      { window: { left: 9, right: 4 } },
      { alibi: true },
      { causal: true, mask },
    ]) {
      const whole = engine.attention(...inputs, { ...options, align: "bottom-right", ...everything });
      const reference = referenceOf(inputs, { ...options, align: "bottom-right" });
      const allowed = attentionTolerance(reference);
      for (let from = 0; from < L; from += chunk) {
        const to = Math.min(L, from + chunk);
        const got = engine.attention(slice(query, 2, from, to), key, value, {
          ...options,
          ...("mask" in options && { mask: slice(options.mask as typeof mask, 0, from, to) }),
          align: S - L + from,
          returnLse: true,
        });
        const part = (x: ArrayLike<number>, shape: readonly number[]) =>
          slice({ data: Float32Array.from(x), shape }, 2, from, to).data;
        const rows = { rtol: 2, scale: part(allowed.output.scale as Float64Array, whole.output.shape) };
        expectSame("output", got.output, slice(whole.output, 2, from, to), rows);
        const lses = { rtol: 2, scale: part(allowed.lse.scale as Float64Array, whole.lse.shape) };
        expectSame("lse", got.lse, slice(whole.lse, 2, from, to), lses);
      }
    }
  });
});

describe.each(engines)("attention, %s: what does not depend on what", (_, engine) => {
  it("each batch element gives the bits that it gives alone", () => {
    const random = createRandom(7);
    for (const [H, G, L, S] of [
      [2, 2, 1, 50],
      [4, 2, 9, 270],
      [1, 1, 100, 100],
    ] as const) {
      const inputs = randomInputs(random, { B: 3, H, G, L, S, D: 12 });
      const mask = randomMask(random, [3, 1, L, S], 0.8);
      const keyLengths = [S, 3, Math.ceil(S / 2)];
      const whole = engine.attention(...inputs, { mask, keyLengths, ...everything });
      for (let b = 0; b < 3; b++) {
        const own = <T extends Tensor | typeof mask>(x: T) => slice(x, 0, b, b + 1);
        const [query, key, value] = inputs.map(own) as [Tensor, Tensor, Tensor];
        const alone = engine.attention(query, key, value, {
          mask: own(mask),
          keyLengths: [keyLengths[b] as number],
          ...everything,
        });
        for (const name of ["output", "weights", "scores", "lse"] as const) expectBits(own(whole[name]), alone[name]);
      }
    }
  });

  it("NaN in one batch element, head or query stays there", () => {
    const [B, H, L, S] = [2, 2, 7, 40];
    const inputs = randomInputs(createRandom(8), { B, H, L, S, D: 8 });
    const clean = engine.attention(...inputs, everything);
    const spoil = (which: number, rows: number): Inputs => {
      const copy = inputs.map((x) => ({ ...x, data: x.data.slice() })) as [Tensor, Tensor, Tensor];
      copy[which]?.data.fill(Number.NaN, 0, rows * 8);
      return copy;
    };
    const expectRest = (spoilt: Inputs, rows: number): void => {
      const { output, lse } = engine.attention(...spoilt, everything);
      expect(output.data.slice(0, rows * 8).every(Number.isNaN)).toBe(true);
      expectBits(output.data.slice(rows * 8), clean.output.data.slice(rows * 8));
      expectBits(lse.data.slice(rows), clean.lse.data.slice(rows));
    };
    expectRest(spoil(0, 1), 1);
    expectRest(spoil(0, L), L);
    expectRest(spoil(1, S), L);
    expectRest(spoil(1, H * S), H * L);
  });

  it("weights times values is the output, and what is returned changes no bit of it", () => {
    const random = createRandom(9);
    for (const [H, L, S] of [
      [2, 1, 30],
      [3, 5, 300],
      [1, 50, 64],
    ] as const) {
      const inputs = randomInputs(random, { B: 2, H, L, S, D: 8, Dv: 9 });
      for (const options of [
        {},
        { causal: true, align: 3 },
        { sinks: range(H), mask: randomMask(random, [L, S], 0.5) },
      ]) {
        const { output, weights } = engine.attention(...inputs, { ...options, returnWeights: true });
        expectEqual({ output: engine.matmul(weights, inputs[2]) }, { output }, referenceOf(inputs, options));
        for (const returns of [{}, { returnWeights: "mean" }, { returnScores: true }, { returnLse: true }] as const)
          expectBits(engine.attention(...inputs, { ...options, ...returns }).output, output);
      }
    }
  });

  it("weights sum to 1; with a sink to 1 less the sink's share", () => {
    const random = createRandom(10);
    for (const [L, S] of [
      [1, 9],
      [4, 300],
      [33, 65],
    ] as const) {
      const inputs = randomInputs(random, { H: 2, L, S, D: 16 });
      const sinks = [2, -3];
      for (const options of [{}, { sinks }, { sinks, mask: randomMask(random, [L, S], 0.1) }]) {
        const { weights, lse } = engine.attention(...inputs, { ...options, ...everything });
        const sums = range(2 * L).map((row) =>
          weights.data.subarray(row * S, (row + 1) * S).reduce((a, b) => a + b, 0),
        );
        const shares = range(2 * L).map((row) =>
          "sinks" in options ? Math.exp((sinks[Math.floor(row / L)] as number) - (lse.data[row] as number)) : 0,
        );
        const allowed = { atol: softmaxTolerance(S, 20) + dotTolerance(S) + 1e-6 };
        expectSame(
          "sums",
          { data: Float32Array.from(sums), shape: [2 * L] },
          { data: shares.map((x) => 1 - x), shape: [2 * L] },
          allowed,
        );
      }
    }
  });

  it('"mean" is the mean of the weights over heads', () => {
    const random = createRandom(11);
    for (const [H, G, L, S] of [
      [1, 1, 3, 9],
      [4, 2, 1, 300],
      [6, 3, 40, 40],
      [5, 5, 2, 8],
    ] as const) {
      const inputs = randomInputs(random, { B: 2, H, G, L, S, D: 8 });
      const options = { causal: true, align: "bottom-right" } as const;
      const { weights } = engine.attention(...inputs, { ...options, returnWeights: true });
      const mean = engine.attention(...inputs, { ...options, returnWeights: "mean" });
      const means = Float64Array.from({ length: 2 * L * S }, (_, i) => {
        const [b, rest] = [Math.floor(i / (L * S)), i % (L * S)];
        return range(H).reduce((sum, h) => sum + (weights.data[(b * H + h) * L * S + rest] as number), 0) / H;
      });
      expectSame("mean", mean.weights, { data: means, shape: [2, L, S] }, { rtol: dotTolerance(H + 1), atol: 1e-38 });
    }
  });

  it("lse is the log of the sum of exp(scores), and weights are exp(scores - lse)", () => {
    const inputs = randomInputs(createRandom(12), { H: 2, L: 9, S: 70, D: 8 });
    const { scores, lse, weights } = engine.attention(...inputs, { causal: true, align: 60, ...everything });
    const sums = range(18).map((row) =>
      Math.log(scores.data.subarray(row * 70, (row + 1) * 70).reduce((sum, x) => sum + Math.exp(x), 0)),
    );
    expectSame("lse", lse, { data: sums, shape: [1, 2, 9] }, { atol: softmaxTolerance(70, 5) });
    const expected = scores.data.map((x, i) => Math.exp(x - (lse.data[Math.floor(i / 70)] as number)));
    expectSame("weights", weights, { data: expected, shape: weights.shape }, { rtol: softmaxTolerance(70, 10) });
    const alone = engine.scores(inputs[0], inputs[1], { causal: true, align: 60, scale: 1 / Math.sqrt(8) });
    expectBits(alone, scores);
  });
});

describe.each(engines)("the same call gives the same bits, %s", (_, engine) => {
  /** Calls of every path: few rows and many, packed and in place, mechanisms and primitives. */
  function results(on: Attention): object[] {
    const random = createRandom(13);
    const many = randomInputs(random, { B: 2, H: 4, G: 2, L: 37, S: 300, D: 20, Dv: 13 });
    const few = randomInputs(random, { B: 2, H: 2, G: 1, L: 1, S: 300, D: 20, Dv: 13 });
    const mask = randomMask(random, [300], 0.7);
    const [x, y] = [random.tensor([2, 33, 24]), random.tensor([24, 530])];
    const weight = random.tensor([24, 24]);
    const projections = { query: { weight }, output: { weight, bias: random.tensor([24]) } };
    using cache = on.createKvCache({ heads: 1, headSize: 20, valueSize: 13, capacity: 300, batch: 2, dtype: "f16" });
    cache.append(few[1], few[2]);
    return [
      on.attention(...many, { causal: true, align: "bottom-right", ...everything }),
      on.attention(...many, { mask, softcap: 5, alibi: true, align: 9, sinks: [1, 2, 3, 4], returnWeights: "mean" }),
      on.attention(...few, { mask, ...everything }),
      on.attention(few[0], cache, everything),
      on.scores(many[0], many[1]),
      on.multiHeadSelfAttention(x, { heads: 3, projections, returnWeights: true }),
      on.matmul(x, y),
      on.softmax(x),
    ];
  }

  it("on another engine", () => {
    using other = createAttention({ variant: engine.variant });
    expectBits(results(other), results(engine));
  });

  it("after calls that leave NaN, huge and tiny numbers in scratch", () => {
    using fresh = createAttention({ variant: engine.variant });
    const wanted = results(fresh);
    for (const garbage of [Number.NaN, 3e38, -Infinity, 1e-40]) {
      const fill = (...shape: number[]): Tensor => ({
        data: new Float32Array(shape.reduce((a, b) => a * b)).fill(garbage),
        shape,
      });
      for (const L of [1, 50, 100]) {
        engine.attention(fill(2, L, 300), fill(2, 600, 300), fill(2, 600, 90), everything);
        engine.matmul(fill(L, 300), fill(300, 600));
        engine.selfAttention(fill(L, 30), { bias: fill(L, L), returnWeights: "mean" });
      }
      expectBits(results(engine), wanted);
    }
  });

  it("after its memory grew", () => {
    using grown = createAttention({ variant: engine.variant });
    const wanted = results(grown);
    const before = grown.byteLength;
    using held = grown.empty([before / 2]);
    expect(grown.byteLength).toBeGreaterThan(before);
    expect(held.data.length).toBe(before / 2);
    expectBits(results(grown), wanted);
    expectBits(results(grown), wanted);
  });
});

describe.each(engines)("memory that grows under a call, %s", (_, shared) => {
  /** A new engine, so that any large call makes its memory grow, and a tensor of `n` numbers in it. */
  function small(n: number): { engine: Attention; out: WasmTensor } {
    const engine = createAttention({ variant: shared.variant });
    return { engine, out: engine.empty([n, 1]) };
  }
  const random = createRandom(15);
  const key = random.tensor([30_000, 1]);

  it.each([3, 100])("out in wasm memory receives the result: %i rows", (n) => {
    const query = random.tensor([n, 1]);
    const K = 30_000 / n;
    const flat = { data: key.data, shape: [n, K] };
    const calls: [name: string, call: (on: Attention, out?: Tensor) => Tensor][] = [
      ["attention", (on, out) => on.attention(query, key, key, { out }).output],
      ["crossAttention", (on, out) => on.crossAttention(query, key, { out }).output],
      ["matmul", (on, out) => on.matmul(flat, slice(key, 0, 0, K), { out })],
    ];
    for (const [name, call] of calls) {
      const { engine, out } = small(n);
      const before = engine.byteLength;
      const got = call(engine, out);
      expect(engine.byteLength, name).toBeGreaterThan(before);
      expect(got, name).toBe(out);
      expect(out.data, name).toEqual(call(shared).data);
    }
  });
});

describe("the simd variant", () => {
  it("gives these bits on every machine", () => {
    using engine = createAttention({ variant: "simd" });
    const random = createRandom(14);
    // Another order of operations gives others: then this snapshot changes, and the release notes say so.
    // Uniform numbers, scale and slopes are exact in every runtime; normal ones would depend on its Math.log.
    const make = (...shape: number[]): Tensor => ({
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform(-2, 2)),
      shape,
    });
    const options = { causal: true, align: 200, softcap: 4, alibi: true, ...everything } as const;
    const many = engine.attention(make(4, 70, 36), make(2, 300, 36), make(2, 300, 21), options);
    const few = engine.attention(make(4, 2, 36), make(4, 300, 36), make(4, 300, 21), options);
    const product = engine.matmul(make(50, 300), make(300, 70));
    expect(
      [many.output, many.weights, many.scores, many.lse, few.output, few.lse, product].map(checksum),
    ).toMatchInlineSnapshot(`
      [
        "a9cde909",
        "7c52b3f0",
        "e58a77ed",
        "d586d499",
        "4b0a50da",
        "b8ea45cd",
        "a9e3a76f",
      ]
    `);
  });

  /** FNV-1a over the bits. */
  function checksum({ data }: Tensor): string {
    let hash = 0x811c9dc5;
    for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      hash = Math.imul(hash ^ byte, 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  }
});
