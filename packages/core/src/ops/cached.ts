// What attention knows of a cache: where its tokens lie and how they are stored. A cache says so of itself when it is
// made; so attention does not need the cache's own code.
import type { Engine } from "../engine/engine.ts";
import { wrongKind, wrongValue } from "../engine/errors.ts";
import type { Scales, StoredDtype } from "../plan/attention.ts";
import type { CacheSizes } from "../plan/cache.ts";
import type { Strides } from "../plan/layout.ts";
import type { KvCache } from "../types.ts";

/** The tokens that a cache holds now. */
export interface CachedTokens {
  readonly sizes: CacheSizes;
  readonly length: number;
  readonly dtype: StoredDtype;
  readonly key: { readonly address: number; readonly strides: Strides };
  readonly value: { readonly address: number; readonly strides: Strides };
  readonly scales: Scales | undefined;
}

interface Cache {
  readonly engine: Engine;
  /** Error where the cache is disposed. */
  tokens(api: string): CachedTokens;
}

/** Every cache there is. */
export const caches: WeakMap<object, Cache> = new WeakMap<object, Cache>();

/** What every cache of this copy of the package is, and a Proxy of one claims to be. */
export class AnyCache {}

/** For a Proxy, which has none of what it stands for: neither a cache's memory nor its methods' `this`. */
export const proxied = (api: string, argument: string): TypeError =>
  new TypeError(
    `${api}: "${argument}" must be the cache itself, got a Proxy of it, or an object made from it: keep it out of reactive state (markRaw in Vue)`,
  );

/** The tokens of the cache that x is, for `engine` to attend to; undefined where x is no cache. */
export function cachedTokens(api: string, engine: Engine, x: unknown): CachedTokens | undefined {
  if (typeof x !== "object" || x === null) return undefined;
  const cache = caches.get(x);
  if (!cache) {
    if (x instanceof AnyCache) throw proxied(api, "cache");
    if (typeof (x as KvCache).append === "function")
      throw wrongKind(api, "cache", "be made by this copy of @attn/core", x, " of another copy");
    return undefined;
  }
  if (cache.engine !== engine) throw wrongValue(api, "cache", "be a cache of this engine", "one of another engine");
  return cache.tokens(api);
}
