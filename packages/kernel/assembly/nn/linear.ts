// y = activation(x·wᵀ + bias)·multiplier + residual, on a weight that was packed once (weights.ts).
//
//   blocks   MC rows of x at a time; with int8 they are made int16 first, each with a scale of its own
//   strips   NC outputs at a time, summed in scratch
//   blocks   of K; the weight is read once for all rows of the block of rows, as it lies in memory
//   tiles    rows × panels, in registers (tiles.ts)
//   finish   a strip's rows become y (finish.ts), so that y may be what is added to it
//
// A row of y is the same bits whatever rows are beside it; with int8, in both variants too.
import { MC, NC, round_up_64 } from "../lib/sizes";
import { LinearArguments, WeightFormat } from "./arguments";
import { NN_TABLE_BYTES, write_nn_table } from "./constants";
import { finish_row } from "./finish";
import { UNSCALED, largest_bits, quantize_int16 } from "./quantize";
import { INT8_DEPTH, WIDE_PANELS, WIDE_ROWS, block_depth, step_bytes } from "./sizes";
import { TILE_INT16, multiply_few, multiply_panels } from "./tiles";
import { widen_f16, widen_int8, widen_int8_f32 } from "./widen";

const STRIP_STRIDE: usize = NC * 4;
/** The widest that panels are made: WIDE_PANELS of int8 as f32. */
const WIDE_BYTES: usize = WIDE_PANELS * INT8_DEPTH * 64;
/** Up to as many rows, f16 is multiplied as it is. */
const FEW: i32 = 2;
/** 2¹⁵: below it, a number times 2¹¹² is finite. */
const F16_LIMIT: i32 = 0x47000000;

/** Bytes of a row of x made int16, or of a copy of it. */
@inline
function copy_bytes(a: LinearArguments): usize {
  return a.format == WeightFormat.INT8 ? <usize>(a.inputs + 1 & ~1) << 1 : <usize>a.inputs << 2;
}

/** Bytes of scratch for the rows, inputs and format in the block at p. */
export function linear_f32_scratch(p: usize): usize {
  const a = changetype<LinearArguments>(p), rows = min(a.rows, MC);
  const copies = a.format == WeightFormat.INT8 ? rows : min(rows, FEW);
  let bytes: u64 = NN_TABLE_BYTES + <usize>rows * (STRIP_STRIDE + 4);
  if (a.format != WeightFormat.F32) bytes += WIDE_BYTES + <usize>copies * copy_bytes(a);
  return <usize>round_up_64(bytes);
}

/** Runs the linear layer that the argument block at p describes; see arguments.ts for its fields. */
export function linear_f32(p: usize): void {
  const a = changetype<LinearArguments>(p), rows = <usize>min(a.rows, MC);
  const table = a.scratch, sums = table + NN_TABLE_BYTES;
  const factors = sums + rows * STRIP_STRIDE, wide = factors + (rows << 2), copies = wide + WIDE_BYTES;
  write_nn_table(table);
  for (let m = 0; m < a.rows; m += MC) {
    const count = min(MC, a.rows - m), x = a.x + <usize>m * a.xStride;
    let few = false;
    if (a.format == WeightFormat.F16) few = count <= FEW && copy_for_f16(a, copies, x, count);
    if (a.format == WeightFormat.INT8) quantize_rows(a, copies, factors, x, count, table);
    for (let n = 0; n < a.outputs; n += NC) {
      const columns = min(NC, a.outputs - n), panels = (columns + 7) >> 3;
      const first = (a.firstRow + n) >> 3;
      if (a.inputs == 0) memory.fill(sums, 0, <usize>count * STRIP_STRIDE);
      else if (a.format == WeightFormat.F32) multiply_strip<f32, f32>(a, sums, x, a.xStride, count, first, panels, wide, table);
      else if (few) multiply_strip<u16, u16>(a, sums, copies, copy_bytes(a), count, first, panels, wide, table);
      else if (a.format == WeightFormat.F16) multiply_strip<u16, f32>(a, sums, x, a.xStride, count, first, panels, wide, table);
      else {
        const many = count < WIDE_ROWS ? 0 : count - count % TILE_INT16, few = count - many, M = <usize>many;
        if (many > 0) multiply_strip<i8, i16>(a, sums, copies, copy_bytes(a), many, first, panels, wide, table);
        if (few > 0) multiply_strip<i8, i8>(a, sums + M * STRIP_STRIDE, copies + M * copy_bytes(a), copy_bytes(a), few, first, panels, wide, table);
      }
      for (let r: usize = 0; r < <usize>count; ++r) {
        const s = sums + r * STRIP_STRIDE;
        let factor: f32 = a.format == WeightFormat.INT8 ? load<f32>(factors + (r << 2)) : 1;
        if (factor == UNSCALED) {
          if (a.inputs > 0) multiply_strip<i8, f32>(a, s, x + r * a.xStride, 0, 1, first, panels, wide, table);
          factor = 1;
        }
        finish_row(a, s, m + <i32>r, n, columns, factor, table);
      }
    }
  }
}

/** Rows of x as int16; their factors. */
function quantize_rows(a: LinearArguments, to: usize, factors: usize, x: usize, rows: i32, table: usize): void {
  for (; rows > 0; --rows) {
    store<f32>(factors, quantize_int16(to, x, a.inputs, table));
    to += copy_bytes(a);
    x += a.xStride;
    factors += 4;
  }
}

/** Rows of x times 2¹¹², which is what f16 as it is lacks. Whether all of it is finite: else nothing is to be read. */
function copy_for_f16(a: LinearArguments, to: usize, x: usize, rows: i32): bool {
  const n = a.inputs;
  for (; rows > 0; --rows) {
    if (largest_bits(x, n) >= F16_LIMIT) return false;
    for (let i: usize = 0; i < <usize>n << 2; i += 4) store<f32>(to + i, load<f32>(x + i) * <f32>5.192296858534828e33);
    to += copy_bytes(a);
    x += a.xStride;
  }
  return true;
}

/**
 * c = the sums of `rows` rows of x with the panels first … first+panels-1. S is how the weight is stored; T is how the tiles
 * read it, a few panels made wider at a time where it is another.
 */
function multiply_strip<S, T>(
  a: LinearArguments, c: usize, x: usize, xStride: usize, rows: i32, first: i32, panels: i32, wide: usize, table: usize,
): void {
  const steps = sizeof<S>() == 1 ? (a.inputs + 1) >> 1 : a.inputs, total = <usize>(((a.weightRows ? a.weightRows : a.outputs) + 7) >> 3);
  for (let k = 0; k < steps; k += block_depth<S>()) {
    const depth = min(block_depth<S>(), steps - k), stride = <usize>depth * step_bytes<S>();
    let b = a.weight + <usize>k * total * step_bytes<S>() + <usize>first * stride;
    if (sizeof<S>() == sizeof<T>()) {
      if (sizeof<S>() == 2) multiply_few<S>(c, STRIP_STRIDE, x, xStride, b, stride, depth, panels, rows, k > 0, table);
      else multiply_panels<S>(c, STRIP_STRIDE, x, xStride, b, stride, depth, panels, rows, k > 0);
    } else {
      // Two f32 come of a step of int8, the last of them perhaps past the end.
      const wideDepth = sizeof<S>() == 1 && sizeof<T>() == 4 ? min(2 * depth, a.inputs - 2 * k) : depth;
      const wideStride = sizeof<S>() == 1 && sizeof<T>() == 4 ? stride << 2 : stride << 1;
      for (let p = 0; p < panels; p += WIDE_PANELS) {
        const some = min(WIDE_PANELS, panels - p), bytes = <usize>some * stride;
        if (sizeof<S>() == 2) widen_f16(wide, b, bytes, table);
        else if (sizeof<T>() == 2) widen_int8(wide, b, bytes);
        else widen_int8_f32(wide, b, bytes);
        multiply_panels<T>(c + (<usize>p << 5), STRIP_STRIDE, x, xStride, wide, wideStride, wideDepth, some, rows, k > 0);
        b += bytes;
      }
    }
    x += <usize>depth << (sizeof<S>() == 1 && sizeof<T>() == 4 ? 3 : 2);
  }
}
