// What an engine's memory does over time: it grows before anything is computed, stays within maximumBytes, is given
// back and used again, and after 20,000 calls is where it was. What the calls compute is the other files' matter.
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createRandom, type Random } from "@attn/conformance";
import { type Attention, createAttention, type KvCache, type Tensor, type WasmTensor } from "@attn/core";
import { afterEach, describe, expect, it, vi } from "vitest";

const MEGABYTE = 2 ** 20;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** A tensor of different numbers. */
const t = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) / 4 - 1),
  shape,
});
const engineOf = (maximumBytes?: number): Attention => createAttention({ variant: "simd", maximumBytes });

/** A tensor in wasm memory that holds what x does. */
function placed(engine: Attention, x: Tensor): WasmTensor {
  const tensor = engine.empty(x.shape);
  tensor.data.set(x.data);
  return tensor;
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects garbage until `done`: finalizers run in turns of their own, and a collection may leave some for the next. */
async function collect(done: () => boolean): Promise<boolean> {
  for (let i = 0; i < 200; i++) {
    // A turn of its own: what a WeakRef has shown lives until the turn ends.
    await turn();
    gc();
    await turn();
    if (done()) return true;
  }
  return false;
}

afterEach(() => {
  vi.restoreAllMocks();
});

// -------------------------------------------------------------------------------------------------- 20,000 calls

describe("20,000 calls", () => {
  /** Bounds of the sizes that are drawn. */
  const most = { B: 2, G: 3, groups: 2, L: 40, S: 60, D: 24, capacity: 48, held: 6 };

  /** A cache and what was appended to it. */
  interface Held {
    cache: KvCache;
    G: number;
    D: number;
    keys: Tensor[];
    values: Tensor[];
  }

  /** Parts [G, T, D] one after the other along T. */
  function joined(parts: Tensor[], G: number, D: number): Tensor {
    const rows = Array.from({ length: G }, (_, g) =>
      parts.flatMap(({ data, shape }) => {
        const T = shape[1] as number;
        return [...data.subarray(g * T * D, (g + 1) * T * D)];
      }),
    );
    const S = parts.reduce((n, { shape }) => n + (shape[1] as number), 0);
    return { data: Float32Array.from(rows.flat()), shape: [G, S, D] };
  }

  class Calls {
    readonly #engine: Attention;
    readonly #random: Random;
    readonly #caches: Held[] = [];
    readonly #tensors: { tensor: WasmTensor; expected: Float32Array }[] = [];
    /** Normal numbers, of which tensors are pieces. */
    readonly #pool: Float32Array;
    failed = 0;

    constructor(engine: Attention, random: Random) {
      this.#engine = engine;
      this.#random = random;
      this.#pool = random.tensor([100_000]).data;
    }

    /** Random numbers in this shape: not all tensors begin where their buffer does. */
    #draw(...shape: number[]): Tensor {
      const size = sizeOf(shape);
      const start = this.#random.integer(0, this.#pool.length - size);
      return { data: this.#pool.subarray(start, start + size), shape };
    }

    run(count: number): void {
      for (let i = 0; i < count; i++) {
        this.#trim();
        if (this.#random.uniform() < 1 / 3) this.#refused();
        else this.#random.pick(this.#good)();
      }
      this.#random.pick([() => {}, () => this.#checkAll()])();
    }

    /** Disposes of all that is held. */
    end(): void {
      this.#checkAll();
      while (this.#caches.length > 0) this.#caches.pop()?.cache.dispose();
      while (this.#tensors.length > 0) this.#tensors.pop()?.tensor.dispose();
    }

    #checkAll(): void {
      for (const held of this.#caches) this.#checkCache(held);
      for (const { tensor, expected } of this.#tensors) expect(tensor.data).toEqual(expected);
    }

    /** What a cache holds is what was appended. */
    #checkCache({ cache, G, D, keys, values }: Held): void {
      const query = this.#draw(G, 2, D);
      const got = this.#engine.attention(query, cache).output.data;
      const want = this.#engine.attention(query, joined(keys, G, D), joined(values, G, D)).output.data;
      expect(got.length).toBe(want.length);
      for (let i = 0; i < got.length; i++)
        expect(Math.abs((got[i] as number) - (want[i] as number))).toBeLessThan(1e-4);
    }

    /** A tensor, at random in wasm memory. */
    #tensor(...shape: number[]): Tensor {
      return this.#random.uniform() > 0.1 ? this.#draw(...shape) : this.#placed(...shape);
    }

    #placed(...shape: number[]): WasmTensor {
      const x = this.#draw(...shape);
      const tensor = placed(this.#engine, x);
      this.#tensors.push({ tensor, expected: x.data });
      return tensor;
    }

    /** Disposes of some at random where too many are held. */
    #trim(): void {
      const take = <T>(list: T[]): T => list.splice(this.#random.integer(0, list.length - 1), 1)[0] as T;
      while (this.#tensors.length > most.held) {
        const { tensor, expected } = take(this.#tensors);
        expect(tensor.data).toEqual(expected);
        tensor.dispose();
      }
      while (this.#caches.length > most.held) {
        const held = take(this.#caches);
        this.#checkCache(held);
        held.cache.dispose();
      }
    }

    #sizes() {
      const { integer } = this.#random;
      const G = integer(0, most.G);
      return {
        B: integer(0, most.B),
        G,
        H: G * integer(1, most.groups),
        L: integer(0, most.L),
        S: integer(0, most.S),
        D: integer(0, most.D),
        Dv: integer(0, most.D),
      };
    }

    #options(S: number, L: number): object {
      const { pick, uniform } = this.#random;
      return {
        ...pick<object>([
          {},
          { causal: true, align: "bottom-right" },
          { window: { left: 3 }, align: 0 },
          { alibi: true, align: 1 },
        ]),
        ...pick<object>([
          {},
          { mask: { data: new Uint8Array(S).map(() => +(uniform() < 0.7)), shape: [S] } },
          { bias: this.#tensor(L, S) },
        ]),
        ...pick<object>([
          {},
          { returnWeights: true },
          { returnWeights: "mean", returnLse: true },
          { returnScores: true },
        ]),
      };
    }

    readonly #good: (() => void)[] = [
      () => {
        const { B, H, G, L, S, D, Dv } = this.#sizes();
        const out = this.#random.pick([undefined, new Float32Array(B * H * L * Dv), this.#placed(B, H, L, Dv)]);
        const inputs = [this.#tensor(B, H, L, D), this.#tensor(B, G, S, D), this.#tensor(B, G, S, Dv)] as const;
        const { output } = this.#engine.attention(...inputs, { ...this.#options(S, L), ...(out && { out }) });
        expect([...output.shape]).toEqual([B, H, L, Dv]);
        const written = this.#tensors.find(({ tensor }) => tensor === out);
        if (written) written.expected = output.data.slice();
      },
      () => {
        const { H, G, L, S, D } = this.#sizes();
        this.#engine.scores(this.#tensor(H, L, D), this.#tensor(G, S, D), { maskedValue: 0 });
      },
      () => {
        const { L, D } = this.#sizes();
        const part = () => ({ output: this.#tensor(L, D), lse: this.#tensor(L) });
        this.#engine.mergeAttention(Array.from({ length: this.#random.integer(1, 3) }, part));
      },
      () => {
        const { B, L, D } = this.#sizes();
        this.#engine.selfAttention(this.#tensor(B, L, D), this.#options(L, L));
      },
      () => {
        const { H, L } = this.#sizes();
        const [heads, E] = [H || 1, 6 * (H || 1)];
        const projections = {
          query: { weight: this.#tensor(E, E) },
          output: { weight: this.#tensor(3, E), bias: [1, 2, 3] },
        };
        const { multiHeadSelfAttention, maskedMultiHeadSelfAttention } = this.#engine;
        this.#random.pick([multiHeadSelfAttention, maskedMultiHeadSelfAttention])(this.#tensor(L, E), {
          heads,
          projections,
        });
      },
      () => {
        const { L, S, D } = this.#sizes();
        this.#engine.crossAttention(this.#tensor(L, D), this.#tensor(S, D), this.#options(S, L));
      },
      () => {
        const { B, L, S, D } = this.#sizes();
        this.#engine.matmul(this.#tensor(B, L, D), this.#tensor(D, S), { bias: this.#tensor(S) });
      },
      () => {
        const { L, S } = this.#sizes();
        this.#engine.softmax(this.#tensor(L, S));
      },
      () => {
        const { G, D } = this.#sizes();
        const capacity = this.#random.integer(0, most.capacity);
        const cache = this.#engine.createKvCache({ heads: G, headSize: D, capacity });
        this.#caches.push({ cache, G, D, keys: [], values: [] });
      },
      () => this.#append(),
      () => this.#append(),
      () => {
        if (this.#caches.length === 0) return;
        const held = this.#random.pick(this.#caches);
        held.cache.truncate(0);
        held.keys = [];
        held.values = [];
      },
      () => {
        if (this.#caches.length === 0) return;
        const { cache, G, D } = this.#random.pick(this.#caches);
        this.#engine.attention(this.#tensor(1, G, 3, D), cache, { causal: true });
      },
    ];

    #append(): void {
      if (this.#caches.length === 0) return;
      const { cache, G, D, keys, values } = this.#random.pick(this.#caches);
      const T = this.#random.integer(0, cache.capacity - cache.length);
      const [key, value] = [this.#tensor(G, T, D), this.#tensor(G, T, D)];
      cache.append(key, value);
      keys.push({ data: key.data.slice(), shape: key.shape });
      values.push({ data: value.data.slice(), shape: value.shape });
    }

    #refused(): void {
      const engine = this.#engine;
      const { H, L, S, D } = this.#sizes();
      const x = (...shape: number[]) => this.#draw(...shape);
      const cache = this.#caches.length > 0 ? this.#random.pick(this.#caches).cache : undefined;
      const call = this.#random.pick<() => unknown>([
        () => engine.attention(x(H, L, D), x(H, S, D + 1), x(H, S, D)),
        () => engine.attention(x(L, D), x(S, D), x(S, D), { scale: Number.NaN }),
        () =>
          engine.attention(x(L, D), x(S, D), x(S, D), {
            mask: [Array(S + 2).fill(true)],
            out: new Float32Array(L * D),
          }),
        () => engine.attention(x(L, D), x(L + 1, D), x(L + 1, D), { causal: true }),
        () => engine.attention(x(L + 1, D + 1), x(S, D + 1), x(S, D + 1), { out: new Float32Array(1) }),
        () => engine.scores(x(L, D), x(S, D + 1)),
        () => engine.mergeAttention([]),
        () => engine.selfAttention(x(L)),
        () => engine.multiHeadSelfAttention(x(L, 7), { heads: 3 }),
        () => engine.maskedMultiHeadSelfAttention(x(L, 6), { heads: 3, keyValueHeads: 2 }),
        () => engine.crossAttention(x(L, D), x(S, D + 1)),
        () => engine.matmul(x(L, D), x(D + 1, S)),
        () => engine.softmax([[1, 2], [3]]),
        () => engine.createKvCache({ heads: -1, headSize: D, capacity: S }),
        () => engine.createKvCache({ heads: 64, headSize: 2 ** 20, capacity: 64 }),
        () => engine.empty([2 ** 29]),
        () => engine.empty([2 ** 40]),
        () => (cache ?? engine.createKvCache({ heads: 1, headSize: 1, capacity: 0 })).append(x(9, 99, 9), x(9, 99, 9)),
        () => (cache ? cache.truncate(cache.length + 1) : engine.empty([-1])),
      ]);
      expect(call).toThrow(/^[\w.]+: (".+" must .+, got .+|this call needs .+)/);
      this.failed++;
    }
  }

  it("leave memory where it was", () => {
    const engine = engineOf(64 * MEGABYTE);
    const random = createRandom(2024);
    const calls = new Calls(engine, random);
    // As much as can be held at once, and the largest call.
    const caches = Array.from({ length: 2 * most.held }, () =>
      engine.createKvCache({ heads: most.G, headSize: most.D, capacity: most.capacity }),
    );
    const tensors = Array.from({ length: 2 * most.held }, () => engine.empty([2, 6, most.S, most.S]));
    engine.attention(t(2, 6, 40, 24), t(2, 3, 60, 24), t(2, 3, 60, 24), {
      bias: t(40, 60),
      returnWeights: true,
      returnScores: true,
    });
    for (const held of [...caches, ...tensors]) held.dispose();
    calls.run(1000);
    calls.end();
    const { byteLength } = engine;
    const control = () => [...engine.attention(t(2, 33, 16), t(2, 70, 16), t(2, 70, 16)).output.data];
    const before = control();

    for (let round = 0; round < 19; round++) {
      calls.run(1000);
      if (round % 4 === 3) calls.end();
      expect(engine.byteLength).toBe(byteLength);
    }
    calls.end();
    expect(calls.failed).toBeGreaterThan(6000);
    expect(calls.failed).toBeLessThan(7500);
    expect(control()).toEqual(before);
    // Nothing is left of them: all that there is can be had in one piece.
    const free = Math.floor((byteLength - 2 * MEGABYTE) / 4);
    engine.empty([free]).dispose();
    expect(engine.byteLength).toBe(byteLength);
  }, 30_000);
});

// -------------------------------------------------------------------------------------------------- growth

describe("growth", () => {
  it("is geometric: many sizes, few steps", () => {
    const engine = engineOf();
    const seen = new Set<number>();
    for (let i = 1; i <= 150; i++) {
      engine.softmax({ data: new Float32Array(10_000 * i), shape: [10_000 * i] });
      seen.add(engine.byteLength);
    }
    // From 64 KB to 2 × 6 MB in steps of a factor 1.5, each of which may leave a hole behind.
    expect(seen.size).toBeLessThan(20);
    expect(engine.byteLength).toBeLessThan(3 * 2 * 150 * 40_000);
  });

  it("happens once in a call, before anything is written", () => {
    const engine = engineOf();
    const out = placed(engine, t(300, 300));
    const held = [...out.data];
    const grow = WebAssembly.Memory.prototype.grow;
    const seen: number[][] = [];
    vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(function (
      this: WebAssembly.Memory,
      pages: number,
    ) {
      seen.push([...out.data]);
      return grow.call(this, pages);
    });
    engine.matmul(t(300, 300), t(300, 300), { out });
    expect(seen.length).toBe(1);
    expect(seen[0]).toEqual(held);
    engine.attention(t(300, 8), t(2000, 8), t(2000, 8), { returnWeights: true, returnScores: true });
    expect(seen.length).toBe(2);
  });

  it("results are copies, which it leaves alone", () => {
    const engine = engineOf();
    const first = engine.attention(t(5, 4), t(6, 4), t(6, 4), {
      returnWeights: true,
      returnScores: true,
      returnLse: true,
    });
    const results = [
      first.output,
      first.weights,
      first.scores,
      first.lse,
      engine.softmax(t(3, 3)),
      engine.matmul(t(2, 3), t(3, 2)),
      // Few numbers are copied in another way than many.
      engine.attention(t(20, 4), t(6, 4), t(6, 4)).output,
      engine.softmax(t(9, 9)),
      engine.matmul(t(20, 3), t(3, 20)),
    ];
    const held = results.map(({ data }) => [...data]);
    expect(new Set(results.map(({ data }) => data.buffer)).size).toBe(results.length);
    const { byteLength } = engine;
    engine.softmax(t(500_000));
    expect(engine.byteLength).toBeGreaterThan(byteLength);
    engine.softmax(t(3, 3));
    expect(results.map(({ data }) => [...data])).toEqual(held);
  });

  it("caches and tensors keep what they hold; a tensor's data is a new view, its old one is detached", () => {
    const engine = engineOf();
    const tensor = placed(engine, t(4, 5));
    const cache = engine.createKvCache({ heads: 2, headSize: 4, capacity: 3 });
    cache.append(t(2, 3, 4), t(2, 3, 4));
    const attended = [...engine.attention(t(2, 1, 4), cache).output.data];
    const view = tensor.data;
    expect(tensor.data).toBe(view);
    engine.empty([100_000]);
    engine.softmax(t(500_000));
    expect(view.length).toBe(0);
    expect(tensor.data).not.toBe(view);
    expect([...tensor.data]).toEqual([...t(4, 5).data]);
    expect([...engine.attention(t(2, 1, 4), cache).output.data]).toEqual(attended);
  });

  it("during a call whose inputs and out are in wasm memory moves none of them", () => {
    const engine = engineOf();
    const [a, b, out] = [placed(engine, t(200, 200)), placed(engine, t(200, 200)), engine.empty([200, 200])];
    const offsets = [a, b, out].map(({ data }) => data.byteOffset);
    const { byteLength } = engine;
    const result = engine.matmul(a, b, { out });
    expect(engine.byteLength).toBeGreaterThan(byteLength);
    expect([a, b, out].map(({ data }) => data.byteOffset)).toEqual(offsets);
    expect([...result.data]).toEqual([...engineOf().matmul(t(200, 200), t(200, 200)).data]);
  });

  it.each([2, 200])("during a call whose out is a tensor's view: the result can be read, %i rows", (n) => {
    const engine = engineOf();
    const out = engine.empty([n, n]);
    const result = engine.matmul(t(n, n), t(n, n), { out: out.data });
    const expected = [...engineOf().matmul(t(n, n), t(n, n)).data];
    expect([...out.data]).toEqual(expected);
    expect([...result.data]).toEqual(expected);
  });
});

// -------------------------------------------------------------------------------------------------- maximumBytes

describe("maximumBytes", () => {
  const big = 500_000;
  const calls: [api: string, call: (engine: Attention, cache: KvCache) => unknown][] = [
    ["attention", ({ attention }) => attention(t(1, 1), t(big, 1), t(big, 1))],
    ["attention", ({ attention }, cache) => attention(t(1, big, 4), cache)],
    ["attention", ({ attention }) => attention(t(600, 1), t(600, 1), t(600, 1), { returnWeights: true })],
    ["attention", ({ attention }) => attention(t(600, 1), t(600, 1), t(600, 1), { returnScores: true })],
    ["scores", ({ scores }) => scores(t(1000, 1), t(1000, 1))],
    ["mergeAttention", ({ mergeAttention }) => mergeAttention([{ output: t(big, 1), lse: t(big) }])],
    ["selfAttention", ({ selfAttention }) => selfAttention(t(big, 1))],
    ["multiHeadSelfAttention", (e) => e.multiHeadSelfAttention(t(big / 2, 2), { heads: 2 })],
    ["maskedMultiHeadSelfAttention", (e) => e.maskedMultiHeadSelfAttention(t(big / 2, 2), { heads: 2 })],
    ["crossAttention", ({ crossAttention }) => crossAttention(t(1, 1), t(big, 1))],
    ["matmul", ({ matmul }) => matmul(t(1000, 1), t(1, 1000))],
    ["softmax", ({ softmax }) => softmax(t(big))],
    ["createKvCache", ({ createKvCache }) => createKvCache({ heads: 1, headSize: 4, capacity: big })],
    ["empty", ({ empty }) => empty([big])],
  ];
  it.each(calls)("%s past it is a RangeError that changes nothing, and the engine goes on", (api, call) => {
    const maximumBytes = 1.5 * MEGABYTE;
    const engine = engineOf(maximumBytes);
    const cache = engine.createKvCache({ heads: 1, headSize: 4, capacity: 2 });
    cache.append(t(1, 2, 4), t(1, 2, 4));
    const kept = placed(engine, t(3, 4));
    const small = () => [
      [...engine.attention(t(1, 2, 4), cache).output.data],
      [...engine.softmax(kept).data],
      [...engine.selfAttention(t(8, 4)).output.data],
      [...kept.data],
    ];
    const before = small();
    const { byteLength } = engine;
    const message = new RegExp(
      `^${api}: this call needs \\d+ bytes of wasm memory; "maximumBytes" allows ${maximumBytes}$`,
    );
    for (let i = 0; i < 2; i++) {
      expect(() => call(engine, cache)).toThrow(RangeError);
      expect(() => call(engine, cache)).toThrow(message);
    }
    expect(engine.byteLength).toBe(byteLength);
    expect(small()).toEqual(before);
    expect(engine.byteLength).toBeLessThanOrEqual(maximumBytes);
  });

  it("an append past it too: the tokens are not there", () => {
    const engine = engineOf(1.5 * MEGABYTE);
    const cache = engine.createKvCache({ heads: 1, headSize: 4, capacity: 50_000, dtype: "f16" });
    cache.append(t(1, 3, 4), t(1, 3, 4));
    const before = [...engine.attention(t(1, 2, 4), cache).output.data];
    const many = t(1, 29_997, 4);
    expect(() => cache.append(many, many)).toThrow(
      /^KvCache\.append: this call needs \d+ bytes .*; "maximumBytes" allows \d+$/,
    );
    expect(cache.length).toBe(3);
    expect([...engine.attention(t(1, 2, 4), cache).output.data]).toEqual(before);
    cache.append(t(1, 5, 4), t(1, 5, 4));
    expect(cache.length).toBe(8);
  });

  it("is never passed, and is used up to the last page", () => {
    for (const maximumBytes of [65536, 65537, 100_000, 131_072, MEGABYTE - 1, MEGABYTE]) {
      const engine = engineOf(maximumBytes);
      let taken = 0;
      while (true) {
        try {
          engine.empty([1024]);
          taken += 4096;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          break;
        }
      }
      expect(engine.byteLength).toBeLessThanOrEqual(maximumBytes);
      expect(engine.byteLength).toBeGreaterThan(maximumBytes - 65536);
      expect(taken).toBeGreaterThan(engine.byteLength - 2 * 4096);
    }
  });

  it("a call that fits alone is not refused for the sake of growing geometrically", () => {
    const engine = engineOf(4 * MEGABYTE);
    // 1 MB, then 3.4 MB: 1.5 times the first is less, and half of the rest is no room for both.
    engine.softmax(t(125_000));
    expect(() => engine.softmax(t(425_000))).not.toThrow();
    expect(() => engine.softmax(t(600_000))).toThrow(RangeError);
    expect(() => engine.softmax(t(425_000))).not.toThrow();
  });

  it("by default is what 32 bits address", () => {
    expect(() => engineOf().empty([2 ** 30])).toThrow(RangeError);
  });
});

// -------------------------------------------------------------------------------------------------- no copies

describe("tensors in wasm memory", () => {
  it("are zeros at first, also where something else was", () => {
    const engine = engineOf();
    const first = placed(engine, t(100));
    first.dispose();
    const second = engine.empty([10, 10]);
    expect([...second.shape]).toEqual([10, 10]);
    expect(second.data).toEqual(new Float32Array(100));
  });

  it("do not follow a shape that is changed later", () => {
    const shape = [2, 3];
    const tensor = engineOf().empty(shape);
    shape[0] = 4;
    expect([...tensor.shape]).toEqual([2, 3]);
  });

  it("are read and written where they lie", () => {
    const n = 400_000;
    const engine = engineOf();
    const [x, y] = [engine.empty([n]), engine.empty([n])];
    x.data.fill(1);
    engine.softmax(t(4));
    const { byteLength } = engine;
    const result = engine.softmax(x, { out: y });
    expect(engine.byteLength, "no room was taken for 1.6 MB of input or output").toBe(byteLength);
    expect(result).toBe(y);
    expect(result.data.buffer).toBe(y.data.buffer);
    expect(result.data.byteOffset).toBe(y.data.byteOffset);
    expect(y.data[0]).toBeCloseTo(1 / n, 10);
    engine.softmax(t(n));
    expect(engine.byteLength, "which it is for arrays").toBeGreaterThan(byteLength);
  });

  it("every call writes to the tensor given as out", () => {
    const engine = engineOf();
    const x = placed(engine, t(4, 6));
    const calls: ((out: Tensor) => Tensor)[] = [
      (out) => engine.attention(x, t(5, 6), t(5, 6), { out }).output,
      (out) => engine.selfAttention(x, { out }).output,
      (out) => engine.multiHeadSelfAttention(x, { heads: 2, out }).output,
      (out) => engine.multiHeadSelfAttention(x, { heads: 2, out, projections: { output: { weight: t(6, 6) } } }).output,
      (out) => engine.maskedMultiHeadSelfAttention(x, { heads: 2, out }).output,
      (out) => engine.crossAttention(x, t(5, 6), { out }).output,
      (out) => engine.matmul(x, t(6, 6), { out }),
      (out) => engine.softmax(x, { out }),
    ];
    for (const call of calls) {
      const fresh = call({ data: new Float32Array(24), shape: [24] });
      expect([...fresh.shape]).toEqual([4, 6]);
      using out = engine.empty([4, 6]);
      const got = call(out);
      expect(got.data.byteOffset).toBe(out.data.byteOffset);
      expect([...out.data]).toEqual([...fresh.data]);
    }
  });

  it("an out of another shape gives a result of the right one, whose data follows memory", () => {
    const engine = engineOf();
    const out = engine.empty([24]);
    const { output } = engine.selfAttention(t(4, 6), { out });
    expect([...output.shape]).toEqual([4, 6]);
    const expected = [...output.data];
    engine.softmax(t(500_000));
    expect(output.data.byteOffset).toBe(out.data.byteOffset);
    expect([...output.data]).toEqual(expected);
  });

  it("one as query, key and value at once, and as every part", () => {
    const engine = engineOf();
    const x = placed(engine, t(7, 8));
    expect([...engine.attention(x, x, x).output.data]).toEqual([
      ...engine.attention(t(7, 8), t(7, 8), t(7, 8)).output.data,
    ]);
    const { output, lse } = engine.attention(t(7, 8), t(9, 8), t(9, 8), { returnLse: true });
    const part = { output: placed(engine, output), lse: placed(engine, lse) };
    expect([...engine.mergeAttention([part, part]).output.data]).toEqual([
      ...engine.mergeAttention([
        { output, lse },
        { output, lse },
      ]).output.data,
    ]);
  });

  it("an append reads them where they lie", () => {
    const engine = engineOf();
    const n = 100_000;
    const [key, value] = [placed(engine, t(1, n, 2)), placed(engine, t(1, n, 2))];
    const cache = engine.createKvCache({ heads: 1, headSize: 2, capacity: n });
    const { byteLength } = engine;
    cache.append(key, value);
    expect(engine.byteLength).toBe(byteLength);
    expect(cache.length).toBe(n);
  });
});

// -------------------------------------------------------------------------------------------------- giving back

describe("dispose", () => {
  it("gives memory to the next that asks", () => {
    const engine = engineOf();
    const [key, value] = [placed(engine, t(4, 700, 16)), placed(engine, t(4, 700, 16))];
    const first = engine.empty([2 * 4 * 700 * 16]);
    const { byteOffset } = first.data;
    const { byteLength } = engine;
    first.dispose();
    for (let i = 0; i < 20; i++) {
      const cache = engine.createKvCache({ heads: 4, headSize: 16, capacity: 700 });
      expect(cache.byteLength).toBe(2 * 4 * 700 * 16 * 4);
      cache.append(key, value);
      cache.dispose();
      cache.dispose();
      using tensor = engine.empty([2 * 4 * 700 * 16]);
      expect(tensor.data.byteOffset).toBe(byteOffset);
      expect(tensor.data.every((x) => x === 0)).toBe(true);
    }
    expect(engine.byteLength).toBe(byteLength);
  });

  it("twice gives it once: two that ask next do not share it", () => {
    const engine = engineOf();
    const first = engine.empty([64]);
    first.dispose();
    const second = placed(engine, t(64));
    first.dispose();
    first[Symbol.dispose]();
    const third = engine.empty([64]);
    expect(third.data.byteOffset).not.toBe(second.data.byteOffset);
    expect([...second.data]).toEqual([...t(64).data]);
  });

  it.each([1, 2, 3, 4])("in any order joins what was freed, order %i", (seed) => {
    const random = createRandom(seed);
    const shuffled = <T>(list: T[]): T[] =>
      list
        .map((x) => ({ x, key: random.uniform() }))
        .sort((a, b) => a.key - b.key)
        .map(({ x }) => x);
    const engine = engineOf(32 * MEGABYTE);
    engine.softmax(t(4));
    const blocks = shuffled(
      Array.from({ length: 200 }, (_, i) => engine.empty([i < 100 ? 1000 : random.integer(1, 5000)])),
    );
    const bytes = blocks.reduce((sum, { data }) => sum + Math.ceil(data.byteLength / 64) * 64, 0);
    const { byteLength } = engine;
    // Those of one size first, in random order: as many more find room, and the others still hold what they did.
    const [freed, kept] = [
      blocks.filter(({ shape }) => shape[0] === 1000),
      blocks.filter(({ shape }) => shape[0] !== 1000),
    ];
    for (const [i, block] of kept.entries()) block.data.fill(i);
    for (const block of freed) block.dispose();
    const between = freed.map(() => engine.empty([10, 100]));
    expect(engine.byteLength, "as much as was freed").toBe(byteLength);
    for (const block of between) block.data.fill(-1);
    for (const [i, block] of kept.entries()) expect(block.data.every((x) => x === i)).toBe(true);
    for (const block of shuffled([...kept, ...between])) block.dispose();
    const whole = engine.empty([bytes / 4]);
    expect(engine.byteLength, "all in one piece").toBe(byteLength);
    whole.dispose();
  });

  it("living tensors never overlap one another, a cache, or what a call works in", () => {
    const random = createRandom(5);
    const engine = engineOf();
    const held = new Map<WasmTensor, number>();
    for (let i = 0; i < 2000; i++) {
      if (held.size > 20 || (held.size > 0 && random.uniform() < 0.4)) {
        const [tensor, value] = random.pick([...held]);
        expect(tensor.data.every((x) => x === value)).toBe(true);
        held.delete(tensor);
        tensor.dispose();
      } else if (random.uniform() < 0.2) {
        engine.softmax(t(random.integer(1, 3000)));
      } else {
        const tensor = engine.empty([random.integer(0, 500)]);
        tensor.data.fill(i);
        held.set(tensor, i);
      }
    }
    for (const [tensor, value] of held) expect(tensor.data.every((x) => x === value)).toBe(true);
  });
});

describe("the garbage collector", { timeout: 30_000 }, () => {
  it("frees what was forgotten", async () => {
    const engine = engineOf(8 * MEGABYTE);
    // Twice as much as there is room for, in pieces of a megabyte.
    const forget = async (make: () => unknown) => {
      for (let i = 0; i < 16; i++) {
        let done = false;
        const attempt = () => {
          try {
            make();
            done = true;
          } catch {
            // No room yet.
          }
          return done;
        };
        if (!attempt()) expect(await collect(attempt)).toBe(true);
      }
    };
    await forget(() => engine.createKvCache({ heads: 1, headSize: 128, capacity: 1024 }));
    await forget(() => engine.empty([2 ** 18]));
    expect(engine.byteLength).toBeLessThanOrEqual(8 * MEGABYTE);
  });

  it("leaves what is still used: a tensor of which only the view is kept", async () => {
    const engine = engineOf(4 * MEGABYTE);
    const view = (() => engine.empty([1000]).data)();
    view.fill(7);
    // Another, of which nothing is kept: once its place is given anew, the collector has been there for both.
    const place = (() => engine.empty([1000]).data.byteOffset)();
    const freed = () => {
      using next = engine.empty([1000]);
      return next.data.byteOffset === place;
    };
    expect(await collect(freed)).toBe(true);
    const others = Array.from({ length: 4 }, () => engine.empty([1000]));
    for (const other of others) other.data.fill(8);
    expect(view.length, "memory has not grown meanwhile").toBe(1000);
    expect(view.every((x) => x === 7)).toBe(true);
  });

  it("takes an engine's memory after dispose, though the engine is still held", async () => {
    const engine = engineOf();
    const buffer = (() => new WeakRef(engine.empty([4]).data.buffer))();
    engine.dispose();
    expect(await collect(() => buffer.deref() === undefined)).toBe(true);
    expect(engine.byteLength).toBe(0);
  });

  it("takes an engine's memory after dispose, though a cache is still held", async () => {
    const [buffer, cache] = (() => {
      const engine = engineOf();
      const cache = engine.createKvCache({ heads: 1, headSize: 4, capacity: 4 });
      const buffer = new WeakRef(engine.empty([4]).data.buffer);
      engine.dispose();
      return [buffer, cache] as const;
    })();
    expect(await collect(() => buffer.deref() === undefined)).toBe(true);
    expect(cache.capacity).toBe(4);
  });

  it("takes an engine that was forgotten", async () => {
    const buffer = (() => new WeakRef(engineOf().empty([4]).data.buffer))();
    expect(await collect(() => buffer.deref() === undefined)).toBe(true);
  });
});

// -------------------------------------------------------------------------------------------------- long sequences

describe("long sequences", () => {
  const D = 64;
  /** Memory that attention of this length takes, with little to compute. */
  function bytesFor(length: number, options: object): number {
    const engine = engineOf();
    const x = { data: new Float32Array(length * D), shape: [length, D] };
    engine.attention(x, x, x, { window: { left: 7, right: 8 }, ...options });
    return engine.byteLength;
  }

  it("16,384 queries and keys need no more than 32 MB", () => {
    expect(bytesFor(16384, {})).toBeLessThanOrEqual(32 * MEGABYTE);
    expect(bytesFor(16384, { causal: true, returnLse: true })).toBeLessThanOrEqual(32 * MEGABYTE);
  });

  it("memory is linear in length", () => {
    const [a, b, c, d] = [2048, 4096, 8192, 16384].map((length) => bytesFor(length, {})) as [
      number,
      number,
      number,
      number,
    ];
    const slack = 4 * 65536;
    expect(Math.abs(c - b - 2 * (b - a))).toBeLessThanOrEqual(slack);
    expect(Math.abs(d - c - 2 * (c - b))).toBeLessThanOrEqual(slack);
    // A length costs at most query, key, value, output, and K and V once more, in panels.
    expect(d - c).toBeLessThanOrEqual(8192 * 6 * D * 4 + slack);
  });
});
