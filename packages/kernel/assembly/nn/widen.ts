// Panels of f16 or int8 made wider, for the tiles that read them wide. Knows panels, not rows of x.
import { TWO_112 } from "../lib/constants";
import { PAIR_MASK } from "./constants";

/**
 * `bytes` of f16 panels → f32. A word has two columns, the first four's in its low half and the last four's in its high:
 * shifted, sign and exponent and fraction lie where f32 has them, and 2¹¹² moves the exponent's bias from 15 to 127.
 */
export function widen_f16(to: usize, from: usize, bytes: usize, table: usize): void {
  const mask = v128.load32_splat(table, PAIR_MASK), bias = v128.load32_splat(table, TWO_112);
  for (const end = from + bytes; from < end; from += 16) {
    const pairs = v128.load(from);
    v128.store(to, f32x4.mul(v128.and(i32x4.shr_s(i32x4.shl(pairs, 16), 3), mask), bias));
    v128.store(to, f32x4.mul(v128.and(i32x4.shr_s(pairs, 3), mask), bias), 16);
    to += 32;
  }
}

/** `bytes` of int8 panels → int16, in the same order. */
export function widen_int8(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) {
    v128.store(to, v128.load8x8_s(from));
    v128.store(to, v128.load8x8_s(from, 8), 16);
    to += 32;
  }
}

/** `bytes` of int8 panels → f32 panels of one number a step. */
export function widen_int8_f32(to: usize, from: usize, bytes: usize): void {
  for (const end = from + bytes; from < end; from += 16) {
    // (0, 1) of four columns in words of two: the even ones are the first step's.
    const low = v128.load8x8_s(from), high = v128.load8x8_s(from, 8);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(low, 16), 16)));
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(i32x4.shl(high, 16), 16)), 16);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(low, 16)), 32);
    v128.store(to, f32x4.convert_i32x4_s(i32x4.shr_s(high, 16)), 48);
    to += 64;
  }
}
