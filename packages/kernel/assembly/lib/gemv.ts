// Products of one or two rows with a matrix read where it lies: for so few rows that packing would cost more than it
// saves. Bound by loads, 128 bits at the most: what matters is how few there are beside those of the matrix. (Counts below
// are for f32.) No sum has more than RUN terms, as in gemm.ts:
// callers add up what is longer.
// Knows rows, not tiles.
import { fetch8, high4, load1, load_restored, low4, product_factor, restored, scaled_products, weight } from "./formats";
import { madd } from "./simd";
import { RUN } from "./sizes";

/** Columns with which the four chains of a product's lanes have RUN terms each. */
export const CHUNK: i32 = 4 * RUN;

/** Four f64 as f32. */
@inline
export function demoted(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The four sums of lanes of four vectors: each (0+1) + (2+3). */
@inline
function lane_sums(r0: v128, r1: v128, r2: v128, r3: v128): v128 {
  const r01 = f32x4.add(v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), v128.shuffle<f32>(r0, r1, 2, 6, 3, 7));
  const r23 = f32x4.add(v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(r01, r23, 0, 1, 4, 5), v128.shuffle<f32>(r01, r23, 2, 3, 6, 7));
}

@inline
function add_two(out: usize, r: v128, s: v128): void {
  v128.store(out, f32x4.add(v128.load(out), r));
  v128.store(out, f32x4.add(v128.load(out, 16), s), 16);
}

@inline
function add_four(out: usize, r: v128, s: v128, t: v128, u: v128): void {
  add_two(out, r, s);
  add_two(out + 32, t, u);
}

/** sum + the products of eight stored numbers at p with x0, x1: four chains, one a lane. */
@inline
function add_products<T>(sum: v128, p: usize, x0: v128, x1: v128, table: usize): v128 {
  const eight = fetch8<T>(p);
  const low = restored<T>(low4<T>(eight, p, table), table), high = restored<T>(high4<T>(eight, p, table), table);
  return madd(high, x1, madd(low, x0, sum));
}

/**
 * out[j] = Σ_d x[d]·m[j,d] for `rows` rows of m, `stride` bytes apart: x [depth] f32, depth ≤ CHUNK.
 * Eight rows share each load of x: 9 loads for 8 of the matrix, and eight chains that hide a multiply-add's latency.
 * Past the last whole eight, the eight that end with the last row are done again; fewer than eight go one by one.
 */
export function gemv_nt<T>(out: usize, x: usize, m: usize, stride: usize, rows: i32, depth: i32, scales: usize, table: usize): void {
  const whole = depth & ~7;
  for (let j = 0; j < rows; ) {
    if (j + 8 > rows) {
      if (rows < 8) {
        dot<T>(out + (<usize>j << 2), x, m + <usize>j * stride, whole, scales + (<usize>j << 2), table);
        ++j;
        continue;
      }
      j = rows - 8;
    }
    let p0 = m + <usize>j * stride, y = x;
    let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0, r7 = r0;
    for (let d = 0; d < whole; d += 8) {
      const v = v128.load(y), w = v128.load(y, 16);
      r0 = add_products<T>(r0, p0, v, w, table);
      const p1 = p0 + stride;
      r1 = add_products<T>(r1, p1, v, w, table);
      const p2 = p1 + stride;
      r2 = add_products<T>(r2, p2, v, w, table);
      const p3 = p2 + stride;
      r3 = add_products<T>(r3, p3, v, w, table);
      const p4 = p3 + stride;
      r4 = add_products<T>(r4, p4, v, w, table);
      const p5 = p4 + stride;
      r5 = add_products<T>(r5, p5, v, w, table);
      const p6 = p5 + stride;
      r6 = add_products<T>(r6, p6, v, w, table);
      const p7 = p6 + stride;
      r7 = add_products<T>(r7, p7, v, w, table);
      y += 32;
      p0 += 8 * sizeof<T>();
    }
    const low = lane_sums(r0, r1, r2, r3), high = lane_sums(r4, r5, r6, r7);
    const o = out + (<usize>j << 2), t = scales + (<usize>j << 2);
    v128.store(o, scaled_products<T>(low, t));
    v128.store(o, scaled_products<T>(high, t + 16), 16);
    j += 8;
  }
  if (whole < depth) add_columns<T>(out, x, m, stride, rows, whole, depth, scales, table);
}

/** One row's product over `whole` columns, with the same bits as one of eight. */
function dot<T>(out: usize, x: usize, p: usize, whole: i32, scale: usize, table: usize): void {
  let r = f32x4.splat(0);
  for (let d = 0; d < whole; d += 8) {
    r = add_products<T>(r, p, v128.load(x), v128.load(x, 16), table);
    x += 32;
    p += 8 * sizeof<T>();
  }
  store<f32>(out, f32x4.extract_lane(lane_sums(r, r, r, r), 0) * product_factor<T>(scale));
}

/** out[j] += what columns whole … depth-1 add to it. */
function add_columns<T>(
  out: usize, x: usize, m: usize, stride: usize, rows: i32, whole: i32, depth: i32, scales: usize, table: usize,
): void {
  for (; rows > 0; --rows) {
    let sum: f32 = 0;
    for (let d = <usize>whole; d < <usize>depth; ++d) sum += load_restored<T>(m + d * sizeof<T>(), table) * load<f32>(x + (d << 2));
    store<f32>(out, load<f32>(out) + sum * product_factor<T>(scales));
    out += 4;
    m += stride;
    scales += 4;
  }
}

/**
 * out[i] += Σ_j w[j]·m[j,i] for `rows` rows of m, `stride` bytes apart: w [rows] f32, out [columns] f32.
 * 32 columns at a time keep eight sums in registers while the rows run.
 */
export function gemv_nn<T>(out: usize, w: usize, m: usize, stride: usize, rows: i32, columns: i32, scales: usize, table: usize): void {
  let i = 0;
  for (; i + 32 <= columns; i += 32) {
    let p = m, q = w, t = scales;
    for (const last = w + (<usize>rows << 2); q < last; ) {
      let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0, r7 = r0;
      for (const end = min(last, q + (RUN << 2)); q < end; q += 4) {
        const x = weight<T>(q, t, table);
        if (sizeof<T>() == 1) t += 4;
        const a = fetch8<T>(p);
        r0 = madd(low4<T>(a, p, table), x, r0);
        r1 = madd(high4<T>(a, p, table), x, r1);
        const p1 = p + 8 * sizeof<T>(), b = fetch8<T>(p1);
        r2 = madd(low4<T>(b, p1, table), x, r2);
        r3 = madd(high4<T>(b, p1, table), x, r3);
        const p2 = p + 16 * sizeof<T>(), c = fetch8<T>(p2);
        r4 = madd(low4<T>(c, p2, table), x, r4);
        r5 = madd(high4<T>(c, p2, table), x, r5);
        const p3 = p + 24 * sizeof<T>(), e = fetch8<T>(p3);
        r6 = madd(low4<T>(e, p3, table), x, r6);
        r7 = madd(high4<T>(e, p3, table), x, r7);
        p += stride;
      }
      add_four(out, r0, r1, r2, r3);
      add_four(out + 64, r4, r5, r6, r7);
    }
    out += 128;
    m += 32 * sizeof<T>();
  }
  for (; i + 8 <= columns; i += 8) {
    let p = m, q = w, t = scales;
    for (const last = w + (<usize>rows << 2); q < last; ) {
      let r = f32x4.splat(0), s = r;
      for (const end = min(last, q + (RUN << 2)); q < end; q += 4) {
        const x = weight<T>(q, t, table);
        if (sizeof<T>() == 1) t += 4;
        const a = fetch8<T>(p);
        r = madd(low4<T>(a, p, table), x, r);
        s = madd(high4<T>(a, p, table), x, s);
        p += stride;
      }
      add_two(out, r, s);
    }
    out += 32;
    m += 8 * sizeof<T>();
  }
  for (; i < columns; ++i) {
    let p = m, q = w, t = scales;
    for (const last = w + (<usize>rows << 2); q < last; ) {
      let r = f32x4.splat(0);
      for (const end = min(last, q + (RUN << 2)); q < end; q += 4) {
        r = madd(f32x4.splat(load1<T>(p, table)), weight<T>(q, t, table), r);
        if (sizeof<T>() == 1) t += 4;
        p += stride;
      }
      store<f32>(out, load<f32>(out) + f32x4.extract_lane(r, 0));
    }
    out += 4;
    m += sizeof<T>();
  }
}

/**
 * Two rows at once: out[j] and out[outStride + j] for x and x + xStride. Four rows of m for both: 6 loads for 8
 * multiply-adds where `gemv_nt` has 9, and what is stored is converted once.
 */
export function gemv_nt_pair<T>(
  out: usize, outStride: usize, x: usize, xStride: usize, m: usize, stride: usize, rows: i32, depth: i32, scales: usize, table: usize,
): void {
  const whole = depth & ~7;
  for (let j = 0; j < rows; ) {
    if (j + 4 > rows) {
      if (rows < 4) {
        gemv_nt<T>(out, x, m, stride, rows, depth, scales, table);
        gemv_nt<T>(out + outStride, x + xStride, m, stride, rows, depth, scales, table);
        return;
      }
      j = rows - 4;
    }
    let p0 = m + <usize>j * stride, y = x, z = x + xStride;
    let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, s0 = r0, s1 = r0, s2 = r0, s3 = r0;
    for (let d = 0; d < whole; d += 8) {
      const v = v128.load(y), w = v128.load(y, 16), t = v128.load(z), u = v128.load(z, 16);
      const e0 = fetch8<T>(p0), a0 = restored<T>(low4<T>(e0, p0, table), table), b0 = restored<T>(high4<T>(e0, p0, table), table);
      r0 = madd(b0, w, madd(a0, v, r0));
      s0 = madd(b0, u, madd(a0, t, s0));
      const p1 = p0 + stride, e1 = fetch8<T>(p1), a1 = restored<T>(low4<T>(e1, p1, table), table), b1 = restored<T>(high4<T>(e1, p1, table), table);
      r1 = madd(b1, w, madd(a1, v, r1));
      s1 = madd(b1, u, madd(a1, t, s1));
      const p2 = p1 + stride, e2 = fetch8<T>(p2), a2 = restored<T>(low4<T>(e2, p2, table), table), b2 = restored<T>(high4<T>(e2, p2, table), table);
      r2 = madd(b2, w, madd(a2, v, r2));
      s2 = madd(b2, u, madd(a2, t, s2));
      const p3 = p2 + stride, e3 = fetch8<T>(p3), a3 = restored<T>(low4<T>(e3, p3, table), table), b3 = restored<T>(high4<T>(e3, p3, table), table);
      r3 = madd(b3, w, madd(a3, v, r3));
      s3 = madd(b3, u, madd(a3, t, s3));
      y += 32;
      z += 32;
      p0 += 8 * sizeof<T>();
    }
    const low = lane_sums(r0, r1, r2, r3), high = lane_sums(s0, s1, s2, s3);
    const o = out + (<usize>j << 2), t = scales + (<usize>j << 2);
    v128.store(o, scaled_products<T>(low, t));
    v128.store(o + outStride, scaled_products<T>(high, t));
    j += 4;
  }
  if (whole == depth) return;
  add_columns<T>(out, x, m, stride, rows, whole, depth, scales, table);
  add_columns<T>(out + outStride, x + xStride, m, stride, rows, whole, depth, scales, table);
}

/** Two rows at once: out and out + outStride for w and w + wStride, 16 columns at a time, what is left of them by `gemv_nn`. */
export function gemv_nn_pair<T>(
  out: usize, outStride: usize, w: usize, wStride: usize, m: usize, stride: usize, rows: i32, columns: i32, scales: usize, table: usize,
): void {
  const both = columns & ~15;
  for (let i = 0; i < both; i += 16) {
    const o = out + outStride;
    let p = m, q = w, t = scales;
    for (const last = w + (<usize>rows << 2); q < last; ) {
      let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, s0 = r0, s1 = r0, s2 = r0, s3 = r0;
      for (const end = min(last, q + (RUN << 2)); q < end; q += 4) {
        const x = weight<T>(q, t, table), y = weight<T>(q + wStride, t, table);
        if (sizeof<T>() == 1) t += 4;
        const e0 = fetch8<T>(p), a0 = low4<T>(e0, p, table), b0 = high4<T>(e0, p, table);
        r0 = madd(a0, x, r0);
        r1 = madd(b0, x, r1);
        s0 = madd(a0, y, s0);
        s1 = madd(b0, y, s1);
        const p1 = p + 8 * sizeof<T>(), e1 = fetch8<T>(p1), a1 = low4<T>(e1, p1, table), b1 = high4<T>(e1, p1, table);
        r2 = madd(a1, x, r2);
        r3 = madd(b1, x, r3);
        s2 = madd(a1, y, s2);
        s3 = madd(b1, y, s3);
        p += stride;
      }
      add_four(out, r0, r1, r2, r3);
      add_four(o, s0, s1, s2, s3);
    }
    out += 64;
    m += 16 * sizeof<T>();
  }
  if (both == columns) return;
  gemv_nn<T>(out, w, m, stride, rows, columns - both, scales, table);
  gemv_nn<T>(out + outStride, w + wStride, m, stride, rows, columns - both, scales, table);
}

/** Eight products in f64, where f32 is too narrow: out[j] = by·Σ_d x[d]·panel[d,j], of one panel as pack_columns makes it. */
export function gemv_nt_f64(out: usize, x: usize, panel: usize, depth: i32, by: f64): void {
  let r0 = f64x2.splat(0), r1 = r0, r2 = r0, r3 = r0;
  for (; depth > 0; --depth) {
    const y = f64x2.splat(<f64>load<f32>(x)), a = v128.load(panel), b = v128.load(panel, 16);
    r0 = f64x2.add(r0, f64x2.mul(y, f64x2.promote_low_f32x4(a)));
    r1 = f64x2.add(r1, f64x2.mul(y, f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 0, 1))));
    r2 = f64x2.add(r2, f64x2.mul(y, f64x2.promote_low_f32x4(b)));
    r3 = f64x2.add(r3, f64x2.mul(y, f64x2.promote_low_f32x4(v128.shuffle<f32>(b, b, 2, 3, 0, 1))));
    x += 4;
    panel += 32;
  }
  const f = f64x2.splat(by);
  v128.store(out, demoted(f64x2.mul(r0, f), f64x2.mul(r1, f)));
  v128.store(out, demoted(f64x2.mul(r2, f), f64x2.mul(r3, f)), 16);
}

/** The same as `gemv_nn` for a matrix of f32 in panels of 8 columns, `panelStride` bytes apart; out is as wide as they are. */
export function gemv_nn_panels(out: usize, w: usize, panels: usize, panelStride: usize, rows: i32, columns: i32): void {
  for (; columns > 0; columns -= 8) {
    let p = panels, q = w;
    for (const last = w + (<usize>rows << 2); q < last; ) {
      let r = f32x4.splat(0), s = r;
      for (const end = min(last, q + (RUN << 2)); q < end; q += 4) {
        const x = v128.load32_splat(q);
        r = madd(v128.load(p), x, r);
        s = madd(v128.load(p, 16), x, s);
        p += 32;
      }
      add_two(out, r, s);
    }
    out += 32;
    panels += panelStride;
  }
}
