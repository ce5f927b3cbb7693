// Where a row of a query, key, value or output lies in memory, and which sizes a call has. Reads no element.

import { at, type NumericArray } from "./array.ts";

/** Order of the axes in memory: batch, heads, tokens, head size; or batch, tokens, heads, head size. */
export type Layout = "BHLD" | "BLHD";

export interface Extents {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  readonly size: number;
}

/**
 * The four extents of a shape of rank 2, 3 or 4; an absent batch or head axis counts as 1.
 * "BHLD": [L,D], [H,L,D], [B,H,L,D]. "BLHD": [L,D], [L,H,D], [B,L,H,D].
 */
export function extentsOf(name: string, shape: readonly number[], layout: Layout): Extents {
  const rank = shape.length;
  if (rank < 2 || rank > 4) throw new RangeError(`"${name}" has rank ${rank}, expected 2, 3 or 4`);
  const batch = rank === 4 ? at(shape, 0) : 1;
  const size = at(shape, rank - 1);
  if (rank === 2) return { batch, heads: 1, tokens: at(shape, 0), size };
  const [outer, inner] = [at(shape, rank - 3), at(shape, rank - 2)];
  return layout === "BHLD"
    ? { batch, heads: outer, tokens: inner, size }
    : { batch, heads: inner, tokens: outer, size };
}

/** Index of the first number of (b, h, token) in memory. */
export function rowStart(
  { heads, tokens, size }: Extents,
  layout: Layout,
  b: number,
  h: number,
  token: number,
): number {
  const row = layout === "BHLD" ? (b * heads + h) * tokens + token : (b * tokens + token) * heads + h;
  return row * size;
}

export interface Sizes {
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly L: number;
  readonly S: number;
  readonly D: number;
}

/** The sizes that query and key agree on. Throws where they do not: rank, B, D, or H no multiple of G. */
export function sizesOf(query: NumericArray, key: NumericArray, layout: Layout): Sizes {
  const { batch: B, heads: H, tokens: L, size: D } = extentsOf("query", query.shape, layout);
  const { batch: keyB, heads: G, tokens: S, size: keyD } = extentsOf("key", key.shape, layout);
  if (query.shape.length !== key.shape.length || keyB !== B || keyD !== D)
    throw new RangeError(`"key" [${key.shape}] does not go with "query" [${query.shape}]`);
  if (G === 0 ? H !== 0 : H % G !== 0) throw new RangeError(`${H} query heads are no multiple of ${G} key heads`);
  return { B, H, G, L, S, D };
}

/** Grouped heads: query head h of H reads key head ⌊h·G/H⌋. */
export function keyHead(h: number, H: number, G: number): number {
  return Math.floor((h * G) / H);
}
