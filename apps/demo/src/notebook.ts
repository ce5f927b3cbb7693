// The words, vectors and mask of the learner's notebook, as it has them. Only inputs: its results are computed.
import type { Inputs } from "./inputs.ts";

export const notebook: Inputs = {
  sentence: {
    words: ["나는", "사과를", "먹었다"],
    vectors: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  },
  visible: [true, true, false],
  question: {
    words: ["너는", "사과를"],
    vectors: [
      [1, 0],
      [0, 1],
    ],
  },
  answer: {
    words: ["나는", "먹었다"],
    vectors: [
      [1, 0],
      [0, 1],
    ],
  },
};
