// The table of constants that inner loops read, and that every entry point writes into its scratch first.
//
// V8 rebuilds a splat of a literal at each use inside a loop: exp took 15.9 cycles a vector with literals and 6.4 with
// its constants loaded. The kernel has no data of its own, so the table is the caller's scratch.

/** Bytes of the table. */
export const TABLE_BYTES: usize = 64;

/** log2 e, and 1.5·2²³ + 127: adding that rounds to an integer and leaves it, biased, in the low bits of the sum. */
export const LOG2E: usize = 0;
export const ROUND: usize = 4;
/** 2ʳ = 1 + r·(C1 + C2·r + C3·r² + C4·r³ + C5·r⁴) for |r| ≤ ½: a Remez fit, relative error 1.1e-7. */
export const C1: usize = 8;
export const C2: usize = 12;
export const C3: usize = 16;
export const C4: usize = 20;
export const C5: usize = 24;
/** log2 of what is a true zero instead: a denormal, which is slow. */
export const SMALLEST: usize = 28;
export const ONE: usize = 32;
/** f16 → f32: which bits stay of two f16 shifted by 3; 2¹¹²; the first number past f16; an exponent of all ones. */
export const HALF_MASK: usize = 36;
export const TWO_112: usize = 40;
export const HALF_LIMIT: usize = 44;
export const HALF_SPECIAL: usize = 48;

/** Writes the constants at `table`, a multiple of 4. */
export function write_table(table: usize): void {
  store<f32>(table, 1.44269504, LOG2E);
  scale_exp(table, 0);
  store<f32>(table, 0.693147, C1);
  store<f32>(table, 0.24022242, C2);
  store<f32>(table, 0.055507336, C3);
  store<f32>(table, 0.009671513, C4);
  store<f32>(table, 0.0013264727, C5);
  store<f32>(table, 1, ONE);
  store<u32>(table, 0x8fff8fff, HALF_MASK);
  store<f32>(table, 5.192296858534828e33, TWO_112);
  store<f32>(table, 65536, HALF_LIMIT);
  store<u32>(table, 0x7f800000, HALF_SPECIAL);
}

/** Has exp give 2⁻ᵏ·exp(x) from here on: k is taken from the exponent that it writes anyway. */
export function scale_exp(table: usize, k: i32): void {
  store<f32>(table, <f32>(<i32>12583039 - k), ROUND);
  store<f32>(table, <f32>(k - 126), SMALLEST);
}
