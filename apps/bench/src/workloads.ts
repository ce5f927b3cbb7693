// The problems that everyone solves: their sizes, their inputs from a seed, what they cost. Knows no library.
//
// Dimension letters: H query heads · G key/value heads · L query length · S key length · D head size · T tokens held ·
// N side of a square matrix. The batch is 1.
import { createRandom } from "@attn/conformance";
import type { MaskTensor, Tensor } from "@attn/core";

/** Self-attention over L tokens: S = L. */
export interface AttentionWorkload {
  readonly kind: "attention";
  readonly H: number;
  readonly G: number;
  readonly L: number;
  readonly D: number;
  readonly causal?: true;
  /** A keep-mask or a bias, [L, L], the same for all heads. */
  readonly masked?: "keep" | "bias";
  /** Query, key and value are one and the same identity matrix, as a learner's notebook has them. */
  readonly identity?: true;
}

/** One step of decoding: one new token, and attention of its query to all T tokens, itself among them. */
export interface DecodeWorkload {
  readonly kind: "decode";
  readonly H: number;
  readonly G: number;
  readonly T: number;
  readonly D: number;
}

/** a [N, N] · b [N, N]. */
export interface MatmulWorkload {
  readonly kind: "matmul";
  readonly N: number;
}

export type Workload = AttentionWorkload | DecodeWorkload | MatmulWorkload;

export interface AttentionInputs {
  /** [1, H, L, D]; in decoding L = 1. */
  readonly query: Tensor;
  /** [1, G, S, D], also value; in decoding S = T and the last token is the new one. */
  readonly key: Tensor;
  readonly value: Tensor;
  /** [L, S]. Every query attends to itself, so that no row is empty: libraries disagree about those. */
  readonly mask?: MaskTensor;
  readonly bias?: Tensor;
}

export interface MatmulInputs {
  readonly a: Tensor;
  readonly b: Tensor;
}

export type Inputs = AttentionInputs | MatmulInputs;

/** How the tokens of a cache are stored, in bytes a number. */
export const storedBytes = { f32: 4, f16: 2, int8: 1 } as const;
export type Stored = keyof typeof storedBytes;

const keepShare = 0.9;

/**
 * Tokens that f16 and int8 hold exactly, so that caches of every format are held to one reference: multiples of 1/32
 * up to 127/32, and in each token one that reaches it, which makes 1/32 the token's int8 scale.
 */
function storableTokens(shape: readonly number[], seed: number): Tensor {
  const { data } = createRandom(seed).tensor(shape);
  const D = shape.at(-1) as number;
  for (let i = 0; i < data.length; i++) {
    const steps = Math.round((data[i] as number) * 32);
    data[i] = Math.max(-127, Math.min(127, steps)) / 32;
  }
  for (let token = 0; token * D < data.length; token++) data[token * D + (token % D)] = 127 / 32;
  return { data, shape };
}

function attentionInputs({ H, G, L, D, masked, identity }: AttentionWorkload): AttentionInputs {
  if (identity) {
    const x = {
      data: Float32Array.from({ length: L * D }, (_, i) => (i % (D + 1) === 0 ? 1 : 0)),
      shape: [1, 1, L, D],
    };
    return { query: x, key: x, value: x };
  }
  const random = createRandom(1);
  const query = random.tensor([1, H, L, D]);
  const key = random.tensor([1, G, L, D]);
  const value = random.tensor([1, G, L, D]);
  if (masked === "bias") return { query, key, value, bias: random.tensor([L, L]) };
  if (masked !== "keep") return { query, key, value };
  const onDiagonal = (i: number): boolean => i % (L + 1) === 0;
  const keep = Uint8Array.from({ length: L * L }, (_, i) => (onDiagonal(i) || random.uniform() < keepShare ? 1 : 0));
  return { query, key, value, mask: { data: keep, shape: [L, L] } };
}

/** Twelve heads of 64, as the smallest GPT-2 has them, unless said otherwise. */
export const attentionWorkload = (L: number, more: Partial<AttentionWorkload> = {}): AttentionWorkload => ({
  kind: "attention",
  H: 12,
  G: 12,
  D: 64,
  ...more,
  L,
});

/** The same numbers for everyone, whichever process asks. */
export function inputsOf(workload: Workload): Inputs {
  if (workload.kind === "attention") return attentionInputs(workload);
  if (workload.kind === "decode") {
    const { H, G, T, D } = workload;
    const query = createRandom(1).tensor([1, H, 1, D]);
    return { query, key: storableTokens([1, G, T, D], 2), value: storableTokens([1, G, T, D], 3) };
  }
  const random = createRandom(1);
  return { a: random.tensor([workload.N, workload.N]), b: random.tensor([workload.N, workload.N]) };
}

/** Floating-point operations of the matrix products alone, hidden pairs of causal attention left out. */
export function flopsOf(workload: Workload): number {
  if (workload.kind === "matmul") return 2 * workload.N ** 3;
  if (workload.kind === "decode") return 4 * workload.H * workload.T * workload.D;
  const { H, L, D, causal } = workload;
  return 4 * H * D * (causal ? (L * (L + 1)) / 2 : L * L);
}

/** What decoding must read at least: every key and value once. */
export function cacheBytes({ G, T, D }: DecodeWorkload, stored: Stored): number {
  return 2 * G * T * D * storedBytes[stored];
}
