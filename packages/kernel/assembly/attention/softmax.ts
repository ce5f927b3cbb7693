// The online softmax over the tiles of one row after another: a running reference and sum let blocks of keys come one by
// one (Milakov & Gimelshein 2018; Dao et al. 2022).
import { Group, scale_output } from "./group";
import { row_at } from "./row";
import { exp, exp_scalar } from "../lib/exp";
import { KC_BYTES } from "../lib/sizes";
import { row_exp, row_maximum, softmax_shift } from "../lib/softmax";

/**
 * By how much a logit may pass the reference before it becomes the reference; e^5.5 is less than 2^LAG_BITS. Every new
 * reference rescales what was summed up before, with a factor that is rounded: thousands of blocks whose logits creep
 * upwards would be thousands of such factors, and the first block's weight off by all of them.
 */
const LAG: f32 = 5.5;
export const LAG_BITS: i32 = 8;

/**
 * One block of keys joins the running softmax of `count` rows from row r: n logits a row in the tile (a multiple of 8)
 * become exp(logit - reference); where the reference moved, the row's sum and its output so far are rescaled.
 */
export function softmax_tile(g: Group, r: i32, count: i32, n: i32): void {
  let s = g.tile;
  for (const end = r + count; r < end; ++r) {
    const row = row_at(g.rows, r);
    const before = row.reference, block = row_maximum(s, n);
    const after = block > before + LAG ? block : before;
    const sum = row_exp(s, n, softmax_shift(after), g.table);
    if (after != before) {
      if (row.sum != 0) {
        const by = exp_scalar(before - after, g.table) * g.unit;
        row.sum *= by;
        scale_output(g, r, by);
      }
      row.reference = after;
    }
    row.sum += sum;
    s += KC_BYTES;
  }
}

/**
 * Logits → softmax weights of one finished row of n numbers, in place: exp(x - reference)·inverse. A hidden key's is 0,
 * whatever the row has come to.
 */
export function normalize_row(p: usize, n: i32, reference: f32, inverse: f32, table: usize): void {
  const m = f32x4.splat(softmax_shift(reference)), by = f32x4.splat(inverse);
  for (; n > 0; n -= 4) {
    const x = n >= 4 ? v128.load(p) : v128.load32_splat(p);
    const weight = v128.and(f32x4.mul(exp(f32x4.sub(x, m), table), by), f32x4.ne(x, f32x4.splat(-Infinity)));
    if (n >= 4) {
      v128.store(p, weight);
      p += 16;
    } else {
      v128.store32_lane(p, weight, 0);
      p += 4;
      n += 3;
    }
  }
}
