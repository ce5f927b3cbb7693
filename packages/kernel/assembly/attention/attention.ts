// Fused attention: softmax(q·kᵀ·scale, masked)·v without an L×S array. One (batch, key/value head) group at a time:
//
//   rows    the query rows of all heads of the group, stacked: K and V are read once for all of them
//   blocks  KC keys at a time; a block that no row of a tile can see is not computed
//   tiles   MR query rows × one block: q·kᵀ → logits → online softmax → ·v, all while the tile is in L1
//
// Groups of more than ATTENTION_UNPACKED_ROWS rows pack K and V into panels first and run on the micro-kernel; smaller
// ones (decoding) read K and V where they lie, unless an f16 among them may not be finite. Everything between the two
// products is the same code. It allocates nothing: the caller gives scratch.
import { AttentionArguments, WeightsMode } from "./arguments";
import { finish_rows, start_rows } from "./blocks";
import { emit_tile, emits } from "./emit";
import { GROUP_OFFSET, Group, TILE_BYTES, carry_output, end_of_keys, first_key, group_rows, lay_out } from "./group";
import { make_logits, sees_nothing } from "./logits";
import { pack_group } from "./packing";
import { by_row, mend_products, multiply_keys, multiply_values, multiply_values_by_row } from "./products";
import { ROW_BYTES, row_at } from "./row";
import { LAG_BITS, softmax_tile } from "./softmax";
import { scale_exp, write_table } from "../lib/constants";
import { KC, LONG, MC, MR, round_up_8 } from "../lib/sizes";

/** Runs the attention that the argument block at p describes; see arguments.ts for its fields. */
export function attention_f32(p: usize): void {
  const a = changetype<AttentionArguments>(p);
  if (a.weights && a.weightsMode == WeightsMode.MEAN) {
    memory.fill(a.weights, 0, (<usize>a.batch * <usize>a.queryLength * <usize>a.keyLength) << 2);
  }
  if (a.batch == 0 || a.keyValueHeads == 0 || a.queryLength == 0) return;
  const g = changetype<Group>(a.scratch + GROUP_OFFSET);
  lay_out(a, g);
  write_table(g.table);
  g.unit = 1;
  for (let b = 0; b < a.batch; ++b) {
    g.batch = b;
    g.keys = a.keyLengths ? load<i32>(a.keyLengths + (<usize>b << 2)) : a.keyLength;
    g.position = a.positions ? load<i32>(a.positions + (<usize>b << 2)) : 0;
    for (let h = 0; h < a.keyValueHeads; ++h) {
      g.keyValueHead = h;
      attend_group(a, g);
    }
  }
}

function attend_group(a: AttentionArguments, g: Group): void {
  // The union of what the first and the last query see is what any of them sees.
  g.first = first_key(a, g.position) & ~(KC - 1);
  g.last = end_of_keys(a, g.position + a.queryLength - 1, g.keys);
  if (!g.unpacked) pack_group(a, g);
  const count = group_rows(a);
  for (let row = 0; row < count; row += MC) {
    const n = min(MC, count - row);
    if (attend_rows(a, g, row, n, false)) continue;
    // Some sum passed all f32, or there is a NaN. Again, with weights whose sum is at most ½, so that no sum of
    // finite values can; what was finite before stays as it is.
    const bits = 32 - <i32>clz(a.keyLength) + LAG_BITS + 1;
    g.unit = reinterpret<f32>((127 + bits) << 23);
    scale_exp(g.table, bits);
    attend_rows(a, g, row, n, true);
    g.unit = 1;
  }
}

/** One block of query rows against all keys; false where it wants to be done again. */
function attend_rows(a: AttentionArguments, g: Group, from: i32, count: i32, again: bool): bool {
  start_rows(a, g, from, count, again);
  // What is emitted has a number for each key, seen or not.
  const first = emits(a) ? 0 : g.first, last = emits(a) ? a.keyLength : g.last;
  for (let j = first; j < last; j += KC) {
    const end = min(j + KC, last);
    for (let r = 0; r < count; r += MR) attend_tile(a, g, r, min(MR, count - r), j, end);
    if (g.total && end % LONG == 0) carry_output(g, count);
  }
  return a.value == 0 || finish_rows(a, g, from, count, again);
}

/** `count` rows from row r × keys from … end-1, at most KC of them. */
function attend_tile(a: AttentionArguments, g: Group, r: i32, count: i32, from: i32, end: i32): void {
  const rows = g.rows + <usize>r * ROW_BYTES;
  let low = end, high = from;
  for (let i = 0; i < count; ++i) {
    const row = row_at(rows, i);
    if (row.low < row.high) {
      low = min(low, row.low);
      high = max(high, row.high);
    }
  }
  low = max(low, from);
  high = min(high, end);
  if (low >= high || sees_nothing(a, rows, count, low, high)) {
    if (emits(a)) emit_tile(a, g, rows, count, from, end, from, from);
    return;
  }
  // Products are computed for whole panels of 8 keys; what lies over the interval's edges is hidden below.
  const low8 = low & ~7, n = round_up_8(high - low8);
  multiply_keys(a, g, r, count, low8, high);
  if (g.mends) mend_products(a, g, rows, count, low8, high);
  make_logits(a, g, rows, count, low, high, low8, n);
  if (emits(a)) emit_tile(a, g, rows, count, from, end, low, high);
  if (a.value == 0) return;

  const output = g.output + <usize>r * g.outputStride;
  const byRow = by_row(g, low);
  if (byRow && (a.mask != 0 || a.bias != 0)) memory.copy(g.logits, g.tile, TILE_BYTES);
  softmax_tile(g, r, count, n);
  if (byRow) multiply_values_by_row(a, g, rows, count, low, high, low8, output);
  else multiply_values(g, low, high, low8, output);
}
