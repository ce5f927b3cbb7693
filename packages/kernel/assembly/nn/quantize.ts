// Rows of activations for integer products: what linear layers with int8 weights read. Knows rows, not weights.
import { INTEGER } from "./constants";

/** What int16 reaches; see INT8_DEPTH for what it may be multiplied with. */
const TOP: f32 = 32767;
/** Below this, TOP divided by the largest number of a row may be no number. */
const SMALLEST: f32 = 7.703719777548943e-34;

/** A row that is to be multiplied as it is, since it has no scale: it is not finite, or all of it is tiny. */
export const UNSCALED: f32 = -1;

/** The largest magnitude's bits of n numbers at x: as integers, Infinity is more than all numbers, and NaN more than it. */
export function largest_bits(x: usize, n: i32): i32 {
  let most = i32x4.splat(0);
  const mask = i32x4.splat(0x7fffffff);
  for (const end = x + (<usize>(n & ~3) << 2); x < end; x += 16) most = i32x4.max_s(most, v128.and(v128.load(x), mask));
  for (n &= 3; n > 0; --n) {
    most = i32x4.max_s(most, v128.and(v128.load32_splat(x), mask));
    x += 4;
  }
  most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  return max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
}

/**
 * n numbers x as int16: round(x·TOP/largest), halves to even. What is in the place after an odd number of them meets a weight of 0. Returns what they are to be
 * multiplied with: largest/TOP, 0 for zeros, or UNSCALED, and then they are zeros.
 */
export function quantize_int16(to: usize, x: usize, n: i32, table: usize): f32 {
  const most = reinterpret<f32>(largest_bits(x, n));
  const finite = most < Infinity && most >= SMALLEST;
  if (!finite) {
    memory.fill(to, 0, <usize>(n + 1 & ~1) << 1);
    return most == 0 ? 0 : UNSCALED;
  }
  const inverse = f32x4.splat(TOP / most), round = v128.load32_splat(table, INTEGER);
  for (const end = x + (<usize>(n & ~7) << 2); x < end; x += 32) {
    const low = rounded(v128.load(x), inverse, round), high = rounded(v128.load(x, 16), inverse, round);
    v128.store(to, i16x8.narrow_i32x4_s(low, high));
    to += 16;
  }
  for (let i = n & 7; i > 0; --i) {
    store<i16>(to, <i16>i32x4.extract_lane(rounded(v128.load32_splat(x), inverse, round), 0));
    x += 4;
    to += 2;
  }
  return most / TOP;
}

/** x·inverse, at most 2²² in magnitude, as whole numbers. Not fused in any variant: the same bits everywhere. */
@inline
function rounded(x: v128, inverse: v128, round: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(x, inverse), round), round);
}
