// What a call costs, in counts that are the same on every machine: kernel calls, wasm memory, JavaScript buffers.
// A guard against growing slower unseen; how fast it is on a machine is the bench's to say.
import { createRandom } from "@attn/conformance";
import { type Attention, createAttention, type Tensor } from "@attn/core";
import { describe, expect, it } from "vitest";

const random = createRandom(31);
const make = (...shape: number[]): Tensor => random.tensor(shape);

/** An engine whose kernel calls are counted by name. */
function countedEngine(): { engine: Attention; during: (call: (engine: Attention) => unknown) => object } {
  const counts: Record<string, number> = {};
  const { Instance } = WebAssembly;
  class Counted {
    readonly exports: WebAssembly.Exports;
    constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
      const { exports } = new Instance(module, imports);
      this.exports = Object.fromEntries(
        Object.entries(exports).map(([name, run]) => [
          name,
          (...args: unknown[]) => {
            counts[name] = (counts[name] ?? 0) + 1;
            return (run as (...args: unknown[]) => unknown)(...args);
          },
        ]),
      );
    }
  }
  WebAssembly.Instance = Counted as unknown as typeof WebAssembly.Instance;
  try {
    const engine = createAttention({ variant: "simd" });
    const during = (call: (engine: Attention) => unknown): object => {
      for (const name of Object.keys(counts)) delete counts[name];
      call(engine);
      return { ...counts };
    };
    return { engine, during };
  } finally {
    WebAssembly.Instance = Instance;
  }
}

describe("kernel calls", () => {
  const { engine, during } = countedEngine();
  const once = { attention_f32: 1, attention_f32_scratch: 1 };

  it("attention is one, whatever its sizes and options", () => {
    const [query, key] = [make(2, 4, 300, 20), make(2, 2, 300, 20)];
    expect(during(({ attention }) => attention(query, key, key))).toEqual(once);
    const options = { causal: true, returnWeights: "mean", returnScores: true, returnLse: true, alibi: true } as const;
    expect(during(({ attention }) => attention(query, key, key, options))).toEqual(once);
  });

  it("a mechanism is one, and a product a projection", () => {
    const x = make(2, 9, 12);
    const weight = make(12, 12);
    expect(during(({ selfAttention }) => selfAttention(x))).toEqual(once);
    const projections = { query: { weight }, key: { weight }, value: { weight }, output: { weight } };
    expect(during(({ multiHeadSelfAttention }) => multiHeadSelfAttention(x, { heads: 3, projections }))).toEqual({
      ...once,
      matmul_f32: 4,
      matmul_f32_scratch: 4,
    });
  });

  it("decoding is one a step, beside the encoding of what is stored", () => {
    const token = make(1, 3, 1, 16);
    for (const dtype of ["f32", "f16", "int8"] as const) {
      const cache = engine.createKvCache({ heads: 3, headSize: 16, capacity: 8, dtype });
      const encoded = { f32: {}, f16: { encode_f16: 6 }, int8: { encode_int8: 6 } }[dtype];
      expect(
        during(() => cache.append(token, token)),
        dtype,
      ).toEqual(encoded);
      expect(
        during(({ attention }) => attention(token, cache)),
        dtype,
      ).toEqual(once);
      cache.dispose();
    }
  });

  it("a product, a softmax and a merge are one each", () => {
    const [a, b] = [make(5, 7), make(7, 3)];
    expect(during(({ matmul }) => matmul(a, b))).toEqual({ matmul_f32: 1, matmul_f32_scratch: 1 });
    expect(during(({ softmax }) => softmax(a))).toEqual({ softmax_f32_rows: 1, softmax_f32_scratch: 1 });
    const part = { output: make(2, 5, 4), lse: make(2, 5) };
    expect(during(({ mergeAttention }) => mergeAttention([part, part]))).toEqual({
      merge_f32: 1,
      merge_f32_scratch: 1,
    });
  });
});

describe("wasm memory", () => {
  // Inputs and output, packed keys and values, and what a block of queries works in: nothing grows with L·S.
  it.each([
    { L: 8, H: 2, D: 16, pages: 2 },
    { L: 512, H: 12, D: 64, pages: 103 },
    { L: 2048, H: 1, D: 64, pages: 51 },
  ])("L = $L, H = $H, D = $D takes $pages pages, in the first call and in all that follow", ({ L, H, D, pages }) => {
    using engine = createAttention({ variant: "simd" });
    const [query, key, value] = [make(H, L, D), make(H, L, D), make(H, L, D)];
    for (let i = 0; i < 3; i++) {
      engine.attention(query, key, value);
      expect(engine.byteLength / 65536).toBe(pages);
    }
  });
});

describe("JavaScript memory", () => {
  /** Bytes of the buffers that a call leaves to the collector: the median of many, since it may come by at any time. */
  const bufferBytes = (call: () => unknown): number => {
    const left: number[] = [];
    for (let i = 0; i < 101; i++) {
      const before = process.memoryUsage().arrayBuffers;
      call();
      left.push(process.memoryUsage().arrayBuffers - before);
    }
    return left.toSorted((x, y) => x - y)[50] as number;
  };
  const result = 4 * 32 * 16 * 4;
  const [query, key, value] = [make(4, 32, 16), make(4, 32, 16), make(4, 32, 16)];

  it("a call makes one buffer, its result", () => {
    using engine = createAttention({ variant: "simd" });
    expect(bufferBytes(() => engine.attention(query, key, value))).toBe(result);
  });

  it("a call with an out makes none, nor does one on a tensor in wasm memory or a cache", () => {
    using engine = createAttention({ variant: "simd" });
    const out = new Float32Array(query.data.length);
    expect(bufferBytes(() => engine.attention(query, key, value, { out }))).toBe(0);
    const inside = engine.empty([4, 32, 16]);
    inside.data.set(query.data);
    const target = engine.empty([4, 32, 16]);
    expect(bufferBytes(() => engine.attention(inside, inside, inside, { out: target }))).toBe(0);
    using cache = engine.createKvCache({ heads: 4, headSize: 16, capacity: 40 });
    cache.append(key, value);
    expect(bufferBytes(() => engine.attention(query, cache, { out }))).toBe(0);
  });
});
