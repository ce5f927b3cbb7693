// KvCache: keys and values kept in wasm memory, [B, G, capacity, D] each, in f32, f16 or int8. Knows how tokens are
// stored; attention.ts knows what is done with them.
import { Allocation } from "../engine/allocation.ts";
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import { Frame } from "../engine/frame.ts";
import { type CacheSizes, checkAppend, checkCacheOptions } from "../plan/cache.ts";
import type { Strides } from "../plan/layout.ts";
import { checkCount } from "../plan/values.ts";
import type { CreateKvCacheFunction, KvCache, TensorInput } from "../types.ts";
import { type CachedTokens, caches } from "./cached.ts";

const BYTES = { f32: 4, f16: 2, int8: 1 } as const;

class WasmKvCache implements KvCache {
  readonly #engine: Engine;
  readonly #sizes: CacheSizes;
  readonly #allocation: Allocation;
  /** Where everything lies. */
  readonly #layout: Pick<CachedTokens, "key" | "value"> & { readonly scales: NonNullable<CachedTokens["scales"]> };
  readonly byteLength: number;
  #length = 0;
  /** No token before this one has an f16 that is not finite; without them the kernel reads faster. */
  #finiteTo = Number.POSITIVE_INFINITY;

  constructor(engine: Engine, sizes: CacheSizes) {
    const { B, G, D, Dv, capacity, dtype } = sizes;
    const tokens = B * G * capacity;
    const { room } = engine.memory;
    const keys = room(tokens * D * BYTES[dtype]);
    const values = room(tokens * Dv * BYTES[dtype]);
    const scales = dtype === "int8" ? room(tokens * 4) : 0;
    this.#engine = engine;
    this.#sizes = sizes;
    this.byteLength = keys + values + 2 * scales;
    this.#allocation = new Allocation(engine, "createKvCache", this.byteLength, this);
    const { start } = this.#allocation;
    const strides = (size: number): Strides => ({ batch: G * capacity * size, head: capacity * size, token: size });
    this.#layout = {
      key: { address: start, strides: strides(D * BYTES[dtype]) },
      value: { address: start + keys, strides: strides(Dv * BYTES[dtype]) },
      scales: { key: start + keys + values, value: start + keys + values + scales, strides: strides(4) },
    };
    caches.set(this, { engine, tokens: (api) => this.#tokens(api) });
  }

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#sizes.capacity;
  }

  #assertLive(api: string): void {
    this.#engine.assertLive(api);
    if (this.#allocation.released) throw new Error(`${api}: this cache is disposed`);
  }

  #tokens(api: string): CachedTokens {
    this.#assertLive(api);
    const { dtype } = this.#sizes;
    return {
      ...this.#layout,
      sizes: this.#sizes,
      length: this.#length,
      dtype: dtype === "f16" && this.#length <= this.#finiteTo ? "f16Finite" : dtype,
    };
  }

  append(key: TensorInput, value: TensorInput): void {
    const api = "KvCache.append";
    this.#assertLive(api);
    const sizes = this.#sizes;
    const { keys, values, T } = checkAppend(api, key, value, sizes, this.#length);

    const frame = new Frame(this.#engine.memory, api);
    const from = [frame.input("key", keys), frame.input("value", values)] as const;
    frame.open();

    const { key: K, value: V, scales } = this.#layout;
    this.#write(T, sizes.D, frame.at(from[0]), K.address, K.strides, scales.key);
    this.#write(T, sizes.Dv, frame.at(from[1]), V.address, V.strides, scales.value);
    this.#length += T;
  }

  /** T tokens of every head, n numbers each, behind those that are there. */
  #write(T: number, n: number, from: number, to: number, strides: Strides, scales: number): void {
    const { B, G, dtype } = this.#sizes;
    const { memory, kernel } = this.#engine;
    const scale = this.#layout.scales.strides;
    for (let b = 0; b < B; b++) {
      for (let g = 0; g < G; g++) {
        const source = from + (b * G + g) * T * n * 4;
        const target = to + b * strides.batch + g * strides.head + this.#length * strides.token;
        if (dtype === "f32") memory.u8.copyWithin(target, source, source + T * n * 4);
        else if (dtype === "f16") {
          if (kernel.encode_f16(target, source, T * n) === 0) this.#finiteTo = Math.min(this.#finiteTo, this.#length);
        } else kernel.encode_int8(target, scales + b * scale.batch + g * scale.head + this.#length * 4, source, T, n);
      }
    }
  }

  truncate(length: number): void {
    const api = "KvCache.truncate";
    this.#assertLive(api);
    if (checkCount(api, "length", length, 0) > this.#length)
      throw wrongValue(api, "length", `be at most ${this.#length}, the tokens held`, length);
    this.#length = length;
    if (length <= this.#finiteTo) this.#finiteTo = Number.POSITIVE_INFINITY;
  }

  dispose(): void {
    this.#allocation.release();
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
