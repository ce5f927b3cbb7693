// The online softmax over the tiles of one row after another: the running maximum and sum let blocks of keys come one by
// one (Milakov & Gimelshein 2018; Dao et al. 2022).
import { exp, exp_scalar } from "../lib/exp";
import { scale_row } from "../lib/rows";
import { KC_BYTES } from "../lib/sizes";
import { row_exp, row_maximum, softmax_shift } from "../lib/softmax";
import { row_at } from "./row";

/**
 * One block of keys joins the running softmax of `count` rows: logits at s, KC_BYTES a row and n of them (a multiple
 * of 8), become exp(logit - maximum); where the maximum moved, the row's sum and its output so far are rescaled.
 */
export function softmax_tile(s: usize, rows: usize, count: i32, n: i32, o: usize, oStride: usize, table: usize): void {
  for (let r = 0; r < count; ++r) {
    const row = row_at(rows, r);
    const before = row.maximum, block = row_maximum(s, n);
    const after = before > block ? before : block;
    const sum = row_exp(s, n, softmax_shift(after), table);
    if (after != before) {
      if (row.sum != 0) {
        const by = exp_scalar(before - after, table);
        row.sum *= by;
        scale_row(o, <i32>(oStride >> 2), by);
      }
      row.maximum = after;
    }
    row.sum += sum;
    s += KC_BYTES;
    o += oStride;
  }
}

/** Logits → softmax weights of one finished row of n numbers, in place: exp(x - maximum)·inverse. */
export function normalize_row(p: usize, n: i32, maximum: f32, inverse: f32, table: usize): void {
  const from = softmax_shift(maximum), m = f32x4.splat(from), by = f32x4.splat(inverse);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    v128.store(p, f32x4.mul(exp(f32x4.sub(v128.load(p), m), table), by));
    p += 16;
  }
  for (; j < n; ++j) {
    store<f32>(p, exp_scalar(load<f32>(p) - from, table) * inverse);
    p += 4;
  }
}
