// Small passes over rows of activations: sums, means, lengths, the largest. Knows rows, not layers.
import { add_rows } from "./elementwise";
import { write_scaled, add_scaled } from "../lib/rows";

/** y = factor·x + addend for `rows` rows of n numbers; addend may be absent, and y may be either. */
export function add_f32_rows(
  y: usize, yStride: usize, x: usize, xStride: usize, factor: f32, addend: usize, addendStride: usize, rows: i32, n: i32,
): void {
  for (; rows > 0; --rows) {
    // x·1 is x, so that one path serves.
    if (addend == y && addend) add_scaled(y, x, n, factor);
    else {
      write_scaled(y, x, n, factor);
      if (addend) add_rows(y, y, addend, n);
    }
    y += yStride;
    x += xStride;
    addend += addendStride;
  }
}

/** x[row, h, …] *= factors[h] for each of `heads` heads of n numbers: 0 removes a head. */
export function scale_heads_f32(x: usize, rowStride: usize, headStride: usize, rows: i32, heads: i32, n: i32, factors: usize): void {
  for (; rows > 0; --rows) {
    for (let h: usize = 0; h < <usize>heads; ++h) {
      const p = x + h * headStride;
      write_scaled(p, p, n, load<f32>(factors + (h << 2)));
    }
    x += rowStride;
  }
}

/** Rows that are summed apart, so that a long sum does not drift. */
const RUN: i32 = 128;

@inline
function mean_of(x: usize, stride: usize, rows: i32, whole: bool): v128 {
  let total = f32x4.splat(0);
  for (let left = rows; left > 0; left -= RUN) {
    let sum = f32x4.splat(0);
    for (let i = min(RUN, left); i > 0; --i) {
      sum = f32x4.add(sum, whole ? v128.load(x) : v128.load32_splat(x));
      x += stride;
    }
    total = f32x4.add(total, sum);
  }
  return f32x4.div(total, f32x4.splat(<f32>rows));
}

/** y [n] = the mean of `rows` rows of n numbers, `stride` bytes apart. */
export function mean_f32_rows(y: usize, x: usize, stride: usize, rows: i32, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, mean_of(x, stride, rows, true));
    x += 16;
    y += 16;
  }
  for (; n > 0; --n) {
    v128.store32_lane(y, mean_of(x, stride, rows, false), 0);
    x += 4;
    y += 4;
  }
}

/** y = x/max(‖x‖, eps) for `rows` rows of n numbers; y may be x. The sum of squares is f64, which no f32 is too large for. */
export function normalize_f32_rows(y: usize, yStride: usize, x: usize, xStride: usize, rows: i32, n: i32, eps: f32): void {
  for (; rows > 0; --rows) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      const v = <f64>load<f32>(x + i);
      sum += v * v;
    }
    const length = max(sqrt(sum), <f64>eps);
    for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(y + i, <f32>(<f64>load<f32>(x + i) / length));
    x += xStride;
    y += yStride;
  }
}

/** Where the largest of n numbers is, the first of equals; a NaN is never it. 0 where there is none. */
export function argmax_f32(x: usize, n: i32): i32 {
  let most = f32x4.splat(-Infinity);
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) most = f32x4.pmax(most, v128.load(x + (<usize>i << 2)));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  let largest = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  for (let i = whole; i < n; ++i) {
    const v = load<f32>(x + (<usize>i << 2));
    if (v > largest) largest = v;
  }
  for (let i = 0; i < n; ++i) if (load<f32>(x + (<usize>i << 2)) == largest) return i;
  return 0;
}
