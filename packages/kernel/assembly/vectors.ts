// Products of one row with a matrix read where it lies: for so few rows that packing would cost more than it saves.
// Bound by reading the matrix once. Knows rows, not tiles.
import { load1, load4, scale_of } from "./formats";
import { madd, sum_lanes } from "./simd";

/**
 * out[j] = Σ_d x[d]·m[j,d] for `rows` rows of m, `stride` bytes apart: x [depth] f32.
 * Four rows share each load of x; their four sums become one vector by a transposing add.
 */
export function dots<T>(out: usize, x: usize, m: usize, stride: usize, rows: i32, depth: i32, scales: usize): void {
  const whole = depth & ~3;
  let j = 0;
  for (; j + 4 <= rows; j += 4) {
    let p0 = m, p1 = p0 + stride, p2 = p1 + stride, p3 = p2 + stride, y = x;
    let r0 = f32x4.splat(0), r1 = r0, r2 = r0, r3 = r0;
    for (let d = 0; d < whole; d += 4) {
      const v = v128.load(y);
      r0 = madd(load4<T>(p0), v, r0);
      r1 = madd(load4<T>(p1), v, r1);
      r2 = madd(load4<T>(p2), v, r2);
      r3 = madd(load4<T>(p3), v, r3);
      y += 16;
      p0 += 4 * sizeof<T>(); p1 += 4 * sizeof<T>(); p2 += 4 * sizeof<T>(); p3 += 4 * sizeof<T>();
    }
    const r01 = f32x4.add(v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), v128.shuffle<f32>(r0, r1, 2, 6, 3, 7));
    const r23 = f32x4.add(v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7));
    let sums = f32x4.add(v128.shuffle<f32>(r01, r23, 0, 1, 4, 5), v128.shuffle<f32>(r01, r23, 2, 3, 6, 7));
    for (let d = whole; d < depth; ++d) {
      const column = f32x4(load1<T>(p0), load1<T>(p1), load1<T>(p2), load1<T>(p3));
      sums = madd(column, v128.load32_splat(y), sums);
      y += 4;
      p0 += sizeof<T>(); p1 += sizeof<T>(); p2 += sizeof<T>(); p3 += sizeof<T>();
    }
    if (sizeof<T>() == 1) sums = f32x4.mul(sums, v128.load(scales + (<usize>j << 2)));
    v128.store(out + (<usize>j << 2), sums);
    m += stride << 2;
  }
  for (; j < rows; ++j) {
    let r = f32x4.splat(0), p = m, y = x;
    for (let d = 0; d < whole; d += 4) {
      r = madd(load4<T>(p), v128.load(y), r);
      y += 16;
      p += 4 * sizeof<T>();
    }
    let sum = sum_lanes(r);
    for (let d = whole; d < depth; ++d) {
      sum += load1<T>(p) * load<f32>(y);
      y += 4;
      p += sizeof<T>();
    }
    store<f32>(out + (<usize>j << 2), sum * scale_of<T>(scales, j));
    m += stride;
  }
}

/**
 * out[i] += Σ_j w[j]·m[j,i] for `rows` rows of m, `stride` bytes apart: w [rows] f32, out [columns] f32.
 * 32 columns at a time keep eight sums in registers while the rows run.
 */
export function sums<T>(out: usize, w: usize, m: usize, stride: usize, rows: i32, columns: i32, scales: usize): void {
  let i = 0;
  for (; i + 32 <= columns; i += 32) {
    let r0 = v128.load(out), r1 = v128.load(out, 16), r2 = v128.load(out, 32), r3 = v128.load(out, 48);
    let r4 = v128.load(out, 64), r5 = v128.load(out, 80), r6 = v128.load(out, 96), r7 = v128.load(out, 112);
    let p = m;
    for (let j = 0; j < rows; ++j) {
      const x = f32x4.splat(load<f32>(w + (<usize>j << 2)) * scale_of<T>(scales, j));
      r0 = madd(load4<T>(p), x, r0);
      r1 = madd(load4<T>(p + 4 * sizeof<T>()), x, r1);
      r2 = madd(load4<T>(p + 8 * sizeof<T>()), x, r2);
      r3 = madd(load4<T>(p + 12 * sizeof<T>()), x, r3);
      r4 = madd(load4<T>(p + 16 * sizeof<T>()), x, r4);
      r5 = madd(load4<T>(p + 20 * sizeof<T>()), x, r5);
      r6 = madd(load4<T>(p + 24 * sizeof<T>()), x, r6);
      r7 = madd(load4<T>(p + 28 * sizeof<T>()), x, r7);
      p += stride;
    }
    v128.store(out, r0); v128.store(out, r1, 16); v128.store(out, r2, 32); v128.store(out, r3, 48);
    v128.store(out, r4, 64); v128.store(out, r5, 80); v128.store(out, r6, 96); v128.store(out, r7, 112);
    out += 128;
    m += 32 * sizeof<T>();
  }
  for (; i + 4 <= columns; i += 4) {
    let r = v128.load(out), p = m;
    for (let j = 0; j < rows; ++j) {
      r = madd(load4<T>(p), f32x4.splat(load<f32>(w + (<usize>j << 2)) * scale_of<T>(scales, j)), r);
      p += stride;
    }
    v128.store(out, r);
    out += 16;
    m += 4 * sizeof<T>();
  }
  for (; i < columns; ++i) {
    let r = load<f32>(out), p = m;
    for (let j = 0; j < rows; ++j) {
      r += load1<T>(p) * (load<f32>(w + (<usize>j << 2)) * scale_of<T>(scales, j));
      p += stride;
    }
    store<f32>(out, r);
    out += 4;
    m += sizeof<T>();
  }
}
