// The error function in float64, to a few units of 2⁻⁵³. Knows numbers only.

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** Up to here the series of erf has fewer than 60 terms; from here on erfc's fraction has converged after 100. */
const meeting = 2;

/**
 * erf(x) = 2/√π·exp(-x²)·Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n+1)) (Abramowitz & Stegun 7.1.6): its terms have one sign, so nothing
 * cancels. For larger |x| it is 1 - erfc(|x|).
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > meeting) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -60; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return twoOverRootPi * Math.exp(-x * x) * sum;
}

/**
 * 1 - erf(x), which keeps its relative precision where it is small, by the continued fraction
 * exp(-x²)/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …)))) (Abramowitz & Stegun 7.1.14) from its far end.
 */
export function erfc(x: number): number {
  if (Number.isNaN(x) || x <= meeting) return 1 - erf(x);
  let tail = x;
  for (let n = 100; n > 0; n--) tail = x + n / 2 / tail;
  return (Math.exp(-x * x) * twoOverRootPi) / 2 / tail;
}
