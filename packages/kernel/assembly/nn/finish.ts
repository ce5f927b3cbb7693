// What becomes of a row of sums: scales, bias, activation, multiplier, residual. Knows one row, and nothing of products.
import { round_up_8 } from "../lib/sizes";
import { activate } from "./activations";
import { Activation, LinearArguments } from "./arguments";
import { add_rows, multiply_rows } from "./elementwise";

/** s *= factor, and then each by its own scale; n up to whole panels, which both have. */
function scale_sums(s: usize, scales: usize, factor: f32, n: i32): void {
  const f = f32x4.splat(factor);
  for (const end = s + (<usize>round_up_8(n) << 2); s < end; s += 16) {
    v128.store(s, f32x4.mul(f32x4.mul(v128.load(s), f), v128.load(scales)));
    scales += 16;
  }
}

/** y[m, first … first+n-1] from the sums s, which have room for whole panels. `factor` is the row's, where there are scales. */
export function finish_row(a: LinearArguments, s: usize, m: i32, first: i32, n: i32, factor: f32, table: usize): void {
  const M = <usize>m, at = <usize>first << 2;
  if (a.scales) scale_sums(s, a.scales + at, factor, n);
  if (a.bias) add_rows(s, s, a.bias + at, n);
  if (a.activation != Activation.NONE) activate(s, s, n, a.activation, table);
  if (a.multiplier) multiply_rows(s, s, a.multiplier + M * a.multiplierStride + at, n);
  const y = a.y + M * a.yStride + at;
  if (a.residual) add_rows(y, s, a.residual + M * a.residualStride + at, n);
  else memory.copy(y, s, <usize>n << 2);
}
