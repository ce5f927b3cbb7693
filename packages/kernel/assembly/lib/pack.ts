// Packs a matrix of f32 into panels of 8 columns, the one form the micro-kernel reads, padded with zeros to whole panels.
// Packing is also where layouts and tails end: what follows sees panels only.

import { not_finite } from "./rows";

/**
 * Panels of the columns of a row-major [rows, columns] matrix, as v is read: panel p holds columns 8p … 8p+7 of row
 * after row. `stride` bytes lie between rows, `panelStride` bytes between panels. Returns whether a number is not finite.
 * Eight rows at a time go from panel to panel: rows and panels often lie multiples of 4 KB apart, where a
 * cache has room for few lines.
 */
export function pack_rows(panels: usize, panelStride: usize, source: usize, stride: usize, rows: i32, columns: i32): bool {
  let nonFinite = i32x4.splat(0);
  for (; rows > 0; rows -= 8) {
    let from = source, to = panels;
    for (let left = columns; left > 0; left -= 8) {
      let p = from, q = to;
      for (let r = min(8, rows); r > 0; --r) {
        if (left >= 8) {
          const low = v128.load(p), high = v128.load(p, 16);
          nonFinite = v128.or(nonFinite, v128.or(not_finite(low), not_finite(high)));
          v128.store(q, low);
          v128.store(q, high, 16);
        } else {
          v128.store(q, f32x4.splat(0));
          v128.store(q, f32x4.splat(0), 16);
          for (let i = 0; i < left; ++i) {
            const x = v128.load32_splat(p + (<usize>i << 2));
            nonFinite = v128.or(nonFinite, not_finite(x));
            v128.store32_lane(q + (<usize>i << 2), x, 0);
          }
        }
        p += stride;
        q += 32;
      }
      from += 32;
      to += panelStride;
    }
    source += stride << 3;
    panels += 256;
  }
  return v128.any_true(nonFinite);
}

/**
 * Panels of the transpose of a row-major [rows, depth] matrix, as k is read: panel p holds, for each of `depth`
 * steps, the numbers of rows 8p … 8p+7. A panel is depth·32 bytes and follows the one before it.
 */
export function pack_columns(panels: usize, source: usize, stride: usize, rows: i32, depth: i32): void {
  for (; rows > 0; rows -= 8) {
    pack_panel(panels, source, stride, min(8, rows), depth);
    panels += <usize>depth << 5;
    source += stride << 3;
  }
}

function pack_panel(panel: usize, source: usize, stride: usize, rows: i32, depth: i32): void {
  if (rows < 8) memory.fill(panel, 0, <usize>depth << 5);
  for (; rows >= 4; rows -= 4) {
    pack_four(panel, source, stride, depth);
    panel += 16;
    source += stride << 2;
  }
  for (; rows > 0; --rows) {
    for (let d = 0; d < depth; ++d) store<f32>(panel + (<usize>d << 5), load<f32>(source + (<usize>d << 2)));
    panel += 4;
    source += stride;
  }
}

/** Four rows into four of a panel's eight columns, four steps at a time by transposes in registers. */
function pack_four(panel: usize, p0: usize, stride: usize, depth: i32): void {
  let d = 0;
  for (; d + 4 <= depth; d += 4) {
    const p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
    transpose(panel, v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3));
    p0 += 16;
    panel += 128;
  }
  for (; d < depth; ++d) {
    const p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride;
    v128.store(panel, f32x4(load<f32>(p0), load<f32>(p1), load<f32>(p2), load<f32>(p3)));
    p0 += 4;
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
