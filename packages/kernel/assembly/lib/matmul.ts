// C = A·B or A·Bᵀ on row-major f32, on the packed micro-kernel, or row by row where there are few rows.
import { gemm_panels } from "./gemm";
import { CHUNK, gemv_nn, gemv_nt } from "./gemv";
import { pack_columns, pack_rows } from "./pack";
import { carry_row } from "./rows";
import { KC, KC_BYTES, LONG, MATMUL_UNPACKED_ROWS, MC, MR, NC, NR, round_up_8 } from "./sizes";

const A_BYTES: usize = <usize>MC * KC_BYTES;
const B_BYTES: usize = <usize>NC * KC_BYTES;
const EDGE_BYTES: usize = NC * MR * 4;

/**
 * Bytes of scratch that `matmul_f32` needs for these sizes: a block of A and of B, and where K > LONG what the sums of NC
 * columns of C lack (see carry_row).
 */
export function matmul_f32_scratch(M: i32, N: i32, K: i32): usize {
  if (K == 0 || M <= MATMUL_UNPACKED_ROWS) return 3 * NC * 4;
  const bytes = <u64>(A_BYTES + B_BYTES + EDGE_BYTES) + (K > LONG ? (<u64>M * <u64>min(N, NC)) << 2 : 0);
  return bytes > 0xffffffff ? 0xffffffff : <usize>bytes;
}

/**
 * C [M,N] = A [M,K] · B, B [K,N] or, transposed, [N,K]; with `accumulate` C += (C then holds a bias, say).
 * All row-major without gaps; C overlaps neither A nor B. `scratch` is a multiple of 16.
 */
export function matmul_f32(
  c: usize, a: usize, b: usize, M: i32, N: i32, K: i32, transposeB: bool, accumulate: bool, scratch: usize,
): void {
  const few = K == 0 || M <= MATMUL_UNPACKED_ROWS, long = K > LONG;
  if ((few || long) && !accumulate) {
    memory.fill(c, 0, (<usize>M * <usize>N) << 2);
    accumulate = true;
  }
  if (few) {
    for (let m = 0; m < M; ++m) {
      multiply_row(c + ((<usize>m * <usize>N) << 2), a + ((<usize>m * <usize>K) << 2), b, N, K, transposeB, scratch);
    }
    return;
  }
  const packedA = scratch, packedB = packedA + A_BYTES, edge = packedB + B_BYTES, lost = edge + EDGE_BYTES;
  for (let n = 0; n < N; n += NC) {
    const columns = min(NC, N - n), panels = round_up_8(columns) / NR;
    if (long) memory.fill(lost, 0, (<usize>M * <usize>columns) << 2);
    for (let k = 0; k < K; k += KC) {
      const depth = min(KC, K - k), panel = <usize>depth << 5;
      if (transposeB) pack_columns(packedB, b + ((<usize>n * <usize>K + <usize>k) << 2), <usize>K << 2, columns, depth);
      else pack_rows(packedB, panel, b + ((<usize>k * <usize>N + <usize>n) << 2), <usize>N << 2, depth, columns);
      for (let m = 0; m < M; m += MC) {
        const rows = min(MC, M - m), to = c + ((<usize>m * <usize>N + <usize>n) << 2);
        copy_rows(packedA, a + ((<usize>m * <usize>K + <usize>k) << 2), <usize>K << 2, rows, depth);
        block(
          to, <usize>N << 2, packedA, packedB, panel, rows, columns, panels, depth, accumulate || k > 0, edge,
          long ? lost + ((<usize>m * <usize>columns) << 2) : 0,
        );
      }
    }
  }
}

/** Rows of A, KC_BYTES apart, as the micro-kernel wants them. */
function copy_rows(to: usize, from: usize, stride: usize, rows: i32, depth: i32): void {
  for (; rows > 0; --rows) {
    memory.copy(to, from, <usize>depth << 2);
    to += KC_BYTES;
    from += stride;
  }
}

/** One packed block: whole tiles go straight into C; tiles over its edge, and all tiles of long sums, by way of `edge`. */
function block(
  c: usize, cStride: usize, a: usize, b: usize, panel: usize,
  rows: i32, columns: i32, panels: i32, depth: i32, accumulate: bool, edge: usize, lost: usize,
): void {
  const whole = columns / NR;
  for (let r = 0; r < rows; r += MR) {
    const n = min(MR, rows - r);
    let first = 0;
    if (n == MR && lost == 0) {
      if (whole > 0) gemm_panels(c, cStride, a, b, panel, depth, whole, accumulate);
      first = whole;
    }
    if (first < panels) over_edge(c, cStride, a, b, panel, depth, first, panels, columns, n, accumulate, edge, lost);
    c += <usize>MR * cStride;
    a += <usize>MR * KC_BYTES;
    if (lost) lost += <usize>(MR * columns) << 2;
  }
}

function over_edge(
  c: usize, cStride: usize, a: usize, b: usize, panel: usize, depth: i32,
  first: i32, panels: i32, columns: i32, rows: i32, accumulate: bool, edge: usize, lost: usize,
): void {
  const width = <usize>(panels - first) << 5;
  gemm_panels(edge, width, a, b + <usize>first * panel, panel, depth, panels - first, false);
  const from = first * NR, n = columns - from;
  for (let r = 0; r < rows; ++r) {
    const p = c + <usize>r * cStride + (<usize>from << 2), q = edge + <usize>r * width;
    if (lost) {
      carry_row(p, q, lost + (<usize>(r * columns) << 2), n);
      continue;
    }
    for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(p + i, accumulate ? load<f32>(p + i) + load<f32>(q + i) : load<f32>(q + i));
  }
}

/** out [N] += x [K] · B, NC columns and LONG terms at a time. */
function multiply_row(out: usize, x: usize, b: usize, N: i32, K: i32, transposeB: bool, scratch: usize): void {
  const part = scratch, sum = part + NC * 4, lost = sum + NC * 4;
  for (let n = 0; n < N; n += NC) {
    const columns = min(NC, N - n);
    memory.fill(sum, 0, 2 * NC * 4);
    for (let k = 0; k < K; k += LONG) {
      const depth = min(LONG, K - k), y = x + (<usize>k << 2);
      if (transposeB) {
        // Eight rows of B at a time, which are read from end to end; sums and parts have room for eight.
        for (let j = 0; j < columns; j += 8) {
          const row = b + ((<usize>(n + j) * <usize>K + <usize>k) << 2), to = sum + (<usize>j << 2);
          for (let d = 0; d < depth; d += CHUNK) {
            const at = <usize>d << 2;
            gemv_nt<f32>(part, y + at, row + at, <usize>K << 2, min(8, columns - j), min(CHUNK, depth - d), 0, 0);
            v128.store(to, f32x4.add(v128.load(to), v128.load(part)));
            v128.store(to, f32x4.add(v128.load(to, 16), v128.load(part, 16)), 16);
          }
        }
      } else {
        gemv_nn<f32>(sum, y, b + ((<usize>k * <usize>N + <usize>n) << 2), <usize>N << 2, depth, columns, 0, 0);
      }
      carry_row(out, sum, lost, columns);
    }
    out += <usize>columns << 2;
  }
}
