// The two products of one tile, q·kᵀ and weights·v: by panels where K and V are packed, else by rows of K and V where
// they lie, in whichever format they are stored. Knows nothing of what becomes of the numbers between the two.
import { AttentionArguments, Format } from "./arguments";
import { Group } from "./group";
import { key_at, pack_keys, scales_at, value_at } from "./packing";
import { Row, row_at } from "./row";
import { gemm_panels } from "../lib/gemm";
import { CHUNK, gemv_nn, gemv_nn_pair, gemv_nn_panels, gemv_nt, gemv_nt_f64, gemv_nt_pair } from "../lib/gemv";
import { add_scaled, all_finite, fill_row } from "../lib/rows";
import { ATTENTION_UNPACKED_ROWS, KC, KC_BYTES } from "../lib/sizes";

/** tile = q·kᵀ of rows r … r+count-1 for keys low8 … (at least) high-1; low8 is a multiple of 8. */
export function multiply_keys(a: AttentionArguments, g: Group, r: i32, count: i32, low8: i32, high: i32): void {
  const D = a.headSize, tile = g.tile;
  let query = g.query + <usize>r * g.queryStride;
  if (g.unpacked) {
    const n = high - low8, k = key_at(a, g, low8), scales = scales_at(a, g, a.keyScales, low8);
    let d = 0;
    do {
      // The first columns' products go into the tile, those of others join them.
      const to = d == 0 ? tile : g.logits, x = query + (<usize>d << 2), depth = min(CHUNK, D - d);
      if (a.format == Format.F32) dot_rows<f32>(a, g, to, x, count, k + (<usize>d << 2), n, depth, scales);
      else if (a.format == Format.F16_FINITE) dot_rows<i16>(a, g, to, x, count, k + (<usize>d << 1), n, depth, scales);
      else dot_rows<i8>(a, g, to, x, count, k + <usize>d, n, depth, scales);
      if (d > 0) for (let i: usize = 0; i < <usize>count * KC_BYTES; i += KC_BYTES) add_scaled(tile + i, to + i, n, 1);
      d += CHUNK;
    } while (d < D);
    return;
  }
  const panels = (high - low8 + 7) >> 3, panel = <usize>D << 5;
  const k = g.keyPanels + <usize>(low8 >> 3) * panel;
  if (D == 0) {
    for (let i = 0; i < count; ++i) fill_row(tile + <usize>i * KC_BYTES, panels << 3, 0);
    return;
  }
  for (let d = 0; d < D; d += KC) {
    gemm_panels(tile, KC_BYTES, query, k + (<usize>d << 5), panel, min(KC, D - d), panels, d > 0);
    query += g.queryChunk;
  }
}

/** Products of `count` query rows with n keys at k, two rows at a time. */
function dot_rows<T>(
  a: AttentionArguments, g: Group, to: usize, query: usize, count: i32, k: usize, n: i32, depth: i32, scales: usize,
): void {
  for (; count >= 2; count -= 2) {
    gemv_nt_pair<T>(to, KC_BYTES, query, g.queryStride, k, a.keyStride, n, depth, scales, g.table);
    to += 2 * KC_BYTES;
    query += 2 * g.queryStride;
  }
  if (count > 0) gemv_nt<T>(to, query, k, a.keyStride, n, depth, scales, g.table);
}

/**
 * Does rows of the tile again in f64, where f32 is too narrow: rows marked as such, and, where nothing comes after that
 * would notice, rows with a product that is not finite.
 */
export function mend_products(a: AttentionArguments, g: Group, rows: usize, count: i32, low8: i32, high: i32): void {
  for (let i = 0; i < count; ++i) {
    const row = row_at(rows, i), s = g.tile + <usize>i * KC_BYTES;
    if (!row.exact && (a.value != 0 || all_finite(s, high - low8))) continue;
    for (let j = low8; j < high; j += 8) {
      let panel = g.keyPanels + ((<usize>j * <usize>a.headSize) << 2);
      if (g.unpacked) {
        // Small groups leave most of the room for queries empty.
        const buffer = g.query + <usize>ATTENTION_UNPACKED_ROWS * g.queryStride;
        panel = buffer + 8 * g.queryStride;
        pack_keys(a, g, panel, j, min(8, high - j), buffer);
      }
      gemv_nt_f64(s + (<usize>(j - low8) << 2), row.query, panel, a.headSize, a.scale);
    }
  }
}

/** Whether the tile from key `low` on needs `multiply_values_by_row`: small groups, and where v is not finite. */
@inline
export function by_row(g: Group, low: i32): bool {
  return g.unpacked || load<bool>(g.nonFinite + <usize>(low / KC));
}

/** output += weights·v for keys low … high-1 on the micro-kernel; the weights of hidden keys are 0. */
@inline
export function multiply_values(g: Group, low: i32, high: i32, low8: i32, output: usize): void {
  const weights = g.tile + (<usize>(low - low8) << 2), v = g.valuePanels + (<usize>low << 5);
  gemm_panels(output, g.outputStride, weights, v, g.valuePanel, high - low, <i32>(g.outputStride >> 5), true);
}

/**
 * The same row by row, reading only what each row sees. It serves small groups, whose v is read where it lies, and tiles
 * where v is not finite: there the weight 0 of a hidden key must not meet a NaN.
 */
export function multiply_values_by_row(
  a: AttentionArguments, g: Group, rows: usize, count: i32, low: i32, high: i32, low8: i32, output: usize,
): void {
  for (let i = 0; i < count; ++i) {
    const row = row_at(rows, i);
    const from = max(row.low, low), to = min(row.high, high);
    const weights = g.tile + <usize>i * KC_BYTES, logits = g.logits + <usize>i * KC_BYTES;
    const out = output + <usize>i * g.outputStride;
    if (!row.mask && !row.bias) {
      if (from >= to) continue;
      const both = i + 1 < count && sees_the_same(row, row_at(rows, i + 1), low, high);
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
  if (g.unpacked) {
    const v = value_at(a, g, from), scales = scales_at(a, g, a.valueScales, from);
    if (a.format == Format.F32) sum_rows<f32>(a, g, out, weights, v, n, both, scales);
    else if (a.format == Format.F16_FINITE) sum_rows<i16>(a, g, out, weights, v, n, both, scales);
    else sum_rows<i8>(a, g, out, weights, v, n, both, scales);
    return;
  }
  const v = g.valuePanels + (<usize>from << 5);
  gemv_nn_panels(out, weights, v, g.valuePanel, n, a.valueSize);
  if (both) gemv_nn_panels(out + g.outputStride, weights + KC_BYTES, v, g.valuePanel, n, a.valueSize);
}

@inline
function sum_rows<T>(a: AttentionArguments, g: Group, out: usize, weights: usize, v: usize, n: i32, both: bool, scales: usize): void {
  if (both) gemv_nn_pair<T>(out, g.outputStride, weights, KC_BYTES, v, a.valueStride, n, a.valueSize, scales, g.table);
  else gemv_nn<T>(out, weights, v, a.valueStride, n, a.valueSize, scales, g.table);
}
