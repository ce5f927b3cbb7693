// The generator and the lists of sizes.

import { describe, expect, it } from "vitest";
import { acrossTile, createRandom, headSizes, lengths } from "../src/index.ts";

describe("random", () => {
  it("gives the same numbers for the same seed, on every machine", () => {
    // The same definition in exact integers instead of Math.imul.
    const mask = 0xffffffffn;
    let state = 42n;
    const next = () => {
      state = (state + 0x9e3779b9n) & mask;
      let z = state;
      z = ((z ^ (z >> 16n)) * 0x85ebca6bn) & mask;
      z = ((z ^ (z >> 13n)) * 0xc2b2ae35n) & mask;
      return Number(z ^ (z >> 16n)) / 2 ** 32;
    };
    const random = createRandom(42);
    for (let i = 0; i < 1000; i++) expect(random.uniform()).toBe(next());
    expect(createRandom(42).uniform()).not.toBe(createRandom(43).uniform());
  });

  it("is uniform", () => {
    const random = createRandom(1);
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16000; i++) {
      const bucket = Math.floor(random.uniform(-2, 6) * 2 + 4);
      counts[bucket] = Number(counts[bucket]) + 1;
    }
    expect(counts.length).toBe(16); // nothing outside [-2, 6)
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });

  it("is normal", () => {
    const random = createRandom(2);
    const n = 20000;
    const draws = Array.from({ length: n }, () => random.normal(3, 2));
    const mean = draws.reduce((sum, x) => sum + x, 0) / n;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
    const outside = draws.filter((x) => Math.abs(x - 3) > 2 * 2).length / n;
    expect(Math.abs(mean - 3)).toBeLessThan((5 * 2) / Math.sqrt(n));
    expect(Math.abs(variance - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / n));
    expect(Math.abs(outside - 0.0455)).toBeLessThan(0.008);
    expect(draws.every(Number.isFinite)).toBe(true);
  });

  it("draws whole numbers with both ends, and picks every item", () => {
    const random = createRandom(3);
    expect(new Set(random.integers(500, -1, 2))).toEqual(new Set([-1, 0, 1, 2]));
    expect(random.integers(3, 7, 7)).toEqual([7, 7, 7]);
    const picked = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
    expect(picked).toEqual(new Set(["a", "b", "c"]));
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it("fills tensors with float32", () => {
    const { data, shape } = createRandom(4).tensor([2, 0, 3]);
    expect([data.length, shape]).toEqual([0, [2, 0, 3]]);
    const filled = createRandom(4).tensor([50, 40], 10).data;
    expect(filled).toBeInstanceOf(Float32Array);
    expect(filled.length).toBe(2000);
    const deviation = Math.sqrt(filled.reduce((sum, x) => sum + x * x, 0) / 2000);
    expect(deviation).toBeGreaterThan(9);
    expect(deviation).toBeLessThan(11);
  });
});

describe("sizes", () => {
  it("lie on both sides of a tile", () => {
    expect(acrossTile(8)).toEqual([0, 1, 7, 8, 9, 17]);
    expect(acrossTile(2)).toEqual([0, 1, 2, 3, 5]);
    expect(acrossTile(1)).toEqual([0, 1, 2, 3]);
  });

  it("leave a remainder on every vector and tile width", () => {
    for (const [list, widths] of [
      [headSizes, [4, 8, 16, 32, 64]],
      [lengths, [4, 8, 64, 128]],
    ] as const)
      for (const width of widths) {
        expect(list).toContainEqual(expect.toSatisfy((size: number) => size > width && size % width === 1));
        expect(list).toContainEqual(expect.toSatisfy((size: number) => size % width === width - 1));
      }
  });
});
