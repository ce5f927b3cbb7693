// From q·k·scale to the logits that softmax sees, on one tile of rows × keys: softcap, ALiBi, bias, masks. In that order.
// Knows rows and intervals of keys; nothing about values.
import { tanh } from "./exp";
import { DEPTH } from "./tiles";
import { Row } from "./rows";

const ROW: usize = DEPTH * 4;

@inline
function row_at(rows: usize, r: i32): Row {
  return changetype<Row>(rows + <usize>r * offsetof<Row>());
}

/** Whether every key of low … high-1 is hidden to every row, by the masks and biases of -Infinity. Ends at the first visible. */
export function all_hidden(rows: usize, count: i32, low: i32, high: i32): bool {
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
export function softcap_row(s: usize, n: i32, softcap: f32, table: usize): void {
  const cap = f32x4.splat(softcap);
  for (const end = s + (<usize>n << 2); s < end; s += 16) {
    v128.store(s, f32x4.mul(cap, tanh(f32x4.div(v128.load(s), cap), table)));
  }
}

/** s -= slope·|position - j| for n keys from `low`, n a multiple of 4. */
export function alibi_row(s: usize, low: i32, n: i32, slope: f32, position: i32): void {
  const by = f32x4.splat(slope);
  let distance = i32x4.add(i32x4.splat(low - position), i32x4(0, 1, 2, 3));
  for (const end = s + (<usize>n << 2); s < end; s += 16) {
    v128.store(s, f32x4.sub(v128.load(s), f32x4.mul(by, f32x4.convert_i32x4_s(i32x4.abs(distance)))));
    distance = i32x4.add(distance, i32x4.splat(4));
  }
}

/** s += bias for exactly n keys; -Infinity hides, whatever s is. */
export function bias_row(s: usize, bias: usize, n: i32): void {
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

/** s = -Infinity where the mask has 0, for exactly n keys. */
export function mask_row(s: usize, mask: usize, n: i32): void {
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

/** n times x at p. */
export function fill_row(p: usize, n: i32, x: f32): void {
  const v = f32x4.splat(x);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    v128.store(p, v);
    p += 16;
  }
  for (; j < n; ++j) {
    store<f32>(p, x);
    p += 4;
  }
}

/** Copies n numbers; -Infinity becomes `masked`. */
export function copy_row(to: usize, from: usize, n: i32, masked: f32): void {
  if (masked == -Infinity) {
    memory.copy(to, from, <usize>n << 2);
    return;
  }
  for (let j = 0; j < n; ++j) {
    const x = load<f32>(from);
    store<f32>(to, x == -Infinity ? masked : x);
    to += 4;
    from += 4;
  }
}
