// The table of constants that inner loops read, and that every entry point writes into its scratch first.
//
// V8 rebuilds a splat of a literal at each use inside a loop: exp took 15.9 cycles a vector with literals and 6.4 with
// its constants loaded. The kernel has no data of its own, so the table is the caller's scratch.

/** Bytes of the table. */
export const TABLE_BYTES: usize = 64;

/** log2 e, and 1.5·2²³ + 127: adding that rounds to an integer and leaves it, biased, in the low bits of the sum. */
export const LOG2E: usize = 0;
export const ROUND: usize = 4;
/** -ln 2 in two parts, the first with few enough bits that its product with any exponent is exact. */
export const MINUS_LN2_HIGH: usize = 8;
export const MINUS_LN2_LOW: usize = 12;
/** exp(r) = 1 + r + r²·(C2 + C3·r + C4·r² + C5·r³) for |r| ≤ ln2/2: a Remez fit, relative error 1.05e-7. */
export const C2: usize = 16;
export const C3: usize = 20;
export const C4: usize = 24;
export const C5: usize = 28;
/** ln 2⁻¹²⁶: below it exp would be a denormal, which is slow, and is a true zero instead. */
export const SMALLEST: usize = 32;
export const ONE: usize = 36;
/** f16 → f32: sign, exponent and fraction after the shift; 2¹¹²; the first number past f16; an exponent of all ones. */
export const HALF_MASK: usize = 40;
export const HALF_SCALE: usize = 44;
export const HALF_LIMIT: usize = 48;
export const HALF_SPECIAL: usize = 52;

/** Writes the constants at `table`, a multiple of 4. */
export function write_table(table: usize): void {
  store<f32>(table, 1.44269504, LOG2E);
  store<f32>(table, 12583039.0, ROUND);
  store<f32>(table, -0.693359375, MINUS_LN2_HIGH);
  store<f32>(table, 2.12194440e-4, MINUS_LN2_LOW);
  store<f32>(table, 0.499992311, C2);
  store<f32>(table, 0.166671142, C3);
  store<f32>(table, 0.0418901555, C4);
  store<f32>(table, 0.00831252057, C5);
  store<f32>(table, -87.3365448, SMALLEST);
  store<f32>(table, 1, ONE);
  store<u32>(table, 0x8fffe000, HALF_MASK);
  store<f32>(table, 5.192296858534828e33, HALF_SCALE);
  store<f32>(table, 65536, HALF_LIMIT);
  store<u32>(table, 0x7f800000, HALF_SPECIAL);
}
