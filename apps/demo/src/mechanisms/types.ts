// What a mechanism shows: the notebook's result and the one done properly. Types only.
import type { Tensor } from "@attn/core";
import type { Inputs } from "../inputs.ts";
import type { Matrix } from "../matrix.ts";

export type MechanismId = "self" | "multiHead" | "masked" | "cross";

/** What the notebook computes: scores, and its mask on them. */
export interface NotebookResult {
  /** The line that the notebook prints above the numbers. */
  readonly heading: string;
  /** In the order that the notebook prints. */
  readonly printed: Tensor;
  /** The same, one matrix for each head. */
  readonly heads: readonly Matrix[];
  readonly formula: string;
}

/** Scaled, softmaxed, with values. */
export interface ProperResult {
  /** Softmax weights, one matrix for each head. */
  readonly weights: readonly Matrix[];
  /** The values mixed by the weights; for several heads concatenated. */
  readonly output: Matrix;
  readonly formulas: { readonly weights: readonly string[]; readonly output: string };
  /** Those that are not the identity: a row for each head of size 1, a column for each feature. */
  readonly projections: readonly { readonly name: string; readonly matrix: Matrix }[];
}

export interface MechanismResult {
  readonly id: MechanismId;
  readonly notebook: NotebookResult;
  readonly proper: ProperResult;
}

/** Pure functions of calls to @attn/core, each with the text of its call, for people to read. */
export interface Mechanism {
  readonly id: MechanismId;
  readonly calls: (inputs: Inputs) => { readonly notebook: string; readonly proper: string };
  /** The notebook's side alone, which vectors of any width have. */
  computeNotebook(inputs: Inputs): NotebookResult;
  compute(inputs: Inputs): MechanismResult;
}
