// The sizes of tiles and blocks, under the names that GEMMs have for them (Goto & van de Geijn 2008; BLIS). The one place that
// says them; everything else derives.
//
//   MR × NR   the micro-kernel's tile of C, kept in registers
//   KC        depth of one pass of the micro-kernel: columns of A, rows of B
//   MC        rows of A that are packed together
//   NC        columns of B that are packed together
import { RELAXED } from "./simd";

/**
 * Rows of the micro-kernel's tile. Fused, 6×8 keeps 12 sums, 2 columns and 1 factor in the 15 registers that V8 has on
 * x64 (54.9 GFLOP/s of 58.8). Without fusing the product needs a register of its own and 6×8 spills (29.0), so the
 * plain variant has 4×8 (39.0).
 */
export const MR: i32 = RELAXED ? 6 : 4;
/** Columns of the micro-kernel's tile, and of a panel of B: two vectors. */
export const NR: i32 = 8;
/** Depth of one pass, and keys of one block of attention: 128 … 256 keep A's tile in L1. */
export const KC: i32 = 256;
/**
 * Products that are added one by one, from 0, before their sum joins a larger one. A number that is added n times rounds
 * to the same side each time where it may, and is off by up to n/4 units of 2⁻²⁴ then: 16 of the 33 that are 2e-6.
 */
export const RUN: i32 = 64;
/** Terms that a sum in f32 may have, in runs; longer sums are of such pieces, and lose nothing between them. */
export const LONG: i32 = 2048;
/** A multiple of both MR. In attention these are the query rows that go through all blocks of keys together. */
export const MC: i32 = 96;
/** With MC rows of A, B's block is 0.6 MB, which the second-level cache holds. */
export const NC: i32 = 512;

/** Bytes between two rows of what is packed for the micro-kernel's A: KC floats, whatever the depth is. */
export const KC_BYTES: usize = KC * 4;

/** matmul: up to as many rows of A, packing B costs more than reading it where it lies for each of them. */
export const MATMUL_UNPACKED_ROWS: i32 = 3;
/** attention: up to as many query rows of a key/value head, packing K and V costs more than reading them where they lie. */
export const ATTENTION_UNPACKED_ROWS: i32 = 8;

/** n, up to whole panels. */
@inline
export function round_up_8(n: i32): i32 {
  return (n + 7) & ~7;
}

/** n, up to whole cache lines. */
@inline
export function round_up_64(n: u64): u64 {
  return (n + 63) & ~63;
}
