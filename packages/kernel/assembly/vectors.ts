// Products of one row with a matrix read where it lies: for so few rows that packing would cost more than it saves.
// Bound by reading the matrix once. Knows rows, not tiles.
import { fetch8, high4, load1, low4, scale_of } from "./formats";
import { madd, sum_lanes } from "./simd";

/**
 * out[j] = Σ_d x[d]·m[j,d] for `rows` rows of m, `stride` bytes apart: x [depth] f32.
 * Four rows share each load of x, and each has two sums: eight chains hide the latency of the multiply-add.
 */
export function dots<T>(out: usize, x: usize, m: usize, stride: usize, rows: i32, depth: i32, scales: usize, table: usize): void {
  const whole = depth & ~7;
  let j = 0;
  for (; j + 4 <= rows; j += 4) {
    let p0 = m, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride, y = x;
    let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0, s0 = r0, s1 = r0, s2 = r0, s3 = r0;
    for (let d = 0; d < whole; d += 8) {
      const v = v128.load(y), w = v128.load(y, 16);
      const a = fetch8<T>(p0);
      r0 = madd(low4<T>(a, p0, table), v, r0);
      s0 = madd(high4<T>(a, p0, table), w, s0);
      const b = fetch8<T>(p1);
      r1 = madd(low4<T>(b, p1, table), v, r1);
      s1 = madd(high4<T>(b, p1, table), w, s1);
      const c = fetch8<T>(p2);
      r2 = madd(low4<T>(c, p2, table), v, r2);
      s2 = madd(high4<T>(c, p2, table), w, s2);
      const e = fetch8<T>(p3);
      r3 = madd(low4<T>(e, p3, table), v, r3);
      s3 = madd(high4<T>(e, p3, table), w, s3);
      y += 32;
      p0 += 8 * sizeof<T>(); p1 += 8 * sizeof<T>(); p2 += 8 * sizeof<T>(); p3 += 8 * sizeof<T>();
    }
    r0 = f32x4.add(r0, s0); r1 = f32x4.add(r1, s1); r2 = f32x4.add(r2, s2); r3 = f32x4.add(r3, s3);
    // The four lanes of each row's sum, added up into one vector of four rows.
    const r01 = f32x4.add(v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), v128.shuffle<f32>(r0, r1, 2, 6, 3, 7));
    const r23 = f32x4.add(v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7));
    let sums = f32x4.add(v128.shuffle<f32>(r01, r23, 0, 1, 4, 5), v128.shuffle<f32>(r01, r23, 2, 3, 6, 7));
    for (let d = whole; d < depth; ++d) {
      const column = f32x4(load1<T>(p0, table), load1<T>(p1, table), load1<T>(p2, table), load1<T>(p3, table));
      sums = madd(column, v128.load32_splat(y), sums);
      y += 4;
      p0 += sizeof<T>(); p1 += sizeof<T>(); p2 += sizeof<T>(); p3 += sizeof<T>();
    }
    if (sizeof<T>() == 1) sums = f32x4.mul(sums, v128.load(scales + (<usize>j << 2)));
    v128.store(out + (<usize>j << 2), sums);
    m += stride << 2;
  }
  for (; j < rows; ++j) {
    let r = f32x4.splat(0), s = r, p = m, y = x;
    for (let d = 0; d < whole; d += 8) {
      const a = fetch8<T>(p);
      r = madd(low4<T>(a, p, table), v128.load(y), r);
      s = madd(high4<T>(a, p, table), v128.load(y, 16), s);
      y += 32;
      p += 8 * sizeof<T>();
    }
    let sum = sum_lanes(f32x4.add(r, s));
    for (let d = whole; d < depth; ++d) {
      sum += load1<T>(p, table) * load<f32>(y);
      y += 4;
      p += sizeof<T>();
    }
    store<f32>(out + (<usize>j << 2), sum * scale_of<T>(scales, j));
    m += stride;
  }
}

/** One weight, times the scale of its row where T has one, in all lanes. */
@inline
function weight<T>(w: usize, scale: usize): v128 {
  if (sizeof<T>() == 1) return f32x4.splat(load<f32>(w) * load<f32>(scale));
  return v128.load32_splat(w);
}

/**
 * out[i] += Σ_j w[j]·m[j,i] for `rows` rows of m, `stride` bytes apart: w [rows] f32, out [columns] f32.
 * 32 columns at a time keep eight sums in registers while the rows run.
 */
export function sums<T>(out: usize, w: usize, m: usize, stride: usize, rows: i32, columns: i32, scales: usize, table: usize): void {
  let i = 0;
  for (; i + 32 <= columns; i += 32) {
    let r0 = v128.load(out), r1 = v128.load(out, 16), r2 = v128.load(out, 32), r3 = v128.load(out, 48);
    let r4 = v128.load(out, 64), r5 = v128.load(out, 80), r6 = v128.load(out, 96), r7 = v128.load(out, 112);
    let p = m, q = w, t = scales;
    for (const end = w + (<usize>rows << 2); q < end; q += 4) {
      const x = weight<T>(q, t);
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
    v128.store(out, r0); v128.store(out, r1, 16); v128.store(out, r2, 32); v128.store(out, r3, 48);
    v128.store(out, r4, 64); v128.store(out, r5, 80); v128.store(out, r6, 96); v128.store(out, r7, 112);
    out += 128;
    m += 32 * sizeof<T>();
  }
  for (; i + 8 <= columns; i += 8) {
    let r = v128.load(out), s = v128.load(out, 16), p = m, q = w, t = scales;
    for (const end = w + (<usize>rows << 2); q < end; q += 4) {
      const x = weight<T>(q, t);
      if (sizeof<T>() == 1) t += 4;
      const a = fetch8<T>(p);
      r = madd(low4<T>(a, p, table), x, r);
      s = madd(high4<T>(a, p, table), x, s);
      p += stride;
    }
    v128.store(out, r); v128.store(out, s, 16);
    out += 32;
    m += 8 * sizeof<T>();
  }
  for (; i < columns; ++i) {
    let r = load<f32>(out), p = m;
    for (let j = 0; j < rows; ++j) {
      r += load1<T>(p, table) * (load<f32>(w + (<usize>j << 2)) * scale_of<T>(scales, j));
      p += stride;
    }
    store<f32>(out, r);
    out += 4;
    m += sizeof<T>();
  }
}
