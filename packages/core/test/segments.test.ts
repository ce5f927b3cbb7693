// Packed sequences: each is what it is alone, bit for bit, and all of them cost no more than that.
import { createRandom, referenceAttention, referenceMultiHead } from "@attn/conformance";
import { type Attention, type AttentionOptions, createAttention, type Tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { range, slice } from "./arrays.ts";
import { engines, expectAttention, expectSame, randomInputs, randomMask } from "./helpers.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const startsOf = (lengths: readonly number[]): number[] => lengths.map((_, i) => sum(lengths.slice(0, i)));
const all = { returnWeights: true, returnScores: true, returnLse: true } as const;

/** Tokens start … start+length-1 of the axis that tokens are on. */
const tokens = (x: Tensor, layout: "BHLD" | "BLHD", start: number, length: number): Tensor =>
  slice(x, x.shape.length - (layout === "BLHD" ? 3 : 2), start, start + length);

describe.each(engines)("segments, %s", (_, engine) => {
  const random = createRandom(41);
  const query = [3, 0, 1, 17, 4, 120, 0, 9];
  const key = [5, 2, 0, 17, 300, 8, 0, 1];
  const [L, S] = [sum(query), sum(key)];

  it.each<[what: string, options: AttentionOptions]>([
    ["alone", {}],
    ["causal from the start", { causal: true, align: "top-left" }],
    ["causal from the end", { causal: true, align: "bottom-right" }],
    ["a window", { window: { left: 3, right: 1 }, align: -2 }],
    ["slopes, softcap and sinks", { alibi: true, softcap: 3, sinks: [1, -2, 0.5, -Infinity], align: 4 }],
  ])("each is what it is by itself, bit for bit: %s", (_, options) => {
    for (const layout of ["BHLD", "BLHD"] as const) {
      const [q, k, v] = randomInputs(random, { H: 4, G: 2, L, S, D: 12, Dv: 20, layout });
      const packed = engine.attention(q, k, v, { ...options, ...all, layout, segments: { query, key } });
      const mean = engine.attention(q, k, v, { ...options, returnWeights: "mean", layout, segments: { query, key } });
      const bare = engine.attention(q, k, v, { ...options, layout, segments: { query, key } });
      expect(bare.output).toEqual(packed.output);
      expect(mean.output).toEqual(packed.output);
      const [rows, columns] = [startsOf(query), startsOf(key)];
      for (const [i, n] of query.entries()) {
        const [row, column, m] = [rows[i] as number, columns[i] as number, key[i] as number];
        const of = (x: Tensor, start: number, length: number) => tokens(x, layout, start, length);
        const alone = engine.attention(of(q, row, n), of(k, column, m), of(v, column, m), {
          ...options,
          ...all,
          layout,
        });
        const block = (x: Tensor) =>
          slice(slice(x, x.shape.length - 2, row, row + n), x.shape.length - 1, column, column + m);
        expect(of(packed.output, row, n), `output of ${i}`).toEqual(alone.output);
        expect(slice(packed.lse, 2, row, row + n), `lse of ${i}`).toEqual(alone.lse);
        expect(block(packed.weights), `weights of ${i}`).toEqual(alone.weights);
        expect(block(packed.scores), `scores of ${i}`).toEqual(alone.scores);
        const ofMean = slice(slice(mean.weights, 1, row, row + n), 2, column, column + m);
        expect(ofMean.data.length).toBe(n * m);
      }
      // Between sequences there is nothing.
      const sequence = (lengths: number[]) => lengths.flatMap((n, i) => Array(n).fill(i));
      const [ofRow, ofColumn] = [sequence(query), sequence(key)];
      for (const [i, w] of packed.weights.data.entries()) {
        if (ofRow[Math.floor(i / S) % L] === ofColumn[i % S]) continue;
        if (w !== 0 || packed.scores.data[i] !== -Infinity) throw new Error(`something between sequences at ${i}`);
      }
    }
  });

  it("masks and biases by index, keyLengths of each or of all keys", () => {
    const [q, k, v] = randomInputs(random, { H: 4, G: 2, L, S, D: 8 });
    const segments = { query, key };
    for (const shape of [[L, S], [1, S], [L, 1], [4, 1, S], [1, 4, L, S], [1]]) {
      expectAttention(engine, q, k, v, { segments, mask: randomMask(random, shape, 0.7) });
      expectAttention(engine, q, k, v, { segments, bias: random.tensor(shape) });
    }
    for (const keyLengths of [key, key.map((n) => Math.floor(n / 2)), key.map(() => 0), [0], [6], [30], [S]]) {
      expectAttention(engine, q, k, v, { segments, keyLengths });
      expectAttention(engine, q, k, v, { segments, keyLengths, causal: true, align: "bottom-right" });
    }
  });

  it.each<[rank: number, shape: (heads: number, length: number, size: number) => number[]]>([
    [2, (_, length, size) => [length, size]],
    [3, (heads, length, size) => [heads, length, size]],
    [4, (heads, length, size) => [1, heads, length, size]],
  ])("of rank %i", (rank, shape) => {
    const heads = rank === 2 ? 1 : 3;
    const [q, k] = [random.tensor(shape(heads, 12, 4)), random.tensor(shape(heads, 12, 4))];
    expectAttention(engine, q, k, k, { segments: { query: [5, 7] } });
    expectAttention(engine, q, k, k, { segments: { query: Uint16Array.of(5, 0, 7) }, causal: true });
    expectAttention(engine, q, k, k, { segments: { query: [12] }, causal: true, alibi: true });
  });

  it("none at all, and none with a token", () => {
    const none = { data: new Float32Array(0), shape: [0, 4] };
    for (const lengths of [[], [0], [0, 0]]) {
      const got = engine.attention(none, none, none, { ...all, segments: { query: lengths } });
      expect([got.output.shape, got.weights.shape, got.lse.shape]).toEqual([[0, 4], [0, 0], [0]]);
    }
    const q = random.tensor([3, 4]);
    const got = engine.attention(q, none, none, { ...all, segments: { query: [1, 2], key: [0, 0] } });
    expect([...got.output.data]).toEqual(Array(12).fill(0));
    expect([...got.lse.data]).toEqual(Array(3).fill(-Infinity));
  });

  it("what is not finite in one reaches no other", () => {
    const [q, k, v] = randomInputs(random, { H: 2, L: 40, S: 40, D: 8 });
    const segments = { query: [10, 20, 10] };
    const clean = engine.attention(q, k, v, { segments });
    for (const x of [q, k, v]) for (const h of [0, 1]) x.data.fill(Number.NaN, h * 320 + 80, h * 320 + 240);
    const got = engine.attention(q, k, v, { segments });
    for (const [start, end] of [
      [0, 10],
      [30, 40],
    ] as const)
      expect(slice(got.output, 2, start, end)).toEqual(slice(clean.output, 2, start, end));
  });

  it("into an out, from wasm memory, and in nested arrays", () => {
    const [q, k, v] = randomInputs(random, { H: 2, L: 9, S: 9, D: 4 });
    const segments = { query: [4, 5] };
    const expected = engine.attention(q, k, v, { segments, causal: true }).output;
    const out = new Float32Array(expected.data.length).fill(7);
    expect(engine.attention(q, k, v, { segments, causal: true, out }).output.data).toBe(out);
    expect(out).toEqual(expected.data);
    using inside = engine.empty(q.shape);
    inside.data.set(q.data);
    using target = engine.empty(expected.shape);
    expect(engine.attention(inside, k, v, { segments, causal: true, out: target }).output).toBe(target);
    expect(target.data).toEqual(expected.data);
  });

  it("in the mechanisms", () => {
    const x = random.tensor([20, 12]);
    const memory = random.tensor([1, 31, 12]);
    const weight = random.tensor([12, 12], 0.3);
    const projections = { query: { weight }, value: { weight }, output: { weight } };
    const same = (
      name: string,
      got: { output: Tensor; weights: Tensor; lse: Tensor },
      expected: ReturnType<typeof referenceMultiHead>,
    ) => {
      for (const result of ["output", "weights", "lse"] as const)
        expectSame(`${name} ${result}`, got[result], expected[result], { atol: 1e-4, rtol: 1e-4 });
    };
    const packed = { segments: { query: [7, 13] }, projections, returnWeights: true, returnLse: true } as const;
    same("self", engine.selfAttention(x, packed), referenceMultiHead(x, undefined, packed));
    const heads = { ...packed, heads: 3 };
    same("multi-head", engine.multiHeadSelfAttention(x, heads), referenceMultiHead(x, undefined, heads));
    const masked = { ...heads, causal: true };
    same("masked", engine.maskedMultiHeadSelfAttention(x, heads), referenceMultiHead(x, undefined, masked));
    const across = { ...heads, segments: { query: [7, 13], key: [30, 1] } };
    const from = { data: x.data, shape: [1, 20, 12] };
    same("cross", engine.crossAttention(from, memory, across), referenceMultiHead(from, memory, across));
  });
});

describe("what it costs", () => {
  /** Query-key pairs that the kernel was asked for, call by call: the product of two words of its argument block. */
  function counted(): { engine: Attention; pairs: number[] } {
    const { Instance } = WebAssembly;
    const pairs: number[] = [];
    class Counted {
      readonly exports: WebAssembly.Exports;
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        const { exports } = new Instance(module, imports);
        const memory = imports.env?.memory as WebAssembly.Memory;
        const run = exports.attention_f32 as (at: number) => void;
        const attention_f32 = (at: number): void => {
          const [queries, keys] = new Int32Array(memory.buffer, at + 12, 2) as unknown as [number, number];
          pairs.push(queries * keys);
          run(at);
        };
        this.exports = { ...exports, attention_f32 };
      }
    }
    WebAssembly.Instance = Counted as unknown as typeof WebAssembly.Instance;
    try {
      return { engine: createAttention({ variant: "simd" }), pairs };
    } finally {
      WebAssembly.Instance = Instance;
    }
  }

  it("the pairs within sequences, and no memory for those between", () => {
    const { engine, pairs } = counted();
    const lengths = range(2000).map((i) => 1 + (i % 31));
    const T = sum(lengths);
    const x = createRandom(3).tensor([T, 4]);
    engine.attention(x, x, x, { segments: { query: lengths }, causal: true });
    expect(pairs).toEqual(lengths.map((n) => n * n));
    // T² logits would be 4 GB.
    expect(engine.byteLength).toBeLessThan(8 * 2 ** 20);
  });

  it("agrees with the reference on many", () => {
    const random = createRandom(4);
    const lengths = range(60).map(() => random.integer(0, 9));
    const x = random.tensor([sum(lengths), 4]);
    const options = { segments: { query: lengths }, causal: true, alibi: true };
    const { output } = createAttention({ variant: "simd" }).attention(x, x, x, options);
    expectSame("output", output, referenceAttention(x, x, x, options).output, { atol: 1e-5, rtol: 1e-5 });
  });
});
