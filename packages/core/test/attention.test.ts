// attention() against the float64 reference, at the sizes where kernels break and with each option alone. Every test
// runs on both variants. Combinations drawn at random are in attention.property.test.ts.
//
// `npx -y pnpm@12 mutate` puts classic bugs into the kernel and counts which of these tests catch them.
import { acrossTile, headSizes, lengths } from "@attn/conformance";
import { describe, expect, it } from "vitest";
import { createRandom, engines, expectAttention, randomInputs, randomMask } from "./helpers.ts";

/** Keys of one block in the kernel. */
const BLOCK = 256;

describe.each(engines)("attention, %s", (_, engine) => {
  it.each(headSizes)("head size %i", (D) => {
    const random = createRandom(D);
    for (const [L, S] of [
      [1, 9],
      [7, 33],
      [65, 300],
    ] as const) {
      expectAttention(engine, ...randomInputs(random, { H: 2, L, S, D }));
      expectAttention(engine, ...randomInputs(random, { H: 2, L, S, D: 8, Dv: D }));
    }
  });

  it.each(lengths)("query length %i against each key length", (L) => {
    const random = createRandom(L);
    for (const S of lengths) expectAttention(engine, ...randomInputs(random, { L, S, D: 12 }));
  });

  it("tile and block edges", () => {
    const random = createRandom(1);
    const rows = [...new Set([...acrossTile(4), ...acrossTile(6), ...acrossTile(96)])];
    for (const L of rows) expectAttention(engine, ...randomInputs(random, { L, S: 17, D: 8 }));
    for (const S of acrossTile(BLOCK))
      for (const L of [1, 5, 13]) expectAttention(engine, ...randomInputs(random, { L, S, D: 8 }));
    // Few rows read keys where they lie, more of them pack keys first.
    for (const D of acrossTile(BLOCK))
      for (const L of [7, 13]) expectAttention(engine, ...randomInputs(random, { L, S: 11, D, Dv: 5 }));
  });

  it.each(["BHLD", "BLHD"] as const)("ranks, batches and grouped heads in %s", (layout) => {
    const random = createRandom(2);
    for (const [H, G] of [
      [4, 4],
      [4, 2],
      [6, 1],
      [8, 2],
    ] as const) {
      for (const [L, S] of [
        [1, 40],
        [3, 300],
        [31, 29],
      ] as const) {
        expectAttention(engine, ...randomInputs(random, { B: 2, H, G, L, S, D: 10, Dv: 6, layout }), { layout });
      }
    }
    const flat = [random.tensor([5, 8]), random.tensor([9, 8]), random.tensor([9, 4])] as const;
    expectAttention(engine, ...flat, { layout });
    const flip = (H: number, L: number, D: number) => random.tensor(layout === "BHLD" ? [H, L, D] : [L, H, D]);
    expectAttention(engine, flip(3, 5, 8), flip(3, 9, 8), flip(3, 9, 4), { layout });
  });

  it.each([
    [5, 5],
    [3, 300],
    [300, 3],
    [65, 600],
    [600, 65],
    [100, 100],
    [2, 700],
  ])("causal and windows for L = %i, S = %i", (L, S) => {
    const inputs = randomInputs(createRandom(L + S), { H: 2, L, S, D: 8 });
    for (const align of ["top-left", "bottom-right", -3, 7] as const) {
      expectAttention(engine, ...inputs, { causal: true, align });
      for (const window of [
        { left: 0 },
        { left: 5, right: 2 },
        { right: 260 },
        { left: 300, right: 0 },
        { left: 0, right: 0 },
      ]) {
        expectAttention(engine, ...inputs, { window, align });
        expectAttention(engine, ...inputs, { window, align, causal: true });
      }
    }
  });

  it("masks and biases of every broadcast shape", () => {
    const random = createRandom(3);
    const [B, H, L, S] = [2, 3, 20, 270];
    const inputs = randomInputs(random, { B, H, L, S, D: 8 });
    for (const shape of [
      [S],
      [1],
      [L, S],
      [L, 1],
      [1, S],
      [H, L, S],
      [H, 1, S],
      [B, 1, 1, S],
      [B, H, L, S],
      [B, 1, L, 1],
    ]) {
      expectAttention(engine, ...inputs, { mask: randomMask(random, shape, 0.7) });
      expectAttention(engine, ...inputs, { mask: randomMask(random, shape, 0.02) });
      const bias = random.tensor(shape);
      expectAttention(engine, ...inputs, { bias });
      const hiding = { shape, data: bias.data.map((x) => (x > 0 ? -Infinity : x)) };
      expectAttention(engine, ...inputs, { bias: hiding });
      expectAttention(engine, ...inputs, { bias: hiding, mask: randomMask(random, [L, S], 0.5) });
    }
  });

  it("a mask for a decode step, whose keys are read where they lie", () => {
    const random = createRandom(4);
    const inputs = randomInputs(random, { B: 2, H: 4, G: 2, L: 1, S: 600, D: 64 });
    expectAttention(engine, ...inputs, { mask: randomMask(random, [2, 1, 1, 600], 0.5) });
    expectAttention(engine, ...inputs, { mask: randomMask(random, [600], 0.01) });
  });

  it("lengths of each batch element, one of them 0", () => {
    const random = createRandom(5);
    for (const L of [1, 3, 40]) {
      const inputs = randomInputs(random, { B: 4, H: 2, L, S: 300, D: 16 });
      const keyLengths = [300, 0, 7, 257];
      expectAttention(engine, ...inputs, { keyLengths });
      expectAttention(engine, ...inputs, { keyLengths, causal: true, align: "bottom-right" });
      expectAttention(engine, ...inputs, { keyLengths, causal: true, align: "top-left" });
    }
    const square = randomInputs(random, { B: 2, L: 30, S: 30, D: 16 });
    expectAttention(engine, ...square, { keyLengths: [30, 11], causal: true });
  });

  it("softcap, alibi, sinks and scale", () => {
    const random = createRandom(6);
    for (const [H, L, S] of [
      [1, 1, 1],
      [4, 7, 300],
      [6, 40, 40],
      [12, 2, 33],
    ] as const) {
      const inputs = randomInputs(random, { B: 2, H, L, S, D: 16 });
      for (const softcap of [0.5, 20, 1e4]) expectAttention(engine, ...inputs, { softcap });
      for (const scale of [0, -1, 1, 3.5, 1e-20]) expectAttention(engine, ...inputs, { scale });
      expectAttention(engine, ...inputs, { alibi: true, align: "bottom-right" });
      // In this order: a cap after alibi or bias would cap them too.
      const bias = random.tensor([H, L, S], 3);
      expectAttention(engine, ...inputs, { softcap: 0.7, bias });
      expectAttention(engine, ...inputs, { softcap: 0.7, bias, alibi: true, align: 1 });
      expectAttention(engine, ...inputs, { alibi: Array.from({ length: H }, (_, h) => h - 1.5), align: 2 });
      const sinks = Array.from({ length: H }, () => random.normal(0, 4));
      expectAttention(engine, ...inputs, { sinks });
      expectAttention(engine, ...inputs, { sinks, mask: randomMask(random, [L, S], 0.1), softcap: 5 });
      expectAttention(engine, ...inputs, { sinks: sinks.map(() => -Infinity) });
      expectAttention(engine, ...inputs, { sinks: sinks.map(() => 1e3) });
    }
  });

  it("logits of ±1e3 and of 1e-30", () => {
    const random = createRandom(7);
    const [query, key, value] = randomInputs(random, { L: 33, S: 300, D: 4 });
    const times = (x: typeof query, by: number) => ({ shape: x.shape, data: x.data.map((y) => y * by) });
    expectAttention(engine, times(query, 50), times(key, 20), value, { scale: 1 });
    expectAttention(engine, times(query, 1e-15), times(key, 1e-15), value, { scale: 1 });
    expectAttention(engine, times(query, 1e-15), times(key, 1e-15), value, { scale: 1, softcap: 3 });
    const constant = { shape: [1, 300], data: new Float32Array(300).fill(1000) };
    expectAttention(engine, ...randomInputs(random, { L: 33, S: 300, D: 4 }), { bias: constant });
    expectAttention(engine, ...randomInputs(random, { L: 33, S: 300, D: 4 }), {
      bias: { ...constant, data: constant.data.map((x) => -x) },
    });
  });

  it("rows with nothing to attend to give 0, weights 0 and -Infinity", () => {
    const [query, key, value] = randomInputs(createRandom(8), { L: 5, S: 300, D: 8 });
    const mask = { shape: [5, 1], data: Uint8Array.of(1, 0, 1, 0, 0) };
    expectAttention(engine, query, key, value, { mask });
    const { output, weights, lse } = engine.attention(query, key, value, {
      mask,
      returnWeights: true,
      returnLse: true,
    });
    expect([...output.data.slice(8, 16)]).toEqual(Array(8).fill(0));
    expect(new Set(weights.data.slice(300, 600))).toEqual(new Set([0]));
    expect(lse.data[1]).toBe(-Infinity);
    const sink = engine.attention(query, key, value, { mask, sinks: [0.25], returnLse: true });
    expect(sink.lse.data[1]).toBe(0.25);
    expect([...sink.output.data.slice(8, 16)]).toEqual(Array(8).fill(0));
  });

  it("NaN and Infinity in hidden keys and values reach nothing", () => {
    const random = createRandom(9);
    for (const [H, G, L, S] of [
      [1, 1, 1, 40],
      [4, 1, 1, 300],
      [2, 2, 40, 300],
      [1, 1, 300, 300],
    ] as const) {
      for (const bad of [Number.NaN, Infinity, -Infinity]) {
        const [query, key, value] = randomInputs(random, { B: 2, H, G, L, S, D: 8, Dv: 12 });
        const poison = (hidden: (j: number, b: number) => boolean) => {
          const dirty = (x: typeof key, size: number) => ({
            shape: x.shape,
            data: x.data.map((y, i) => (hidden(Math.floor(i / size) % S, Math.floor(i / (G * S * size))) ? bad : y)),
          });
          return [query, dirty(key, 8), dirty(value, 12)] as const;
        };
        const clean = (options: object) =>
          engine.attention(query, key, value, { ...options, returnLse: true, returnWeights: true });
        const expectClean = (options: object, hidden: (j: number, b: number) => boolean) => {
          const got = engine.attention(...poison(hidden), { ...options, returnLse: true, returnWeights: true });
          const want = clean(options);
          expect(got.output.data.some(Number.isNaN)).toBe(false);
          expect(got.weights.data).toEqual(want.weights.data);
          expect(got.lse.data).toEqual(want.lse.data);
          for (const [i, x] of got.output.data.entries()) expect(x).toBeCloseTo(want.output.data[i] as number, 5);
        };
        const keep = { shape: [S], data: Uint8Array.from({ length: S }, (_, j) => (j % 3 === 1 ? 0 : 1)) };
        expectClean({ mask: keep }, (j) => j % 3 === 1);
        expectClean(
          { bias: { shape: [S], data: Float32Array.from(keep.data, (k) => (k ? 0.5 : -Infinity)) } },
          (j) => j % 3 === 1,
        );
        expectClean({ keyLengths: [S - 5, 3] }, (j, b) => j >= (b === 0 ? S - 5 : 3));
        expectClean({ causal: true, align: 0 }, (j) => j > L - 1);
        expectClean({ window: { left: 2 }, align: S - L }, (j) => j < S - L - 2);
      }
    }
  });

  it("a key hidden from some rows only: NaN reaches exactly the rows that attend to it", () => {
    for (const L of [2, 50]) {
      const [query, key, value] = randomInputs(createRandom(10), { L, S: L, D: 8 });
      value.data.fill(Number.NaN, (L - 1) * 8);
      const { output } = engine.attention(query, key, value, { causal: true });
      expect(output.data.slice(0, (L - 1) * 8).some(Number.isNaN)).toBe(false);
      expect(output.data.slice((L - 1) * 8).every(Number.isNaN)).toBe(true);
    }
  });

  it("NaN in what is attended propagates to the row, and no further", () => {
    const random = createRandom(11);
    for (const [L, S] of [
      [1, 20],
      [20, 300],
    ] as const) {
      const [query, key, value] = randomInputs(random, { L, S, D: 8 });
      query.data[3] = Number.NaN;
      const { output, lse } = engine.attention(query, key, value, { returnLse: true });
      expect(output.data.slice(0, 8).every(Number.isNaN)).toBe(true);
      expect(output.data.slice(8).some(Number.isNaN)).toBe(false);
      expect(lse.data[0]).toBeNaN();
    }
    const [query, key, value] = randomInputs(random, { L: 1, S: 5, D: 8 });
    key.data.fill(Number.NaN);
    expect(engine.attention(query, key, value).output.data.every(Number.isNaN)).toBe(true);
  });

  it("zero-sized dimensions give empty or zero results", () => {
    const random = createRandom(12);
    for (const sizes of [
      { L: 0, S: 5, D: 4 },
      { L: 5, S: 0, D: 4 },
      { L: 5, S: 5, D: 0, Dv: 3 },
      { L: 5, S: 5, D: 4, Dv: 0 },
      { B: 0, L: 2, S: 2, D: 2 },
      { H: 0, G: 0, L: 2, S: 2, D: 2 },
      { L: 0, S: 0, D: 0 },
    ]) {
      expectAttention(engine, ...randomInputs(random, sizes));
      expectAttention(engine, ...randomInputs(random, sizes), { causal: true, align: 0 });
    }
  });

  it("a long sequence in several row blocks", () => {
    expectAttention(engine, ...randomInputs(createRandom(13), { L: 600, S: 1100, D: 16 }), {
      causal: true,
      align: "bottom-right",
    });
  });
});
