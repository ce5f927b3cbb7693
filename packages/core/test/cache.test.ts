// KvCache: attention over what was appended, in each format, against the float64 reference over the tokens as stored; and
// its life: full, truncated, disposed, made again. Wording of errors is in errors.test.ts.
import {
  type AttentionReferenceOptions,
  acrossTile,
  attentionTolerance,
  createRandom,
  type Random,
  referenceAttention,
} from "@attn/conformance";
import { type Attention, createAttention, type KvCache, type KvCacheOptions, type Tensor, tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { gather, join, nested, range, slice, swapHeads, times } from "./arrays.ts";
import { type CaseOptions, engines, expectSame, randomMask } from "./helpers.ts";
import { asStored, awayFromTies, type Format, formats, half, quantised } from "./stored.ts";

interface Sizes {
  B?: number;
  G?: number;
  D?: number;
  Dv?: number;
}

/** Tokens [B, G, S, D] and [B, G, S, Dv] whose codes in int8 nobody can dispute. */
function tokens(random: Random, S: number, { B = 1, G = 1, D = 8, Dv = D }: Sizes): [key: Tensor, value: Tensor] {
  return [awayFromTies(random.tensor([B, G, S, D])), awayFromTies(random.tensor([B, G, S, Dv]))];
}

/** A cache that holds these tokens, appended in pieces. */
function filled(
  engine: Attention,
  dtype: Format,
  [key, value]: readonly [Tensor, Tensor],
  pieces: readonly number[] = [key.shape[2] as number],
  capacity: number = (key.shape[2] as number) + 3,
): KvCache {
  const [batch, heads, , headSize] = key.shape as [number, number, number, number];
  const cache = engine.createKvCache({ batch, heads, headSize, valueSize: value.shape[3] as number, capacity, dtype });
  let at = 0;
  for (const n of pieces) {
    cache.append(slice(key, 2, at, at + n), slice(value, 2, at, at + n));
    at += n;
  }
  expect(cache.length).toBe(at);
  return cache;
}

const withoutBatch = ({ data, shape }: Tensor): Tensor => ({ data, shape: shape.slice(1) });

/** Asserts all results of attention over the cache, which holds these tokens in this format. */
function expectCached(
  engine: Attention,
  cache: KvCache,
  dtype: Format,
  query: Tensor,
  tokens: readonly [Tensor, Tensor],
  options: CaseOptions = {},
): void {
  const full = { align: "bottom-right", ...options } as AttentionReferenceOptions;
  let [key, value] = tokens.map((x) => asStored(x, dtype)) as [Tensor, Tensor];
  if (options.layout === "BLHD") [key, value] = [swapHeads(key), swapHeads(value)];
  if (query.shape.length === 3) [key, value] = [withoutBatch(key), withoutBatch(value)];
  const expected = referenceAttention(query, key, value, full);
  const allowed = attentionTolerance(expected);
  const got = engine.attention(query, cache, { ...options, returnWeights: true, returnScores: true, returnLse: true });
  for (const name of ["output", "weights", "scores", "lse"] as const)
    expectSame(name, got[name], expected[name], allowed[name]);
  const mean = engine.attention(query, cache, { ...options, returnWeights: "mean" });
  expectSame("mean", mean.weights, expected.meanWeights, allowed.meanWeights);
  expectSame("output alone", engine.attention(query, cache, options).output, got.output);
}

describe.each(engines)("what a cache holds, %s", (_, engine) => {
  it.each(formats)("%s: tokens appended in pieces, for few query rows and many", (dtype) => {
    const random = createRandom(1);
    for (const [S, pieces] of [
      [9, [1, 0, 8]],
      [300, [255, 1, 1, 43]],
    ] as const) {
      for (const [H, G] of [
        [1, 1],
        [4, 2],
        [3, 1],
      ] as const) {
        const held = tokens(random, S, { B: 2, G, D: 12, Dv: 7 });
        using cache = filled(engine, dtype, held, pieces);
        const rows = H === 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1, 2, 5];
        for (const L of rows) expectCached(engine, cache, dtype, random.tensor([2, H, L, 12]), held);
      }
    }
  });

  it("f32: equals the call without a cache", () => {
    const random = createRandom(2);
    for (const [H, G, L] of [
      [1, 1, 1],
      [4, 2, 3],
      [2, 2, 13],
      [1, 1, 97],
    ] as const) {
      const held = tokens(random, 270, { B: 2, G, D: 20, Dv: 9 });
      using cache = filled(engine, "f32", held, [13, 256, 1]);
      const query = random.tensor([2, H, L, 20]);
      const allowed = attentionTolerance(referenceAttention(query, ...held));
      const wanted = engine.attention(query, ...held, { returnLse: true });
      const got = engine.attention(query, cache, { returnLse: true });
      expectSame("output", got.output, wanted.output, { ...allowed.output, rtol: 2 });
      expectSame("lse", got.lse, wanted.lse, { ...allowed.lse, rtol: 2 });
    }
  });

  it.each(formats)("%s: head sizes across vectors, panels and chunks", (dtype) => {
    const random = createRandom(3);
    const sizes = [...new Set([...acrossTile(4), ...acrossTile(8), ...acrossTile(32), 64, 80, 255, 256, 257])];
    for (const size of sizes) {
      for (const [D, Dv] of [
        [size, 3],
        [5, size],
      ] as const) {
        const held = tokens(random, 11, { D, Dv });
        using cache = filled(engine, dtype, held, [4, 7]);
        for (const L of [1, 7]) expectCached(engine, cache, dtype, random.tensor([1, 1, L, D]), held);
      }
    }
  });

  it.each(formats)("%s: lengths across vectors and blocks of keys, and query rows across tiles", (dtype) => {
    const random = createRandom(4);
    for (const S of [...new Set([...acrossTile(4), ...acrossTile(8), ...acrossTile(256), 16, 264])]) {
      const held = tokens(random, S, { D: 6, Dv: 5 });
      using cache = filled(engine, dtype, held);
      for (const L of [1, 4, 5]) expectCached(engine, cache, dtype, random.tensor([1, 1, L, 6]), held);
    }
    const held = tokens(random, 40, { D: 6, Dv: 5 });
    using cache = filled(engine, dtype, held);
    for (const L of [...acrossTile(6), ...acrossTile(96)])
      expectCached(engine, cache, dtype, random.tensor([1, 1, L, 6]), held);
  });

  it.each(formats)("%s: every option", (dtype) => {
    const random = createRandom(5);
    const [B, H, G, S] = [2, 4, 2, 280];
    const held = tokens(random, S, { B, G, D: 10, Dv: 6 });
    using cache = filled(engine, dtype, held, [200, 80]);
    for (const L of [1, 2, 6]) {
      const query = random.tensor([B, H, L, 10]);
      const hiding = random.tensor([B, 1, 1, S]);
      const sinks = [0, 3, -2, 8];
      const cases: CaseOptions[] = [
        { causal: true },
        { causal: true, align: 100 },
        { causal: true, align: "top-left" },
        { causal: true, align: -1 },
        { window: { left: 5 } },
        { window: { left: 30, right: 2 }, align: 120, causal: true },
        { mask: randomMask(random, [L, S], 0.7) },
        { mask: randomMask(random, [B, H, 1, S], 0.02) },
        { mask: randomMask(random, [S], 0) },
        { bias: random.tensor([H, L, S]) },
        { bias: { shape: hiding.shape, data: hiding.data.map((x) => (x > 0 ? -Infinity : x)) }, sinks },
        { alibi: true },
        { alibi: [0.5, 0, -0.1, 2], align: 7 },
        { sinks },
        { softcap: 2, scale: 1 },
        { keyLengths: [S, 3] },
        { keyLengths: [0, 257], causal: true },
        { keyLengths: [11, 260], window: { left: 4, right: 0 }, alibi: true, sinks },
      ];
      for (const options of cases) expectCached(engine, cache, dtype, query, held, options);
    }
  });

  it("query in BLHD, of rank 3, in wasm memory and nested; out", () => {
    const random = createRandom(6);
    const held = tokens(random, 20, { G: 2, D: 6, Dv: 4 });
    using cache = filled(engine, "f32", held);
    for (const L of [1, 7]) {
      const query = random.tensor([1, 4, L, 6]);
      const flat = withoutBatch(query);
      expectCached(engine, cache, "f32", flat, held);
      expectCached(engine, cache, "f32", swapHeads(query), held, { layout: "BLHD", causal: true });
      expectCached(engine, cache, "f32", swapHeads(flat), held, { layout: "BLHD" });
      const { output } = engine.attention(query, cache);
      expect(engine.attention(nested(query), cache).output).toEqual(output);
      using inside = engine.empty(query.shape);
      inside.data.set(query.data);
      using out = engine.empty(output.shape);
      expect(engine.attention(inside, cache, { out }).output).toBe(out);
      expect(out.data).toEqual(output.data);
      const array = new Float32Array(output.data.length);
      expect(engine.attention(query, cache, { out: array }).output.data).toBe(array);
      expect(array).toEqual(output.data);
    }
  });

  it("tokens of rank 3, nested, and from wasm memory", () => {
    const random = createRandom(7);
    const held = tokens(random, 6, { G: 2, D: 5, Dv: 3 });
    const [key, value] = held;
    using cache = engine.createKvCache({ heads: 2, headSize: 5, valueSize: 3, capacity: 6 });
    cache.append(slice(withoutBatch(key), 1, 0, 2), slice(withoutBatch(value), 1, 0, 2));
    cache.append(nested(slice(key, 2, 2, 3)), nested(slice(withoutBatch(value), 1, 2, 3)));
    using k = engine.empty([1, 2, 3, 5]);
    using v = engine.empty([1, 2, 3, 3]);
    k.data.set(slice(key, 2, 3, 6).data);
    v.data.set(slice(value, 2, 3, 6).data);
    cache.append(k, v);
    k.data.fill(0); // what was appended is the cache's own
    expectCached(engine, cache, "f32", random.tensor([1, 2, 3, 5]), held);
  });

  it.each(formats)("%s: nothing yet, and sizes of zero", (dtype) => {
    const random = createRandom(8);
    for (const sizes of [{}, { B: 0 }, { G: 0 }, { D: 0, Dv: 3 }, { D: 4, Dv: 0 }, { B: 2, G: 2 }]) {
      const { B = 1, G = 1, D = 4 } = sizes;
      for (const S of [0, 5]) {
        const held = tokens(random, S, { D, ...sizes });
        using cache = filled(engine, dtype, held, [0, S, 0]);
        for (const L of [0, 1, 6]) {
          expectCached(engine, cache, dtype, random.tensor([B, 2 * G, L, D]), held);
          expectCached(engine, cache, dtype, random.tensor([B, 2 * G, L, D]), held, { causal: true });
        }
      }
    }
    using none = engine.createKvCache({ heads: 1, headSize: 4, capacity: 0, dtype });
    none.append(random.tensor([1, 0, 4]), random.tensor([1, 0, 4]));
    expect(() => none.append(random.tensor([1, 1, 4]), random.tensor([1, 1, 4]))).toThrow(RangeError);
  });
});

describe.each(engines)("decoding, %s", (_, engine) => {
  it.each(formats)("%s: step by step is the whole causal attention", (dtype) => {
    const random = createRandom(9);
    const [H, G, S] = [4, 2, 40];
    const held = tokens(random, S, { B: 2, G, D: 8, Dv: 6 });
    const query = random.tensor([2, H, S, 8]);
    using cache = engine.createKvCache({ batch: 2, heads: G, headSize: 8, valueSize: 6, capacity: S, dtype });
    const steps = range(S).map((t) => {
      cache.append(slice(held[0], 2, t, t + 1), slice(held[1], 2, t, t + 1));
      return engine.attention(slice(query, 2, t, t + 1), cache, { causal: true }).output;
    });
    const stored = held.map((x) => asStored(x, dtype)) as [Tensor, Tensor];
    const expected = referenceAttention(query, ...stored, { causal: true });
    expectSame("output", join(steps, 2), expected.output, attentionTolerance(expected).output);
    expectCached(engine, cache, dtype, query, held, { causal: true });
  });

  it.each(formats)("%s: prefill in chunks is the whole causal attention", (dtype) => {
    const random = createRandom(10);
    const chunks = [1, 2, 64, 5, 200, 3];
    const S = chunks.reduce((a, b) => a + b);
    const held = tokens(random, S, { G: 1, D: 8 });
    const query = random.tensor([1, 2, S, 8]);
    using cache = engine.createKvCache({ heads: 1, headSize: 8, capacity: S, dtype });
    let at = 0;
    const outputs = chunks.map((n) => {
      cache.append(slice(held[0], 2, at, at + n), slice(held[1], 2, at, at + n));
      return engine.attention(slice(query, 2, at, (at += n)), cache, { causal: true, window: { left: 150 } }).output;
    });
    const stored = held.map((x) => asStored(x, dtype)) as [Tensor, Tensor];
    const expected = referenceAttention(query, ...stored, { causal: true, window: { left: 150 } });
    expectSame("output", join(outputs, 2), expected.output, attentionTolerance(expected).output);
  });

  it.each(formats)("%s: tokens taken back and replaced", (dtype) => {
    const random = createRandom(11);
    const first = tokens(random, 270, { G: 2 });
    const second = tokens(random, 30, { G: 2 });
    using cache = filled(engine, dtype, first);
    const query = random.tensor([1, 2, 2, 8]);
    const check = (held: readonly [Tensor, Tensor]): void => {
      expect(cache.length).toBe(held[0].shape[2]);
      expectCached(engine, cache, dtype, query, held, { causal: true });
    };
    const cut = (n: number) => first.map((x) => slice(x, 2, 0, n)) as [Tensor, Tensor];
    cache.truncate(270);
    check(first);
    cache.truncate(243);
    check(cut(243));
    cache.append(...second);
    check([join([cut(243)[0], second[0]], 2), join([cut(243)[1], second[1]], 2)]);
    cache.truncate(0);
    check(cut(0));
    cache.append(...second);
    check(second);
    for (const wrong of [31, -1, 1.5]) expect(() => cache.truncate(wrong)).toThrow(RangeError);
    check(second);
  });

  it.each(formats)("%s: full to the last token, and not one more", (dtype) => {
    const random = createRandom(12);
    const held = tokens(random, 9, { B: 2, G: 2, D: 8, Dv: 5 });
    using cache = filled(engine, dtype, held, [4, 5], 9);
    using neighbour = filled(engine, dtype, held, [9], 9);
    const query = random.tensor([2, 2, 3, 8]);
    const before = engine.attention(query, cache, { returnLse: true });
    const more = (n: number) => tokens(random, n, { B: 2, G: 2, D: 8, Dv: 5 });
    expect([cache.length, cache.capacity]).toEqual([9, 9]);
    cache.append(...more(0));
    for (const n of [1, 100]) expect(() => cache.append(...more(n))).toThrow(RangeError);
    cache.truncate(7);
    expect(() => cache.append(...more(3))).toThrow(RangeError);
    const [key, value] = more(1);
    expect(() => cache.append(key, times(key, 1))).toThrow(RangeError);
    expect(() => cache.append(value, value)).toThrow(RangeError);
    expect(() => cache.append(key, join([value, value], 2))).toThrow(RangeError);
    expect(() => cache.append(gather(key, 1, [0]), gather(value, 1, [0]))).toThrow(RangeError);
    expect(cache.length).toBe(7);
    cache.append(...(held.map((x) => slice(x, 2, 7, 9)) as [Tensor, Tensor]));
    expect(engine.attention(query, cache, { returnLse: true })).toEqual(before);
    expect(engine.attention(query, neighbour, { returnLse: true })).toEqual(before);
  });
});

describe.each(engines)("what a format keeps, %s", (_, engine) => {
  /** Keys and values [1, G, 1, 1] and [1, G, 1, Dv] as they come back: one token has the weight 1. */
  function readBack(dtype: Format, value: Tensor, L: number): Tensor {
    const [, heads, , valueSize] = value.shape as [number, number, number, number];
    using cache = engine.createKvCache({ heads, headSize: 0, valueSize, capacity: 1, dtype });
    cache.append({ data: new Float32Array(), shape: [heads, 1, 0] }, value);
    const query = { data: new Float32Array(), shape: [heads, L, 0] };
    return slice(engine.attention(query, cache).output, 1, L - 1, L);
  }

  it.each([1, 5])("f16: every number of it, and what lies between two, read by %i rows", (L) => {
    const all = Float32Array.from({ length: 2 ** 15 }, (_, bits) => {
      const [exponent, fraction] = [bits >> 10, bits & 1023];
      if (exponent === 31) return fraction ? Number.NaN : Infinity;
      return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
    });
    const shape = [1, 32, 1, 1024];
    const up = (by: number) => all.map((x, i) => x + by * ((all[Math.min(i + 1, 0x7bff)] as number) - x || 2 ** -24));
    for (const data of [all, up(0.5), up(0.49), up(0.51), up(0.25)]) {
      for (const sign of [1, -1]) {
        const value = { data: data.map((x) => sign * x), shape };
        expectSame("what was stored", readBack("f16", value, L), { data: value.data.map(half), shape: [32, 1, 1024] });
      }
    }
  });

  it("f16: subnormals, ±65504, what rounds to Infinity, and NaN, in keys and in values", () => {
    const edges = [
      2 ** -24,
      2 ** -25,
      2 ** -25 * 1.01,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      65519.99,
      65520,
      1e38,
      0,
      Infinity,
      Number.NaN,
    ];
    const data = Float32Array.from(edges.flatMap((x) => [x, -x]));
    const heads = data.length;
    const expected = data.map(half);
    expect([...expected.slice(0, 6), ...expected.slice(12, 16)]).toEqual([
      2 ** -24,
      -(2 ** -24),
      0,
      -0,
      2 ** -24,
      -(2 ** -24),
      65504,
      -65504,
      Infinity,
      -Infinity,
    ]);
    const column = { data, shape: [heads, 1, 1] };
    using cache = engine.createKvCache({ heads, headSize: 1, capacity: 1, dtype: "f16" });
    cache.append(column, column);
    for (const L of [1, 6]) {
      const query = { data: new Float32Array(heads * L).fill(1), shape: [heads, L, 1] };
      const { scores } = engine.attention(query, cache, { scale: 1, returnScores: true });
      const wanted = Float32Array.from({ length: heads * L }, (_, i) => expected[Math.floor(i / L)] as number);
      expectSame("keys", scores, { data: wanted, shape: [heads, L, 1] });
      const back = readBack("f16", { data, shape: [1, heads, 1, 1] }, L);
      expectSame("values", back, { data: expected, shape: [heads, 1, 1] });
    }
  });

  it("int8: rows of zeros, of one number, of any magnitude; NaN where a number of the row is not finite", () => {
    const width = 9;
    const random = createRandom(13);
    const any = awayFromTies(random.tensor([1, width])).data;
    const row = (...numbers: number[]) =>
      Float32Array.from({ length: width }, (_, i) => numbers[i % numbers.length] as number);
    const data = [
      row(0),
      row(-0),
      row(3),
      row(-3),
      row(1, -1),
      row(127, 0.4, -0.6),
      row(1e30, 1),
      row(3e38, -3e38),
      row(1e-30, -1e-30),
      any,
      any.map((x) => x * 1e20),
      any.map((x) => x * 1e-20),
      row(1, Number.NaN),
      row(1, 2, Infinity),
      row(-Infinity),
      row(Infinity, -Infinity),
      row(Number.NaN),
    ];
    const shape = [1, data.length, 1, width];
    const flat = (rows: Float32Array[]) => Float32Array.from(rows.flatMap((x) => [...x]));
    const expected = { data: flat(data.map(quantised)), shape: [data.length, 1, width] };
    for (const L of [1, 5])
      expectSame("values", readBack("int8", { data: flat(data), shape }, L), expected, { rtol: 2 ** -22 });
  });

  it("int8: rows so small that 127 / max overflows are what they are, or zeros", () => {
    for (const size of [1e-37, 1e-38, 1e-40, 2e-43, 1e-43, 1e-44]) {
      const data = Float32Array.of(size, -size, size / 2, 0);
      const expected = { data: quantised(data), shape: [1, 1, 4] };
      for (const L of [1, 5])
        expectSame("values", readBack("int8", { data, shape: [1, 1, 1, 4] }, L), expected, { rtol: 1 });
    }
  });

  // What the docstring of dtype says: a scale for a whole token is as coarse as its largest channel.
  it.each([
    [1, 0.9],
    [50, 11],
    [200, 46],
  ])("int8: with one channel of the keys %i times the others, the output is off by %i %", (factor, percent) => {
    const random = createRandom(22);
    const [G, S, D] = [8, 512, 64];
    const make = (length: number) => random.tensor([G, length, D]);
    const [query, key, value] = [make(16), make(S), make(S)];
    if (factor > 1) for (let i = 0; i < key.data.length; i += D) key.data[i] = factor;
    using cache = engine.createKvCache({ heads: G, headSize: D, capacity: S, dtype: "int8" });
    cache.append(key, value);
    const [got, exact] = [engine.attention(query, cache).output.data, engine.attention(query, key, value).output.data];
    const norm = (x: Float32Array) => Math.hypot(...x);
    const off = (100 * norm(got.map((y, i) => y - (exact[i] as number)))) / norm(exact);
    expect(off).toBeGreaterThan(percent * 0.85);
    expect(off).toBeLessThan(percent * 1.15);
  });

  it.each(formats)("%s: NaN and Infinity in hidden tokens reach nothing, in attended ones their rows", (dtype) => {
    const random = createRandom(14);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const held = tokens(random, 300, { G: 1, D: 6, Dv: 5 });
      for (const x of held) x.data.fill(bad, 290 * (x.shape[3] as number));
      using cache = filled(engine, dtype, held);
      for (const L of [1, 3, 9]) {
        const query = random.tensor([1, 1, L, 6]);
        const finite = (options: CaseOptions) => {
          expectCached(engine, cache, dtype, query, held, options);
          expect(engine.attention(query, cache, options).output.data.every(Number.isFinite)).toBe(true);
        };
        finite({ keyLengths: [290] });
        finite({ causal: true, align: 290 - L });
        finite({ mask: { data: Uint8Array.from({ length: 300 }, (_, j) => (j < 290 ? 1 : 0)), shape: [300] } });
        finite({ window: { left: 4, right: 0 }, align: 100 });
        const { output } = engine.attention(query, cache, { causal: true });
        if (Number.isNaN(bad)) expect(output.data.every(Number.isNaN)).toBe(true);
      }
    }
  });

  it.each(["f32", "f16"] as const)("%s: queries as large and as small as float32 has them meet it", (dtype) => {
    using cache = engine.createKvCache({ heads: 1, headSize: 8, capacity: 2, dtype });
    const key = tensor([[[...Array(8).fill(0.5)], [...Array(8).fill(2 ** -24)]]]);
    cache.append(key, tensor([[Array(8).fill(1), Array(8).fill(2)]]));
    for (const size of [2 ** 120, 2 ** 60, 2 ** -60, 2 ** -120]) {
      const query = tensor([[Array(8).fill(size)]]);
      const { scores, output } = engine.attention(query, cache, { scale: 1, returnScores: true });
      // Powers of two: sums and products are exact, and only what no float32 holds is lost.
      expect([...scores.data]).toEqual([size * 4, Math.fround(size * 2 ** -21)]);
      expect(output.data.every((x) => x >= 1 && x <= 2)).toBe(true);
    }
  });

  it.each(formats)("%s: tokens that are not finite, once taken back, leave no trace", (dtype) => {
    const random = createRandom(21);
    for (const G of [1, 3]) {
      const sizes = { B: 2, G, D: 17, Dv: 9 };
      const held = tokens(random, 20, sizes);
      const bad = tokens(random, 2, sizes);
      const [key, value] = bad;
      // In one number of the last head, so that all heads before are finite.
      key.data[key.data.length - 1] = Infinity;
      value.data[value.data.length - 1] = Number.NaN;
      using clean = filled(engine, dtype, held);
      using cache = filled(engine, dtype, held);
      for (const L of [1, 5]) {
        const query = random.tensor([2, G, L, 17]);
        const wanted = engine.attention(query, clean, { returnWeights: true });
        cache.append(...bad);
        expectCached(engine, cache, dtype, query, [join([held[0], key], 2), join([held[1], value], 2)]);
        cache.truncate(20);
        expect(engine.attention(query, cache, { returnWeights: true })).toEqual(wanted);
        cache.truncate(0);
        cache.append(...held);
        expect(engine.attention(query, cache, { returnWeights: true })).toEqual(wanted);
      }
    }
  });

  it.each(formats)("%s: tokens of very different magnitudes", (dtype) => {
    const random = createRandom(15);
    const [key, value] = tokens(random, 60, { G: 2, D: 16 });
    const by = (x: Tensor, size: number): Tensor => {
      const data = x.data.map((y, i) => y * 10 ** ((Math.floor(i / 16) % 9) * size - 4 * size));
      return awayFromTies({ data, shape: x.shape });
    };
    const held = [by(key, 0.25), by(value, 1)] as const;
    using cache = filled(engine, dtype, held);
    for (const L of [1, 8]) expectCached(engine, cache, dtype, random.tensor([1, 2, L, 16]), held);
  });
});

describe.each(engines)("a cache's life, %s", (_, shared) => {
  const create = (): Attention => createAttention({ variant: shared.variant });
  const plan: KvCacheOptions = { heads: 2, headSize: 16, valueSize: 8, capacity: 500, batch: 2 };

  it("byteLength is what the tokens take, and a little", () => {
    using engine = create();
    for (const [dtype, bytes] of [
      ["f32", 4],
      ["f16", 2],
      ["int8", 1],
    ] as const) {
      using cache = engine.createKvCache({ ...plan, dtype });
      const rows = 2 * 2 * 500;
      const least = rows * (16 + 8) * bytes + (dtype === "int8" ? 2 * 4 * rows : 0);
      expect(cache.byteLength).toBeGreaterThanOrEqual(least);
      expect(cache.byteLength).toBeLessThan(least + 512);
      expect(engine.byteLength).toBeGreaterThanOrEqual(cache.byteLength);
    }
    using usual = engine.createKvCache({ heads: 1, headSize: 8, capacity: 4 });
    expect(usual.byteLength).toBeGreaterThanOrEqual(2 * 8 * 4 * 4);
    expect([usual.length, usual.capacity]).toEqual([0, 4]);
  });

  it("what a disposed cache held goes to the next", () => {
    using engine = create();
    engine.createKvCache(plan).dispose();
    const { byteLength } = engine;
    for (let i = 0; i < 50; i++) engine.createKvCache(plan).dispose();
    for (let i = 0; i < 50; i++) {
      using one = engine.createKvCache({ ...plan, dtype: "f16" });
      using two = engine.createKvCache({ ...plan, dtype: "f16" });
      expect(one.byteLength + two.byteLength).toBeLessThanOrEqual(byteLength);
    }
    expect(engine.byteLength).toBe(byteLength);
  });

  it("dispose is idempotent, and gives its memory back once", () => {
    using engine = create();
    const random = createRandom(16);
    const gone = filled(engine, "f32", tokens(random, 10, {}));
    gone.dispose();
    const [a, b] = [tokens(random, 10, {}), tokens(random, 10, {})];
    using first = filled(engine, "f32", a);
    gone.dispose();
    gone[Symbol.dispose]();
    using second = filled(engine, "f32", b);
    const query = random.tensor([1, 1, 2, 8]);
    expectCached(engine, first, "f32", query, a);
    expectCached(engine, second, "f32", query, b);
  });

  it("a disposed cache says so", () => {
    using engine = create();
    const random = createRandom(17);
    const held = tokens(random, 3, {});
    const cache = filled(engine, "f32", held);
    cache.dispose();
    expect(() => cache.append(...held)).toThrow(/append.*disposed/);
    expect(() => cache.truncate(0)).toThrow(/truncate.*disposed/);
    expect(() => engine.attention(random.tensor([1, 1, 1, 8]), cache)).toThrow(/attention.*cache.*disposed/);
  });

  it("a cache of a disposed engine says so, and may still be disposed", () => {
    const engine = create();
    const random = createRandom(18);
    const held = tokens(random, 3, {});
    const cache = filled(engine, "f32", held);
    engine.dispose();
    expect(() => cache.append(...held)).toThrow(/engine.*disposed/);
    expect(() => cache.truncate(0)).toThrow(/engine.*disposed/);
    cache.dispose();
    cache.dispose();
  });

  it("another engine refuses it", () => {
    using engine = create();
    const random = createRandom(19);
    using cache = filled(engine, "f32", tokens(random, 3, {}));
    expect(() => shared.attention(random.tensor([1, 1, 1, 8]), cache)).toThrow(/engine/);
    expect(cache.length).toBe(3);
  });

  it.each(formats)("%s: outlives memory growth, other calls and other caches", (dtype) => {
    using engine = create();
    const random = createRandom(20);
    const held = tokens(random, 200, { G: 2, D: 16 });
    using cache = filled(engine, dtype, held, [100, 100], 300);
    const query = random.tensor([1, 4, 2, 16]);
    const before = engine.attention(query, cache, { returnWeights: true });
    const { byteLength } = engine;
    using other = filled(engine, dtype, tokens(random, 3000, { G: 2, D: 16 }));
    using tensor = engine.empty([byteLength / 4]);
    tensor.data.fill(Number.NaN);
    const x = random.tensor([200, 64]);
    engine.selfAttention(x, { returnWeights: true });
    engine.matmul(x, x, { transposeB: true });
    other.truncate(0);
    expect(engine.byteLength).toBeGreaterThan(byteLength);
    expect(engine.attention(query, cache, { returnWeights: true })).toEqual(before);
    const more = tokens(random, 100, { G: 2, D: 16 });
    cache.append(...more);
    expectCached(engine, cache, dtype, query, [join([held[0], more[0]], 2), join([held[1], more[1]], 2)]);
  });
});
