// Cross-attention: one sequence asks another. The notebook has the question look at the answer; done properly the
// answer, which a decoder is writing, asks (query) and the question, which an encoder has read, is asked (key, value).
import { crossAttention, scores } from "@attn/core";
import { widthOf } from "../inputs.ts";
import { featureMatrix, wordMatrices } from "../matrix.ts";
import { weightsFormula } from "./formula.ts";
import type { Mechanism } from "./types.ts";

export const cross: Mechanism = {
  id: "cross",
  calls: () => ({
    notebook: "scores(question, answer)",
    proper: "crossAttention(answer, question, { returnWeights: true })",
  }),
  computeNotebook({ question, answer }) {
    const printed = scores(question.vectors, answer.vectors);
    return {
      heading: "Cross-Attention Matrix:",
      printed,
      heads: wordMatrices(printed, question.words, answer.words),
      formula: "QKᵀ",
    };
  },
  compute(inputs) {
    const { question, answer } = inputs;
    const { output, weights } = crossAttention(answer.vectors, question.vectors, { returnWeights: true });
    return {
      id: "cross",
      notebook: cross.computeNotebook(inputs),
      proper: {
        weights: wordMatrices(weights, answer.words, question.words),
        output: featureMatrix(output, answer.words),
        formulas: { weights: [weightsFormula(widthOf(answer))], output: "AV" },
        projections: [],
      },
    };
  },
};
