// linear_f32 called as the bare export, for every format: across the edges of tiles, panels, strips and blocks, with guard bytes
// round all memory and scratch of just the size that it asks for.
import {
  acrossTile,
  activationTolerance,
  compare,
  createRandom,
  dotTolerance,
  integerLinearTolerance,
  type NumericArray,
  activations as referenceActivations,
  referenceLinear,
  roundToEven,
} from "@attn/conformance";
import { activations, fields, weightFormats } from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import { variants } from "./arena.ts";
import { formats, linear, type NnArena, nnArena, type Packed, pack, unpack } from "./nn.ts";

/** Rows: each of a tile's, and over the edge of the rows that go together (96). */
const ROWS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 16, 17, 19, 95, 96, 97];
/** Outputs: over the edge of a panel, of panels that go by twos and threes, and of a strip (512). */
const OUTPUTS = [...acrossTile(8), 23, 25, 31, 33, 511, 512, 513, 530];
/** Inputs: over the edge of a block of 128, and of one of 512 of int8. */
const INPUTS = [0, 1, 2, 3, 127, 128, 129, 300, 511, 512, 513, 1025];

const f = Math.fround;

/** What int16 activations may lose beside what f32 does: nothing for the other formats. */
function allowed(packed: Packed, table: NumericArray, x: NumericArray, condition: Float64Array): Float64Array {
  const [N, K] = packed.shape;
  const scale = condition.map((size) => dotTolerance(K + 3) * size);
  if (packed.format !== "INT8") return scale;
  const rows = ({ data, shape }: NumericArray): Float64Array[] => {
    const all = Float64Array.from(data);
    return Array.from({ length: Number(shape[0]) }, (_, i) => all.subarray(i * K, i * K + K));
  };
  const norms = rows(table).map((row) => Math.hypot(...row));
  const largest = rows(x).map((row) => Math.max(0, ...row.map(Math.abs)));
  return scale.map(
    (size, i) => size + integerLinearTolerance(Number(largest[Math.floor(i / N)]), Number(norms[i % N]), 32767),
  );
}

function check(arena: NnArena, packed: Packed, table: NumericArray, x: NumericArray): Float32Array {
  const got = linear(arena, packed, x);
  const expected = referenceLinear(x, { weight: table });
  const scale = allowed(packed, table, x, expected.condition);
  const { data } = expected;
  expect(compare(got, data, { rtol: 1, scale }), `${x.shape} by ${packed.shape}`).toBeUndefined();
  arena.expectGuards();
  return got;
}

describe.each(variants)("linear_f32, %s", (variant) => {
  const arena = nnArena(variant);
  const random = createRandom(1);
  const make = (format: Packed["format"], N: number, K: number): [Packed, NumericArray] => {
    arena.reset();
    const packed = pack(arena, format, Float32Array.from(random.tensor([N, K], 0.1).data), [N, K]);
    return [packed, unpack(arena, packed)];
  };

  describe.each(formats)("%s", (format) => {
    it.each(ROWS)("%i rows", (M) => {
      for (const [N, K] of [
        [1, 5],
        [9, 64],
        [40, 130],
      ] as const)
        check(arena, ...make(format, N, K), random.tensor([M, K]));
    });

    it.each(OUTPUTS)("%i outputs", (N) => {
      for (const [M, K] of [
        [1, 33],
        [2, 33],
        [7, 16],
        [18, 5],
      ] as const)
        check(arena, ...make(format, N, K), random.tensor([M, K]));
    });

    it.each(INPUTS)("%i inputs", (K) => {
      for (const [M, N] of [
        [1, 17],
        [2, 9],
        [3, 8],
        [6, 5],
        [20, 33],
      ] as const)
        check(arena, ...make(format, N, K), random.tensor([M, K]));
    });

    it("a row is the same bits whatever rows are beside it", () => {
      const [N, K] = [150, 700];
      const weight = Float32Array.from(random.tensor([N, K]).data);
      const row = Float32Array.from(random.tensor([K]).data);
      /** The row as number `place` of M, among others. */
      const among = (M: number, place: number): Float32Array => {
        arena.reset();
        const x = Float32Array.from(random.tensor([M, K]).data);
        x.set(row, place * K);
        const y = linear(arena, pack(arena, format, weight, [N, K]), { data: x, shape: [M, K] });
        return y.slice(place * N, place * N + N);
      };
      const alone = among(1, 0);
      for (const M of [2, 3, 4, 5, 6, 7, 8, 11, 16, 17, 96, 100])
        for (const place of [0, M - 1]) expect(among(M, place), `${place} of ${M}`).toEqual(alone);
    });

    it("x and y with gaps between their rows: what is there stays", () => {
      const [M, N, K] = [9, 21, 40];
      const [packed, table] = make(format, N, K);
      const x = random.tensor([M, K]);
      const [xStride, yStride] = [4 * (K + 5), 4 * (N + 7)];
      const at = { x: arena.space(M * xStride), y: arena.space(M * yStride) };
      for (let m = 0; m < M; m++)
        new Float32Array(arena.memory.buffer, at.x + m * xStride, K).set(
          Float32Array.from(x.data).subarray(m * K, m * K + K),
        );
      linear(arena, packed, x, { ...at, xStride, yStride });
      const plain = check(arena, packed, table, x);
      for (let m = 0; m < M; m++) {
        expect(arena.f32(at.y + m * yStride, N)).toEqual(plain.slice(m * N, m * N + N));
        expect(arena.f32(at.y + m * yStride + 4 * N, 7).every(Number.isNaN)).toBe(true);
      }
    });

    it.each([
      [541, 300],
      [61, 1100],
    ])("some of a weight's rows [%i, %i]: the same bits as those columns of all of it", (N, K) => {
      for (const M of [1, 2, 5, 20]) {
        const [packed] = make(format, N, K);
        const x = random.tensor([M, K]);
        const all = linear(arena, packed, x);
        for (const [first, rows] of [
          [0, 5],
          [8, 8],
          [16, 3],
          [8, N - 8],
          [N & ~7, N & 7],
        ] as const) {
          const y = arena.space(4 * M * rows);
          const scales = packed.scales && packed.scales + 4 * first;
          linear(arena, packed, x, { y, yStride: 4 * rows, outputs: rows, weightRows: N, firstRow: first, scales });
          const expected = all.filter((_, i) => i % N >= first && i % N < first + rows);
          expect(arena.f32(y, M * rows), `${rows} from ${first} on`).toEqual(expected);
        }
      }
      arena.expectGuards();
    });

    it("bias, activation, multiplier and residual, in this order, and any of them alone", () => {
      const [M, N, K] = [7, 530, 33];
      const [packed, table] = make(format, N, K);
      const x = random.tensor([M, K]);
      const [bias, multiplier, residual] = [random.tensor([N]), random.tensor([M, N]), random.tensor([M, N])];
      const at = [bias, multiplier, residual].map(({ data }) => arena.put(Float32Array.from(data))) as [
        number,
        number,
        number,
      ];
      const sums = linear(arena, packed, x);
      for (const parts of [1, 2, 4, 8, 3, 15]) {
        const fields = {
          ...(parts & 1 && { bias: at[0] }),
          ...(parts & 2 && { activation: activations.SILU }),
          ...(parts & 4 && { multiplier: at[1], multiplierStride: 4 * N }),
          ...(parts & 8 && { residual: at[2], residualStride: 4 * N }),
        };
        const got = linear(arena, packed, x, fields);
        const scale = new Float64Array(M * N);
        const expected = Float64Array.from(sums, (sum, i) => {
          const input = parts & 1 ? f(sum + Number(bias.data[i % N])) : sum;
          const [times, plus] = [parts & 4 ? Number(multiplier.data[i]) : 1, parts & 8 ? Number(residual.data[i]) : 0];
          const activated = parts & 2 ? referenceActivations.silu(input) : input;
          scale[i] =
            Math.abs(input * times) * (activationTolerance + 2 ** -24) +
            (Math.abs(activated * times) + Math.abs(plus)) * 2 ** -24;
          return activated * times + plus;
        });
        expect(compare(got, expected, { rtol: 1, scale }), `parts ${parts}`).toBeUndefined();
      }
      arena.expectGuards();
      expect(table.shape).toEqual([N, K]);
    });

    it("y may be the residual, or the multiplier", () => {
      const [M, N, K] = [5, 600, 140];
      const [packed] = make(format, N, K);
      const [x, other] = [random.tensor([M, K]), random.tensor([M, N])];
      for (const name of ["residual", "multiplier"] as const) {
        const apart = { [name]: arena.put(Float32Array.from(other.data)), [`${name}Stride`]: 4 * N };
        const expected = linear(arena, packed, x, apart);
        const y = arena.put(Float32Array.from(other.data));
        expect(linear(arena, packed, x, { y, [name]: y, [`${name}Stride`]: 4 * N })).toEqual(expected);
      }
    });

    it("NaN, Infinity and numbers too small to scale come out as IEEE 754 says, and stay in their row", () => {
      const [M, N, K] = [20, 11, 513];
      const [packed, table] = make(format, N, K);
      const x = random.tensor([M, K]);
      const special: readonly (readonly [number, number, number])[] = [
        [1, 500, Number.NaN],
        [3, 0, Infinity],
        [8, 512, -Infinity],
      ];
      for (const [row, k, value] of special) x.data[row * K + k] = value;
      for (let k = 0; k < K; k++) x.data[5 * K + k] = Number(x.data[5 * K + k]) * 1e-36;
      x.data.fill(0, 6 * K, 7 * K);
      const expected = Float64Array.from({ length: M * N }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < K; k++)
          sum += Number(x.data[Math.floor(i / N) * K + k]) * Number(table.data[(i % N) * K + k]);
        return sum;
      });
      const few = Float32Array.from(x.data).subarray(3 * K, 4 * K);
      for (const rows of [M, 3]) {
        const got = linear(arena, packed, { data: x.data.slice(0, rows * K), shape: [rows, K] });
        for (let m = 0; m < rows; m++) {
          const row = [m * N, m * N + N] as const;
          const worst = Math.max(...Array.from(expected.slice(...row), (v) => (Number.isFinite(v) ? Math.abs(v) : 0)));
          expect(
            compare(got.slice(...row), expected.slice(...row), { atol: worst * 1e-3 }),
            `row ${m}`,
          ).toBeUndefined();
        }
      }
      expect(linear(arena, packed, { data: few, shape: [1, K] })).toEqual(
        Float32Array.from(expected.slice(3 * N, 4 * N)),
      );
    });
  });

  it("f16: the same bits as the rounded weight has in f32, for one row and for many, large or small", () => {
    const [N, K] = [40, 300];
    const [packed, table] = make("F16", N, K);
    const same = pack(arena, "F32", Float32Array.from(table.data), [N, K]);
    for (const M of [1, 2, 7]) {
      for (const magnitude of [1e-20, 1, 3e4, 4e4, 1e20]) {
        const x = random.tensor([M, K], magnitude);
        expect(linear(arena, packed, x)).toEqual(linear(arena, same, x));
      }
    }
  });

  it("int8: exact sums, the same bits in both variants, as this emulation has them", () => {
    for (const [M, N, K] of [
      [1, 13, 700],
      [2, 9, 5],
      [7, 24, 1030],
      [33, 10, 513],
    ] as const) {
      arena.reset();
      const values = Int8Array.from(random.integers(N * K, -127, 127));
      const scales = Float32Array.from({ length: N }, () => random.uniform(0.001, 0.1));
      const packed = pack(arena, "INT8", values, [N, K], { source: "INT8", sourceScales: scales });
      const x = random.tensor([M, K]);
      const bias = random.tensor([N]).data;
      const expected = Float32Array.from({ length: M * N }, (_, i) => {
        const [m, n] = [Math.floor(i / N), i % N];
        const row = Float32Array.from(x.data).subarray(m * K, m * K + K);
        const largest = row.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        const inverse = f(32767 / largest);
        let total = 0;
        for (let start = 0; start < K; start += 512) {
          let sum = 0;
          for (let k = start; k < Math.min(K, start + 512); k++)
            sum += roundToEven(f(Number(row[k]) * inverse)) * Number(values[n * K + k]);
          total = f(total + f(sum));
        }
        const scaled = f(f(total * f(largest / 32767)) * Number(scales[n]));
        return f(scaled + Number(bias[n]));
      });
      expect(linear(arena, packed, x, { bias: arena.put(Float32Array.from(bias)) })).toEqual(expected);
    }
  });

  it("int8: sums of the largest numbers there can be do not overflow, at any length", () => {
    for (const K of [511, 512, 4128, 4129, 9000]) {
      arena.reset();
      const values = Int8Array.from({ length: 8 * K }, (_, i) => (i < K ? 127 : i < 2 * K ? -127 : i % 2 ? 127 : -127));
      const scales = new Float32Array(8).fill(1);
      const packed = pack(arena, "INT8", values, [8, K], { source: "INT8", sourceScales: scales });
      for (const M of [1, 4, 16]) {
        const got = linear(arena, packed, { data: new Float32Array(M * K).fill(-32767), shape: [M, K] });
        const expected = [-K * 127 * 32767, K * 127 * 32767];
        for (let m = 0; m < M; m++)
          expect(compare(got.slice(8 * m, 8 * m + 2), expected, { rtol: 2 ** -22 })).toBeUndefined();
      }
    }
  });

  it("int8: within 1 % of the weight it was made of, also with channels that stand out", () => {
    const [M, N, K] = [16, 96, 384];
    const weight = random.tensor([N, K], 0.05);
    arena.reset();
    const packed = pack(arena, "INT8", Float32Array.from(weight.data), [N, K]);
    for (const outlier of [1, 50, 200]) {
      const x = random.tensor([M, K]);
      for (let m = 0; m < M; m++)
        for (const k of [7, 100, 311]) x.data[m * K + k] = outlier * Number(x.data[m * K + k]);
      const got = linear(arena, packed, x);
      const expected = referenceLinear(x, { weight }).data;
      for (let m = 0; m < M; m++) {
        let [dot, own, other, error] = [0, 0, 0, 0];
        for (let i = m * N; i < m * N + N; i++) {
          const [g, e] = [Number(got[i]), Number(expected[i])];
          [dot, own, other, error] = [dot + g * e, own + g * g, other + e * e, error + (g - e) ** 2];
        }
        expect(Math.sqrt(error / other)).toBeLessThan(0.01);
        expect(dot / Math.sqrt(own * other)).toBeGreaterThan(0.9999);
      }
    }
  });

  it("f32: long sums of one sign do not drift", () => {
    const K = 16384;
    arena.reset();
    const packed = pack(arena, "F32", new Float32Array(3 * K).fill(0.1), [3, K]);
    for (const M of [1, 2, 3, 4]) {
      const got = linear(arena, packed, { data: new Float32Array(M * K).fill(1), shape: [M, K] });
      expect(compare(got, new Float64Array(3 * M).fill(K * f(0.1)), { rtol: 4e-6 })).toBeUndefined();
    }
  });

  it("linear_f32_scratch reads rows, inputs and format alone", () => {
    arena.reset();
    const block = arena.put(new Int32Array(fields.size / 4).fill(-1));
    const words = new Int32Array(arena.memory.buffer, block, fields.size / 4);
    words.set([5, 30], 0);
    words[3] = weightFormats.INT8;
    const bytes = arena.kernel.linear_f32_scratch(block);
    words.fill(0, 4);
    expect(arena.kernel.linear_f32_scratch(block)).toBe(bytes);
  });
});
