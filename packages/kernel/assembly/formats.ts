// How stored numbers become f32: f32 as they are, f16 (u16 bits) and int8 (times a scale) on the fly.
// The type parameter T is the stored type: f32, u16 for f16, i8 for int8. Knows single vectors, not rows.

/** Four f16 in the low halves of an i32x4 → f32x4. 2¹¹² moves the exponent's bias from 15 to 127, denormals included. */
@inline
function widen_halves(h: v128): v128 {
  const sign = i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16);
  const magnitude = f32x4.mul(i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13), f32x4.splat(5.192296858534828e33));
  // What was Infinity or NaN came out as 65536·(1 + fraction): give it its exponent of all ones back.
  const special = v128.and(f32x4.ge(magnitude, f32x4.splat(65536)), i32x4.splat(0x7f800000));
  return v128.or(v128.or(magnitude, special), sign);
}

/** Four stored numbers at p, as f32; int8 still without their scale. */
@inline
export function load4<T>(p: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(p);
  if (sizeof<T>() == 2) return widen_halves(v128.load16x4_u(p));
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(p))));
}

/** One stored number at p, with the same bits as a lane of `load4`. */
@inline
export function load1<T>(p: usize): f32 {
  if (sizeof<T>() == 4) return load<f32>(p);
  if (sizeof<T>() == 2) return f32x4.extract_lane(widen_halves(i32x4.splat(<i32>load<u16>(p))), 0);
  return <f32>load<i8>(p);
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
