// Normalisation of rows, and the residual that comes before it: a row is read from memory once, and then lies in the cache.
import { sum_lanes } from "../lib/simd";
import { add_rows, multiply_rows, shift_and_scale } from "./elementwise";

/** Σ x, or Σ (x - shift)², of n numbers: sixteen sums side by side, so that none is long. */
@inline
function sum_row(x: usize, n: i32, shift: f32, squared: bool): f32 {
  const v = f32x4.splat(shift);
  let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0;
  for (const end = x + (<usize>(n & ~15) << 2); x < end; x += 64) {
    r0 = f32x4.add(r0, term(v128.load(x), v, squared));
    r1 = f32x4.add(r1, term(v128.load(x, 16), v, squared));
    r2 = f32x4.add(r2, term(v128.load(x, 32), v, squared));
    r3 = f32x4.add(r3, term(v128.load(x, 48), v, squared));
  }
  let sum = sum_lanes(f32x4.add(f32x4.add(r0, r1), f32x4.add(r2, r3)));
  for (n &= 15; n > 0; --n, x += 4) {
    const d = load<f32>(x) - shift;
    sum += squared ? d * d : d;
  }
  return sum;
}

@inline
function term(x: v128, shift: v128, squared: bool): v128 {
  if (!squared) return x;
  const d = f32x4.sub(x, shift);
  return f32x4.mul(d, d);
}

/** Mean, or mean of (x - shift)². Two functions, each a loop of its own. */
function mean(x: usize, n: i32): f32 {
  return sum_row(x, n, 0, false) / <f32>n;
}

function mean_square(x: usize, n: i32, shift: f32): f32 {
  return sum_row(x, n, shift, true) / <f32>n;
}

/**
 * y = norm(x + residual) for `rows` rows of n numbers; `sum` receives x + residual. residual, sum, weight and bias may be absent,
 * and y and sum may each be x or residual.
 */
@inline
function norm_rows(
  y: usize, yStride: usize, sum: usize, sumStride: usize, x: usize, xStride: usize, residual: usize, residualStride: usize,
  rows: i32, n: i32, weight: usize, bias: usize, eps: f32, centred: bool,
): void {
  for (; rows > 0; --rows) {
    let s = x;
    if (sum || residual) {
      s = sum ? sum : y;
      if (residual) add_rows(s, x, residual, n);
      else memory.copy(s, x, <usize>n << 2);
    }
    const shift: f32 = centred ? mean(s, n) : 0;
    shift_and_scale(y, s, n, shift, 1 / sqrt<f32>(mean_square(s, n, shift) + eps));
    if (weight) multiply_rows(y, y, weight, n);
    if (bias) add_rows(y, y, bias, n);
    x += xStride;
    y += yStride;
    if (residual) residual += residualStride;
    if (sum) sum += sumStride;
  }
}

/** (s - mean s)/√(variance s + eps)·weight + bias with s = x + residual. */
export function layer_norm_f32(
  y: usize, yStride: usize, sum: usize, sumStride: usize, x: usize, xStride: usize, residual: usize, residualStride: usize,
  rows: i32, n: i32, weight: usize, bias: usize, eps: f32,
): void {
  norm_rows(y, yStride, sum, sumStride, x, xStride, residual, residualStride, rows, n, weight, bias, eps, true);
}

/** s/√(mean s² + eps)·weight with s = x + residual. */
export function rms_norm_f32(
  y: usize, yStride: usize, sum: usize, sumStride: usize, x: usize, xStride: usize, residual: usize, residualStride: usize,
  rows: i32, n: i32, weight: usize, eps: f32,
): void {
  norm_rows(y, yStride, sum, sumStride, x, xStride, residual, residualStride, rows, n, weight, 0, eps, false);
}
