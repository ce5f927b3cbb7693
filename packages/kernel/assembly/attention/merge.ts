// Joins attention results over disjoint sets of keys: a softmax over the parts' log-sum-exps (Dao et al. 2022, §3.1).
import { TABLE_BYTES, write_table } from "../lib/constants";
import { exp_scalar, log } from "../lib/exp";

/** Bytes of scratch that `merge_f32` needs. */
export function merge_f32_scratch(): i32 {
  return <i32>TABLE_BYTES;
}

/**
 * output [rows, Dv] = Σ_p exp(lse_p - lse)·output_p and lse [rows] = ln Σ_p exp(lse_p), over `count` parts. `parts` is a
 * table of pointer pairs: output_p [rows, Dv], lse_p [rows]. The rows of a part with lse -Infinity are not touched.
 */
export function merge_f32(output: usize, lse: usize, parts: usize, count: i32, rows: i32, Dv: i32, scratch: usize): void {
  write_table(scratch);
  const row = <usize>Dv << 2, end = parts + (<usize>count << 3);
  memory.fill(output, 0, <usize>rows * row);
  for (let r: usize = 0; r < <usize>rows; ++r) {
    let largest: f32 = -Infinity, sum: f32 = 0;
    for (let p = parts; p < end; p += 8) largest = max(largest, lse_of(p, r));
    const from: f32 = largest == -Infinity ? 0 : largest;
    for (let p = parts; p < end; p += 8) sum += exp_scalar(lse_of(p, r) - from, scratch);
    for (let p = parts; p < end; p += 8) {
      const x = lse_of(p, r);
      if (x == -Infinity) continue;
      const by = exp_scalar(x - from, scratch) / sum, source = <usize>load<u32>(p) + r * row;
      for (let i: usize = 0; i < row; i += 4) store<f32>(output + i, load<f32>(output + i) + by * load<f32>(source + i));
    }
    store<f32>(lse + (r << 2), sum == 0 ? -Infinity : from + log(sum));
    output += row;
  }
}

@inline
function lse_of(part: usize, r: usize): f32 {
  return load<f32>(<usize>load<u32>(part, 4) + (r << 2));
}
