// Masked self-attention. The notebook's mask hides the same words from everyone (as padding is hidden); the decoder's
// hides from each word those that come after it. One head, as the notebook has it under its title of many.
import { maskedMultiHeadSelfAttention, scores } from "@attn/core";
import { widthOf } from "../inputs.ts";
import { featureMatrix, hiddenByScore, wordMatrices } from "../matrix.ts";
import type { Mechanism } from "./types.ts";

export const masked: Mechanism = {
  id: "masked",
  calls: ({ visible }) => ({
    notebook: `scores(x, x, { mask: [${visible.join(", ")}], maskedValue: 0 })`,
    proper: "maskedMultiHeadSelfAttention(x, { heads: 1, returnWeights: true })",
  }),
  computeNotebook({ sentence: { words, vectors: x }, visible }) {
    const printed = scores(x, x, { mask: visible, maskedValue: 0 });
    const seenBySoftmax = scores(x, x, { mask: visible });
    return {
      heading: "Masked Self-Attention Matrix:",
      printed,
      heads: hiddenByScore(wordMatrices(printed, words, words), seenBySoftmax),
      formula: "mask × QKᵀ",
    };
  },
  compute(inputs) {
    const {
      sentence: { words, vectors: x },
      sentence,
    } = inputs;
    const proper = maskedMultiHeadSelfAttention(x, { heads: 1, returnWeights: true, returnScores: true });
    return {
      id: "masked",
      notebook: masked.computeNotebook(inputs),
      proper: {
        weights: hiddenByScore(wordMatrices(proper.weights, words, words), proper.scores),
        output: featureMatrix(proper.output, words),
        formulas: { weights: [`A=softmax(mask(QKᵀ/√${widthOf(sentence)}))`], output: "AV" },
        projections: [],
      },
    };
  },
};
