// Multi-head self-attention: the width is split over the heads, and each asks a question of its own.
//
// The notebook's vectors are 3 wide, so three heads are 1 wide each: head h of query and key is one number a word,
// and its score is the product of two such numbers. So small projections can be read like a sentence. Where a model
// would learn them, these are chosen by hand:
//
//   head 1 "who?"    feature 3 (먹었다) asks, feature 1 (나는) answers
//   head 2 "what?"   feature 3 (먹었다) asks, feature 2 (사과를) answers
//   head 3 "did?"    features 1 and 2 (나는, 사과를) ask, feature 3 (먹었다) answers
//
// A word that asks nothing scores 0 everywhere, and looks at all evenly. Values and output are not projected: head h
// carries feature h, so the output says whose feature reached whom.
import { multiHeadSelfAttention, scores, tensor } from "@attn/core";
import { widthOf } from "../inputs.ts";
import { featureMatrix, headLast, type Matrix, wordMatrices } from "../matrix.ts";
import { weightsFormula } from "./formula.ts";
import type { Mechanism } from "./types.ts";

const heads = 3;

/** [out, in]: a row for each head, a column for each feature of a word. */
export const multiHeadProjections: {
  readonly query: { readonly weight: number[][] };
  readonly key: { readonly weight: number[][] };
} = {
  query: {
    weight: [
      [0, 0, 2],
      [0, 0, 2],
      [2, 2, 0],
    ],
  },
  key: {
    weight: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  },
};

const projectionMatrix = ({ weight }: { readonly weight: number[][] }): Matrix =>
  featureMatrix(tensor(weight), ["1", "2", "3"]);

export const multiHead: Mechanism = {
  id: "multiHead",
  calls: () => ({
    notebook: "scores([x, x, x], [x, x, x])",
    proper: "multiHeadSelfAttention(x, { heads: 3, projections, returnWeights: true })",
  }),
  computeNotebook({ sentence: { words, vectors: x } }) {
    // The same x for every head: this is what the notebook's three equal dot products come to.
    const repeated = scores([x, x, x], [x, x, x]);
    return {
      heading: "Multi-Head Self-Attention Matrix:",
      printed: headLast(repeated),
      heads: wordMatrices(repeated, words, words),
      formula: "QKᵀ",
    };
  },
  compute(inputs) {
    const {
      sentence: { words, vectors: x },
      sentence,
    } = inputs;
    const { output, weights } = multiHeadSelfAttention(x, {
      heads,
      projections: multiHeadProjections,
      returnWeights: true,
    });
    return {
      id: "multiHead",
      notebook: multiHead.computeNotebook(inputs),
      proper: {
        weights: wordMatrices(weights, words, words),
        output: featureMatrix(output, words),
        formulas: {
          weights: ["₁", "₂", "₃"].map((head) => weightsFormula(widthOf(sentence) / heads, head)),
          output: "[A₁V₁  A₂V₂  A₃V₃]",
        },
        projections: [
          { name: "W_Q", matrix: projectionMatrix(multiHeadProjections.query) },
          { name: "W_K", matrix: projectionMatrix(multiHeadProjections.key) },
        ],
      },
    };
  },
};
