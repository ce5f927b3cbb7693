// C = A·B or A·Bᵀ on row-major f32, on the packed micro-kernel, or row by row where there are few rows.
import { gemm_panels } from "./gemm";
import { gemv_nn, gemv_nt } from "./gemv";
import { pack_columns, pack_rows } from "./pack";
import { KC, KC_BYTES, MATMUL_UNPACKED_ROWS, MC, MR, NC, NR, round_up_8 } from "./sizes";

const A_BYTES: usize = <usize>MC * KC_BYTES;
const B_BYTES: usize = <usize>NC * KC_BYTES;
const EDGE_BYTES: usize = NC * MR * 4;

/** Bytes of scratch that `matmul_f32` needs, whatever the sizes. */
export function matmul_f32_scratch(): i32 {
  return <i32>(A_BYTES + B_BYTES + EDGE_BYTES);
}

/**
 * C [M,N] = A [M,K] · B, B [K,N] or, transposed, [N,K]; with `accumulate` C += (C then holds a bias, say).
 * All row-major without gaps; C overlaps neither A nor B. `scratch` is a multiple of 16.
 */
export function matmul_f32(
  c: usize, a: usize, b: usize, M: i32, N: i32, K: i32, transposeB: bool, accumulate: bool, scratch: usize,
): void {
  if (K == 0 || M <= MATMUL_UNPACKED_ROWS) {
    if (!accumulate) memory.fill(c, 0, (<usize>M * <usize>N) << 2);
    for (let m = 0; m < M; ++m) {
      const out = c + ((<usize>m * <usize>N) << 2), x = a + ((<usize>m * <usize>K) << 2);
      if (transposeB) gemv_nt_blocks(out, x, b, N, K, scratch);
      else gemv_nn<f32>(out, x, b, <usize>N << 2, K, N, 0, 0);
    }
    return;
  }
  const packedA = scratch, packedB = packedA + A_BYTES, edge = packedB + B_BYTES;
  for (let n = 0; n < N; n += NC) {
    const columns = min(NC, N - n), panels = round_up_8(columns) / NR;
    for (let k = 0; k < K; k += KC) {
      const depth = min(KC, K - k), panel = <usize>depth << 5;
      if (transposeB) pack_columns(packedB, b + ((<usize>n * <usize>K + <usize>k) << 2), <usize>K << 2, columns, depth);
      else pack_rows(packedB, panel, b + ((<usize>k * <usize>N + <usize>n) << 2), <usize>N << 2, depth, columns);
      for (let m = 0; m < M; m += MC) {
        const rows = min(MC, M - m);
        copy_rows(packedA, a + ((<usize>m * <usize>K + <usize>k) << 2), <usize>K << 2, rows, depth);
        block(c + ((<usize>m * <usize>N + <usize>n) << 2), <usize>N << 2, packedA, packedB, panel, rows, columns, panels, depth, accumulate || k > 0, edge);
      }
    }
  }
}

/** Rows of A, KC_BYTES bytes apart, as the micro-kernel wants them. */
function copy_rows(to: usize, from: usize, stride: usize, rows: i32, depth: i32): void {
  for (; rows > 0; --rows) {
    memory.copy(to, from, <usize>depth << 2);
    to += KC_BYTES;
    from += stride;
  }
}

/** One packed block: whole tiles go straight into C, tiles over its edge by way of `edge`. */
function block(
  c: usize, cStride: usize, a: usize, b: usize, panel: usize,
  rows: i32, columns: i32, panels: i32, depth: i32, accumulate: bool, edge: usize,
): void {
  const whole = columns / NR;
  for (let r = 0; r < rows; r += MR) {
    if (r + MR <= rows) {
      if (whole > 0) gemm_panels(c, cStride, a, b, panel, depth, whole, accumulate);
      if (whole < panels) over_edge(c, cStride, a, b, panel, depth, whole, panels, columns, MR, accumulate, edge);
    } else {
      over_edge(c, cStride, a, b, panel, depth, 0, panels, columns, rows - r, accumulate, edge);
    }
    c += <usize>MR * cStride;
    a += <usize>MR * KC_BYTES;
  }
}

function over_edge(
  c: usize, cStride: usize, a: usize, b: usize, panel: usize, depth: i32,
  first: i32, panels: i32, columns: i32, rows: i32, accumulate: bool, edge: usize,
): void {
  const width = <usize>(panels - first) << 5;
  gemm_panels(edge, width, a, b + <usize>first * panel, panel, depth, panels - first, false);
  const from = first * NR, n = columns - from;
  for (let r = 0; r < rows; ++r) {
    const p = c + <usize>r * cStride + (<usize>from << 2), q = edge + <usize>r * width;
    for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(p + i, accumulate ? load<f32>(p + i) + load<f32>(q + i) : load<f32>(q + i));
  }
}

/** out += the dot products of x with the rows of B, a piece at a time. */
function gemv_nt_blocks(out: usize, x: usize, b: usize, rows: i32, depth: i32, scratch: usize): void {
  for (let j = 0; j < rows; j += KC) {
    const n = min(KC, rows - j);
    gemv_nt<f32>(scratch, x, b + ((<usize>j * <usize>depth) << 2), <usize>depth << 2, n, depth, 0, 0);
    for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(out + i, load<f32>(out + i) + load<f32>(scratch + i));
    out += <usize>n << 2;
  }
}
