// ALiBi: the slopes that a number of heads gets.

/** The slopes of Press et al. 2022: a geometric sequence from 2^(-8/n) for n heads, interleaved where n is no power of 2. */
export function alibiSlopes(heads: number): Float32Array {
  const n = 2 ** Math.floor(Math.log2(heads));
  return Float32Array.from({ length: heads }, (_, h) =>
    h < n ? 2 ** ((-8 * (h + 1)) / n) : 2 ** ((-4 * (2 * (h - n) + 1)) / n),
  );
}
