// One attention, planned: what the argument block of the kernel says, but for addresses. Holds no code.
import type { Axes, Sizes, Strides } from "./layout.ts";
import type { LogitPlan, ResultPlan } from "./logits.ts";
import type { Segment } from "./segments.ts";

/** How key and value are stored: "f16Finite" is f16 of which no number is NaN or infinite, which is read faster. */
export type StoredDtype = "f32" | "f16" | "int8" | "f16Finite";

/** Where the scales of int8 tokens lie: [B, G, S] f32 each. */
export interface Scales {
  readonly key: number;
  readonly value: number;
  readonly strides: Strides;
}

export interface AttentionPlan {
  readonly sizes: Sizes;
  /** Of the results. */
  readonly axes: Axes;
  readonly logits: LogitPlan;
  readonly result: ResultPlan;
  readonly query: Strides;
  readonly key: Strides;
  readonly value: Strides;
  readonly output: Strides;
  /** Of key and value. */
  readonly dtype: StoredDtype;
  /** With "int8". */
  readonly scales: Scales | undefined;
  /** Sequences that are packed along L and S, batch 1; undefined where there is but one for each batch element. */
  readonly segments: readonly Segment[] | undefined;
  /** What a hidden score reads as. */
  readonly maskedValue: number;
}
