// What attention knows of a cache: where its tokens lie and how they are stored. A cache says so of itself when it is
// made; so attention does not need the cache's own code.
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import type { Scales, StoredDtype } from "../plan/attention.ts";
import type { CacheSizes } from "../plan/cache.ts";
import type { Strides } from "../plan/layout.ts";

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

/** The tokens of the cache that x is, for `engine` to attend to; undefined where x is no cache. */
export function cachedTokens(api: string, engine: Engine, x: unknown): CachedTokens | undefined {
  const cache = caches.get(x as object);
  if (!cache) return undefined;
  if (cache.engine !== engine) throw wrongValue(api, "cache", "be a cache of this engine", "one of another engine");
  return cache.tokens(api);
}
