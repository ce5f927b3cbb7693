// KvCache: keys and values kept in wasm memory, [B, G, capacity, D] each, in f32, f16 or int8. Knows how tokens are
// stored; attention.ts knows what is done with them.
import { FORMATS, type Stored } from "./attend.ts";
import { type CacheSizes, checkAppend, checkCacheOptions } from "./check/cache.ts";
import type { Strides } from "./check/heads.ts";
import { checkCount } from "./check/values.ts";
import type { Engine } from "./engine.ts";
import { wrongValue } from "./errors.ts";
import { Frame } from "./frame.ts";
import { Holding } from "./holding.ts";
import type { CreateKvCacheFunction, KvCache, TensorInput } from "./types.ts";

const BYTES = { f32: 4, f16: 2, int8: 1 } as const;

/** A cache as attention sees it: addresses and strides. */
export interface AttachedCache {
  readonly sizes: CacheSizes;
  readonly length: number;
  readonly key: number;
  readonly value: number;
  readonly strides: {
    readonly key: Strides;
    readonly value: Strides;
    readonly stored: Stored;
  };
}

class WasmKvCache implements KvCache {
  readonly #engine: Engine;
  readonly #sizes: CacheSizes;
  readonly #holding: Holding;
  readonly #attached: Omit<AttachedCache, "length">;
  readonly byteLength: number;
  #length = 0;
  /** No token before this one has an f16 that is not finite; without them the kernel reads faster. */
  #finiteTo = Number.POSITIVE_INFINITY;

  constructor(engine: Engine, sizes: CacheSizes) {
    const { B, G, D, Dv, capacity, format } = sizes;
    const tokens = B * G * capacity;
    const { room } = engine.memory;
    const keys = room(tokens * D * BYTES[format]);
    const values = room(tokens * Dv * BYTES[format]);
    const scales = format === "int8" ? room(tokens * 4) : 0;
    this.#engine = engine;
    this.#sizes = sizes;
    this.byteLength = keys + values + 2 * scales;
    this.#holding = new Holding(engine, "createKvCache", this.byteLength, this);
    const key = this.#holding.start;
    const strides = (size: number): Strides => ({ batch: G * capacity * size, head: capacity * size, token: size });
    this.#attached = {
      sizes,
      key,
      value: key + keys,
      strides: {
        key: strides(D * BYTES[format]),
        value: strides(Dv * BYTES[format]),
        stored: {
          format: FORMATS[format],
          keyScales: key + keys + values,
          valueScales: key + keys + values + scales,
          scales: strides(4),
        },
      },
    };
  }

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#sizes.capacity;
  }

  #assertLive(api: string): void {
    this.#engine.assertLive(api);
    if (this.#holding.released) throw new Error(`${api}: this cache is disposed`);
  }

  append(key: TensorInput, value: TensorInput): void {
    const api = "KvCache.append";
    this.#assertLive(api);
    const sizes = this.#sizes;
    const { keys, values, T } = checkAppend(api, key, value, sizes, this.#length);

    const engine = this.#engine;
    const frame = new Frame(engine.memory, api);
    const from = [frame.input("key", keys), frame.input("value", values)] as const;
    frame.open();

    const { strides, key: K, value: V } = this.#attached;
    const { keyScales, valueScales } = strides.stored;
    this.#write(T, sizes.D, frame.at(from[0]), K, strides.key, keyScales);
    this.#write(T, sizes.Dv, frame.at(from[1]), V, strides.value, valueScales);
    this.#length += T;
  }

  /** T tokens of every head, n numbers each, behind those that are there. */
  #write(T: number, n: number, from: number, to: number, strides: Strides, scales: number): void {
    const { B, G, format } = this.#sizes;
    const { memory, kernel } = this.#engine;
    const scale = this.#attached.strides.stored.scales;
    for (let b = 0; b < B; b++) {
      for (let g = 0; g < G; g++) {
        const source = from + (b * G + g) * T * n * 4;
        const target = to + b * strides.batch + g * strides.head + this.#length * strides.token;
        if (format === "f32") memory.u8.copyWithin(target, source, source + T * n * 4);
        else if (format === "f16") {
          if (kernel.encode_f16(target, source, T * n) === 0) this.#finiteTo = Math.min(this.#finiteTo, this.#length);
        } else kernel.encode_int8(target, scales + b * scale.batch + g * scale.head + this.#length * 4, source, T, n);
      }
    }
  }

  truncate(length: number): void {
    const api = "KvCache.truncate";
    this.#assertLive(api);
    if (checkCount(api, "length", length, 0) > this.#length)
      throw wrongValue(api, "length", `at most ${this.#length}, the tokens held`, length);
    this.#length = length;
    if (length <= this.#finiteTo) this.#finiteTo = Number.POSITIVE_INFINITY;
  }

  dispose(): void {
    this.#holding.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The cache that x is, ready to be attended to by `engine`; undefined where x is no cache. */
  static attached(api: string, engine: Engine, x: unknown): AttachedCache | undefined {
    if (typeof x !== "object" || x === null || !(#engine in x)) return undefined;
    if (x.#engine !== engine) throw wrongValue(api, "cache", "a cache of this engine", "one of another engine");
    x.#assertLive(api);
    const attached = { ...x.#attached, length: x.#length };
    if (x.#sizes.format !== "f16" || x.#length > x.#finiteTo) return attached;
    const { strides } = attached;
    return { ...attached, strides: { ...strides, stored: { ...strides.stored, format: FORMATS.f16Finite } } };
  }
}

export const attachedCache: typeof WasmKvCache.attached = WasmKvCache.attached;

export function makeCreateKvCache(engine: Engine): CreateKvCacheFunction {
  return (options) => {
    engine.assertLive("createKvCache");
    return new WasmKvCache(engine, checkCacheOptions("createKvCache", options));
  };
}
