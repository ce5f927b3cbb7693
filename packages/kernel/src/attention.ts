// What is to be known of the module "attention" without having it: its exports, and how its argument block is written.
export { fields, formats, weightsModes, words } from "./generated/attention/arguments.ts";
export { type Variant, version, type WasmModule } from "./module.ts";

/** What an instance of either variant exports. Pointers are byte offsets into the imported memory, lengths are counts. */
export interface KernelExports {
  /** Runs the attention that the argument block at `args` describes. */
  attention_f32(args: number): void;
  /** Bytes of scratch for the sizes in the argument block, as an unsigned number; 2³²-1 is more than there can be. */
  attention_f32_scratch(args: number): number;
  /** C [M,N] = A [M,K] · B [K,N] (transposeB: [N,K]); `accumulate` adds to what C holds. */
  matmul_f32(
    c: number,
    a: number,
    b: number,
    M: number,
    N: number,
    K: number,
    transposeB: number,
    accumulate: number,
    scratch: number,
  ): void;
  /** Bytes of scratch for these sizes, as an unsigned number; 2³²-1 is more than there can be. */
  matmul_f32_scratch(M: number, N: number, K: number): number;
  /** Softmax of each of `rows` rows of n numbers; out may be x. */
  softmax_f32_rows(out: number, x: number, rows: number, n: number, scratch: number): void;
  softmax_f32_scratch(): number;
  /** Joins `count` results; `parts` is a table of pointer pairs, output [rows, Dv] and lse [rows]. */
  merge_f32(output: number, lse: number, parts: number, count: number, rows: number, Dv: number, scratch: number): void;
  merge_f32_scratch(count: number): number;
  /** n numbers as IEEE half precision; 1 where all of them are finite there. */
  encode_f16(to: number, from: number, n: number): number;
  /** `tokens` rows of n numbers as int8, with one f32 scale a row. */
  encode_int8(to: number, scales: number, from: number, tokens: number, n: number): void;
}
