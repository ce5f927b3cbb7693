// Self-attention: every word asks every word of its own sentence. One head, and query = key = value = x.
import { scores, selfAttention } from "@attn/core";
import { widthOf } from "../inputs.ts";
import { featureMatrix, wordMatrices } from "../matrix.ts";
import { weightsFormula } from "./formula.ts";
import type { Mechanism } from "./types.ts";

export const self: Mechanism = {
  id: "self",
  calls: () => ({ notebook: "scores(x, x)", proper: "selfAttention(x, { returnWeights: true })" }),
  computeNotebook({ sentence: { words, vectors: x } }) {
    const printed = scores(x, x);
    return {
      heading: "Self-Attention Matrix:",
      printed,
      heads: wordMatrices(printed, words, words),
      formula: "QKᵀ",
    };
  },
  compute(inputs) {
    const {
      sentence: { words, vectors: x },
      sentence,
    } = inputs;
    const { output, weights } = selfAttention(x, { returnWeights: true });
    return {
      id: "self",
      notebook: self.computeNotebook(inputs),
      proper: {
        weights: wordMatrices(weights, words, words),
        output: featureMatrix(output, words),
        formulas: { weights: [weightsFormula(widthOf(sentence))], output: "AV" },
        projections: [],
      },
    };
  },
};
