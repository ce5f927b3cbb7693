// KvCache: keys and values kept in wasm memory, [B, G, capacity, D] each, in f32, f16 or int8. Knows how tokens are
// stored; attention.ts knows what is done with them.
import { Allocation } from "../engine/allocation.ts";
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import { Frame } from "../engine/frame.ts";
import { type CacheSizes, checkAppend, checkCacheOptions } from "../plan/cache.ts";
import { denseStrides, type Strides } from "../plan/layout.ts";
import { checkCount } from "../plan/values.ts";
import type { CreateKvCacheFunction, KvCache, TensorInput } from "../types.ts";
import { AnyCache, type CachedTokens, caches, proxied } from "./cached.ts";

const BYTES = { f32: 4, f16: 2, int8: 1 } as const;

/** Tokens of a cache's batch elements and heads, as f32 in memory. */
export interface PlacedTokens {
  readonly address: number;
  readonly strides: Strides;
}

/** The memory of a cache: tokens by address. Checks nothing but that it is alive. */
export class TokenStore {
  readonly #engine: Engine;
  readonly #sizes: CacheSizes;
  readonly #allocation: Allocation;
  /** Where everything lies. */
  readonly #layout: Pick<CachedTokens, "key" | "value"> & { readonly scales: NonNullable<CachedTokens["scales"]> };
  readonly byteLength: number;
  length = 0;
  /** No token before this one has an f16 that is not finite; without them the kernel reads faster. */
  #finiteTo = Number.POSITIVE_INFINITY;

  /** Memory wanted by `api`, which goes back when `owner` is collected, if not before. */
  constructor(api: string, engine: Engine, sizes: CacheSizes, owner?: object) {
    const { B, G, D, Dv, capacity, dtype } = sizes;
    const tokens = B * G * capacity;
    const { room } = engine.memory;
    const keys = room(tokens * D * BYTES[dtype]);
    const values = room(tokens * Dv * BYTES[dtype]);
    const scales = dtype === "int8" ? room(tokens * 4) : 0;
    this.#engine = engine;
    this.#sizes = sizes;
    this.byteLength = keys + values + 2 * scales;
    this.#allocation = new Allocation(engine, api, this.byteLength, owner ?? this);
    const { start } = this.#allocation;
    const strides = (size: number): Strides => ({ batch: G * capacity * size, head: capacity * size, token: size });
    this.#layout = {
      key: { address: start, strides: strides(D * BYTES[dtype]) },
      value: { address: start + keys, strides: strides(Dv * BYTES[dtype]) },
      scales: { key: start + keys + values, value: start + keys + values + scales, strides: strides(4) },
    };
  }

  get capacity(): number {
    return this.#sizes.capacity;
  }

  assertLive(api: string): void {
    this.#engine.assertLive(api);
    if (this.#allocation.released) throw new Error(`${api}: this cache is disposed`);
  }

  /** The tokens held, for attention to read. */
  tokens(api: string): CachedTokens {
    this.assertLive(api);
    const { dtype } = this.#sizes;
    return {
      ...this.#layout,
      sizes: this.#sizes,
      length: this.length,
      dtype: dtype === "f16" && this.length <= this.#finiteTo ? "f16Finite" : dtype,
    };
  }

  /** T more tokens of every batch element and head, behind those that are there. There is room for them. */
  append(api: string, T: number, key: PlacedTokens, value: PlacedTokens): void {
    this.assertLive(api);
    const { key: K, value: V, scales } = this.#layout;
    const { D, Dv } = this.#sizes;
    this.#write(T, D, key, K.address, K.strides, scales.key);
    this.#write(T, Dv, value, V.address, V.strides, scales.value);
    this.length += T;
  }

  /** T tokens of every head, n numbers each. */
  #write(T: number, n: number, from: PlacedTokens, to: number, strides: Strides, scales: number): void {
    const { B, G } = this.#sizes;
    const scale = this.#layout.scales.strides;
    // Tokens without a number may be as many as lengths can say; in int8 each has a scale.
    if (T * n === 0 && this.#sizes.dtype !== "int8") return;
    const dense = from.strides.token === 4 * n;
    for (let b = 0; b < B; b++) {
      for (let g = 0; g < G; g++) {
        const source = from.address + b * from.strides.batch + g * from.strides.head;
        const target = to + b * strides.batch + g * strides.head + this.length * strides.token;
        const scaleOf = scales + b * scale.batch + g * scale.head + this.length * 4;
        if (dense) this.#encode(target, scaleOf, source, T, n);
        else
          for (let t = 0; t < T; t++)
            this.#encode(target + t * strides.token, scaleOf + 4 * t, source + t * from.strides.token, 1, n);
      }
    }
  }

  /** T tokens one behind the other. */
  #encode(target: number, scales: number, source: number, T: number, n: number): void {
    const { memory, kernel } = this.#engine;
    const { dtype } = this.#sizes;
    if (dtype === "f32") memory.u8.copyWithin(target, source, source + T * n * 4);
    else if (dtype === "int8") kernel.encode_int8(target, scales, source, T, n);
    else if (kernel.encode_f16(target, source, T * n) === 0) this.#finiteTo = Math.min(this.#finiteTo, this.length);
  }

  /** Forgets the tokens at and past `length`, which is at most what it holds. */
  truncate(length: number): void {
    this.length = length;
    if (length <= this.#finiteTo) this.#finiteTo = Number.POSITIVE_INFINITY;
  }

  /** Batch element i becomes what parents[i] was, one for each element: beams. */
  gather(api: string, parents: readonly number[]): void {
    this.assertLive(api);
    if (parents.every((parent, i) => parent === i)) return;
    const { memory } = this.#engine;
    const { G, dtype } = this.#sizes;
    const { key, value, scales } = this.#layout;
    const moved = [key, value];
    if (dtype === "int8")
      for (const address of [scales.key, scales.value]) moved.push({ address, strides: scales.strides });
    for (const { address, strides } of moved) {
      const bytes = this.length * strides.token;
      memory.open(api, parents.length * G * bytes);
      const copy = memory.place(parents.length * G * bytes);
      for (const [i, parent] of parents.entries())
        for (let g = 0; g < G; g++) {
          const from = address + parent * strides.batch + g * strides.head;
          memory.u8.copyWithin(copy + (i * G + g) * bytes, from, from + bytes);
        }
      for (let i = 0; i < parents.length; i++)
        for (let g = 0; g < G; g++) {
          const from = copy + (i * G + g) * bytes;
          memory.u8.copyWithin(address + i * strides.batch + g * strides.head, from, from + bytes);
        }
    }
  }

  /** Idempotent. */
  dispose(): void {
    this.#allocation.release();
  }
}

class WasmKvCache extends AnyCache implements KvCache {
  readonly #engine: Engine;
  readonly #sizes: CacheSizes;
  readonly #store: TokenStore;

  constructor(engine: Engine, sizes: CacheSizes) {
    super();
    this.#engine = engine;
    this.#sizes = sizes;
    this.#store = new TokenStore("createKvCache", engine, sizes, this);
    const store = this.#store;
    caches.set(this, { engine, tokens: (api) => store.tokens(api) });
  }

  /** The store of a method's `this`, unless it was called through a Proxy. */
  static #storeOf(api: string, self: WasmKvCache): TokenStore {
    if (!(#store in self)) throw proxied(api, "this");
    return self.#store;
  }

  get length(): number {
    return WasmKvCache.#storeOf("KvCache.length", this).length;
  }

  get capacity(): number {
    return WasmKvCache.#storeOf("KvCache.capacity", this).capacity;
  }

  get byteLength(): number {
    return WasmKvCache.#storeOf("KvCache.byteLength", this).byteLength;
  }

  get [Symbol.toStringTag](): string {
    return "KvCache";
  }

  append(key: TensorInput, value: TensorInput): void {
    const api = "KvCache.append";
    const store = WasmKvCache.#storeOf(api, this);
    store.assertLive(api);
    const { G, D, Dv } = this.#sizes;
    const { keys, values, T } = checkAppend(api, key, value, this.#sizes, store.length);

    const frame = new Frame(this.#engine.memory, api);
    const from = [frame.input("key", keys), frame.input("value", values)] as const;
    frame.open();

    const placed = (slot: number, n: number): PlacedTokens => ({
      address: frame.at(slot),
      strides: denseStrides("BHLD", G, T, n),
    });
    store.append(api, T, placed(from[0], D), placed(from[1], Dv));
  }

  truncate(length: number): void {
    const api = "KvCache.truncate";
    const store = WasmKvCache.#storeOf(api, this);
    store.assertLive(api);
    if (checkCount(api, "length", length, 0) > store.length)
      throw wrongValue(api, "length", `be at most ${store.length}, the tokens held`, length);
    store.truncate(length);
  }

  dispose(): void {
    WasmKvCache.#storeOf("KvCache.dispose", this).dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function makeCreateKvCache(engine: Engine): CreateKvCacheFunction {
  return (options) => {
    engine.assertLive("createKvCache");
    return new WasmKvCache(engine, checkCacheOptions("createKvCache", options));
  };
}
