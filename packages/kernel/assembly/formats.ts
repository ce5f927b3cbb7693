// How stored numbers become f32: f32 as they are, f16 (u16 bits) and int8 (times a scale) on the fly.
// The type parameter T is the stored type: f32; u16 for any f16, i16 for f16 that are known to be finite; i8 for int8.
// Knows single vectors, not rows.
//
// Eight numbers are fetched at a time: `fetch8` reads them, `low4` and `high4` make f32 of either half. Constants come from
// the table in memory (constants.ts), as in exp.ts.
import { HALF_LIMIT, HALF_MASK, HALF_SCALE, HALF_SPECIAL } from "./constants";

/** Eight stored numbers at p, still packed; f32 are read by `low4` and `high4` themselves. */
@inline
export function fetch8<T>(p: usize): v128 {
  if (sizeof<T>() == 2) return v128.load(p);
  if (sizeof<T>() == 1) return v128.load8x8_s(p);
  return i32x4.splat(0);
}

/** The first four of eight at p as f32; int8 still without their scale. */
@inline
export function low4<T>(eight: v128, p: usize, table: usize): v128 {
  if (sizeof<T>() == 2) return widen<T>(i32x4.extend_low_i16x8_s(eight), table);
  if (sizeof<T>() == 1) return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight));
  return v128.load(p);
}

/** The last four of eight at p. */
@inline
export function high4<T>(eight: v128, p: usize, table: usize): v128 {
  if (sizeof<T>() == 2) return widen<T>(i32x4.extend_high_i16x8_s(eight), table);
  if (sizeof<T>() == 1) return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight));
  return v128.load(p, 16);
}

/** One stored number at p, with the same bits as a lane of the above. */
@inline
export function load1<T>(p: usize, table: usize): f32 {
  if (sizeof<T>() == 4) return load<f32>(p);
  if (sizeof<T>() == 2) return f32x4.extract_lane(widen<T>(i32x4.splat(<i32>load<i16>(p)), table), 0);
  return <f32>load<i8>(p);
}

/**
 * Four f16, sign-extended to 32 bits, → f32. Shifted by 13, sign, exponent and fraction lie where f32 has them; 2¹¹² moves the
 * exponent's bias from 15 to 127, denormals included. What was Infinity or NaN comes out as 65536·(1 + fraction) and gets
 * its exponent of all ones back, which doubles the work: hence the finite kind.
 */
@inline
function widen<T>(h: v128, table: usize): v128 {
  const x = f32x4.mul(v128.and(i32x4.shl(h, 13), v128.load32_splat(table, HALF_MASK)), v128.load32_splat(table, HALF_SCALE));
  if (isSigned<T>()) return x;
  const special = f32x4.ge(f32x4.abs(x), v128.load32_splat(table, HALF_LIMIT));
  return v128.or(x, v128.and(special, v128.load32_splat(table, HALF_SPECIAL)));
}

/** The scale of token j: 1 unless T is int8. */
@inline
export function scale_of<T>(scales: usize, j: i32): f32 {
  if (sizeof<T>() == 1) return load<f32>(scales + (<usize>j << 2));
  return 1;
}

/** x times its token's scale, where T has one. */
@inline
export function scaled<T>(x: v128, scale: v128): v128 {
  if (sizeof<T>() == 1) return f32x4.mul(x, scale);
  return x;
}
