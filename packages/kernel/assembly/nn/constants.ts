// The constants of this module's inner loops, behind those of lib/constants.ts in the same table.
import { TABLE_BYTES, write_table } from "../lib/constants";

/** Bytes of both tables, whole cache lines. */
export const NN_TABLE_BYTES: usize = (TABLE_BYTES + 63 & ~63) + 64;

const FIRST: usize = TABLE_BYTES + 63 & ~63;

/** What -Infinity is taken for, so that the activation of it is 0 and not NaN. */
export const LOWEST: usize = FIRST;
/** erfc(z) = exp(-z²)·t·(A1 + t·(A2 + … A5)), t = 1/(1 + P·z), z ≥ 0: within 1.5e-7 (Hastings 1955; Abramowitz & Stegun 7.1.26). A1 … A5 are halved. */
export const ROOT_HALF: usize = FIRST + 4;
export const ERF_P: usize = FIRST + 8;
export const A1: usize = FIRST + 12;
export const A2: usize = FIRST + 16;
export const A3: usize = FIRST + 20;
export const A4: usize = FIRST + 24;
export const A5: usize = FIRST + 28;
/** 2·√(2/π), and that times 0.044715. */
export const TANH_1: usize = FIRST + 32;
export const TANH_3: usize = FIRST + 36;
/** 1.5·2²³: adding it rounds to an integer in the low bits of the sum. */
export const INTEGER: usize = FIRST + 40;
/** f16 in pairs of a word → f32: which bits stay of a word shifted by 3. */
export const PAIR_MASK: usize = FIRST + 44;

/** Writes both tables at `table`, a multiple of 4. */
export function write_nn_table(table: usize): void {
  write_table(table);
  store<f32>(table, -1e4, LOWEST);
  store<f32>(table, 0.70710678, ROOT_HALF);
  store<f32>(table, 0.3275911, ERF_P);
  store<f32>(table, 0.127414796, A1);
  store<f32>(table, -0.142248368, A2);
  store<f32>(table, 0.7107068705, A3);
  store<f32>(table, -0.7265760135, A4);
  store<f32>(table, 0.5307027145, A5);
  store<f32>(table, 1.5957691, TANH_1);
  store<f32>(table, 0.071354814, TANH_3);
  store<f32>(table, 12582912, INTEGER);
  store<u32>(table, 0x8fffe000, PAIR_MASK);
}
