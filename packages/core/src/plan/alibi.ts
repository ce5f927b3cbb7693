// ALiBi: the slope that a head gets.

/** Of Press et al. 2022: a geometric sequence from 2^(-8/n) for n heads, interleaved where n is no power of 2. */
export function alibiSlope(heads: number): (h: number) => number {
  const n = 2 ** Math.floor(Math.log2(heads));
  return (h) => (h < n ? 2 ** ((-8 * (h + 1)) / n) : 2 ** ((-4 * (2 * (h - n) + 1)) / n));
}
