// The layers between products, as the bare exports: norms, activations, positions, and the small passes over rows; across the
// edges of vectors, with guard bytes round all memory.
import {
  activationTolerance,
  compare,
  createRandom,
  dotTolerance,
  type NumericArray,
  normTolerance,
  referenceActivation,
  referenceLayerNorm,
  referenceRelativeBias,
  referenceRmsNorm,
  referenceRope,
  referenceSinusoidalPositions,
  relativeBucket,
  rotationTolerance,
} from "@attn/conformance";
import { activations } from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import { variants } from "./arena.ts";
import { type NnArena, nnArena } from "./nn.ts";

/** Across a vector of four, and sixteen numbers that are summed side by side. */
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 384];
const f = Math.fround;

const put = (arena: NnArena, { data }: NumericArray): number => arena.put(Float32Array.from(data));

/** `rows` of n numbers, `gap` numbers between them that stay as they were. */
function putRows(arena: NnArena, { data, shape: [rows = 0, n = 0] }: NumericArray, gap: number): [number, number] {
  const stride = 4 * (n + gap);
  const at = arena.space(rows * stride);
  for (let i = 0; i < rows; i++)
    new Float32Array(arena.memory.buffer, at + i * stride, n).set(Float32Array.from(data).subarray(i * n, i * n + n));
  return [at, stride];
}

function takeRows(arena: NnArena, at: number, stride: number, rows: number, n: number): Float32Array {
  return Float32Array.from(Array.from({ length: rows }, (_, i) => [...arena.f32(at + i * stride, n)]).flat());
}

describe.each(variants)("%s", (variant) => {
  const arena = nnArena(variant);
  const { kernel } = arena;
  const random = createRandom(5);

  describe.each(["layer_norm_f32", "rms_norm_f32"] as const)("%s", (name) => {
    const centred = name === "layer_norm_f32";
    const run = (
      y: number[],
      sum: number[],
      x: number[],
      residual: number[],
      rows: number,
      n: number,
      rest: number[],
    ): void => (kernel[name] as (...args: number[]) => void)(...y, ...sum, ...x, ...residual, rows, n, ...rest);
    const reference = centred ? referenceLayerNorm : referenceRmsNorm;

    it.each(WIDTHS)("rows of %i numbers, with gaps, with and without parameters and residual", (n) => {
      for (const parts of [0, 1, 2, 3, 4, 7, 15]) {
        arena.reset();
        const rows = 3;
        const [x, added] = [random.tensor([rows, n]), random.tensor([rows, n])];
        const [weight, bias] = [random.tensor([n]), random.tensor([n])];
        const hasResidual = (parts & 4) > 0;
        const source = hasResidual
          ? { ...x, data: Float32Array.from(x.data, (v, i) => f(v + Number(added.data[i]))) }
          : x;
        const [from, residual] = [putRows(arena, x, 3), hasResidual ? putRows(arena, added, 1) : [0, 0]];
        const sum = parts & 8 ? putRows(arena, { ...x, data: x.data }, 2) : [0, 0];
        const y = putRows(arena, { ...x, data: new Float32Array(rows * n) }, 5);
        const parameters = [parts & 1 ? put(arena, weight) : 0, ...(centred ? [parts & 2 ? put(arena, bias) : 0] : [])];
        run(y, sum, from, residual, rows, n, [...parameters, 1e-5]);
        const given = { ...(parts & 1 && { weight }), ...(centred && parts & 2 && { bias }), eps: 1e-5 };
        const expected = reference(source, given);
        const allowed = { rtol: normTolerance(n), scale: expected.condition };
        expect(
          compare(takeRows(arena, y[0] as number, y[1] as number, rows, n), expected.data, allowed),
        ).toBeUndefined();
        if (parts & 8)
          expect(takeRows(arena, sum[0] as number, sum[1] as number, rows, n)).toEqual(Float32Array.from(source.data));
        expect(takeRows(arena, from[0] as number, from[1] as number, rows, n)).toEqual(Float32Array.from(x.data));
        arena.expectGuards();
      }
    });

    it("in place: y is x, and the sum is written where the residual was", () => {
      const [rows, n] = [4, 37];
      const [x, added] = [random.tensor([rows, n]), random.tensor([rows, n])];
      const source = { ...x, data: Float32Array.from(x.data, (v, i) => f(v + Number(added.data[i]))) };
      arena.reset();
      const [at, residual] = [put(arena, x), put(arena, added)];
      const stride = 4 * n;
      run(
        [at, stride],
        [residual, stride],
        [at, stride],
        [residual, stride],
        rows,
        n,
        centred ? [0, 0, 1e-6] : [0, 1e-6],
      );
      const expected = reference(source, { eps: 1e-6 });
      const allowed = { rtol: normTolerance(n), scale: expected.condition };
      expect(compare(arena.f32(at, rows * n), expected.data, allowed)).toBeUndefined();
      expect(arena.f32(residual, rows * n)).toEqual(source.data);
    });

    it("a large mean, a constant row, zeros, a row as small as eps, and what is not finite", () => {
      const n = 40;
      const large = Float32Array.from(random.tensor([n]).data, (v) => v + 1000);
      const small = Float32Array.from(random.tensor([n], 1e-3).data);
      const rows = [large, new Float32Array(n).fill(7), new Float32Array(n), small, new Float32Array(n).fill(1)];
      (rows[4] as Float32Array)[5] = Number.NaN;
      const x = { data: rows.flatMap((row) => [...row]), shape: [5, n] };
      arena.reset();
      const [at, y] = [put(arena, x), arena.space(20 * n)];
      run([y, 4 * n], [0, 0], [at, 4 * n], [0, 0], 5, n, centred ? [0, 0, 1e-5] : [0, 1e-5]);
      const expected = reference(x, { eps: 1e-5 });
      const allowed = { rtol: normTolerance(n), scale: expected.condition };
      expect(compare(arena.f32(y, 5 * n), expected.data, allowed)).toBeUndefined();
    });
  });

  describe("activate_f32", () => {
    const kinds = { RELU: "relu", GELU: "gelu", GELU_TANH: "geluTanh", SILU: "silu" } as const;
    const names = Object.keys(kinds) as (keyof typeof kinds)[];
    const activate = (x: Float32Array, kind: keyof typeof activations, inPlace = false): Float32Array => {
      const at = arena.put(x);
      const y = inPlace ? at : arena.space(x.byteLength);
      kernel.activate_f32(y, at, x.length, activations[kind], arena.space(kernel.activate_f32_scratch()));
      return arena.f32(y, x.length);
    };

    it.each(names)("%s over all magnitudes", (name) => {
      arena.reset();
      const steps = Array.from({ length: 8001 }, (_, i) => (i - 4000) / 200);
      const small = Array.from({ length: 240 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** (i / 2 - 119));
      const x = Float32Array.of(...steps, ...small, 1e30, -1e30, 100, -100, 0);
      const expected = referenceActivation(kinds[name], { data: x, shape: [x.length] });
      const allowed = { rtol: activationTolerance, scale: x.map(Math.abs), atol: 2 ** -126 };
      expect(compare(activate(x, name), expected.data, allowed)).toBeUndefined();
    });

    it.each(names)("%s of NaN and the infinities", (name) => {
      arena.reset();
      const got = activate(Float32Array.of(Number.NaN, Infinity, -Infinity, Number.NaN, -Infinity), name);
      expect([...got].map((y) => y + 0)).toEqual([Number.NaN, Infinity, 0, Number.NaN, 0]);
    });

    it.each(["NONE", ...names] as const)(
      "%s of any number of numbers, in place too, each with the same bits",
      (name) => {
        const x = Float32Array.from(random.tensor([20], 3).data);
        arena.reset();
        const all = activate(x, name);
        for (const n of [0, 1, 2, 3, 4, 5, 7, 8, 9]) {
          arena.reset();
          expect(activate(x.slice(0, n), name, n % 2 === 1)).toEqual(all.slice(0, n));
          arena.expectGuards();
        }
      },
    );
  });

  describe("positions", () => {
    const frequencies = (count: number, dimensions: number, theta: number): number => {
      const at = arena.space(8 * count);
      kernel.frequencies_f64(at, count, dimensions, theta);
      return at;
    };

    it.each([1, 2, 100, 10000, 500000, 1e6])("frequencies_f64 with theta %d", (theta) => {
      for (const dimensions of [2, 64, 128]) {
        arena.reset();
        const at = frequencies(dimensions / 2, dimensions, theta);
        const expected = Array.from({ length: dimensions / 2 }, (_, i) => theta ** ((-2 * i) / dimensions));
        const got = new Float64Array(arena.memory.buffer, at, dimensions / 2);
        expect(compare(got, expected, { rtol: 1e-14 })).toBeUndefined();
        arena.expectGuards();
      }
    });

    /** An f32 of a number that is off by up to 1e-10 is off by half a unit and a little more. */
    const waves = { rtol: 2 ** -24, atol: 1e-10 };

    it.each([0, 17, 4000, 100003, 1e6])("sinusoids_f32 from position %i on, interleaved and in halves", (start) => {
      for (const [rows, width] of [
        [1, 2],
        [3, 8],
        [2, 7],
        [4, 64],
      ] as const) {
        const sines = Math.ceil(width / 2);
        for (const style of ["interleaved", "halves"] as const) {
          arena.reset();
          const table = frequencies(sines, width, 10000);
          const y = arena.space(4 * rows * width);
          const [step, cosines] = style === "halves" ? [4, y + 4 * sines] : [8, y + 4];
          kernel.sinusoids_f32(y, sines, cosines, width - sines, step, 4 * width, rows, table, start, 0);
          const expected = referenceSinusoidalPositions(rows, width, { style, start });
          expect(compare(arena.f32(y, rows * width), expected.data, waves), `${rows}×${width}`).toBeUndefined();
          arena.expectGuards();
        }
      }
    });

    it.each(["half", "interleaved"] as const)("rope_f32, %s: strided heads in place, given positions", (style) => {
      for (const D of [2, 6, 8, 10, 64]) {
        for (const turning of [D, D / 2 - ((D / 2) % 2)]) {
          arena.reset();
          const [rows, heads, pairs] = [4, 3, turning / 2];
          const positions = [3, 0, 4001, 11.5];
          const table = arena.space(8 * rows * pairs);
          const at = arena.put(Float64Array.from(positions));
          const own = frequencies(pairs, turning, 10000);
          kernel.sinusoids_f32(table + 4 * pairs, pairs, table, pairs, 4, 8 * pairs, rows, own, 0, at);
          // [rows, heads, D] beside D numbers that are not heads.
          const x = random.tensor([rows, (heads + 1) * D]);
          const place = put(arena, x);
          kernel.rope_f32(
            place,
            4 * (heads + 1) * D,
            4 * D,
            rows,
            heads,
            pairs,
            style === "interleaved" ? 1 : 0,
            table,
          );
          const got = arena.f32(place, rows * (heads + 1) * D);
          const pick = (data: ArrayLike<number>, h: number): number[] =>
            Array.from({ length: rows * D }, (_, i) =>
              Number(data[Math.floor(i / D) * (heads + 1) * D + h * D + (i % D)]),
            );
          for (let h = 0; h < heads; h++) {
            const head = { data: pick(x.data, h), shape: [rows, D] };
            const expected = referenceRope(head, { style, positions, dimensions: turning });
            const allowed = { rtol: rotationTolerance, scale: expected.condition };
            expect(compare(pick(got, h), expected.data, allowed), `${turning} of ${D}`).toBeUndefined();
          }
          expect(pick(got, heads)).toEqual(pick(x.data, heads));
          arena.expectGuards();
        }
      }
    });

    it("relative_bias_f32: a row of distances for each head, which queries read from different places on", () => {
      const [buckets, heads, L, S] = [32, 3, 5, 9];
      const table = random.tensor([buckets, heads]);
      arena.reset();
      // Distances -(L-1) … S-1: key j of query i has distance j - i.
      const distances = Array.from({ length: L + S - 1 }, (_, i) => i - L + 1);
      const ids = Int32Array.from(distances, (d) => relativeBucket(d, { bidirectional: true }));
      const y = arena.space(4 * heads * ids.length);
      kernel.relative_bias_f32(y, 4 * ids.length, put(arena, table), heads, arena.put(ids), ids.length);
      const rows = arena.f32(y, heads * ids.length);
      const got = Float64Array.from({ length: heads * L * S }, (_, at) => {
        const [h, i, j] = [Math.floor(at / (L * S)), Math.floor(at / S) % L, at % S];
        return Number(rows[h * ids.length + (L - 1 - i) + j]);
      });
      expect(got).toEqual(referenceRelativeBias(table, L, S, { bidirectional: true }).data);
      arena.expectGuards();
    });
  });

  describe("rows", () => {
    it.each(WIDTHS)("add_f32_rows of %i numbers: scaled, added, in place", (n) => {
      const [x, r] = [random.tensor([3, n]), random.tensor([3, n])];
      for (const [adds, target] of [
        [false, 0],
        [true, 0],
        [true, 1],
        [true, 2],
      ] as const) {
        arena.reset();
        const [a, b, c] = [putRows(arena, x, 1), putRows(arena, r, 2), putRows(arena, x, 3)];
        const [y, stride] = [c, a, b][target] as [number, number];
        kernel.add_f32_rows(y, stride, ...a, 2.5, ...((adds ? b : [0, 0]) as [number, number]), 3, n);
        const expected = Float32Array.from(x.data, (v, i) => (adds ? f(f(2.5 * v) + Number(r.data[i])) : f(2.5 * v)));
        expect(takeRows(arena, y, stride, 3, n)).toEqual(expected);
        arena.expectGuards();
      }
    });

    it.each([1, 3, 4, 5, 16, 33])("scale_heads_f32 of %i numbers", (n) => {
      const [rows, heads] = [3, 4];
      const x = random.tensor([rows, heads, n]);
      arena.reset();
      const at = put(arena, x);
      kernel.scale_heads_f32(at, 4 * heads * n, 4 * n, rows, heads, n, arena.put(Float32Array.of(1, 0, 0.5, -2)));
      const expected = Float32Array.from(x.data, (v, i) => v * ([1, 0, 0.5, -2][Math.floor(i / n) % heads] as number));
      expect(arena.f32(at, rows * heads * n)).toEqual(expected);
      arena.expectGuards();
    });

    it.each([1, 3, 4, 5, 33])("mean_f32_rows of %i numbers, of few rows and of many", (n) => {
      for (const rows of [1, 2, 127, 128, 129, 600]) {
        const x = random.tensor([rows, n]);
        arena.reset();
        const [at, stride] = putRows(arena, x, 1);
        const y = arena.space(4 * n);
        kernel.mean_f32_rows(y, at, stride, rows, n);
        const column = (i: number): number[] => Array.from({ length: rows }, (_, row) => Number(x.data[row * n + i]));
        const expected = Array.from({ length: n }, (_, i) => column(i).reduce((sum, v) => sum + v, 0) / rows);
        const scale = Array.from({ length: n }, (_, i) => column(i).reduce((sum, v) => sum + Math.abs(v), 0) / rows);
        expect(compare(arena.f32(y, n), expected, { rtol: dotTolerance(rows), scale })).toBeUndefined();
        arena.expectGuards();
      }
    });

    it.each([1, 3, 4, 5, 384])("normalize_f32_rows of %i numbers, large ones, small ones and zeros", (n) => {
      for (const magnitude of [1, 1e30, 1e-30]) {
        const x = random.tensor([2, n], magnitude);
        arena.reset();
        const [at, stride] = putRows(arena, x, 2);
        kernel.normalize_f32_rows(at, stride, at, stride, 2, n, f(1e-35));
        const expected = Float64Array.from(x.data, (v, i) => {
          const row = Array.from(x.data).slice(Math.floor(i / n) * n, Math.floor(i / n) * n + n);
          return v / Math.hypot(...row);
        });
        expect(compare(takeRows(arena, at, stride, 2, n), expected, { rtol: 2 ** -23 })).toBeUndefined();
        arena.expectGuards();
      }
      arena.reset();
      const zeros = arena.put(new Float32Array(n));
      kernel.normalize_f32_rows(zeros, 0, zeros, 0, 1, n, f(1e-12));
      expect(arena.f32(zeros, n)).toEqual(new Float32Array(n));
    });

    it("argmax_f32: the first of the largest, past NaN, wherever it is", () => {
      const largest = (...x: number[]): number => {
        arena.reset();
        const index = kernel.argmax_f32(arena.put(Float32Array.from(x)), x.length);
        arena.expectGuards();
        return index;
      };
      for (let n = 1; n < 12; n++) {
        for (let i = 0; i < n; i++) {
          const x = Array.from({ length: n }, (_, j) => -j - 1);
          x[i] = 5;
          expect(largest(...x)).toBe(i);
          x[n - 1] = 5;
          expect(largest(...x)).toBe(i);
        }
      }
      expect(largest(Number.NaN, 1, Number.NaN, 2, 2)).toBe(3);
      expect(largest(-Infinity, -Infinity)).toBe(0);
      expect(largest(Number.NaN, Number.NaN)).toBe(0);
      expect(largest(1, Infinity, Infinity)).toBe(1);
    });
  });
});
