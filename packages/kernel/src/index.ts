// The kernel as JavaScript gets it: two compiled modules, the layout of the argument block, the version.
// Knows nothing about tensors; @attn/core does.
import { pieces } from "./generated/inline.ts";

export { fields, version } from "./generated/interface.ts";

/** "simd": the same bits on every machine. "relaxed": fused multiply-add where the machine has it; needs relaxed SIMD. */
export type Variant = "simd" | "relaxed";

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
  matmul_f32_scratch(): number;
  /** Softmax of each of `rows` rows of n numbers; out may be x. */
  softmax_f32_rows(out: number, x: number, rows: number, n: number, scratch: number): void;
  softmax_f32_scratch(): number;
  /** Joins `count` results; `parts` is a table of pointer pairs, output [rows, Dv] and lse [rows]. */
  merge_f32(output: number, lse: number, parts: number, count: number, rows: number, Dv: number, scratch: number): void;
  merge_f32_scratch(): number;
  /** n numbers as IEEE half precision; 1 where all of them are finite there. */
  encode_f16(to: number, from: number, n: number): number;
  /** `tokens` rows of n numbers as int8, with one f32 scale a row. */
  encode_int8(to: number, scales: number, from: number, tokens: number, n: number): void;
}

/** The binary of a variant, from the text that the build made of it. */
function bytes(variant: Variant): Uint8Array<ArrayBuffer> {
  const turn = variant === "relaxed" ? 1 : 0;
  const hex = pieces.filter((_, i) => i % 2 === turn).join("");
  // The code of a hexadecimal digit, as its value: "0" is 48, "a" is 97.
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at);
    return code < 97 ? code - 48 : code - 87;
  };
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = digit(2 * i) * 16 + digit(2 * i + 1);
  return out;
}

/** Compiles a variant; "relaxed" throws a WebAssembly.CompileError where the runtime lacks relaxed SIMD. */
export function compile(variant: Variant): WebAssembly.Module {
  return new WebAssembly.Module(bytes(variant));
}
