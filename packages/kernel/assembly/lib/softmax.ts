// The softmax of one row: its maximum, its exponentials and their sum, and whole rows as an export.
import { C1, C2, C3, C4, C5, LOG2E, ONE, ROUND, SMALLEST, TABLE_BYTES, write_table } from "./constants";
import { exp_scalar, exp_with } from "./exp";
import { maximum, maximum_lane, sum_lanes } from "./simd";
import { RUN } from "./sizes";
import { scale_row } from "./rows";

/** The largest of n numbers, n a multiple of 8; a NaN may or may not show. */
@inline
export function row_maximum(p: usize, n: i32): f32 {
  let a = f32x4.splat(-Infinity), b = a;
  for (const end = p + (<usize>n << 2); p < end; p += 32) {
    a = maximum(v128.load(p), a);
    b = maximum(v128.load(p, 16), b);
  }
  return maximum_lane(maximum(a, b));
}

/** p = exp(p - from) in place, and the sum of it, of runs of which each lane adds up RUN numbers; n a multiple of 4. */
@inline
export function row_exp(p: usize, n: i32, from: f32, table: usize): f64 {
  const log2e = v128.load32_splat(table, LOG2E), round = v128.load32_splat(table, ROUND);
  const c1 = v128.load32_splat(table, C1), c2 = v128.load32_splat(table, C2), c3 = v128.load32_splat(table, C3);
  const c4 = v128.load32_splat(table, C4), c5 = v128.load32_splat(table, C5);
  const smallest = v128.load32_splat(table, SMALLEST), one = v128.load32_splat(table, ONE);
  const m = f32x4.splat(from);
  let total: f64 = 0;
  const last = p + (<usize>n << 2);
  while (p < last) {
    let sum = f32x4.splat(0);
    for (const end = min(last, p + (RUN << 4)); p < end; p += 16) {
      const e = exp_with(f32x4.sub(v128.load(p), m), log2e, round, c1, c2, c3, c4, c5, smallest, one);
      v128.store(p, e);
      sum = f32x4.add(sum, e);
    }
    total += sum_lanes(sum);
  }
  return total;
}

/**
 * What to subtract before exp: the maximum, or 0 where every logit is -Infinity, so that exp(-Infinity - 0) = 0 and
 * not NaN. A NaN among the logits stays one either way and reaches the sum.
 */
@inline
export function softmax_shift(maximum: f32): f32 {
  return maximum == -Infinity ? 0 : maximum;
}

/** Bytes of scratch that `softmax_f32_rows` needs. */
export function softmax_f32_scratch(): i32 {
  return <i32>TABLE_BYTES;
}

/** out = softmax over each of `rows` rows of n numbers; out may be x. A row of -Infinity gives zeros. */
export function softmax_f32_rows(out: usize, x: usize, rows: i32, n: i32, scratch: usize): void {
  write_table(scratch);
  for (; rows > 0; --rows) {
    softmax_row(out, x, n, scratch);
    out += <usize>n << 2;
    x += <usize>n << 2;
  }
}

function softmax_row(out: usize, x: usize, n: i32, table: usize): void {
  const whole = n & ~7;
  let largest = row_maximum(x, whole);
  for (let j = whole; j < n; ++j) {
    const y = load<f32>(x + (<usize>j << 2));
    if (!(y <= largest)) largest = y;
  }
  if (out != x) memory.copy(out, x, <usize>n << 2);
  const from = softmax_shift(largest);
  let sum = row_exp(out, whole, from, table);
  for (let j = whole; j < n; ++j) {
    const p = out + (<usize>j << 2), e = exp_scalar(load<f32>(p) - from, table);
    store<f32>(p, e);
    sum += e;
  }
  const inverse: f32 = sum == 0 ? 0 : <f32>(1 / sum);
  scale_row(out, whole, inverse);
  for (let j = whole; j < n; ++j) store<f32>(out + (<usize>j << 2), load<f32>(out + (<usize>j << 2)) * inverse);
}
