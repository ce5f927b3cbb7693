// Attention step by step, as the textbook has it: Q, K, V → QKᵀ → ÷√d → mask → softmax → ·V → concatenate → W_O; and the
// same as the one call that a user makes. Every number is @attn/core's; this file slices and labels.
import {
  crossAttention,
  maskedMultiHeadSelfAttention,
  matmul,
  multiHeadSelfAttention,
  scores,
  selfAttention,
  softmax,
  type Tensor,
} from "@attn/core";
import { type ChapterId, type Lesson, readBy, type Settings } from "./lesson.ts";
import { type Weights, weightsOf } from "./projections.ts";
import { type Sequence, widthOf } from "./sequence.ts";

export type Rows = readonly (readonly number[])[];

export interface HeadTrace {
  readonly query: Rows;
  readonly key: Rows;
  readonly value: Rows;
  /** QKᵀ. */
  readonly scores: Rows;
  /** QKᵀ ÷ (√D · temperature). */
  readonly scaled: Rows;
  /** The same with -Infinity where a cell is hidden. */
  readonly masked: Rows;
  readonly weights: Rows;
  /** Weights · V. */
  readonly mixed: Rows;
}

export interface Trace {
  readonly chapter: ChapterId;
  readonly settings: Settings;
  readonly x: Sequence;
  readonly memory: Sequence;
  readonly headSize: number;
  /** What logits are multiplied with. */
  readonly scale: number;
  readonly weightsOf: Weights;
  /** [L, E] and [S, E]: before they are split over the heads. */
  readonly projected: { readonly query: Rows; readonly key: Rows; readonly value: Rows };
  readonly hidden: readonly (readonly boolean[])[];
  readonly heads: readonly HeadTrace[];
  readonly concatenated: Rows;
  readonly output: Rows;
}

/** The last two dimensions of a tensor as rows; -0 reads as 0. */
export function rowsOf({ data, shape }: Tensor, plane = 0): number[][] {
  const [L, S] = [shape.at(-2) ?? 1, shape.at(-1) ?? 0];
  const start = plane * L * S;
  return Array.from({ length: L }, (_, i) =>
    Array.from({ length: S }, (_, j) => (data[start + i * S + j] as number) + 0),
  );
}

/** Which cells nobody's softmax is shown: by causality, and by hand. */
export function hiddenCells(settings: Settings, causal: boolean, L: number, S: number): boolean[][] {
  const cells = Array.from({ length: L }, (_, i) => Array.from({ length: S }, (_, j) => causal && j > i));
  for (const [i, j] of settings.hidden) {
    const row = cells[i];
    if (row && j < S) row[j] = true;
  }
  return cells;
}

const isCausal = (chapter: ChapterId, settings: Settings): boolean => chapter !== "cross" && settings.causal;

export const scaleOf = (settings: Settings, headSize: number): number =>
  1 / (Math.sqrt(headSize) * settings.temperature);

/** The columns of head h. */
const part = (rows: Rows, head: number, size: number): number[][] =>
  rows.map((row) => row.slice(head * size, (head + 1) * size));

const project = (rows: Rows, weight: Rows): number[][] => rowsOf(matmul(rows, weight, { transposeB: true }));

export function traceOf(lesson: Lesson, chapter: ChapterId): Trace {
  const settings = lesson.settings[chapter];
  const { x, memory } = readBy(lesson, chapter);
  const width = widthOf(x);
  const headSize = width / settings.heads;
  const scale = scaleOf(settings, headSize);
  const weights = weightsOf(settings.projections, width);
  const projected = {
    query: project(x.vectors, weights.query),
    key: project(memory.vectors, weights.key),
    value: project(memory.vectors, weights.value),
  };
  const causal = isCausal(chapter, settings);
  const hidden = hiddenCells(settings, causal, x.words.length, memory.words.length);
  const mask = hidden.map((row) => row.map((cell) => !cell));
  const heads = Array.from({ length: settings.heads }, (_, head): HeadTrace => {
    const query = part(projected.query, head, headSize);
    const key = part(projected.key, head, headSize);
    const value = part(projected.value, head, headSize);
    const masked = scores(query, key, { scale, mask });
    const shares = softmax(masked);
    return {
      query,
      key,
      value,
      scores: rowsOf(scores(query, key)),
      scaled: rowsOf(scores(query, key, { scale })),
      masked: rowsOf(masked),
      weights: rowsOf(shares),
      mixed: rowsOf(matmul(shares, value)),
    };
  });
  const concatenated = x.words.map((_, i) => heads.flatMap(({ mixed }) => mixed[i] ?? []));
  const output = project(concatenated, weights.output);
  return {
    chapter,
    settings,
    x,
    memory,
    headSize,
    scale,
    weightsOf: weights,
    projected,
    hidden,
    heads,
    concatenated,
    output,
  };
}

/** The function of @attn/core that a chapter calls. */
export type Api = "selfAttention" | "multiHeadSelfAttention" | "maskedMultiHeadSelfAttention" | "crossAttention";

export function apiOf(chapter: ChapterId, { heads, causal }: Settings): Api {
  if (chapter === "cross") return "crossAttention";
  if (chapter === "masked") return causal ? "maskedMultiHeadSelfAttention" : "multiHeadSelfAttention";
  return chapter === "self" && heads === 1 ? "selfAttention" : "multiHeadSelfAttention";
}

export interface CallOptions {
  readonly heads?: number;
  readonly projections?: Readonly<Record<keyof Weights, { readonly weight: number[][] }>>;
  readonly scale?: number;
  readonly causal?: true;
  readonly mask?: boolean[][];
}

/** The options of that call: only what differs from its defaults. */
export function optionsOf({ chapter, settings, headSize, scale, weightsOf: weights, x, memory }: Trace): CallOptions {
  const api = apiOf(chapter, settings);
  const needsHeads = api.includes("ultiHead") || settings.heads > 1;
  const linear = (weight: Rows) => ({ weight: weight.map((row) => [...row]) });
  const byHand = hiddenCells(settings, false, x.words.length, memory.words.length);
  return {
    ...(needsHeads && { heads: settings.heads }),
    ...(settings.projections.kind !== "identity" && {
      projections: {
        query: linear(weights.query),
        key: linear(weights.key),
        value: linear(weights.value),
        output: linear(weights.output),
      },
    }),
    ...(scale !== 1 / Math.sqrt(headSize) && { scale }),
    ...(isCausal(chapter, settings) && api !== "maskedMultiHeadSelfAttention" && { causal: true as const }),
    ...(settings.hidden.length > 0 && { mask: byHand.map((row) => row.map((cell) => !cell)) }),
  };
}

export interface Fused {
  readonly output: Tensor;
  readonly weights: Tensor;
}

/** All of the steps in one call, with its options made beforehand, as a user has them. */
export function prepare(trace: Trace): () => Fused {
  const { chapter, settings, x, memory } = trace;
  const options = { ...optionsOf(trace), returnWeights: true as const };
  const several = { heads: settings.heads, ...options };
  switch (apiOf(chapter, settings)) {
    case "selfAttention":
      return () => selfAttention(x.vectors, options);
    case "multiHeadSelfAttention":
      return () => multiHeadSelfAttention(x.vectors, several);
    case "maskedMultiHeadSelfAttention":
      return () => maskedMultiHeadSelfAttention(x.vectors, several);
    case "crossAttention":
      return () => crossAttention(x.vectors, memory.vectors, options);
  }
}

export const fused = (trace: Trace): Fused => prepare(trace)();
