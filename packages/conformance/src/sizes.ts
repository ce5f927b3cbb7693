// The sizes at which kernels break: one off a vector, a tile or a block, and none at all. Lists, no cases.

/** Head sizes D and Dv: below, at and past 4 and 8 lanes, the usual 64, 80, 128 and their neighbours. */
export const headSizes: readonly number[] = [1, 2, 3, 5, 7, 9, 17, 33, 63, 65, 80, 128, 160];

/** Lengths L and S: none, one, around 8, 64 and 128, and one that spans several key blocks. */
export const lengths: readonly number[] = [0, 1, 2, 7, 9, 63, 65, 127, 129, 600];

/** Nothing, one, and the edges of a tile, ascending: 0, 1, tile-1, tile, tile+1, 2·tile+1. Small tiles give fewer. */
export function acrossTile(tile: number): number[] {
  return [...new Set([0, 1, tile - 1, tile, tile + 1, 2 * tile + 1])].sort((a, b) => a - b);
}
