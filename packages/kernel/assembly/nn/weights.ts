// Weights: packed row by row, so that a stream of rows can be packed as it comes, and read row by row, so that one copy serves
// as embedding table and as output layer. The packed form is told in sizes.ts.
//
// A word of an f16 step has columns j and j + 4, which is how the tiles take them apart. f16 and int8 have an f32 scale for each
// row: with f16 a power of two that makes the row's largest number 2¹⁴ … 2¹⁵, so that no row is too large or too small for f16;
// NaN where a number of the row is not finite.
import { TABLE_BYTES, write_table } from "../lib/constants";
import { encode_f16, encode_int8 } from "../lib/encode";
import { widen_rows } from "../lib/formats";
import { write_scaled } from "../lib/rows";
import { round_up_64 } from "../lib/sizes";
import { SourceFormat, WeightFormat } from "./arguments";
import { largest_bits } from "./quantize";
import { DEPTH, INT8_DEPTH } from "./sizes";

/** Bytes of a row as f32, in whole cache lines. */
@inline
function row_bytes(K: i32): usize {
  return (<usize>K << 2) + 63 & ~63;
}

/** Bytes of scratch of `pack_weight`: the table, a row as f32, and one as it is stored. */
export function pack_weight_scratch(K: i32): usize {
  return <usize>round_up_64(TABLE_BYTES) + 2 * row_bytes(K) + 64;
}

/** Bytes of a packed weight, without its scales. */
export function weight_bytes(format: i32, N: i32, K: i32): usize {
  const panels = <usize>((N + 7) >> 3);
  if (format == WeightFormat.F32) return panels * (<usize>K << 5);
  return panels * (<usize>(format == WeightFormat.INT8 ? (K + 1) >> 1 : K) << 4);
}

/** Where the first step of row n's panel is in the block that begins at step k. */
@inline
function panel_at<T>(weight: usize, N: i32, n: i32, k: i32, depth: i32): usize {
  return weight + ((<usize>k * <usize>((N + 7) >> 3) + <usize>(n >> 3) * <usize>depth) << 3) * sizeof<T>();
}

/** Writes `steps` numbers, or pairs of int8, into column `lane` of row n's panel. */
function scatter<T>(weight: usize, N: i32, n: i32, lane: i32, row: usize, steps: i32, depth: i32): void {
  for (let k = 0; k < steps; k += depth) {
    const count = min(depth, steps - k);
    let p = panel_at<T>(weight, N, n, k, count) + <usize>lane * sizeof<T>();
    for (let i = 0; i < count; ++i) {
      store<T>(p, load<T>(row));
      row += sizeof<T>();
      p += 8 * sizeof<T>();
    }
  }
}

/** The lane of row n in a step of f16. */
@inline
function f16_lane(n: i32): i32 {
  return (n & 3) << 1 | n >> 2 & 1;
}

/** A stored row, whatever way its numbers lie, as f32. */
function read_row(to: usize, from: usize, step: usize, K: i32, format: i32, scale: f32, table: usize): void {
  if (format == SourceFormat.F32) {
    if (step == 4) memory.copy(to, from, <usize>K << 2);
    else for (; K > 0; --K, to += 4, from += step) store<f32>(to, load<f32>(from));
  } else if (format == SourceFormat.F16) {
    if (step == 2) widen_rows<u16>(to, from, 0, 1, K, 0, table);
    else for (; K > 0; --K, to += 4, from += step) store<f32>(to, f16_to_f32(load<u16>(from)));
  } else if (format == SourceFormat.BF16) {
    for (; K > 0; --K, to += 4, from += step) store<u32>(to, <u32>load<u16>(from) << 16);
  } else {
    for (; K > 0; --K, to += 4, from += step) store<f32>(to, <f32>load<i8>(from) * scale);
  }
}

/** An f16 of any kind. */
@inline
function f16_to_f32(h: u32): f32 {
  const bits = (h & 0x8000) << 16 | (h & 0x7fff) << 13;
  return (h & 0x7c00) == 0x7c00 ? reinterpret<f32>(bits | 0x7f800000) : reinterpret<f32>(bits) * <f32>5.192296858534828e33;
}

/**
 * The power of two whose product with the f16 row has the row's numbers; the row itself is divided by it in place. A row that
 * is not finite becomes zeros.
 */
function scale_for_f16(row: usize, K: i32): f32 {
  const bits = largest_bits(row, K);
  if (bits >= 0x7f800000) {
    memory.fill(row, 0, <usize>K << 2);
    return NaN;
  }
  // Up to 2⁻¹¹², so that its inverse is a number too.
  const exponent = bits == 0 ? 127 : max((bits >> 23) - 14, 15);
  write_scaled(row, row, K, reinterpret<f32>((254 - exponent) << 23));
  return reinterpret<f32>(exponent << 23);
}

/**
 * Packs rows first … first+rows-1 of a weight [N, K] from a source of any SourceFormat: rows rowStride bytes apart, their
 * numbers `step` bytes apart, at any address. With it go the columns that fill up the last panel, where the last row is among
 * them. INT8 comes with one f32 scale a row at sourceScales, and goes to INT8 as it is.
 */
export function pack_weight(
  format: i32, weight: usize, scales: usize, N: i32, K: i32, first: i32, rows: i32,
  sourceFormat: i32, source: usize, rowStride: usize, step: usize, sourceScales: usize, scratch: usize,
): void {
  const table = scratch, row = table + <usize>round_up_64(TABLE_BYTES), stored = row + row_bytes(K);
  write_table(table);
  for (let i = 0; i < rows; ++i) {
    const n = first + i, scale = scales + (<usize>n << 2);
    const sourceScale: f32 = sourceFormat == SourceFormat.INT8 ? load<f32>(sourceScales + (<usize>i << 2)) : 1;
    if (format == WeightFormat.INT8 && sourceFormat == SourceFormat.INT8) {
      for (let k = 0; k < K; ++k) store<i8>(stored + <usize>k, load<i8>(source + <usize>k * step));
      store<f32>(scale, sourceScale);
    } else {
      read_row(row, source, step, K, sourceFormat, sourceScale, table);
      if (format == WeightFormat.INT8) encode_int8(stored, scale, row, 1, K);
    }
    if (format == WeightFormat.F32) scatter<f32>(weight, N, n, n & 7, row, K, DEPTH);
    else if (format == WeightFormat.F16) {
      store<f32>(scale, scale_for_f16(row, K));
      encode_f16(stored, row, K);
      scatter<u16>(weight, N, n, f16_lane(n), stored, K, DEPTH);
    } else {
      if (K & 1) store<i8>(stored + <usize>K, 0);
      scatter<u16>(weight, N, n, n & 7, stored, (K + 1) >> 1, INT8_DEPTH);
    }
    source += rowStride;
  }
  if (first + rows == N) fill_panel(format, weight, scales, N, K, stored);
}

/** Zeros in the columns past N, and scales of 0 for them. */
function fill_panel(format: i32, weight: usize, scales: usize, N: i32, K: i32, zeros: usize): void {
  memory.fill(zeros, 0, <usize>K << 2);
  for (let n = N; n & 7; ++n) {
    if (format == WeightFormat.F32) scatter<f32>(weight, N, n, n & 7, zeros, K, DEPTH);
    else {
      store<f32>(scales + (<usize>n << 2), 0);
      if (format == WeightFormat.F16) scatter<u16>(weight, N, n, f16_lane(n), zeros, K, DEPTH);
      else scatter<u16>(weight, N, n, n & 7, zeros, (K + 1) >> 1, INT8_DEPTH);
    }
  }
}

/** The number of a step's column: of a pair of int8, the one that `odd` says. */
@inline
function number_at<T>(p: usize, odd: i32): f32 {
  if (sizeof<T>() == 4) return load<f32>(p);
  if (sizeof<T>() == 2) return f16_to_f32(load<u16>(p));
  return <f32>load<i8>(p + <usize>odd);
}

/** y = or += factor·row n, scale·number each. */
function read_packed<T>(y: usize, weight: usize, N: i32, K: i32, n: i32, scale: f32, factor: f32, accumulate: bool): void {
  // int8: steps of two, each as large as a u16.
  const pair = sizeof<T>() == 1 ? 1 : 0, steps = (K + pair) >> pair, depth = pair ? INT8_DEPTH : DEPTH;
  const lane = sizeof<T>() == 2 ? f16_lane(n) : n & 7, size: usize = sizeof<T>() == 4 ? 4 : 2;
  let k = 0;
  for (let s = 0; s < steps; s += depth) {
    const count = min(depth, steps - s);
    let p = weight + ((<usize>s * <usize>((N + 7) >> 3) + <usize>(n >> 3) * <usize>count) << 3) * size + <usize>lane * size;
    for (const end = min(K, k + (count << pair)); k < end; ++k) {
      const value = number_at<T>(p, k & 1) * scale * factor;
      store<f32>(y, accumulate ? load<f32>(y) + value : value);
      y += 4;
      if (!pair || k & 1) p += 8 * size;
    }
  }
}

/**
 * y [count, K] = or += factor·row of a packed weight [N, K], for each of `count` ids (i32): the lookup of an embedding, positions
 * and token types added to it. Rows of y are yStride bytes apart.
 */
export function embed_f32(
  y: usize, yStride: usize, ids: usize, count: i32, format: i32, weight: usize, scales: usize, N: i32, K: i32, factor: f32, accumulate: bool,
): void {
  for (; count > 0; --count) {
    const n = load<i32>(ids);
    const scale: f32 = format == WeightFormat.F32 ? 1 : load<f32>(scales + (<usize>n << 2));
    if (format == WeightFormat.F32) read_packed<f32>(y, weight, N, K, n, scale, factor, accumulate);
    else if (format == WeightFormat.F16) read_packed<u16>(y, weight, N, K, n, scale, factor, accumulate);
    else read_packed<i8>(y, weight, N, K, n, scale, factor, accumulate);
    y += yStride;
    ids += 4;
  }
}
