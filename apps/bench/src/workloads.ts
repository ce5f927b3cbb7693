// The problems that everyone solves: their sizes, their inputs from a seed, what they cost. Knows no library.
//
// Dimension letters: H query heads · G key/value heads · L query length · S key length · D head size · T tokens held ·
// N side of a square matrix. The batch is 1. Of a linear layer: M rows · K in · N out.
import { createRandom } from "@attn/conformance";
import type { MaskTensor, Tensor } from "@attn/core";
import {
  bytesOfNumber,
  type Checkpoint,
  checkpointOf,
  type DecoderName,
  decoderMatrices,
  decoders,
  type EncoderName,
  encoderMatrices,
  encoders,
  type WeightDtype,
} from "./models.ts";
import {
  LENGTH,
  readModel,
  readSentences,
  readWeights,
  type UseLiteWeights,
  flopsOf as useLiteFlops,
} from "./use-lite.ts";

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

/** x [M, K] times a weight [N, K] that stays. */
export interface LinearWorkload {
  readonly kind: "linear";
  readonly M: number;
  readonly K: number;
  readonly N: number;
}

/** Texts of so many tokens each → a vector each: the mean over tokens, of length 1. */
export interface EmbedWorkload {
  readonly kind: "embed";
  readonly model: EncoderName;
  readonly lengths: readonly number[];
}

/** The first so many sentences of the Universal Sentence Encoder lite, with its published weights → a vector each. */
export interface SentenceWorkload {
  readonly kind: "sentences";
  readonly count: number;
}

/** One more token behind `held` others → logits of the next. */
export interface TokenWorkload {
  readonly kind: "token";
  readonly model: DecoderName;
  readonly held: number;
}

/** A file of weights in hand, and a text → its vector. */
export interface LoadWorkload {
  readonly kind: "load";
  readonly model: EncoderName;
  /** Of the file's weights. */
  readonly stored: WeightDtype;
  readonly length: number;
}

/** What @attn/core computes. */
export type CoreWorkload = AttentionWorkload | DecodeWorkload | MatmulWorkload;
/** What @attn/nn computes. */
export type ModelWorkload = LinearWorkload | EmbedWorkload | SentenceWorkload | TokenWorkload | LoadWorkload;
export type Workload = CoreWorkload | ModelWorkload;

const models: readonly Workload["kind"][] = ["linear", "embed", "sentences", "token", "load"];
export const isModelWorkload = (workload: Workload): workload is ModelWorkload => models.includes(workload.kind);

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

export interface LinearInputs {
  /** [M, K]. A few channels are 50 times as large as the others, as in language models. */
  readonly x: Tensor;
  /** [N, K] */
  readonly weight: Tensor;
}

export interface EmbedInputs {
  readonly checkpoint: Checkpoint;
  readonly texts: readonly (readonly number[])[];
}

export interface SentenceInputs {
  readonly weights: UseLiteWeights;
  readonly texts: readonly (readonly number[])[];
}

export interface TokenInputs {
  readonly checkpoint: Checkpoint;
  readonly held: readonly number[];
  readonly next: number;
}

export type Inputs = AttentionInputs | MatmulInputs | LinearInputs | EmbedInputs | SentenceInputs | TokenInputs;

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

/** Every so many channels, one is so much larger. */
const [OUTLIERS, OUTLIER] = [97, 50];

function linearInputs({ M, K, N }: LinearWorkload): LinearInputs {
  const random = createRandom(1);
  const x = random.tensor([M, K]);
  for (let i = 0; i < x.data.length; i++) if ((i % K) % OUTLIERS === 0) x.data[i] = (x.data[i] as number) * OUTLIER;
  return { x, weight: random.tensor([N, K], K ** -0.5) };
}

const sentencesOf = ({ count }: SentenceWorkload): (readonly number[])[] =>
  readSentences()
    .slice(0, count)
    .map(({ ids }) => ids);

/** The same numbers for everyone, whichever process asks. */
export function inputsOf(workload: Workload): Inputs {
  switch (workload.kind) {
    case "attention":
      return attentionInputs(workload);
    case "decode": {
      const { H, G, T, D } = workload;
      const query = createRandom(1).tensor([1, H, 1, D]);
      return { query, key: storableTokens([1, G, T, D], 2), value: storableTokens([1, G, T, D], 3) };
    }
    case "matmul": {
      const random = createRandom(1);
      return { a: random.tensor([workload.N, workload.N]), b: random.tensor([workload.N, workload.N]) };
    }
    case "linear":
      return linearInputs(workload);
    case "embed":
    case "load": {
      const { V } = encoders[workload.model];
      const lengths = workload.kind === "load" ? [workload.length] : workload.lengths;
      const random = createRandom(2);
      return { checkpoint: checkpointOf(workload.model), texts: lengths.map((L) => random.integers(L, 0, V - 1)) };
    }
    case "sentences":
      return { weights: readWeights(readModel()), texts: sentencesOf(workload) };
    case "token": {
      const { V } = decoders[workload.model];
      const random = createRandom(2);
      const held = random.integers(workload.held, 0, V - 1);
      return { checkpoint: checkpointOf(workload.model), held, next: random.integer(0, V - 1) };
    }
  }
}

/** Floating-point operations of the matrix products alone, hidden pairs of causal attention left out. */
export function flopsOf(workload: Workload): number {
  switch (workload.kind) {
    case "attention": {
      const { H, L, D, causal } = workload;
      return 4 * H * D * (causal ? (L * (L + 1)) / 2 : L * L);
    }
    case "decode":
      return 4 * workload.H * workload.T * workload.D;
    case "matmul":
      return 2 * workload.N ** 3;
    case "linear":
      return 2 * workload.M * workload.K * workload.N;
    case "embed":
    case "load": {
      const shape = encoders[workload.model];
      const lengths = workload.kind === "load" ? [workload.length] : workload.lengths;
      const text = (L: number): number => 2 * L * encoderMatrices(shape) + 4 * shape.N * shape.E * L * L;
      return lengths.reduce((sum, L) => sum + text(L), 0);
    }
    case "sentences":
      return sentencesOf(workload).reduce((sum, { length }) => sum + useLiteFlops(Math.min(length, LENGTH)), 0);
    case "token": {
      const shape = decoders[workload.model];
      return 2 * decoderMatrices(shape) + 4 * shape.N * shape.E * (workload.held + 1);
    }
  }
}

/** What decoding must read at least: every key and value once. */
export function cacheBytes({ G, T, D }: DecodeWorkload, stored: Stored): number {
  return 2 * G * T * D * storedBytes[stored];
}

/** What a token must read at least: every weight once. */
export function weightBytes({ model }: TokenWorkload, dtype: WeightDtype): number {
  return decoderMatrices(decoders[model]) * bytesOfNumber[dtype];
}
