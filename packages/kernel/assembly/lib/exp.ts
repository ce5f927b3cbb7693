// exp, tanh and log for the softmax. Knows numbers, not rows. Its constants come from the table in memory (constants.ts).
import { C1, C2, C3, C4, C5, LOG2E, ONE, ROUND, SMALLEST } from "./constants";
import { madd } from "./simd";

/**
 * exp(x) of four lanes for x ≤ 87, NaN or -Infinity: exp(0) = 1 exactly, 0 below 2⁻¹²⁶, relative error below
 * 1.5e-7 + 8e-8·|x|, which is that of rounding x as it came. x·log2 e = n + r; the integer n is made into the power of
 * two by one shift of the rounded sum's bits, and 2ʳ is a polynomial.
 * The constants come loaded: a loop that loads them before it begins is 3 % of a whole attention faster.
 */
@inline
export function exp_with(
  x: v128, log2e: v128, round: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128, smallest: v128, one: v128,
): v128 {
  const t = f32x4.mul(x, log2e);
  const shifted = f32x4.add(t, round);
  const r = f32x4.sub(t, f32x4.sub(shifted, round));
  let p = madd(r, c5, c4);
  p = madd(r, p, c3);
  p = madd(r, p, c2);
  p = madd(r, p, c1);
  p = madd(r, p, one);
  return v128.andnot(f32x4.mul(p, i32x4.shl(shifted, 23)), f32x4.lt(t, smallest));
}

/** The same, with its constants from the table. */
@inline
export function exp(x: v128, table: usize): v128 {
  return exp_with(
    x, v128.load32_splat(table, LOG2E), v128.load32_splat(table, ROUND),
    v128.load32_splat(table, C1), v128.load32_splat(table, C2), v128.load32_splat(table, C3), v128.load32_splat(table, C4),
    v128.load32_splat(table, C5), v128.load32_splat(table, SMALLEST), v128.load32_splat(table, ONE),
  );
}

/** exp of one number, with the same bits as a lane of `exp`. */
export function exp_scalar(x: f32, table: usize): f32 {
  return f32x4.extract_lane(exp(f32x4.splat(x), table), 0);
}

/**
 * tanh(x) of four lanes. Below 0.625 an odd polynomial (a Remez fit, error 4.5e-9·|x|), so that small x keeps its
 * relative precision; above it (1-e)/(1+e) with e = exp(-2|x|).
 */
@inline
export function tanh(x: v128, table: usize): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(z, f32x4.splat(-0.00571704516), f32x4.splat(0.020650588));
  p = madd(z, p, f32x4.splat(-0.0537434965));
  p = madd(z, p, f32x4.splat(0.133314908));
  p = madd(z, p, f32x4.splat(-0.333332837));
  const small = madd(f32x4.mul(z, p), x, x);
  const one = f32x4.splat(1);
  const e = exp(f32x4.mul(magnitude, f32x4.splat(-2)), table);
  const large = v128.or(f32x4.div(f32x4.sub(one, e), f32x4.add(one, e)), v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(small, large, f32x4.lt(magnitude, f32x4.splat(0.625)));
}

/**
 * Natural logarithm of x > 0 (a normal number, Infinity or NaN), once a row: x = 2ⁿ·m with m in √½ … √2, and
 * ln m = 2·artanh((m-1)/(m+1)) by its series, as exact as an f32 that is made of it needs.
 */
export function log(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i64>(x);
  const n = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const m = reinterpret<f64>(bits - (n << 52));
  const t = (m - 1) / (m + 1);
  const z = t * t;
  const series = 1 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z / 13)))));
  return <f64>n * 0.6931471805599453 + 2 * t * series;
}
