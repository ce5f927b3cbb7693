// What the two variants differ in, and nothing else. `ASC_FEATURE_RELAXED_SIMD` is folded before code is made.
//
// "simd" uses only instructions whose result is the same bits on every machine. "relaxed" lets the machine fuse
// multiply and add (x86 FMA3, Arm FMLA), which is faster and, per operation, more exact.

/** Whether this is "relaxed": also how many rows a tile has depends on it (sizes.ts). */
export const RELAXED: bool = ASC_FEATURE_RELAXED_SIMD;

/** a·b + c, fused in "relaxed". */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * The larger of each lane. A lane with a NaN may give either operand: callers must not depend on which.
 * f32x4.max would order NaN too, and costs four times as much on x64 for it.
 */
@inline
export function maximum(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_max(a, b);
  return f32x4.pmax(a, b);
}

/** The largest of four lanes. */
@inline
export function maximum_lane(x: v128): f32 {
  const pair = maximum(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(maximum(pair, v128.shuffle<f32>(pair, pair, 1, 0, 3, 2)), 0);
}

/** The sum of four lanes, in one fixed order: (0+2) + (1+3). */
@inline
export function sum_lanes(x: v128): f32 {
  const pair = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
}
