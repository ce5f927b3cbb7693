// What float32 may lose and what it may not: long sums, results near the largest float, scales of any size, and weights
// beside a NaN. Through the public API, on every path: packed tiles, few rows, each format of a cache.
import { createRandom, referenceAttention, referenceScores } from "@attn/conformance";
import type { Attention, AttentionOptions, Tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { engines, randomMask } from "./helpers.ts";

/** What a sum of any length may be off, relative to itself. */
const SUM = 2e-6;
/** The largest float. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;
/** Query rows: one and two are read where they lie, twelve go through tiles. */
const ROWS = [1, 2, 12];

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const full = (shape: readonly number[], x: number): Tensor => ({ data: new Float32Array(size(shape)).fill(x), shape });
const of = (shape: readonly number[], ...numbers: number[]): Tensor => ({ data: Float32Array.from(numbers), shape });
/** [rows, numbers.length], all rows the same. */
const columns = (rows: number, numbers: ArrayLike<number>): Tensor => ({
  data: Float32Array.from({ length: rows * numbers.length }, (_, i) => numbers[i % numbers.length] as number),
  shape: [rows, numbers.length],
});
const transposed = ({ data, shape }: Tensor): Tensor => {
  const [rows, n] = shape as [number, number];
  return {
    data: Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * n + Math.floor(i / rows)] as number),
    shape: [n, rows],
  };
};
function total(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] as number;
  return sum;
}

/** Largest relative error. */
function worst(got: ArrayLike<number>, expected: (i: number) => number): number {
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs((got[i] as number) / expected(i) - 1);
    if (!(error <= largest)) largest = error;
  }
  return largest;
}

/** Attention of `rows` query rows in one head; keys and values given. */
const attend = (engine: Attention, rows: number, key: Tensor, value: Tensor, options: AttentionOptions = {}) =>
  engine.attention(full([rows, key.shape.at(-1) as number], 1), key, value, options);

/** The same over a cache of one head. */
function attendCached(
  engine: Attention,
  dtype: "f32" | "f16" | "int8",
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const [S, D, Dv] = [key.shape[0], key.shape[1], value.shape[1]] as [number, number, number];
  using cache = engine.createKvCache({ heads: 1, headSize: D, valueSize: Dv, capacity: S, dtype });
  cache.append({ data: key.data, shape: [1, S, D] }, { data: value.data, shape: [1, S, Dv] });
  return engine.attention({ data: query.data, shape: [1, ...query.shape] }, cache, { align: 0, ...options }).output;
}

/** Numbers of which half round to one side whenever they are added to a sum of some size. */
function constants(n: number): Float32Array {
  const random = createRandom(1);
  const bits = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const zeros = random.integer(2, 15);
    const fraction = random.integer(0, 2 ** (i % 2 === 0 ? 23 : 16) - 1);
    const last = i % 4 < 2 ? fraction % 2 ** zeros : 2 ** (zeros - 1) + random.pick([-1, 1]);
    bits[i] = 0x3f800000 | (fraction - (fraction % 2 ** zeros) + last);
  }
  return new Float32Array(bits.buffer);
}

describe.each(engines)("long sums, %s", (_, engine) => {
  const random = createRandom(2);
  const uniform = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.uniform());

  describe.each([131_072, 1_048_576])("%i terms", (S) => {
    const values = [1, 0.1, 0.3, 1 / 3, 0.7, 1e-20, 12345.678];
    const key = full([S, 1], 0);
    const value = columns(S, [...values, 0]);
    const noise = uniform(S);
    for (let j = 0; j < S; j++) value.data[j * 8 + 7] = noise[j] as number;
    const mean = total(noise) / S;

    it.each(ROWS)("attention over as many equal logits: %i rows", (rows) => {
      const { output, lse } = attend(engine, rows, key, value, { returnLse: true });
      expect(worst(output.data, (i) => [...Float32Array.from(values), mean][i % 8] as number)).toBeLessThanOrEqual(SUM);
      expect(worst(lse?.data as Float32Array, () => Math.log(S))).toBeLessThanOrEqual(1e-7);
    });

    it("logits that creep upwards, of which no block is weighed by all steps since", () => {
      for (const step of [1e-6, 1e-5, 1e-4]) {
        const creeping = { data: Float32Array.from({ length: S }, (_, j) => j * step), shape: [S, 1] };
        let [above, below] = [0, 0];
        for (let j = 0; j < S; j++) {
          const weight = Math.exp((creeping.data[j] as number) - (creeping.data[S - 1] as number));
          above += weight * (j < S / 2 ? 1 : 0.25);
          below += weight;
        }
        const steps = { data: Float32Array.from({ length: S }, (_, j) => (j < S / 2 ? 1 : 0.25)), shape: [S, 1] };
        for (const rows of ROWS) {
          const { output } = attend(engine, rows, creeping, steps, { scale: 1 });
          expect(
            worst(output.data, () => above / below),
            `${step} a key, ${rows} rows`,
          ).toBeLessThanOrEqual(SUM);
        }
      }
    });

    it("softmax sums to 1", () => {
      for (const x of [
        full([S], 0.3),
        { data: noise, shape: [S] },
        { data: noise.map((y, j) => (j % 1000 ? y - 3 : 0)), shape: [S] },
      ]) {
        expect(Math.abs(total(engine.softmax(x).data) - 1)).toBeLessThanOrEqual(SUM);
      }
    });
  });

  it.each(["f32", "f16", "int8"] as const)("a cache in %s", (dtype) => {
    const S = 131_072;
    // What these read back as: halves keep 11 bits, int8 scale/127·127.
    const value = [0.3, 0.1].map((x) => (dtype === "f16" ? Math.round(x * 2 ** 13) / 2 ** 13 : x));
    for (const rows of ROWS) {
      for (const x of value) {
        const output = attendCached(engine, dtype, full([rows, 1], 1), full([S, 1], 0), full([S, 1], x));
        expect(
          worst(output.data, () => x),
          `${x}, ${rows} rows`,
        ).toBeLessThanOrEqual(SUM);
      }
    }
  });

  it.each([1, 3, 8])("matmul, %i rows", (M) => {
    const K = 131_072;
    const values = [1, 0.1, 0.3, 1 / 3, 0.7];
    const b = columns(K, [...values, 0]);
    const noise = uniform(K);
    for (let k = 0; k < K; k++) b.data[k * 6 + 5] = noise[k] as number;
    for (const a of [1, 0.1]) {
      const expected = (i: number) =>
        Math.fround(a) * (i % 6 === 5 ? total(noise) : K * Math.fround(values[i % 6] as number));
      expect(worst(engine.matmul(full([M, K], a), b).data, expected)).toBeLessThanOrEqual(SUM);
      expect(
        worst(engine.matmul(full([M, K], a), transposed(b), { transposeB: true }).data, expected),
      ).toBeLessThanOrEqual(SUM);
    }
  });

  it("matmul keeps the bias, and NaN and Infinity where they belong, in sums of any length", () => {
    const [M, K, N] = [7, 5000, 530];
    const a = full([M, K], 0.5);
    a.data[3 * K + 4000] = Number.NaN;
    a.data[5 * K + 100] = Number.POSITIVE_INFINITY;
    const bias = { data: Float32Array.from({ length: N }, (_, n) => n), shape: [N] };
    for (const transposeB of [false, true]) {
      const b = full(transposeB ? [N, K] : [K, N], 0.25);
      for (const rows of [M, 1]) {
        const first = { data: a.data.subarray((M - rows) * K), shape: [rows, K] };
        const { data } = engine.matmul(rows === 1 ? { data: a.data.subarray(0, K), shape: [1, K] } : first, b, {
          transposeB,
          bias,
        });
        for (let i = 0; i < rows * N; i++) {
          const expected =
            Math.floor(i / N) === 3 ? Number.NaN : Math.floor(i / N) === 5 ? Number.POSITIVE_INFINITY : 625 + (i % N);
          expect(data[i]).toBe(expected);
        }
      }
    }
  });

  it("projections", () => {
    const E = 20_000;
    const weight = full([1, E], 0.3);
    const { output } = engine.selfAttention(full([2, E], 0.1), {
      projections: { query: { weight }, key: { weight }, value: { weight } },
    });
    expect(worst(output.data, () => E * Math.fround(0.1) * Math.fround(0.3))).toBeLessThanOrEqual(SUM);
  });

  it.each(ROWS)("q·k of 131,072 numbers: %i rows", (rows) => {
    const D = 131_072;
    const noise = uniform(D);
    const key = { data: Float32Array.from([...full([D], 1).data, ...noise]), shape: [2, D] };
    const expected = (i: number) => Math.fround(0.1) * (i % 2 === 0 ? D : total(noise));
    expect(worst(engine.scores(full([rows, D], 0.1), key).data, expected)).toBeLessThanOrEqual(SUM);
  });

  it("mergeAttention of thousands of parts", () => {
    const parts = Array.from({ length: 5000 }, () => ({
      output: of([1, 5], 0.1, 0.3, 0.7, 1e-20, 3e30),
      lse: of([1], 2),
    }));
    const { output, lse } = engine.mergeAttention(parts);
    expect(worst(output.data, (i) => parts[0]?.output.data[i] as number)).toBeLessThanOrEqual(1e-7);
    expect(lse.data[0]).toBeCloseTo(2 + Math.log(5000), 5);
  });

  it("no constant drifts more, however its last bits round", () => {
    const each = constants(512);
    for (const S of [100, 256, 2048, 5000]) {
      const b = columns(S, each);
      const expected = (i: number) => S * (each[i % each.length] as number);
      for (const rows of ROWS) {
        const { output } = attend(engine, rows, full([S, 1], 0), b);
        expect(
          worst(output.data, (i) => expected(i) / S),
          `attention, ${rows} × ${S}`,
        ).toBeLessThanOrEqual(SUM);
      }
      for (const M of [1, 8]) {
        expect(worst(engine.matmul(full([M, S], 1), b).data, expected), `matmul, ${M} × ${S}`).toBeLessThanOrEqual(SUM);
        const other = engine.matmul(full([M, S], 1), transposed(b), { transposeB: true });
        expect(worst(other.data, expected), `matmul, ${M} × ${S}, transposed`).toBeLessThanOrEqual(SUM);
        expect(
          worst(engine.scores(full([M, S], 1), transposed(b)).data, expected),
          `scores, ${M} × ${S}`,
        ).toBeLessThanOrEqual(SUM);
      }
    }
  });
});

describe.each(engines)("what is finite stays finite, %s", (_, engine) => {
  /** A few units in the last place: of a mean of thousands of numbers. */
  const near = (got: ArrayLike<number>, expected: number): void =>
    expect(worst(got, () => expected)).toBeLessThanOrEqual(SUM);

  it.each([
    ["two of 3e38", 2, 3e38],
    ["4096 of 1e35", 4096, 1e35],
    ["300 of the largest float", 300, LARGEST],
    ["300 of the largest negative float", 300, -LARGEST],
    ["5000 of the largest float", 5000, LARGEST],
  ])("attention to values of one size: %s", (_, S, x) => {
    for (const rows of ROWS) {
      near(attend(engine, rows, full([S, 1], 0), full([S, 3], x)).output.data, x);
      for (const dtype of ["f32", "int8"] as const)
        near(attendCached(engine, dtype, full([rows, 1], 1), full([S, 1], 0), full([S, 3], x)).data, x);
      // Also where a mask is looked at key by key, and a sink takes its share.
      near(
        attend(engine, rows, full([S, 1], 0), full([S, 3], x), {
          mask: { data: new Uint8Array(S).fill(1), shape: [1, S] },
        }).output.data,
        x,
      );
      near(attend(engine, rows, full([S, 1], 0), full([S, 3], x), { sinks: [Math.log(S)] }).output.data, x / 2);
    }
  });

  it("the largest float, however many of it there are", () => {
    for (let S = 1; S < 300; S++) {
      for (const rows of [1, 12])
        near(attend(engine, rows, full([S, 1], 0.1), full([S, 1], LARGEST)).output.data, LARGEST);
    }
    // With weights whose sum is rounded, a mean may be rounded past it.
    const random = createRandom(6);
    for (const rows of [2, 96]) {
      const { output } = engine.attention(random.tensor([rows, 4]), random.tensor([77, 4]), full([77, 2], -LARGEST));
      near(output.data, -LARGEST);
    }
  });

  it("where later keys weigh more than the first", () => {
    // By less than what moves the running reference, by more, and by much more; the mean is taken of two sizes.
    for (const more of [5.4, 6, 30]) {
      const key = of([512, 1], ...Array.from({ length: 512 }, (_, j) => (j < 256 ? 0 : more)));
      const value = of([512, 2], ...Array.from({ length: 1024 }, (_, i) => (i % 2 ? LARGEST : i < 512 ? 3e38 : -3e38)));
      const share = 1 / (1 + Math.exp(-more));
      for (const rows of ROWS) {
        const { data } = attend(engine, rows, key, value, { scale: 1 }).output;
        for (let i = 0; i < data.length; i += 2) {
          expect(Math.abs((data[i] as number) / 3e38 - (1 - 2 * share))).toBeLessThanOrEqual(SUM);
          near(data.slice(i + 1, i + 2), LARGEST);
        }
      }
    }
  });

  it("and what is not stays infinite, in sums of any length", () => {
    for (const S of [3, 300, 5000]) {
      const value = full([S, 2], 1);
      value.data[0] = Number.POSITIVE_INFINITY;
      value.data[1] = Number.NaN;
      for (const rows of ROWS) {
        const { data } = attend(engine, rows, full([S, 1], 0), value).output;
        for (let i = 0; i < data.length; i++) expect(data[i]).toBe(i % 2 ? Number.NaN : Number.POSITIVE_INFINITY);
      }
    }
  });

  it("halves as large as they can be", () => {
    for (const rows of ROWS)
      near(attendCached(engine, "f16", full([rows, 1], 1), full([9000, 1], 0), full([9000, 2], 65504)).data, 65504);
  });

  it("large values of both signs and small ones beside them, as the reference has it", () => {
    const random = createRandom(3);
    for (const S of [3, 70, 600]) {
      const [query, key] = [random.tensor([13, 4]), random.tensor([S, 4])];
      const value = {
        data: Float32Array.from(
          { length: S * 6 },
          (_, i) => random.uniform(-1, 1) * 10 ** ((i % 6) * 7 - 1) * (i % 6 === 5 ? 3e4 : 1),
        ),
        shape: [S, 6],
      };
      const expected = referenceAttention(query, key, value);
      const { data } = engine.attention(query, key, value).output;
      for (let i = 0; i < data.length; i++) {
        expect(Math.abs((data[i] as number) - (expected.output.data[i] as number))).toBeLessThanOrEqual(
          1e-5 * (expected.condition[i] as number),
        );
      }
    }
  });

  it("rows beside one whose sums pass all floats keep their bits, and their weights", () => {
    const random = createRandom(4);
    const [query, key, value] = [random.tensor([20, 8]), random.tensor([40, 8]), random.tensor([40, 9])];
    const mask = randomMask(random, [20, 40], 0.7);
    for (let l = 0; l < 20; l++) mask.data[l * 40 + 17] = l === 7 ? 1 : 0;
    const options = { mask, returnWeights: true, returnScores: true, returnLse: true } as const;
    const before = engine.attention(query, key, value, options);
    const changes = [
      ["value", LARGEST],
      ["key", LARGEST],
      ["key", Number.NaN],
      ["key", Number.NEGATIVE_INFINITY],
    ] as const;
    for (const [changed, x] of changes) {
      const other = { key: { ...key, data: key.data.slice() }, value: { ...value, data: value.data.slice() } };
      const width = changed === "key" ? 8 : 9;
      other[changed].data.fill(x, 17 * width, 18 * width);
      const after = engine.attention(query, other.key, other.value, options);
      for (const name of ["output", "weights", "scores", "lse"] as const) {
        const n = after[name].data.length / 20;
        const others = ({ data }: Tensor) => [...data.slice(0, 7 * n), ...data.slice(8 * n)];
        expect(others(after[name]), `${x} in ${changed}: ${name}`).toEqual(others(before[name]));
      }
    }
  });

  it("mergeAttention near the largest float", () => {
    for (const count of [2, 3, 7, 1000]) {
      const parts = Array.from({ length: count }, (_, p) => ({
        output: of([1, 5], LARGEST, LARGEST, LARGEST, -LARGEST, 1),
        lse: of([1], p % 3),
      }));
      const { data } = engine.mergeAttention(parts).output;
      expect([...data.slice(0, 4)]).toEqual([LARGEST, LARGEST, LARGEST, -LARGEST]);
      expect(data[4]).toBeCloseTo(1, 6);
    }
  });

  it("int8 products with a query that passes all floats before a token's scale is applied", () => {
    for (const rows of ROWS) {
      for (const [q, k] of [
        [1e36, 1e-36],
        [-1e36, 1e-36],
        [3e38, 3e-39],
        [1e37, 1e-30],
      ] as const) {
        const D = 4;
        const key = {
          data: Float32Array.from({ length: 3 * D }, (_, i) => k * (1 + Math.floor(i / D))),
          shape: [3, D],
        };
        const weights = Array.from({ length: 3 }, (_, j) =>
          Math.exp(Math.fround(q) * D * ((key.data[j * D] as number) - (key.data[2 * D] as number))),
        );
        const expected = (weights[1] as number) / total(weights);
        const got = attendCached(engine, "int8", full([rows, D], q), key, of([3, 1], 0, 1, 0), { scale: 1 }).data;
        for (const x of got) expect(x).toBeCloseTo(expected, 5);
      }
    }
  });
});

describe.each(engines)("scale multiplies q·k, %s", (_, engine) => {
  it.each([
    [1e35, 1e-35, 1e4, 1e4],
    [1e-15, 1e30, 1e-30, 1e-15],
    [1e30, 1e30, 1e-30, 1e30],
    [3e38, 3e38, 1e-38, 9e38 * 1 > LARGEST ? Number.POSITIVE_INFINITY : 0],
    [1e-38, 1e38, 1e-7, 1e-7],
    [1e-40, 1e38, 1, 1e-2],
    [1e20, 1e-30, 1e25, 1e15],
    [2e38, -2e38, 1e-38, Number.NEGATIVE_INFINITY],
  ])("%d · %d · %d", (q, k, scale, expected) => {
    for (const rows of ROWS) {
      for (const x of engine.scores(full([rows, 1], q), full([3, 1], k), { scale }).data) {
        if (Number.isFinite(expected)) expect(Math.abs(x / expected - 1)).toBeLessThanOrEqual(1e-4);
        else expect(x).toBe(expected);
      }
    }
  });

  it("whatever its size and theirs, as the reference has it", () => {
    const random = createRandom(5);
    for (let i = 0; i < 300; i++) {
      const [L, S, D] = [random.pick([1, 2, 13]), random.pick([1, 9]), random.pick([1, 5, 64])];
      const [a, b] = [random.uniform(-37, 37), random.uniform(-37, 37)];
      // The result is somewhere among the normal floats, however large or small its factors are.
      const scale = Math.fround(10 ** Math.min(38, Math.max(-37, random.uniform(-30, 30) - a - b)));
      const query = random.tensor([L, D], 10 ** a);
      const key = random.tensor([S, D], 10 ** b);
      const expected = referenceScores(query, key, { scale });
      const { data } = engine.scores(query, key, { scale });
      for (let j = 0; j < data.length; j++) {
        const [got, right, terms] = [data[j], expected.data[j], expected.sensitivity[j]] as [number, number, number];
        if (Math.abs(right) > LARGEST || terms < 1e-30) continue;
        expect(Math.abs(got - right), `${a} ${b} ${scale}`).toBeLessThanOrEqual(2e-6 * terms);
      }
    }
  });

  it("products that cancel are not lost on the way", () => {
    const [query, key] = [of([1, 2], 3e38, 3e38), of([2, 2], 2, -2, -2, 2)];
    expect([...engine.scores(query, key).data]).toEqual([0, 0]);
    expect([...engine.attention(query, key, of([2, 1], 1, 3), { scale: 1 }).output.data]).toEqual([2]);
    const many = { data: Float32Array.from({ length: 24 }, () => 3e38), shape: [12, 2] };
    expect([...engine.attention(many, key, of([2, 1], 1, 3), { scale: 1 }).output.data]).toEqual(Array(12).fill(2));
  });

  it("in attention, over tensors and caches", () => {
    const weights = [1, 2, 3].map(Math.exp);
    const expected = (weights[1] as number) / total(weights);
    for (const rows of ROWS) {
      for (const [q, k, scale] of [
        [1e35, 1e-39, 1e4],
        [1e-30, 1e38, 1e-8],
        [1e30, 1e8, 1e-38],
      ] as const) {
        const [query, key] = [full([rows, 1], q), { data: Float32Array.from([1, 2, 3], (x) => x * k), shape: [3, 1] }];
        for (const x of engine.attention(query, key, of([3, 1], 0, 1, 0), { scale }).output.data)
          expect(x).toBeCloseTo(expected, 5);
        for (const dtype of ["f32", "int8"] as const) {
          for (const x of attendCached(engine, dtype, query, key, of([3, 1], 0, 1, 0), { scale }).data)
            expect(x).toBeCloseTo(expected, 5);
        }
      }
      const [query, key] = [full([rows, 1], 1e-30), of([3, 1], 1, 2, 3)];
      for (const x of attendCached(engine, "f16", query, key, of([3, 1], 0, 1, 0), { scale: 1e30 }).data)
        expect(x).toBeCloseTo(expected, 3);
      const tiny = attendCached(
        engine,
        "f16",
        full([rows, 1], 1e10),
        { data: Float32Array.from([1, 2, 3], (x) => x * 2 ** -20), shape: [3, 1] },
        of([3, 1], 0, 1, 0),
        { scale: 2 ** 20 / 1e10 },
      );
      for (const x of tiny.data) expect(x).toBeCloseTo(expected, 3);
    }
  });

  it("0 makes every logit 0", () => {
    expect([...engine.scores(of([2, 1], 3, 1e30), of([2, 1], 5, 1e30), { scale: 0 }).data]).toEqual([0, 0, 0, 0]);
    expect([
      ...engine.attention(of([2, 1], 3, 1e30), of([2, 1], 5, 7), of([2, 1], 1, 3), { scale: 0 }).output.data,
    ]).toEqual([2, 2]);
  });
});

describe.each(engines)("weights of hidden keys are 0 beside a NaN, %s", (_, engine) => {
  const [L, S] = [5, 6];
  const masked = {
    data: Uint8Array.from({ length: L * S }, (_, i) => (i % S === 1 || i % S === 4 ? 0 : 1)),
    shape: [L, S],
  };
  const hiding = {
    data: Float32Array.from(masked.data, (keep) => (keep ? 0 : Number.NEGATIVE_INFINITY)),
    shape: [L, S],
  };
  const cases: [what: string, options: AttentionOptions, hidden: (l: number, j: number) => boolean][] = [
    ["a mask", { mask: masked }, (_, j) => j === 1 || j === 4],
    ["a bias of -Infinity", { bias: hiding }, (_, j) => j === 1 || j === 4],
    [
      "one number of bias a row",
      { bias: of([L, 1], 0, Number.NEGATIVE_INFINITY, 0, 0, 0), causal: true, align: 0 },
      (l, j) => l === 1 || j > l,
    ],
    ["causal", { causal: true, align: 0 }, (l, j) => j > l],
    ["a window", { window: { left: 1, right: 1 }, align: 0 }, (l, j) => Math.abs(j - l) > 1],
    ["keyLengths", { keyLengths: [3] }, (_, j) => j >= 3],
  ];

  it.each(cases)("%s", (_, options, hidden) => {
    for (const heads of [1, 3]) {
      const [query, key, value] = [full([1, heads, L, 2], 1), full([1, heads, S, 2], 1), full([1, heads, S, 2], 1)];
      key.data.fill(Number.NaN, 0, 2);
      for (const returnWeights of [true, "mean"] as const) {
        const { weights } = engine.attention(query, key, value, { ...options, returnWeights });
        for (let i = 0; i < weights.data.length; i++) {
          const [l, j] = [Math.floor(i / S) % L, i % S];
          if (hidden(l, j)) expect(weights.data[i], `${l}, ${j}`).toBe(0);
          else if (!hidden(l, 0) && i < L * S) expect(weights.data[i], `${l}, ${j}`).toBeNaN();
        }
      }
      if (options.keyLengths) continue;
      using cache = engine.createKvCache({ heads, headSize: 2, capacity: S });
      cache.append({ data: key.data, shape: [heads, S, 2] }, { data: value.data, shape: [heads, S, 2] });
      const { weights } = engine.attention({ data: query.data, shape: [heads, L, 2] }, cache, {
        align: 0,
        ...options,
        returnWeights: true,
      });
      for (let i = 0; i < weights.data.length; i++)
        if (hidden(Math.floor(i / S) % L, i % S)) expect(weights.data[i]).toBe(0);
    }
  });
});
