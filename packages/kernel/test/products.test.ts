// matmul_f32 and softmax_f32_rows called as the bare exports, across every tile edge, with guard bytes round all memory.
import { acrossTile, compare, createRandom, dotTolerance, referenceMatmul, referenceSoftmax } from "@attn/conformance";
import { describe, expect, it } from "vitest";
import { Arena, variants } from "./arena.ts";

/** Rows of a tile in each variant, rows of a block, columns of a panel and of a block, depth of a block. */
const ROWS = [...new Set([...acrossTile(4), ...acrossTile(6), 95, 96, 97])];
const COLUMNS = [...acrossTile(8), 511, 512, 513];
const DEPTHS = [0, 1, 5, 255, 256, 257, 513];

describe.each(variants)("%s", (variant) => {
  const arena = new Arena(variant);
  const random = createRandom(1);

  const multiply = (M: number, N: number, K: number, transposeB: boolean, accumulate: boolean): void => {
    arena.reset();
    const a = random.tensor([M, K]);
    const b = random.tensor(transposeB ? [N, K] : [K, N]);
    const c = random.tensor([M, N]);
    const at = { a: arena.put(a.data), b: arena.put(b.data), c: arena.put(c.data) };
    const scratch = arena.space(arena.kernel.matmul_f32_scratch(M, N, K));
    arena.kernel.matmul_f32(at.c, at.a, at.b, M, N, K, transposeB ? 1 : 0, accumulate ? 1 : 0, scratch);
    const expected = referenceMatmul(a, b, { transposeB, ...(accumulate && { bias: c }) });
    const allowed = { rtol: dotTolerance(K + 1), scale: expected.condition };
    expect(compare(arena.f32(at.c, M * N), expected.data, allowed), `${M}×${K}·${K}×${N}`).toBeUndefined();
    arena.expectGuards();
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
