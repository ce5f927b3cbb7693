// The argument block of `linear_f32`: one record in memory that the caller fills in, mostly once for many calls. Fields are 4
// bytes each, in this order; the build derives the byte offsets that callers use from this file. Pointers and strides are in
// bytes, and an absent pointer is 0.
//
// M rows of x and y · K their numbers going in · N coming out

/** How a packed weight keeps its numbers. */
export enum WeightFormat {
  F32 = 0,
  F16 = 1,
  INT8 = 2,
}

/** What a weight is packed from. */
export enum SourceFormat {
  F32 = 0,
  F16 = 1,
  INT8 = 2,
  BF16 = 3,
}

/** What becomes of each sum. */
export enum Activation {
  NONE = 0,
  RELU = 1,
  GELU = 2,
  GELU_TANH = 3,
  SILU = 4,
}

@unmanaged
export class LinearArguments {
  /** M. */
  rows: i32;
  /** K. */
  inputs: i32;
  /** N. */
  outputs: i32;
  /** WeightFormat of weight. */
  format: i32;
  /** [M, K] f32. */
  x: usize;
  xStride: usize;
  /** [N, K], as `pack_weight` leaves it. */
  weight: usize;
  /** Rows of the packed weight, where N is some of them; 0 = N. */
  weightRows: i32;
  /** The first of the N, a multiple of 8. */
  firstRow: i32;
  /** [N] f32, up to whole panels of 8, from firstRow's on; with F16 and INT8. */
  scales: usize;
  /** [M, N] f32: may be multiplier or residual, never x. */
  y: usize;
  yStride: usize;
  /** [N] f32, added to the sums. */
  bias: usize;
  /** Activation of sum + bias. */
  activation: i32;
  /** [M, N] f32, multiplied with what the activation gives. */
  multiplier: usize;
  multiplierStride: usize;
  /** [M, N] f32, added last. */
  residual: usize;
  residualStride: usize;
  /** `linear_f32_scratch` bytes, a multiple of 64. */
  scratch: usize;
}
