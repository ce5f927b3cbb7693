// Joins attention results over disjoint sets of keys: a softmax over the parts' log-sum-exps (Dao et al. 2022, §3.1).
// In f64, so that neither many parts nor large outputs lose anything.
import { TABLE_BYTES, write_table } from "../lib/constants";
import { exp_scalar, log } from "../lib/exp";
import { demoted } from "../lib/gemv";

/** What one row takes from one part. */
@unmanaged
class Share {
  weight: f64;
  output: usize;
}
const SHARE_BYTES: usize = 16;

/** Bytes of scratch that `merge_f32` needs for `count` parts. */
export function merge_f32_scratch(count: i32): usize {
  return TABLE_BYTES + <usize>count * SHARE_BYTES;
}

/**
 * output [rows, Dv] = Σ_p exp(lse_p - lse)·output_p and lse [rows] = ln Σ_p exp(lse_p), over `count` parts. `parts` is a
 * table of pointer pairs: output_p [rows, Dv], lse_p [rows]. The rows of a part with lse -Infinity are not touched.
 */
export function merge_f32(output: usize, lse: usize, parts: usize, count: i32, rows: i32, Dv: i32, scratch: usize): void {
  write_table(scratch);
  const shares = scratch + TABLE_BYTES, end = parts + (<usize>count << 3);
  for (let r: usize = 0; r < <usize>rows; ++r) {
    let largest: f32 = -Infinity, sum: f64 = 0, last = shares;
    for (let p = parts; p < end; p += 8) largest = max(largest, lse_of(p, r));
    for (let p = parts; p < end; p += 8) {
      const x = lse_of(p, r);
      if (x == -Infinity) continue;
      const share = changetype<Share>(last);
      share.weight = exp_scalar(x - largest, scratch);
      share.output = <usize>load<u32>(p) + r * (<usize>Dv << 2);
      sum += share.weight;
      last += SHARE_BYTES;
    }
    for (let s = shares; s < last; s += SHARE_BYTES) changetype<Share>(s).weight /= sum;
    store<f32>(lse + (r << 2), sum == 0 ? -Infinity : <f32>(<f64>largest + log(sum)));
    for (let i = 0; i < Dv; ) {
      const whole = i + 4 <= Dv, at = <usize>i << 2;
      let low = f64x2.splat(0), high = low;
      for (let s = shares; s < last; s += SHARE_BYTES) {
        const share = changetype<Share>(s), p = share.output + at;
        const weight = f64x2.splat(share.weight), x = whole ? v128.load(p) : v128.load32_splat(p);
        low = f64x2.add(low, f64x2.mul(weight, f64x2.promote_low_f32x4(x)));
        high = f64x2.add(high, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 0, 1))));
      }
      const result = demoted(low, high);
      if (whole) {
        v128.store(output, result);
        output += 16;
        i += 4;
      } else {
        v128.store32_lane(output, result, 0);
        output += 4;
        ++i;
      }
    }
  }
}

@inline
function lse_of(part: usize, r: usize): f32 {
  return load<f32>(<usize>load<u32>(part, 4) + (r << 2));
}
