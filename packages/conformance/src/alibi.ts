// The slopes of ALiBi. How they enter the logits is reference.ts's matter.

/**
 * The slopes of Press, Smith & Lewis, "Train Short, Test Long" (ICLR 2022), one for each of `heads` heads.
 *
 * For n = 2ᵏ heads they are the geometric sequence r, r², …, rⁿ with r = 2^(-8/n). For any other number the paper's
 * code takes the sequence of the power of 2 below, n, and fills up from that of 2n, every other slope beginning with
 * its first: 12 heads get 2⁻¹ … 2⁻⁸ and then 2^-0.5, 2^-1.5, 2^-2.5, 2^-3.5.
 */
export function alibiSlopes(heads: number): number[] {
  if (heads === 0) return [];
  const below = 2 ** Math.floor(Math.log2(heads));
  const slopes: number[] = [];
  for (let i = 1; i <= below; i++) slopes.push(2 ** ((-8 * i) / below));
  for (let i = 1; slopes.length < heads; i += 2) slopes.push(2 ** ((-8 * i) / (2 * below)));
  return slopes;
}
