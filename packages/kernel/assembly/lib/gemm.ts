// The micro-kernel: where the multiply-adds of matmul, q·kᵀ and weights·v are all spent. Knows panels, not matrices.
//
//            NR columns of B                    A: MR rows, KC floats apart, so that one pointer with constant
//           ┌───────────┐                          offsets reaches all of them; x is splatted from memory.
//   depth   │ b0   b1   │ one panel             B: a panel of NR columns, row after row, packed (pack.ts).
//           │ …         │                       C: MR × NR·panels, rows cStride bytes apart.
//           └───────────┘
//   ┌─────┐ ┌───────────┐
//   │ x … │ │ r00  r01  │  MR × 2 sums stay in registers while depth runs.
//   └─────┘ └───────────┘
//
// The sums begin at 0 for every RUN of depth and join C at the end of it, so that none of them grows so large that adding
// to it rounds much away. A run's first step multiplies only: as many additions as one long sum would take.
//
// It is a function of its own, called for each row of tiles: V8 replaces baseline code only at a function's next call,
// so a first attention gets the optimised code after a few hundred calls instead of never.
import { madd } from "./simd";
import { KC_BYTES, MR, RUN } from "./sizes";

/**
 * C = A·B, or C += A·B, for MR rows and `panels` panels of NR columns: 1 ≤ depth ≤ KC.
 * `bStride` bytes lie between panels of B.
 */
export function gemm_panels(
  c: usize, cStride: usize, a: usize, b: usize, bStride: usize, depth: i32, panels: i32, accumulate: bool,
): void {
  const c1 = cStride, c2 = c1 + cStride, c3 = c2 + cStride, c4 = c3 + cStride, c5 = c4 + cStride;
  for (; panels > 0; --panels) {
    let add = accumulate;
    for (let d = 0; d < depth; d += RUN) {
      let x = a + (<usize>d << 2), y = b + (<usize>d << 5);
      const end = y + (<usize>min(RUN, depth - d) << 5);
      let r00: v128, r01: v128, r10: v128, r11: v128, r20: v128, r21: v128, r30: v128, r31: v128;
      let r40 = f32x4.splat(0), r41 = r40, r50 = r40, r51 = r40;
      {
        const b0 = v128.load(y), b1 = v128.load(y, 16);
        const x0 = v128.load32_splat(x);
        r00 = f32x4.mul(x0, b0); r01 = f32x4.mul(x0, b1);
        const x1 = v128.load32_splat(x, KC_BYTES);
        r10 = f32x4.mul(x1, b0); r11 = f32x4.mul(x1, b1);
        const x2 = v128.load32_splat(x, 2 * KC_BYTES);
        r20 = f32x4.mul(x2, b0); r21 = f32x4.mul(x2, b1);
        const x3 = v128.load32_splat(x, 3 * KC_BYTES);
        r30 = f32x4.mul(x3, b0); r31 = f32x4.mul(x3, b1);
        if (MR > 4) {
          const x4 = v128.load32_splat(x, 4 * KC_BYTES);
          r40 = f32x4.mul(x4, b0); r41 = f32x4.mul(x4, b1);
          const x5 = v128.load32_splat(x, 5 * KC_BYTES);
          r50 = f32x4.mul(x5, b0); r51 = f32x4.mul(x5, b1);
        }
        x += 4;
        y += 32;
      }
      while (y < end) {
        const b0 = v128.load(y), b1 = v128.load(y, 16);
        const x0 = v128.load32_splat(x);
        r00 = madd(x0, b0, r00); r01 = madd(x0, b1, r01);
        const x1 = v128.load32_splat(x, KC_BYTES);
        r10 = madd(x1, b0, r10); r11 = madd(x1, b1, r11);
        const x2 = v128.load32_splat(x, 2 * KC_BYTES);
        r20 = madd(x2, b0, r20); r21 = madd(x2, b1, r21);
        const x3 = v128.load32_splat(x, 3 * KC_BYTES);
        r30 = madd(x3, b0, r30); r31 = madd(x3, b1, r31);
        if (MR > 4) {
          const x4 = v128.load32_splat(x, 4 * KC_BYTES);
          r40 = madd(x4, b0, r40); r41 = madd(x4, b1, r41);
          const x5 = v128.load32_splat(x, 5 * KC_BYTES);
          r50 = madd(x5, b0, r50); r51 = madd(x5, b1, r51);
        }
        x += 4;
        y += 32;
      }
      if (add) {
        r00 = f32x4.add(v128.load(c), r00); r01 = f32x4.add(v128.load(c, 16), r01);
        r10 = f32x4.add(v128.load(c + c1), r10); r11 = f32x4.add(v128.load(c + c1, 16), r11);
        r20 = f32x4.add(v128.load(c + c2), r20); r21 = f32x4.add(v128.load(c + c2, 16), r21);
        r30 = f32x4.add(v128.load(c + c3), r30); r31 = f32x4.add(v128.load(c + c3, 16), r31);
        if (MR > 4) {
          r40 = f32x4.add(v128.load(c + c4), r40); r41 = f32x4.add(v128.load(c + c4, 16), r41);
          r50 = f32x4.add(v128.load(c + c5), r50); r51 = f32x4.add(v128.load(c + c5, 16), r51);
        }
      }
      add = true;
      v128.store(c, r00); v128.store(c, r01, 16);
      v128.store(c + c1, r10); v128.store(c + c1, r11, 16);
      v128.store(c + c2, r20); v128.store(c + c2, r21, 16);
      v128.store(c + c3, r30); v128.store(c + c3, r31, 16);
      if (MR > 4) {
        v128.store(c + c4, r40); v128.store(c + c4, r41, 16);
        v128.store(c + c5, r50); v128.store(c + c5, r51, 16);
      }
    }
    c += 32;
    b += bStride;
  }
}
