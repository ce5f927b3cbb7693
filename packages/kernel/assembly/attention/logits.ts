// From q·k·scale to the logits that softmax sees, on one tile of rows × keys: softcap, ALiBi, bias, masks. In that order.
// Knows rows and intervals of keys; nothing about values.
import { AttentionArguments } from "./arguments";
import { Group } from "./group";
import { row_at } from "./row";
import { tanh } from "../lib/exp";
import { fill_row } from "../lib/rows";
import { KC_BYTES } from "../lib/sizes";

/** From products to logits; n a row, from key low8, of which low … high-1 may be seen. */
export function make_logits(
  a: AttentionArguments, g: Group, rows: usize, count: i32, low: i32, high: i32, low8: i32, n: i32,
): void {
  const skip = <usize>(low - low8) << 2;
  for (let i = 0; i < count; ++i) {
    const row = row_at(rows, i);
    const s = g.tile + <usize>i * KC_BYTES;
    if (a.softcap != 0) softcap_row(s, n, a.softcap, g.table);
    if (row.slope != 0) alibi_row(s, low8, n, row.slope, row.position);
    if (row.bias) {
      if (a.biasKeyStride) bias_row(s + skip, row.bias + (<usize>low << 2), high - low);
      else add_to_row(s, n, load<f32>(row.bias));
    }
    if (row.mask) mask_row(s + skip, row.mask + <usize>low, high - low);
    const from = max(row.low, low8) - low8, to = min(row.high, high) - low8;
    if (to <= from) {
      fill_row(s, n, -Infinity);
    } else {
      if (from > 0) fill_row(s, min(from, n), -Infinity);
      if (to < n) fill_row(s + (<usize>to << 2), n - to, -Infinity);
    }
  }
}

/**
 * Whether masks and biases of -Infinity alone hide every key of low … high-1 from every row. A bias that is one number a
 * row cannot be scanned along the row.
 */
@inline
export function sees_nothing(a: AttentionArguments, rows: usize, count: i32, low: i32, high: i32): bool {
  if (a.mask == 0 && a.bias == 0) return false;
  return a.bias != 0 && a.biasKeyStride == 0 ? false : all_hidden(rows, count, low, high);
}

/** Ends at the first key that is visible. */
function all_hidden(rows: usize, count: i32, low: i32, high: i32): bool {
  for (let r = 0; r < count; ++r) {
    const row = row_at(rows, r);
    const from = max(low, row.low), to = min(high, row.high);
    const mask = row.mask, bias = row.bias;
    if (mask == 0 && bias == 0) {
      if (from < to) return false;
      continue;
    }
    let j = from;
    if (bias == 0) {
      for (; j + 16 <= to; j += 16) if (v128.any_true(v128.load(mask + <usize>j))) return false;
    }
    for (; j < to; ++j) {
      if ((mask == 0 || load<u8>(mask + <usize>j) != 0) && (bias == 0 || load<f32>(bias + (<usize>j << 2)) != -Infinity)) return false;
    }
  }
  return true;
}

/** softcap·tanh(x/softcap) on n numbers at s, n a multiple of 4. */
function softcap_row(s: usize, n: i32, softcap: f32, table: usize): void {
  const cap = f32x4.splat(softcap);
  for (const end = s + (<usize>n << 2); s < end; s += 16) {
    v128.store(s, f32x4.mul(cap, tanh(f32x4.div(v128.load(s), cap), table)));
  }
}

/** s -= slope·|position - j| for n keys from `low`, n a multiple of 4. */
function alibi_row(s: usize, low: i32, n: i32, slope: f32, position: i32): void {
  const by = f32x4.splat(slope);
  let distance = i32x4.add(i32x4.splat(low - position), i32x4(0, 1, 2, 3));
  for (const end = s + (<usize>n << 2); s < end; s += 16) {
    v128.store(s, f32x4.sub(v128.load(s), f32x4.mul(by, f32x4.convert_i32x4_s(i32x4.abs(distance)))));
    distance = i32x4.add(distance, i32x4.splat(4));
  }
}

/** s += bias for exactly n keys; -Infinity hides, whatever s is. */
function bias_row(s: usize, bias: usize, n: i32): void {
  const hidden = f32x4.splat(-Infinity);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    const b = v128.load(bias);
    const sum = f32x4.add(v128.load(s), b);
    v128.store(s, v128.bitselect(hidden, sum, f32x4.eq(b, hidden)));
    s += 16;
    bias += 16;
  }
  for (; j < n; ++j) {
    const b = load<f32>(bias);
    store<f32>(s, b == -Infinity ? b : load<f32>(s) + b);
    s += 4;
    bias += 4;
  }
}

/** s += bias for a bias that is one number for the row; -Infinity hides. */
function add_to_row(s: usize, n: i32, bias: f32): void {
  for (let j = 0; j < n; ++j) {
    const p = s + (<usize>j << 2);
    store<f32>(p, bias == -Infinity ? bias : load<f32>(p) + bias);
  }
}

/** s = -Infinity where the mask has 0, for exactly n keys. */
function mask_row(s: usize, mask: usize, n: i32): void {
  const hidden = f32x4.splat(-Infinity), zero = i32x4.splat(0);
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    const keep = v128.load8x8_u(mask);
    const low = i32x4.eq(i32x4.extend_low_i16x8_u(keep), zero), high = i32x4.eq(i32x4.extend_high_i16x8_u(keep), zero);
    v128.store(s, v128.bitselect(hidden, v128.load(s), low));
    v128.store(s, v128.bitselect(hidden, v128.load(s, 16), high), 16);
    s += 32;
    mask += 8;
  }
  for (; j < n; ++j) {
    if (load<u8>(mask) == 0) store<f32>(s, -Infinity);
    s += 4;
    mask += 1;
  }
}
