// Writes the logits of one tile where they are wanted: as scores, and as what weights will be made of. Knows rows and
// intervals of keys.
import { AttentionArguments } from "./arguments";
import { Group } from "./group";
import { row_at } from "./row";
import { fill_row } from "../lib/rows";
import { KC_BYTES } from "../lib/sizes";

/** Whether a tile's logits are wanted by anyone but the softmax. */
@inline
export function emits(a: AttentionArguments): bool {
  return a.scores != 0 || a.weights != 0;
}

/** Writes keys from … end-1 of scores and weights: logits for low … high-1, hidden for the rest. */
export function emit_tile(a: AttentionArguments, g: Group, rows: usize, count: i32, from: i32, end: i32, low: i32, high: i32): void {
  for (let i = 0; i < count; ++i) {
    const row = row_at(rows, i);
    const s = g.tile + <usize>i * KC_BYTES + (<usize>(low & 7) << 2);
    if (row.scores) emit_row(row.scores, s, from, end, low, high, a.maskedValue);
    if (row.weights) emit_row(row.weights, s, from, end, low, high, -Infinity);
  }
}

function emit_row(to: usize, s: usize, from: i32, end: i32, low: i32, high: i32, masked: f32): void {
  fill_row(to + (<usize>from << 2), low - from, masked);
  copy_row(to + (<usize>low << 2), s, high - low, masked);
  fill_row(to + (<usize>high << 2), end - high, masked);
}

/** Copies n numbers; -Infinity becomes `masked`. */
function copy_row(to: usize, from: usize, n: i32, masked: f32): void {
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
