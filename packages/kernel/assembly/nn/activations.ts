// Activations of numbers one behind the other. Knows numbers, not layers.
import { ONE } from "../lib/constants";
import { exp } from "../lib/exp";
import { madd } from "../lib/simd";
import { Activation } from "./arguments";
import { A1, A2, A3, A4, A5, ERF_P, LOWEST, NN_TABLE_BYTES, ROOT_HALF, TANH_1, TANH_3, write_nn_table } from "./constants";

/** x·σ(y): σ(|y|) = 1/(1 + e) and σ(-|y|) = e/(1 + e) with e = exp(-|y|), so that nothing overflows. */
@inline
function times_sigmoid(x: v128, y: v128, table: usize): v128 {
  const one = v128.load32_splat(table, ONE);
  const e = exp(v128.or(y, i32x4.splat(0x80000000)), table);
  const d = f32x4.div(one, f32x4.add(one, e));
  return f32x4.mul(x, v128.bitselect(f32x4.mul(e, d), d, i32x4.shr_s(y, 31)));
}

/** x·Φ(x), with h = Φ(-|x|) = erfc(|x|/√2)/2: x·h for x < 0, x·(1 - h) above. Error below 3e-7·|x|. */
@inline
function gelu(x: v128, table: usize): v128 {
  const one = v128.load32_splat(table, ONE);
  const z = f32x4.mul(f32x4.abs(x), v128.load32_splat(table, ROOT_HALF));
  const t = f32x4.div(one, madd(z, v128.load32_splat(table, ERF_P), one));
  let h = madd(t, v128.load32_splat(table, A5), v128.load32_splat(table, A4));
  h = madd(t, h, v128.load32_splat(table, A3));
  h = madd(t, h, v128.load32_splat(table, A2));
  h = madd(t, h, v128.load32_splat(table, A1));
  h = f32x4.mul(f32x4.mul(t, h), exp(f32x4.neg(f32x4.mul(z, z)), table));
  return f32x4.mul(x, v128.bitselect(h, f32x4.sub(one, h), i32x4.shr_s(x, 31)));
}

/** (1 + tanh(y/2))/2 is σ(y). Error below 3e-7·|x|. */
@inline
function gelu_tanh(x: v128, table: usize): v128 {
  const inner = madd(f32x4.mul(x, x), v128.load32_splat(table, TANH_3), v128.load32_splat(table, TANH_1));
  return times_sigmoid(x, f32x4.mul(x, inner), table);
}

/** A lane of -Infinity as a large number; NaN stays. */
@inline
function bounded(p: v128, table: usize): v128 {
  return f32x4.pmax(p, v128.load32_splat(table, LOWEST));
}

@inline
function activated(x: v128, kind: i32, table: usize): v128 {
  if (kind == Activation.RELU) return f32x4.pmax(x, f32x4.splat(0));
  x = bounded(x, table);
  if (kind == Activation.GELU) return gelu(x, table);
  if (kind == Activation.GELU_TANH) return gelu_tanh(x, table);
  return times_sigmoid(x, x, table);
}

@inline
function pass(y: usize, x: usize, n: i32, kind: i32, table: usize): void {
  for (const end = x + (<usize>(n & ~3) << 2); x < end; x += 16) {
    v128.store(y, activated(v128.load(x), kind, table));
    y += 16;
  }
  for (n &= 3; n > 0; --n) {
    v128.store32_lane(y, activated(v128.load32_splat(x), kind, table), 0);
    x += 4;
    y += 4;
  }
}

/** y = activation of n numbers x; y may be x. `table` as write_nn_table leaves it. */
export function activate(y: usize, x: usize, n: i32, kind: i32, table: usize): void {
  if (kind == Activation.NONE) {
    if (y != x) memory.copy(y, x, <usize>n << 2);
  } else if (kind == Activation.RELU) pass(y, x, n, Activation.RELU, table);
  else if (kind == Activation.GELU) pass(y, x, n, Activation.GELU, table);
  else if (kind == Activation.GELU_TANH) pass(y, x, n, Activation.GELU_TANH, table);
  else pass(y, x, n, Activation.SILU, table);
}

/** y = activation of n numbers x, an Activation; y may be x. */
export function activate_f32(y: usize, x: usize, n: i32, kind: i32, scratch: usize): void {
  write_nn_table(scratch);
  activate(y, x, n, kind, scratch);
}

export function activate_f32_scratch(): i32 {
  return <i32>NN_TABLE_BYTES;
}
