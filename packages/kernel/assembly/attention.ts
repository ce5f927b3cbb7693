// Fused attention: softmax(q·kᵀ·scale, masked)·v without an L×S array. One (batch, key/value head) group at a time:
//
//   rows    the query rows of all heads of the group, stacked: K and V are read once for all of them
//   blocks  DEPTH keys at a time; a block that no row of a tile can see is not computed
//   tiles   ROWS query rows × one block: q·kᵀ → logits → online softmax → ·v, all while the tile is in L1
//
// Groups of more than FEW rows pack K and V into panels first and run on the micro-kernel; smaller ones (decoding) read
// K and V where they lie, unless an f16 among them may not be finite. Everything between the two products is the same
// code. It allocates nothing: the caller gives scratch.
import { AttentionArguments, F16_FINITE, F32, INT8, MEAN } from "./arguments";
import { finish_rows, start_rows } from "./blocks";
import { TABLE_BYTES, write_table } from "./constants";
import { widen_rows } from "./formats";
import { BLOCK_ROWS, Group, ROW, TILE_BYTES, eights, end_of_keys, first_key, group_rows, lay_out } from "./group";
import { alibi_row, all_hidden, bias_row, copy_row, fill_row, mask_row, softcap_row } from "./logits";
import { pack_columns, pack_rows } from "./pack";
import { Row } from "./rows";
import { ROWS } from "./simd";
import { softmax_tile } from "./softmax";
import { DEPTH, tiles } from "./tiles";
import { dots, dots_pair, sums, sums_of_panels, sums_pair } from "./vectors";

/** Runs the attention that the argument block at p describes; see arguments.ts for its fields. */
export function attention_f32(p: usize): void {
  const a = changetype<AttentionArguments>(p);
  if (a.weights && a.weightsMode == MEAN) {
    memory.fill(a.weights, 0, (<usize>a.batch * <usize>a.queryLength * <usize>a.keyLength) << 2);
  }
  if (a.batch == 0 || a.keyValueHeads == 0 || a.queryLength == 0) return;
  const g = changetype<Group>(a.scratch + TABLE_BYTES);
  lay_out(a, g);
  write_table(g.table);
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
  g.first = first_key(a, g.position) & ~(DEPTH - 1);
  g.last = end_of_keys(a, g.position + a.queryLength - 1, g.keys);
  if (!g.direct) pack_group(a, g);
  const count = group_rows(a);
  for (let row = 0; row < count; row += BLOCK_ROWS) attend_rows(a, g, row, min(BLOCK_ROWS, count - row));
}

/** Packs the group's visible K and V; notes the blocks of keys where v is not finite. */
function pack_group(a: AttentionArguments, g: Group): void {
  const h = <usize>g.keyValueHead, b = <usize>g.batch;
  const key = a.key + b * a.keyBatchStride + h * a.keyHeadStride;
  const value = a.value + b * a.valueBatchStride + h * a.valueHeadStride;
  const scales = b * a.scaleBatchStride + h * a.scaleHeadStride;
  for (let j = g.first; j < g.last; j += DEPTH) {
    const n = min(DEPTH, g.last - j), J = <usize>j;
    const keyScales = a.keyScales + scales + (J << 2), valueScales = a.valueScales + scales + (J << 2);
    const keyPanels = g.keyPanels + ((J * <usize>a.headSize) << 2), k = key + J * a.keyStride;
    const valuePanels = g.valuePanels + (J << 5), v = value + J * a.valueStride;
    let odd = false;
    if (a.format == F32) {
      pack_columns(keyPanels, k, a.keyStride, n, a.headSize);
      if (a.value) odd = pack_rows(valuePanels, g.valuePanel, v, a.valueStride, n, a.valueSize);
    } else {
      // One panel of keys at a time is made f32 where query and output, which come later, have their place.
      for (let i = 0; i < n; i += 8) {
        const rows = min(8, n - i), I = <usize>i;
        widen(a, g.query, k + I * a.keyStride, a.keyStride, rows, a.headSize, keyScales + (I << 2), g.table);
        pack_columns(keyPanels + ((I * <usize>a.headSize) << 2), g.query, <usize>a.headSize << 2, rows, a.headSize);
        if (a.value == 0) continue;
        widen(a, g.output, v + I * a.valueStride, a.valueStride, rows, a.valueSize, valueScales + (I << 2), g.table);
        if (pack_rows(valuePanels + (I << 5), g.valuePanel, g.output, <usize>a.valueSize << 2, rows, a.valueSize)) odd = true;
      }
    }
    store<bool>(g.odd + <usize>(j / DEPTH), odd);
  }
}

function widen(a: AttentionArguments, to: usize, from: usize, stride: usize, rows: i32, n: i32, scales: usize, table: usize): void {
  if (a.format == INT8) widen_rows<i8>(to, from, stride, rows, n, scales, table);
  else widen_rows<u16>(to, from, stride, rows, n, scales, table);
}

/** One block of query rows against all keys. */
function attend_rows(a: AttentionArguments, g: Group, from: i32, count: i32): void {
  start_rows(a, g, from, count);
  const emits = a.scores != 0 || a.weights != 0;
  const first = emits ? 0 : g.first, last = emits ? a.keyLength : g.last;
  for (let j = first; j < last; j += DEPTH) {
    const end = min(j + DEPTH, last);
    for (let r = 0; r < count; r += ROWS) attend_tile(a, g, r, min(ROWS, count - r), j, end);
  }
  if (a.value) finish_rows(a, g, from, count);
}

/** `count` rows from row r × keys from … end-1, at most DEPTH of them. */
function attend_tile(a: AttentionArguments, g: Group, r: i32, count: i32, from: i32, end: i32): void {
  const rows = g.rows + <usize>r * offsetof<Row>();
  let low = end, high = from;
  for (let i = 0; i < count; ++i) {
    const row = changetype<Row>(rows + <usize>i * offsetof<Row>());
    if (row.low < row.high) {
      low = min(low, row.low);
      high = max(high, row.high);
    }
  }
  low = max(low, from);
  high = min(high, end);
  const emits = a.scores != 0 || a.weights != 0;
  if (low >= high || ((a.mask != 0 || a.bias != 0) && all_hidden_tile(a, rows, count, low, high))) {
    if (emits) emit_tile(a, g, rows, count, from, end, from, from);
    return;
  }
  // Products are computed for whole panels of 8 keys; what lies over the interval's edges is hidden below.
  const low8 = low & ~7, n = eights(high - low8);
  const tile = g.tile;
  multiply_keys(a, g, r, count, low8, high, tile);
  hide_and_add(a, g, rows, count, low, high, low8, n, tile);
  if (emits) emit_tile(a, g, rows, count, from, end, low, high);
  if (a.value == 0) return;

  const output = g.output + <usize>r * g.outputStride;
  const direct = g.direct || load<bool>(g.odd + <usize>(low / DEPTH));
  if (direct && (a.mask != 0 || a.bias != 0)) memory.copy(g.logits, tile, TILE_BYTES);
  softmax_tile(tile, rows, count, n, output, g.outputStride, g.table);
  if (direct) {
    multiply_values_directly(a, g, rows, count, low, high, low8, output);
  } else {
    const weights = tile + (<usize>(low - low8) << 2), v = g.valuePanels + (<usize>low << 5);
    tiles(output, g.outputStride, weights, v, g.valuePanel, high - low, <i32>(g.outputStride >> 5), true);
  }
}

/** A bias that is one number a row cannot be scanned along the row. */
@inline
function all_hidden_tile(a: AttentionArguments, rows: usize, count: i32, low: i32, high: i32): bool {
  return a.bias != 0 && a.biasKeyStride == 0 ? false : all_hidden(rows, count, low, high);
}

/** Products of `count` query rows with n keys at k, two rows at a time. */
function dot_rows<T>(a: AttentionArguments, g: Group, tile: usize, query: usize, count: i32, k: usize, n: i32, scales: usize): void {
  for (; count >= 2; count -= 2) {
    dots_pair<T>(tile, ROW, query, g.queryStride, k, a.keyStride, n, a.headSize, scales, g.table);
    tile += 2 * ROW;
    query += 2 * g.queryStride;
  }
  if (count > 0) dots<T>(tile, query, k, a.keyStride, n, a.headSize, scales, g.table);
}

/** tile = q·kᵀ for keys low8 … (at least) high-1. */
function multiply_keys(a: AttentionArguments, g: Group, r: i32, count: i32, low8: i32, high: i32, tile: usize): void {
  const D = a.headSize;
  let query = g.query + <usize>r * g.queryStride;
  if (g.direct) {
    const n = high - low8;
    const k = a.key + <usize>g.batch * a.keyBatchStride + <usize>g.keyValueHead * a.keyHeadStride + <usize>low8 * a.keyStride;
    const scales = group_scales(a, g, a.keyScales, low8);
    if (a.format == F32) dot_rows<f32>(a, g, tile, query, count, k, n, scales);
    else if (a.format == F16_FINITE) dot_rows<i16>(a, g, tile, query, count, k, n, scales);
    else dot_rows<i8>(a, g, tile, query, count, k, n, scales);
    return;
  }
  const panels = (high - low8 + 7) >> 3, panel = <usize>D << 5;
  const k = g.keyPanels + <usize>(low8 >> 3) * panel;
  if (D == 0) {
    for (let i = 0; i < count; ++i) fill_row(tile + <usize>i * ROW, panels << 3, 0);
    return;
  }
  for (let d = 0; d < D; d += DEPTH) {
    tiles(tile, ROW, query, k + (<usize>d << 5), panel, min(DEPTH, D - d), panels, d > 0);
    query += g.queryChunk;
  }
}

@inline
function group_scales(a: AttentionArguments, g: Group, scales: usize, j: i32): usize {
  return scales + <usize>g.batch * a.scaleBatchStride + <usize>g.keyValueHead * a.scaleHeadStride + (<usize>j << 2);
}

/** From products to logits, in the fixed order softcap → ALiBi → bias → masks; n logits a row from key low8. */
function hide_and_add(
  a: AttentionArguments, g: Group, rows: usize, count: i32, low: i32, high: i32, low8: i32, n: i32, tile: usize,
): void {
  const skip = <usize>(low - low8) << 2;
  for (let i = 0; i < count; ++i) {
    const row = changetype<Row>(rows + <usize>i * offsetof<Row>());
    const s = tile + <usize>i * ROW;
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

/** s += bias for a bias that is one number for the row; -Infinity hides. */
function add_to_row(s: usize, n: i32, bias: f32): void {
  for (let j = 0; j < n; ++j) {
    const p = s + (<usize>j << 2);
    store<f32>(p, bias == -Infinity ? bias : load<f32>(p) + bias);
  }
}

/** Writes keys from … end-1 of scores and weights: logits for low … high-1, hidden for the rest. */
function emit_tile(a: AttentionArguments, g: Group, rows: usize, count: i32, from: i32, end: i32, low: i32, high: i32): void {
  for (let i = 0; i < count; ++i) {
    const row = changetype<Row>(rows + <usize>i * offsetof<Row>());
    const s = g.tile + <usize>i * ROW + (<usize>(low & 7) << 2);
    if (row.scores) emit_row(row.scores, s, from, end, low, high, a.maskedValue);
    if (row.weights) emit_row(row.weights, s, from, end, low, high, -Infinity);
  }
}

function emit_row(to: usize, s: usize, from: i32, end: i32, low: i32, high: i32, masked: f32): void {
  fill_row(to + (<usize>from << 2), low - from, masked);
  copy_row(to + (<usize>low << 2), s, high - low, masked);
  fill_row(to + (<usize>high << 2), end - high, masked);
}

/**
 * output += weights·v for keys low … high-1, row by row where v lies, reading only what each row sees. It serves small
 * groups, and tiles where v is not finite: there the weight 0 of a hidden key must not meet a NaN.
 */
function multiply_values_directly(
  a: AttentionArguments, g: Group, rows: usize, count: i32, low: i32, high: i32, low8: i32, output: usize,
): void {
  for (let i = 0; i < count; ++i) {
    const row = changetype<Row>(rows + <usize>i * offsetof<Row>());
    const from = max(row.low, low), to = min(row.high, high);
    const weights = g.tile + <usize>i * ROW, logits = g.logits + <usize>i * ROW;
    const out = output + <usize>i * g.outputStride;
    if (!row.mask && !row.bias) {
      if (from >= to) continue;
      const both = i + 1 < count && sees_the_same(row, changetype<Row>(rows + <usize>(i + 1) * offsetof<Row>()), low, high);
      add_values(a, g, out, weights + (<usize>(from - low8) << 2), from, to, both);
      if (both) ++i;
      continue;
    }
    // Runs of visible keys.
    for (let j = from; j < to; ) {
      while (j < to && load<f32>(logits + (<usize>(j - low8) << 2)) == -Infinity) ++j;
      const start = j;
      while (j < to && load<f32>(logits + (<usize>(j - low8) << 2)) != -Infinity) ++j;
      if (start < j) add_values(a, g, out, weights + (<usize>(start - low8) << 2), start, j, false);
    }
  }
}

/** Whether the row after this one, which has no mask, sees the same of keys low … high-1. */
@inline
function sees_the_same(row: Row, next: Row, low: i32, high: i32): bool {
  if (next.mask || next.bias) return false;
  return max(row.low, low) == max(next.low, low) && min(row.high, high) == min(next.high, high);
}

/** One output row, or both of two that follow each other, += its weights × v of keys from … to-1. */
function add_values(a: AttentionArguments, g: Group, out: usize, weights: usize, from: i32, to: i32, both: bool): void {
  const n = to - from;
  if (!g.direct) {
    sums_of_panels(out, weights, g.valuePanels + (<usize>from << 5), g.valuePanel, n, a.valueSize);
    if (both) sums_of_panels(out + g.outputStride, weights + ROW, g.valuePanels + (<usize>from << 5), g.valuePanel, n, a.valueSize);
    return;
  }
  const v = a.value + <usize>g.batch * a.valueBatchStride + <usize>g.keyValueHead * a.valueHeadStride + <usize>from * a.valueStride;
  const scales = group_scales(a, g, a.valueScales, from);
  if (a.format == F32) sum_rows<f32>(a, g, out, weights, v, n, both, scales);
  else if (a.format == F16_FINITE) sum_rows<i16>(a, g, out, weights, v, n, both, scales);
  else sum_rows<i8>(a, g, out, weights, v, n, both, scales);
}

@inline
function sum_rows<T>(a: AttentionArguments, g: Group, out: usize, weights: usize, v: usize, n: i32, both: bool, scales: usize): void {
  if (both) sums_pair<T>(out, g.outputStride, weights, ROW, v, a.valueStride, n, a.valueSize, scales, g.table);
  else sums<T>(out, weights, v, a.valueStride, n, a.valueSize, scales, g.table);
}
