// The micro-kernels of linear layers: a few rows of x, read where they lie, times panels of a packed weight. Knows neither
// blocks nor what becomes of the sums. T is what the weight has: f32 beside an x of f32; u16, which is f16, beside an x of f32
// times 2¹¹²; i8, or i16 made of them, beside an x of int16.
//
//            8 columns                          x: rows xStride bytes apart, each with a pointer of its own.
//           ┌───────────┐                       b: panels of 8 columns, bStride bytes apart. A step is 4 bytes of x: a
//   steps   │ b0   b1   │                          number, or two of int16; and as many of each column.
//           │ …         │                       c: rows cStride bytes apart, 8 f32 for each panel.
//           └───────────┘
//   ┌─────┐ ┌───────────┐
//   │ x … │ │ r00  r01  │   sums stay in registers while the steps run.
//   └─────┘ └───────────┘
//
// A column's sum runs through the steps in order, from zero, whatever tile it is in, and is added to c if that holds what came
// before. So a row's result is the same bits however many rows there are beside it.
//
// One row has three panels at once, two rows have two: with one there would be too few sums to hide an addition's latency.
// Those panels are far apart, a third of all or a half, because memory gives far streams faster than near ones: one row of f32
// from memory 15 GFLOP/s instead of 10.
//
// From the caches, GFLOP/s: f32 fused 6×8 57, 4×8 54, 3×8 44, 2×16 53, 1×24 41; unfused 4×8 46, 3×8 44, 2×16 47, 1×24 38;
// int16 4×8 80, 3×8 75, 2×16 71, 1×24 58. Packing x would gain 1 %. A tile takes as many registers as it has sums, columns and
// rows, since V8 loads early: past 15 it stores some. V8 12 has 6×8 at 39 and 1×32, which is 46 today, at 27.
import { madd } from "../lib/simd";
import { MR } from "../lib/sizes";
import { PAIR_MASK } from "./constants";
import { step_bytes } from "./sizes";

@inline
function mask_of<T>(table: usize): v128 {
  return is_integer<T>() || isFloat<T>() ? i32x4.splat(0) : v128.load32_splat(table, PAIR_MASK);
}

/** A step of a panel's first four columns. An f16 comes out as 2⁻¹¹² of what it is: see widen_f16. */
@inline
function low<T>(p: usize, mask: v128): v128 {
  if (sizeof<T>() == 1) return v128.load8x8_s(p);
  if (isFloat<T>() || isSigned<T>()) return v128.load(p);
  return v128.and(i32x4.shr_s(i32x4.shl(v128.load(p), 16), 3), mask);
}

/** A step of its last four. */
@inline
function high<T>(p: usize, mask: v128): v128 {
  if (sizeof<T>() == 1) return v128.load8x8_s(p, 8);
  if (isFloat<T>() || isSigned<T>()) return v128.load(p, 16);
  return v128.and(i32x4.shr_s(v128.load(p), 3), mask);
}

@inline
function is_integer<T>(): bool {
  return isSigned<T>() && !isFloat<T>();
}

/** sum + x·w. Eight products of int16 are added by twos; a sum of them is exact as long as it fits in i32. */
@inline
function add_products<T>(sum: v128, x: v128, w: v128): v128 {
  return is_integer<T>() ? i32x4.add(sum, i32x4.dot_i16x8_s(x, w)) : madd(x, w, sum);
}

/** A sum as f32, with what c has. */
@inline
function total<T>(c: usize, sum: v128, accumulate: bool): v128 {
  if (is_integer<T>()) sum = f32x4.convert_i32x4_s(sum);
  return accumulate ? f32x4.add(v128.load(c), sum) : sum;
}

@inline
function put<T>(c: usize, r0: v128, r1: v128, accumulate: bool): void {
  v128.store(c, total<T>(c, r0, accumulate));
  v128.store(c, total<T>(c + 16, r1, accumulate), 16);
}

/** Rows of the tile of int16. */
export const TILE_INT16: i32 = 4;

/** `rows` rows, 3, 4 or 6 and known to the compiler, one panel at a time. */
@inline
function tile<T>(
  rows: i32, c: usize, cStride: usize, x: usize, xStride: usize, b: usize, bStride: usize, steps: i32, panels: i32, accumulate: bool,
): void {
  const none = i32x4.splat(0);
  for (; panels > 0; --panels) {
    let r00 = f32x4.splat(0), r01 = r00, r10 = r00, r11 = r00, r20 = r00, r21 = r00;
    let r30 = r00, r31 = r00, r40 = r00, r41 = r00, r50 = r00, r51 = r00;
    let x0 = x, x1 = x0 + xStride, x2 = x1 + xStride, x3 = x2 + xStride, x4 = x3 + xStride, x5 = x4 + xStride;
    let y = b;
    const end = b + <usize>steps * step_bytes<T>();
    do {
      const b0 = low<T>(y, none), b1 = high<T>(y, none);
      const v0 = v128.load32_splat(x0);
      r00 = add_products<T>(r00, v0, b0); r01 = add_products<T>(r01, v0, b1);
      const v1 = v128.load32_splat(x1);
      r10 = add_products<T>(r10, v1, b0); r11 = add_products<T>(r11, v1, b1);
      const v2 = v128.load32_splat(x2);
      r20 = add_products<T>(r20, v2, b0); r21 = add_products<T>(r21, v2, b1);
      if (rows > 3) {
        const v3 = v128.load32_splat(x3);
        r30 = add_products<T>(r30, v3, b0); r31 = add_products<T>(r31, v3, b1);
      }
      if (rows > 4) {
        const v4 = v128.load32_splat(x4);
        r40 = add_products<T>(r40, v4, b0); r41 = add_products<T>(r41, v4, b1);
        const v5 = v128.load32_splat(x5);
        r50 = add_products<T>(r50, v5, b0); r51 = add_products<T>(r51, v5, b1);
      }
      x0 += 4; x1 += 4; x2 += 4;
      if (rows > 3) x3 += 4;
      if (rows > 4) {
        x4 += 4; x5 += 4;
      }
      y += step_bytes<T>();
    } while (y < end);
    let d = c;
    put<T>(d, r00, r01, accumulate);
    put<T>((d += cStride), r10, r11, accumulate);
    put<T>((d += cStride), r20, r21, accumulate);
    if (rows > 3) put<T>((d += cStride), r30, r31, accumulate);
    if (rows > 4) {
      put<T>((d += cStride), r40, r41, accumulate);
      put<T>((d += cStride), r50, r51, accumulate);
    }
    c += 32;
    b += bStride;
  }
}

function tile_6<T>(c: usize, cs: usize, x: usize, xs: usize, b: usize, bs: usize, steps: i32, panels: i32, accumulate: bool): void {
  tile<T>(6, c, cs, x, xs, b, bs, steps, panels, accumulate);
}

function tile_4<T>(c: usize, cs: usize, x: usize, xs: usize, b: usize, bs: usize, steps: i32, panels: i32, accumulate: bool): void {
  tile<T>(4, c, cs, x, xs, b, bs, steps, panels, accumulate);
}

function tile_3<T>(c: usize, cs: usize, x: usize, xs: usize, b: usize, bs: usize, steps: i32, panels: i32, accumulate: bool): void {
  tile<T>(3, c, cs, x, xs, b, bs, steps, panels, accumulate);
}

/** Two rows times `count` panels from b on and as many from b + far on; with far = 0 they are the same ones, done twice. */
function tile_2<T>(
  c: usize, cFar: usize, cStride: usize, x: usize, xStride: usize, b: usize, far: usize, bStride: usize, steps: i32, count: i32,
  accumulate: bool, table: usize,
): void {
  const mask = mask_of<T>(table);
  for (; count > 0; --count) {
    let r00 = f32x4.splat(0), r01 = r00, r02 = r00, r03 = r00, r10 = r00, r11 = r00, r12 = r00, r13 = r00;
    let x0 = x, x1 = x + xStride, y0 = b, y1 = b + far;
    const end = b + <usize>steps * step_bytes<T>();
    do {
      const v0 = v128.load32_splat(x0), v1 = v128.load32_splat(x1);
      const b0 = low<T>(y0, mask);
      r00 = add_products<T>(r00, v0, b0); r10 = add_products<T>(r10, v1, b0);
      const b1 = high<T>(y0, mask);
      r01 = add_products<T>(r01, v0, b1); r11 = add_products<T>(r11, v1, b1);
      const b2 = low<T>(y1, mask);
      r02 = add_products<T>(r02, v0, b2); r12 = add_products<T>(r12, v1, b2);
      const b3 = high<T>(y1, mask);
      r03 = add_products<T>(r03, v0, b3); r13 = add_products<T>(r13, v1, b3);
      x0 += 4; x1 += 4;
      y0 += step_bytes<T>(); y1 += step_bytes<T>();
    } while (y0 < end);
    // As in tile_1, all is read before any of it is written.
    const d = c + cStride, e = c + cFar, f = d + cFar;
    r00 = total<T>(c, r00, accumulate); r01 = total<T>(c + 16, r01, accumulate);
    r10 = total<T>(d, r10, accumulate); r11 = total<T>(d + 16, r11, accumulate);
    r02 = total<T>(e, r02, accumulate); r03 = total<T>(e + 16, r03, accumulate);
    r12 = total<T>(f, r12, accumulate); r13 = total<T>(f + 16, r13, accumulate);
    v128.store(c, r00); v128.store(c, r01, 16);
    v128.store(d, r10); v128.store(d, r11, 16);
    v128.store(e, r02); v128.store(e, r03, 16);
    v128.store(f, r12); v128.store(f, r13, 16);
    c += 32;
    b += bStride;
  }
}

/** One row times `count` panels from each of b, b + far and b + 2·far on; with far = 0 they are the same ones. */
function tile_1<T>(
  c: usize, cFar: usize, x: usize, b: usize, far: usize, bStride: usize, steps: i32, count: i32, accumulate: bool, table: usize,
): void {
  const mask = mask_of<T>(table);
  for (; count > 0; --count) {
    let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0;
    let v = x, y0 = b, y1 = y0 + far, y2 = y1 + far;
    const end = b + <usize>steps * step_bytes<T>();
    do {
      const a = v128.load32_splat(v);
      r0 = add_products<T>(r0, a, low<T>(y0, mask)); r1 = add_products<T>(r1, a, high<T>(y0, mask));
      r2 = add_products<T>(r2, a, low<T>(y1, mask)); r3 = add_products<T>(r3, a, high<T>(y1, mask));
      r4 = add_products<T>(r4, a, low<T>(y2, mask)); r5 = add_products<T>(r5, a, high<T>(y2, mask));
      v += 4;
      y0 += step_bytes<T>(); y1 += step_bytes<T>(); y2 += step_bytes<T>();
    } while (y0 < end);
    // All is read before any of it is written: they may be the same.
    const d = c + cFar, e = d + cFar;
    r0 = total<T>(c, r0, accumulate); r1 = total<T>(c + 16, r1, accumulate);
    r2 = total<T>(d, r2, accumulate); r3 = total<T>(d + 16, r3, accumulate);
    r4 = total<T>(e, r4, accumulate); r5 = total<T>(e + 16, r5, accumulate);
    v128.store(c, r0); v128.store(c, r1, 16);
    v128.store(d, r2); v128.store(d, r3, 16);
    v128.store(e, r4); v128.store(e, r5, 16);
    c += 32;
    b += bStride;
  }
}

/** One or two rows, with what is left of a number of panels that three or two does not divide. `table` is for u16 alone. */
export function multiply_few<T>(
  c: usize, cStride: usize, x: usize, xStride: usize, b: usize, bStride: usize, steps: i32, panels: i32, rows: i32, accumulate: bool,
  table: usize,
): void {
  const streams = rows == 1 ? 3 : 2, count = panels / streams, rest = panels % streams, done = <usize>(panels - rest);
  const far = <usize>count * bStride, last = b + done * bStride, end = c + (done << 5);
  if (rows == 1) {
    tile_1<T>(c, <usize>count << 5, x, b, far, bStride, steps, count, accumulate, table);
    tile_1<T>(end, 0, x, last, 0, bStride, steps, rest, accumulate, table);
  } else {
    tile_2<T>(c, <usize>count << 5, cStride, x, xStride, b, far, bStride, steps, count, accumulate, table);
    tile_2<T>(end, 0, cStride, x, xStride, last, 0, bStride, steps, rest, accumulate, table);
  }
}

/**
 * c = or += x·b for any number of rows: tiles of the best height, then what is left in lower ones. steps ≥ 1. i16 has whole tiles
 * alone: multiples of TILE_INT16 rows.
 */
export function multiply_panels<T>(
  c: usize, cStride: usize, x: usize, xStride: usize, b: usize, bStride: usize, steps: i32, panels: i32, rows: i32, accumulate: bool,
): void {
  if (isFloat<T>() && MR > 4) {
    for (; rows >= 6; rows -= 6) {
      tile_6<T>(c, cStride, x, xStride, b, bStride, steps, panels, accumulate);
      c += 6 * cStride;
      x += 6 * xStride;
    }
  }
  for (; rows >= 4; rows -= 4) {
    tile_4<T>(c, cStride, x, xStride, b, bStride, steps, panels, accumulate);
    c += cStride << 2;
    x += xStride << 2;
  }
  if (rows == 0 || sizeof<T>() == 2) return;
  if (rows < 3) multiply_few<T>(c, cStride, x, xStride, b, bStride, steps, panels, rows, accumulate, 0);
  else tile_3<T>(c, cStride, x, xStride, b, bStride, steps, panels, accumulate);
}
