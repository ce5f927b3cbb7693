// e^x of float64 operations that every machine does alike, which Math.exp is not made of everywhere.

/** ln 2 in two parts, the first with 21 zero bits at its end, so that a product with k is exact (fdlibm's constants). */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^-k by halving, which is exact. */
const POWERS = new Float64Array(1023).fill(1);
for (let k = 1; k < POWERS.length; k++) POWERS[k] = (POWERS[k - 1] as number) / 2;

/**
 * e^x for x ≤ 0, within two units in the last place; 0 below -708, where no probability counts. x = r - k·ln 2, e^r by its
 * series to r¹³/13! for |r| ≤ ln 2 / 2.
 */
export function exp(x: number): number {
  if (x < -708) return 0;
  const k = Math.floor(0.5 - x * Math.LOG2E);
  const r = x + k * LN2_HIGH + k * LN2_LOW;
  let sum = 1 + r / 13;
  sum = 1 + (r / 12) * sum;
  sum = 1 + (r / 11) * sum;
  sum = 1 + (r / 10) * sum;
  sum = 1 + (r / 9) * sum;
  sum = 1 + (r / 8) * sum;
  sum = 1 + (r / 7) * sum;
  sum = 1 + (r / 6) * sum;
  sum = 1 + (r / 5) * sum;
  sum = 1 + (r / 4) * sum;
  sum = 1 + (r / 3) * sum;
  sum = 1 + (r / 2) * sum;
  return (1 + r * sum) * (POWERS[k] as number);
}
