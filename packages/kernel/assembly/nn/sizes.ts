// Sizes of this module's blocks; MR, MC and NC are lib/sizes.ts's. A packed weight is
//
//   blocks of K    one behind the other, each of DEPTH steps but for the last
//     panels       of 8 outputs, N up to whole ones, one behind the other
//       steps      one number of each of 8 outputs (f32, f16), or two of each (int8)
//
// so that what a strip of outputs needs next is what lies next in memory. (With whole panels one behind the other, four rows
// from memory ran at 19 GFLOP/s instead of 46.)

/**
 * Steps of a block, for f32 and f16. Within a block, equal terms of one sign lose at most 128/4·u = 1.9e-6; 256 would be
 * 1 % faster.
 */
export const DEPTH: i32 = 128;
/** Steps of a block of int8, two numbers each: 2·256·127·32767 is below 2³¹. */
export const INT8_DEPTH: i32 = 256;
/** Panels that are made wider at a time, 16 KB of f32 or 32 KB of int16: what is made stays in the caches. */
export const WIDE_PANELS: i32 = 4;
/** From as many rows on, int8 weights are made int16 once for all: 87 GOP/s instead of 80, but a cold weight waits for memory. */
export const WIDE_ROWS: i32 = 48;

/** Steps of a block. */
@inline
export function block_depth<T>(): i32 {
  return sizeof<T>() == 1 ? INT8_DEPTH : DEPTH;
}

/** Bytes of a panel's step: 8 f32, 8 f16 or 16 int8; i16 is int8 made wider. */
@inline
export function step_bytes<T>(): usize {
  return isFloat<T>() || isSigned<T>() && sizeof<T>() == 2 ? 32 : 16;
}
