// How stored numbers become f32: f32 as they are, f16 by moving bits, int8 by conversion.
// The type parameter T is the stored type: f32; u16 for any f16, i16 for f16 that are known to be finite; i8 for int8.
// Knows numbers and rows of them, not what they are multiplied with.
//
// Eight numbers are fetched at a time: `fetch8` reads them, `low4` and `high4` make f32 of either half. Some come out short
// of a factor, which costs less once a sum than once a number: int8 without the scale of its token, finite f16 as 2⁻¹¹² of
// what they are. Weights, which are at most 1, make up for it when they are multiplied with values; a query, which may be
// as large or small as it likes, cannot, so keys are made whole. Constants come from the table in memory (constants.ts), as in exp.ts.
import { HALF_LIMIT, HALF_MASK, HALF_SPECIAL, TWO_112 } from "./constants";

/** Eight stored numbers at p, still packed; f32 are read by `low4` and `high4` themselves. */
@inline
export function fetch8<T>(p: usize): v128 {
  if (sizeof<T>() == 2) return v128.load(p);
  if (sizeof<T>() == 1) return v128.load8x8_s(p);
  return i32x4.splat(0);
}

/** The first four of eight at p as f32, short of their factor. */
@inline
export function low4<T>(eight: v128, p: usize, table: usize): v128 {
  if (sizeof<T>() == 2) {
    return completed<T>(v128.shuffle<i16>(low_bits(eight), high_bits(eight, table), 0, 8, 1, 9, 2, 10, 3, 11), table);
  }
  if (sizeof<T>() == 1) return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(eight));
  return v128.load(p);
}

/** The last four of eight at p. */
@inline
export function high4<T>(eight: v128, p: usize, table: usize): v128 {
  if (sizeof<T>() == 2) {
    return completed<T>(v128.shuffle<i16>(low_bits(eight), high_bits(eight, table), 4, 12, 5, 13, 6, 14, 7, 15), table);
  }
  if (sizeof<T>() == 1) return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(eight));
  return v128.load(p, 16);
}

/** One stored number at p, with the same bits as a lane of the above. */
@inline
export function load1<T>(p: usize, table: usize): f32 {
  if (sizeof<T>() == 4) return load<f32>(p);
  if (sizeof<T>() == 2) return f32x4.extract_lane(low4<T>(i16x8.splat(load<i16>(p)), p, table), 0);
  return <f32>load<i8>(p);
}

/**
 * An f16 as the upper and the lower half of an f32, eight at a time: shifted right by 3, sign and exponent and seven bits of
 * the fraction lie where f32 has them, and its last three bits lead the lower half.
 */
@inline
function high_bits(h: v128, table: usize): v128 {
  return v128.and(i16x8.shr_s(h, 3), v128.load32_splat(table, HALF_MASK));
}

@inline
function low_bits(h: v128): v128 {
  return i16x8.shl(h, 13);
}

/**
 * Any f16 made whole: 2¹¹² moves the exponent's bias from 15 to 127, denormals included. What was Infinity or NaN comes
 * out as 65536·(1 + fraction) and gets its exponent of all ones back; all this doubles the work: hence the finite kind.
 */
@inline
function completed<T>(x: v128, table: usize): v128 {
  if (isSigned<T>()) return x;
  const whole = f32x4.mul(x, v128.load32_splat(table, TWO_112));
  const special = f32x4.ge(f32x4.abs(whole), v128.load32_splat(table, HALF_LIMIT));
  return v128.or(whole, v128.and(special, v128.load32_splat(table, HALF_SPECIAL)));
}

/** x as `low4` and `high4` gave it, with what finite f16 lack: for products that nothing else can make up for. */
@inline
export function restored<T>(x: v128, table: usize): v128 {
  return is_short_half<T>() ? f32x4.mul(x, v128.load32_splat(table, TWO_112)) : x;
}

@inline
function is_short_half<T>(): bool {
  return sizeof<T>() == 2 && isSigned<T>();
}

/** One stored number, whole but for the scale of its token. */
@inline
export function load_restored<T>(p: usize, table: usize): f32 {
  return is_short_half<T>() ? load1<T>(p, table) * load<f32>(table, TWO_112) : load1<T>(p, table);
}

/** What one token's products with queries are short of. */
@inline
export function product_factor<T>(scale: usize): f32 {
  return sizeof<T>() == 1 ? load<f32>(scale) : 1;
}

/** Four tokens' products with queries, with what they are short of. */
@inline
export function scaled_products<T>(products: v128, scales: usize): v128 {
  return sizeof<T>() == 1 ? f32x4.mul(products, v128.load(scales)) : products;
}

/** One weight for all columns of its token, with what they are short of: at most 2¹¹², since a weight is at most 1. */
@inline
export function weight<T>(w: usize, scale: usize, table: usize): v128 {
  if (sizeof<T>() == 1) return f32x4.splat(load<f32>(w) * load<f32>(scale));
  return restored<T>(v128.load32_splat(w), table);
}

/** Rows of n stored numbers → rows of f32, one behind the other: u16, or i8 times the scales of their tokens. */
export function widen_rows<T>(to: usize, from: usize, stride: usize, rows: i32, n: i32, scales: usize, table: usize): void {
  for (; rows > 0; --rows) {
    const scale = f32x4.splat(sizeof<T>() == 1 ? load<f32>(scales) : 1);
    let p = from, i = 0;
    for (; i + 8 <= n; i += 8) {
      const eight = fetch8<T>(p);
      v128.store(to, scaled<T>(low4<T>(eight, p, table), scale));
      v128.store(to, scaled<T>(high4<T>(eight, p, table), scale), 16);
      p += 8 * sizeof<T>();
      to += 32;
    }
    for (; i < n; ++i) {
      v128.store32_lane(to, scaled<T>(f32x4.splat(load1<T>(p, table)), scale), 0);
      p += sizeof<T>();
      to += 4;
    }
    from += stride;
    scales += 4;
  }
}

@inline
function scaled<T>(x: v128, scale: v128): v128 {
  return sizeof<T>() == 1 ? f32x4.mul(x, scale) : x;
}
