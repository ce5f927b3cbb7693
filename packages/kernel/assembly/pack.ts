// Packs a matrix into panels of 8 columns, the one form the micro-kernel reads, padded with zeros to whole panels.
// Packing is also where layouts, tails and stored formats end: what follows sees f32 panels only.
import { fetch8, high4, load1, low4, scale_of, scaled } from "./formats";

/** Whether any of four lanes is NaN or Infinity, as a mask: x - x is 0 only where x is finite. */
@inline
function not_finite(x: v128): v128 {
  return f32x4.ne(f32x4.sub(x, x), f32x4.splat(0));
}

/**
 * Panels of the columns of a row-major [rows, columns] matrix, as v is read: panel p holds columns 8p … 8p+7 of row
 * after row. `stride` bytes lie between rows, `panelStride` bytes between panels. Returns whether a number is not finite.
 */
export function pack_rows<T>(
  panels: usize, panelStride: usize, source: usize, stride: usize, rows: i32, columns: i32, scales: usize, table: usize,
): bool {
  let odd = i32x4.splat(0);
  const whole = columns & ~7;
  for (let j = 0; j < rows; ++j) {
    const one = scale_of<T>(scales, j), scale = f32x4.splat(one);
    let p = source, q = panels + (<usize>j << 5), i = 0;
    for (; i < whole; i += 8) {
      const eight = fetch8<T>(p);
      const low = scaled<T>(low4<T>(eight, p, table), scale), high = scaled<T>(high4<T>(eight, p, table), scale);
      odd = v128.or(odd, v128.or(not_finite(low), not_finite(high)));
      v128.store(q, low);
      v128.store(q, high, 16);
      p += 8 * sizeof<T>();
      q += panelStride;
    }
    if (i < columns) {
      v128.store(q, f32x4.splat(0));
      v128.store(q, f32x4.splat(0), 16);
      for (; i < columns; ++i) {
        const x = load1<T>(p, table) * one;
        odd = v128.or(odd, not_finite(f32x4.splat(x)));
        store<f32>(q, x);
        p += sizeof<T>();
        q += 4;
      }
    }
    source += stride;
  }
  return v128.any_true(odd);
}

/**
 * Panels of the transpose of a row-major [rows, depth] matrix, as k is read: panel p holds, for each of `depth`
 * steps, the numbers of rows 8p … 8p+7. A panel is depth·32 bytes and follows the one before it.
 */
export function pack_columns<T>(panels: usize, source: usize, stride: usize, rows: i32, depth: i32, scales: usize, table: usize): void {
  for (let j = 0; j < rows; j += 8) {
    pack_panel<T>(panels, source, stride, min(8, rows - j), depth, scales + (<usize>j << 2), table);
    panels += <usize>depth << 5;
    source += stride << 3;
  }
}

function pack_panel<T>(panel: usize, source: usize, stride: usize, rows: i32, depth: i32, scales: usize, table: usize): void {
  if (rows < 8) memory.fill(panel, 0, <usize>depth << 5);
  let j = 0;
  for (; j + 4 <= rows; j += 4) {
    pack_four<T>(panel + (<usize>j << 2), source + <usize>j * stride, stride, depth, scales + (<usize>j << 2), table);
  }
  for (; j < rows; ++j) {
    const scale = scale_of<T>(scales, j);
    for (let d = 0; d < depth; ++d) {
      store<f32>(panel + (<usize>d << 5) + (<usize>j << 2), load1<T>(source + <usize>j * stride + <usize>d * sizeof<T>(), table) * scale);
    }
  }
}

/** Four rows into four of a panel's eight columns, eight steps at a time by transposes in registers. */
function pack_four<T>(panel: usize, source: usize, stride: usize, depth: i32, scales: usize, table: usize): void {
  const s0 = scale_of<T>(scales, 0), s1 = scale_of<T>(scales, 1), s2 = scale_of<T>(scales, 2), s3 = scale_of<T>(scales, 3);
  const v0 = f32x4.splat(s0), v1 = f32x4.splat(s1), v2 = f32x4.splat(s2), v3 = f32x4.splat(s3);
  let p0 = source, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride, d = 0;
  for (; d + 8 <= depth; d += 8) {
    const a = fetch8<T>(p0), b = fetch8<T>(p1), c = fetch8<T>(p2), e = fetch8<T>(p3);
    transpose(
      panel, scaled<T>(low4<T>(a, p0, table), v0), scaled<T>(low4<T>(b, p1, table), v1),
      scaled<T>(low4<T>(c, p2, table), v2), scaled<T>(low4<T>(e, p3, table), v3),
    );
    transpose(
      panel + 128, scaled<T>(high4<T>(a, p0, table), v0), scaled<T>(high4<T>(b, p1, table), v1),
      scaled<T>(high4<T>(c, p2, table), v2), scaled<T>(high4<T>(e, p3, table), v3),
    );
    p0 += 8 * sizeof<T>(); p1 += 8 * sizeof<T>(); p2 += 8 * sizeof<T>(); p3 += 8 * sizeof<T>();
    panel += 256;
  }
  for (; d < depth; ++d) {
    store<f32>(panel, load1<T>(p0, table) * s0);
    store<f32>(panel, load1<T>(p1, table) * s1, 4);
    store<f32>(panel, load1<T>(p2, table) * s2, 8);
    store<f32>(panel, load1<T>(p3, table) * s3, 12);
    p0 += sizeof<T>(); p1 += sizeof<T>(); p2 += sizeof<T>(); p3 += sizeof<T>();
    panel += 32;
  }
}

/** Rows a, b, c, e of four become columns, 32 bytes apart. */
@inline
function transpose(panel: usize, a: v128, b: v128, c: v128, e: v128): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const ce0 = v128.shuffle<f32>(c, e, 0, 4, 1, 5), ce1 = v128.shuffle<f32>(c, e, 2, 6, 3, 7);
  v128.store(panel, v128.shuffle<f32>(ab0, ce0, 0, 1, 4, 5));
  v128.store(panel, v128.shuffle<f32>(ab0, ce0, 2, 3, 6, 7), 32);
  v128.store(panel, v128.shuffle<f32>(ab1, ce1, 0, 1, 4, 5), 64);
  v128.store(panel, v128.shuffle<f32>(ab1, ce1, 2, 3, 6, 7), 96);
}
