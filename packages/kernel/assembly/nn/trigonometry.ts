// Elementary functions of f64 for tables of positions: few numbers, which have to be right to the last bit of an f32, and the
// same everywhere. Knows numbers only.

/** π/2 in two parts: the first has 33 bits, so that its product with a number below 2²⁰ is exact (Cody & Waite 1980). */
const HALF_PI_1: f64 = 1.57079632673412561417;
const HALF_PI_2: f64 = 6.07710050650619224932e-11;

/** sin r for |r| ≤ π/4: its Taylor series, with an error below 1e-16. */
@inline
function sine(r: f64): f64 {
  const z = r * r;
  return r + r * z * (-1.0 / 6 + z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 +
    z * (1.0 / 6227020800 - z / 1307674368000))))));
}

/** cos r for |r| ≤ π/4. */
@inline
function cosine(r: f64): f64 {
  const z = r * r;
  return 1 + z * (-0.5 + z * (1.0 / 24 + z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 + z * (1.0 / 479001600 +
    z * (-1.0 / 87178291200 + z / 20922789888000)))))));
}

/** sin(x + quarters·π/2) for |x| < 1.6e6, within 1e-10. */
export function sine_of(x: f64, quarters: i32): f64 {
  const n = nearest(x * 0.63661977236758134308);
  const r = x - n * HALF_PI_1 - n * HALF_PI_2;
  const quadrant = <i32>n + quarters;
  const y = quadrant & 1 ? cosine(r) : sine(r);
  return quadrant & 2 ? -y : y;
}

/** ln x for a normal x > 0: 2ⁿ·m with m in √½ … √2, and ln m = 2·artanh((m-1)/(m+1)) by its series. */
export function ln(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  const n = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const m = reinterpret<f64>(bits - (n << 52));
  const t = (m - 1) / (m + 1), z = t * t;
  let series: f64 = 0;
  for (let i = 23; i > 0; i -= 2) series = series * z + 1 / <f64>i;
  return <f64>n * 0.69314718055994530942 + 2 * t * series;
}

/** eˣ for -700 < x < 700. */
export function exponential(x: f64): f64 {
  const n = nearest(x * 1.44269504088896340736);
  const r = x - n * 6.93147180369123816490e-1 - n * 1.90821492927058770002e-10;
  let y: f64 = 1;
  for (let i = 14; i > 0; --i) y = 1 + (y * r) / <f64>i;
  return y * reinterpret<f64>((<i64>n + 1023) << 52);
}
