// Attention by addresses, for those who keep keys and values by address themselves: the argument block of the kernel's own
// module, beside which Kernel has the one of "nn". Checks nothing.
import { formats, words } from "@attn/kernel/interface";
import type { Kernel } from "./kernel.ts";

/** Heads of query, key, value or output: an address, and bytes to the next batch element, head and token. */
export interface Heads {
  readonly address: number;
  readonly batch: number;
  readonly head: number;
  readonly token: number;
}

/** One attention by addresses. */
export interface AttentionCall {
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly L: number;
  readonly S: number;
  readonly D: number;
  readonly query: Heads;
  readonly key: Heads;
  readonly value: Heads;
  readonly output: Heads;
  /** How keys and values are stored. */
  readonly format: number;
  readonly scales?: { readonly key: number; readonly value: number; readonly batch: number; readonly head: number };
  readonly scale: number;
  /** How many keys before and after its own position a query sees; -1 = all. */
  readonly left: number;
  readonly right: number;
  /** Address of [B] i32: the key that query 0 stands at; 0 = key 0. */
  readonly offsets: number;
  /** f32 by head, query and key. */
  readonly bias?: { readonly address: number; readonly head: number; readonly query: number; readonly key: number };
  /** Address of [B, H, L, S]; 0 = not wanted. */
  readonly weights: number;
  readonly scratch: number;
}

// By the kernel's names: reading its numbers here, at import, would keep a bundler from leaving this file out.
const STORED = { f32: "F32", f16: "F16", int8: "INT8", f16Finite: "F16_FINITE" } as const;

/** How keys and values are stored, as the kernel's number. */
export const formatOf = (dtype: keyof typeof STORED): number => formats[STORED[dtype]];

/** Bytes of scratch of an attention. */
export function attentionScratch(
  kernel: Kernel,
  B: number,
  H: number,
  G: number,
  L: number,
  S: number,
  D: number,
  format: number,
): number {
  writeSizes(kernel, B, H, G, L, S, D, format);
  return kernel.engine.kernel.attention_f32_scratch(kernel.attentionBlock) >>> 0;
}

export function attend(kernel: Kernel, call: AttentionCall): void {
  writeSizes(kernel, call.B, call.H, call.G, call.L, call.S, call.D, call.format);
  const { i32, f32 } = kernel.memory;
  const block = kernel.attentionBlock >> 2;
  const place = (word: number, { address, batch, head, token }: Heads): void => {
    const at = block + word;
    i32[at] = address;
    i32[at + 1] = batch;
    i32[at + 2] = head;
    i32[at + 3] = token;
  };
  place(words.query, call.query);
  place(words.key, call.key);
  place(words.value, call.value);
  place(words.output, call.output);
  i32[block + words.keyScales] = call.scales?.key ?? 0;
  i32[block + words.valueScales] = call.scales?.value ?? 0;
  i32[block + words.scaleBatchStride] = call.scales?.batch ?? 0;
  i32[block + words.scaleHeadStride] = call.scales?.head ?? 0;
  f32[block + words.scale] = call.scale;
  i32[block + words.left] = call.left;
  i32[block + words.right] = call.right;
  i32[block + words.positions] = call.offsets;
  i32[block + words.bias] = call.bias?.address ?? 0;
  i32[block + words.biasHeadStride] = call.bias?.head ?? 0;
  i32[block + words.biasQueryStride] = call.bias?.query ?? 0;
  i32[block + words.biasKeyStride] = call.bias?.key ?? 0;
  i32[block + words.weights] = call.weights;
  i32[block + words.scratch] = call.scratch;
  kernel.engine.kernel.attention_f32(kernel.attentionBlock);
}

/** All else in the block is zeros, which is absent. */
function writeSizes(
  kernel: Kernel,
  B: number,
  H: number,
  G: number,
  L: number,
  S: number,
  D: number,
  format: number,
): void {
  const { i32 } = kernel.memory;
  const block = kernel.attentionBlock >> 2;
  i32.fill(0, block, block + words.size);
  i32[block + words.batch] = B;
  i32[block + words.heads] = H;
  i32[block + words.keyValueHeads] = G;
  i32[block + words.queryLength] = L;
  i32[block + words.keyLength] = S;
  i32[block + words.headSize] = D;
  i32[block + words.valueSize] = D;
  i32[block + words.format] = format;
}
