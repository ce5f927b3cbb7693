// matmul_f32 and softmax_f32_rows called as the bare exports, across every tile edge, with guard bytes round all memory.
import {
  acrossTile,
  compare,
  createRandom,
  dotTolerance,
  mergeTolerance,
  referenceMatmul,
  referenceMerge,
  referenceSoftmax,
} from "@attn/conformance";
import { compile } from "@attn/kernel";
import { describe, expect, it } from "vitest";
import { Arena, variants } from "./arena.ts";

/** Rows of a tile in each variant, rows of a block, columns of a panel and of a block, depth of a block. */
const ROWS = [...new Set([...acrossTile(4), ...acrossTile(6), 95, 96, 97])];
const COLUMNS = [...acrossTile(8), 511, 512, 513];
const DEPTHS = [0, 1, 5, 255, 256, 257, 513];

describe.each(variants)("%s", (variant) => {
  const arena = new Arena(variant);
  const random = createRandom(1);

  const multiply = (M: number, N: number, K: number, transposeB: boolean, accumulate: boolean, on = arena): void => {
    on.reset();
    const a = random.tensor([M, K]);
    const b = random.tensor(transposeB ? [N, K] : [K, N]);
    const c = random.tensor([M, N]);
    const at = { a: on.put(a.data), b: on.put(b.data), c: on.put(c.data) };
    const scratch = on.space(on.kernel.matmul_f32_scratch(M, N, K));
    on.kernel.matmul_f32(at.c, at.a, at.b, M, N, K, transposeB ? 1 : 0, accumulate ? 1 : 0, scratch);
    const expected = referenceMatmul(a, b, { transposeB, ...(accumulate && { bias: c }) });
    const allowed = { rtol: dotTolerance(K + 1), scale: expected.condition };
    expect(compare(on.f32(at.c, M * N), expected.data, allowed), `${M}×${K}·${K}×${N}`).toBeUndefined();
    on.expectGuards();
  };

  describe.each([
    ["matmul_f32", false],
    ["matmul_f32 with B transposed", true],
  ])("%s", (_, transposeB) => {
    it.each(ROWS)("%i rows", (M) => {
      for (const N of acrossTile(8)) for (const K of [0, 1, 7, 64]) multiply(M, N, K, transposeB, K === 7);
    });

    it.each(COLUMNS)("%i columns", (N) => {
      for (const M of [1, 7]) for (const K of [3, 64]) multiply(M, N, K, transposeB, M === 7);
    });

    it.each(DEPTHS)("depth %i", (K) => {
      for (const M of [1, 4, 13]) for (const N of [1, 9, 40]) multiply(M, N, K, transposeB, N === 9);
    });
  });

  it.each([2047, 2048, 2049, 4097])("depth %i, where sums are carried on", (K) => {
    for (const transposeB of [false, true]) {
      for (const M of [1, 3, 4, 13]) for (const N of [1, 8, 45]) multiply(M, N, K, transposeB, N === 8);
    }
  });

  it.each([100, 2])("sums that are carried on over several blocks, %i rows", (M) => {
    const [N, K] = [515, 2050];
    const large = new Arena(variant, compile, 160);
    for (const transposeB of [false, true]) {
      large.reset();
      // Whole numbers, whose sums are exact: K times what row and column stand for.
      const a = Float32Array.from({ length: M * K }, (_, i) => Math.floor(i / K) % 5);
      const b = Float32Array.from({ length: N * K }, (_, i) => (transposeB ? Math.floor(i / K) : i % N) % 7);
      const [c, scratch] = [large.space(4 * M * N), large.space(large.kernel.matmul_f32_scratch(M, N, K))];
      large.kernel.matmul_f32(c, large.put(a), large.put(b), M, N, K, transposeB ? 1 : 0, 0, scratch);
      const expected = Float32Array.from({ length: M * N }, (_, i) => K * (Math.floor(i / N) % 5) * ((i % N) % 7));
      expect(compare(large.f32(c, M * N), expected)).toBeUndefined();
      large.expectGuards();
    }
  });

  it("matmul_f32_scratch says when there cannot be as much", () => {
    const { kernel } = arena;
    expect(kernel.matmul_f32_scratch(2 ** 24, 2 ** 20, 2049) >>> 0).toBe(2 ** 32 - 1);
    expect(kernel.matmul_f32_scratch(2 ** 24, 2 ** 20, 2048)).toBe(kernel.matmul_f32_scratch(4, 1, 1));
    expect(kernel.matmul_f32_scratch(3, 2 ** 20, 2 ** 20)).toBeLessThan(65536);
  });

  it.each([1, 2, 100])("merge_f32 of %i parts", (count) => {
    for (const [rows, Dv] of [
      [1, 1],
      [3, 4],
      [2, 7],
      [5, 9],
    ] as const) {
      arena.reset();
      const parts = Array.from({ length: count }, (_, p) => ({
        output: random.tensor([rows, Dv]),
        lse: random.tensor([rows], p % 3),
      }));
      // Nothing of a part that saw no key is read.
      const last = parts.at(-1) as (typeof parts)[0];
      if (count > 1) {
        last.lse.data[0] = -Infinity;
        last.output.data.fill(Number.NaN, 0, Dv);
      }
      const pointers = parts.flatMap(({ output, lse }) => [arena.put(output.data), arena.put(lse.data)]);
      const [output, lse] = [arena.space(4 * rows * Dv), arena.space(4 * rows)];
      const scratch = arena.space(arena.kernel.merge_f32_scratch(count));
      arena.kernel.merge_f32(output, lse, arena.put(Int32Array.from(pointers)), count, rows, Dv, scratch);
      const expected = referenceMerge(parts);
      const allowed = mergeTolerance(count, 10);
      expect(
        compare(arena.f32(output, rows * Dv), expected.output.data, { atol: 10 * allowed.output }),
      ).toBeUndefined();
      expect(compare(arena.f32(lse, rows), expected.lse.data, { atol: allowed.lse })).toBeUndefined();
      arena.expectGuards();
    }
  });

  it.each([...acrossTile(4), ...acrossTile(8), 255, 257, 1000])("softmax_f32_rows over %i numbers", (n) => {
    for (const rows of [0, 1, 3]) {
      for (const spread of [1, 1000, 1e-30]) {
        arena.reset();
        const x = random.tensor([rows, n], spread);
        const at = arena.put(x.data);
        const out = arena.space(4 * rows * n);
        const scratch = arena.space(arena.kernel.softmax_f32_scratch());
        arena.kernel.softmax_f32_rows(out, at, rows, n, scratch);
        // A logit of 1e3 is rounded to 6e-5 by itself, but both sides are given the rounded one.
        const allowed = { rtol: 2e-6, atol: 2 ** -126 };
        expect(compare(arena.f32(out, rows * n), referenceSoftmax(x).data, allowed)).toBeUndefined();
        arena.expectGuards();
      }
    }
  });

  it("softmax_f32_rows: a row of -Infinity gives zeros, NaN and +Infinity give NaN, in place", () => {
    arena.reset();
    const n = 11;
    const x = new Float32Array(4 * n).fill(1);
    x.fill(-Infinity, 0, n);
    x[n + 9] = Number.NaN;
    x[2 * n + 3] = Infinity;
    x[3 * n + 2] = -Infinity;
    const at = arena.put(x);
    arena.kernel.softmax_f32_rows(at, at, 4, n, arena.space(arena.kernel.softmax_f32_scratch()));
    const got = arena.f32(at, 4 * n);
    expect([...got.slice(0, n)]).toEqual(Array(n).fill(0));
    expect(got.slice(n, 3 * n).every(Number.isNaN)).toBe(true);
    expect(got[3 * n + 2]).toBe(0);
    expect(got[3 * n]).toBeCloseTo(0.1, 6);
    arena.expectGuards();
  });
});
