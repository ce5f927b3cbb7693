// Objects that look like ours and are not: in a Proxy, as reactive state has them, or of a second copy of the package. What
// works through a Proxy works; what cannot says why, and what to do.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as core from "@attn/core";
import { createAttention, type KvCache } from "@attn/core";
import { engineOf } from "@attn/core/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const engine = createAttention({ variant: "simd" });
const token = [[[1, 2]]];

/** As Vue's reactive(): getters and methods run with the Proxy as `this`, and objects come out in Proxies of their own. */
const reactive = <T>(x: T): T =>
  typeof x !== "object" || x === null || ArrayBuffer.isView(x)
    ? x
    : (new Proxy(x, { get: (target, key, self) => reactive(Reflect.get(target, key, self)) }) as T);

describe("in a Proxy", () => {
  const advice = /must be the cache itself, got a Proxy of it, .*: keep it out of reactive state \(markRaw in Vue\)$/;
  const cache = reactive(engine.createKvCache({ heads: 1, headSize: 2, capacity: 4 }));
  it.each<[method: string, call: () => unknown]>([
    ["attention", () => engine.attention(token, cache)],
    ["KvCache.length", () => cache.length],
    ["KvCache.capacity", () => cache.capacity],
    ["KvCache.append", () => cache.append(token, token)],
    ["KvCache.truncate", () => cache.truncate(0)],
    ["KvCache.dispose", () => cache.dispose()],
    ["KvCache.dispose", () => cache[Symbol.dispose]()],
  ])("a cache: %s says so", (api, call) => {
    expect(call).toThrow(advice);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`${api}: "`);
  });

  it("an engine and its tensors work", () => {
    const proxy = reactive(engine);
    expect(proxy.variant).toBe("simd");
    expect(proxy.byteLength).toBe(engine.byteLength);
    const x = reactive(engine.empty([1, 2]));
    x.data.set([0, Math.log(3)]);
    const out = reactive(engine.empty([1, 2]));
    expect(proxy.softmax(x, { out })).toBe(out);
    expect(out.data[1]).toBeCloseTo(0.75, 6);
    x.dispose();
  });

  it("an engine is no engine to packages on its memory, which say so", () => {
    expect(() => engineOf("linear", reactive(engine))).toThrow(
      'linear: "engine" must be what createAttention or loadAttention gave, got an object of another copy of @attn/core, or a Proxy (markRaw in Vue)',
    );
  });
});

describe("of a second copy of the package", () => {
  let copy: typeof core;
  let folder: string;
  beforeAll(async () => {
    const dist = dirname(fileURLToPath(import.meta.resolve("@attn/core")));
    // Beside the package, where what it imports is found.
    const results = join(dist, "../test-results");
    mkdirSync(results, { recursive: true });
    folder = mkdtempSync(join(results, "copy-"));
    cpSync(dist, folder, { recursive: true });
    copy = await import(/* @vite-ignore */ pathToFileURL(join(folder, "index.js")).href);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("it is one", () => expect(copy.softmax).not.toBe(core.softmax));

  it("a cache says so", () => {
    using cache: KvCache = copy.createKvCache({ heads: 1, headSize: 2, capacity: 4 });
    expect(() => core.attention(token, cache)).toThrow(
      new TypeError('attention: "cache" must be made by this copy of @attn/core, got a KvCache of another copy'),
    );
  });

  it("a cache of another engine of the same copy says that", () => {
    using cache = createAttention().createKvCache({ heads: 1, headSize: 2, capacity: 4 });
    expect(() => engine.attention(token, cache)).toThrow(
      new RangeError('attention: "cache" must be a cache of this engine, got one of another engine'),
    );
  });

  it("an engine says so to packages on its memory", () => {
    using other = copy.createAttention();
    expect(() => engineOf("linear", other)).toThrow(
      /"engine" must be .*, got an object of another copy of @attn\/core/,
    );
  });

  it("a tensor is a tensor, also one in the other's wasm memory", () => {
    using other = copy.createAttention();
    using x = other.empty([1, 2]);
    expect(core.softmax(x).data).toEqual(Float32Array.of(0.5, 0.5));
  });
});

describe("in the wrong place", () => {
  it("a cache where a tensor is asked for", () => {
    using cache = engine.createKvCache({ heads: 1, headSize: 2, capacity: 4 });
    expect(() => engine.scores(token, cache as never)).toThrow(
      'scores: "key" must be a tensor { data: Float32Array, shape } or a nested array of numbers, got a KvCache',
    );
  });

  it("a tensor where options are", () => {
    const mask = { data: Uint8Array.of(1), shape: [1, 1] };
    expect(() => engine.attention([[1]], [[1]], [[1]], mask as never)).toThrow(
      new TypeError(
        'attention: "options" must be an object of options, such as { mask }, got an object that is a tensor',
      ),
    );
  });

  it("a shape that is missing", () => {
    expect(() => engine.attention([1, 2, 3] as never, [[1]], [[1]])).toThrow(
      'attention: "query" must be [L, D], [H, L, D] or [B, H, L, D], got [3]',
    );
    expect(() => engine.attention(new Float32Array(4) as never, [[1]], [[1]])).toThrow(
      'attention: "query" must be a tensor { data: Float32Array, shape } or a nested array of numbers, got Float32Array of 4',
    );
  });
});
