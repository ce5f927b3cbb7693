// The English messages.
import { enLesson } from "./en-lesson.ts";
import type { Messages } from "./messages.ts";

export const en: Messages = {
  lesson: enLesson,
  language: "English",
  title: "Attention, four ways",
  lead: "One sentence goes through four kinds of attention: first exactly as a learner's notebook computed them, then each of them done properly.",
  reading: "The word of a row asks, the word of a column answers. The stronger the colour, the larger the value.",
  mechanisms: {
    self: {
      title: "Self-attention",
      what: "Every word looks at all words of its own sentence and decides how much to listen to each.",
      difference:
        "The notebook's scores are the first half of attention; dividing by √D, turning each row into shares with softmax and mixing the values (V) by those shares is the other half.",
      tryIt:
        "Different one-hot vectors have nothing in common, so their scores are always the identity. Set feature 1 of 사과를 to 0.8, and it becomes related to 나는.",
    },
    multiHead: {
      title: "Multi-head self-attention",
      what: "The vectors are split over the heads, each head looks for a relation of its own, and the results are joined side by side.",
      difference:
        "Three heads that repeat one dot product always agree; with projections of its own and its own share of the width, each head can ask something different.",
      tryIt: "Set feature 3 of 나는 to 1, and 나는 begins to ask in the first two heads as well.",
    },
    masked: {
      title: "Masked self-attention",
      what: "Like a decoder that is still writing, a word sees itself and the words before it, and nothing else.",
      difference:
        "Multiplying scores by a mask hides a word from everyone and can empty a whole row; a decoder hides only the words still to come, and before the softmax, so every row still adds up to 1.",
      tryIt: "Hide another word. The notebook's side loses a whole column; the triangle stays as it is.",
    },
    cross: {
      title: "Cross-attention",
      what: "One sentence asks another. In translation, the sentence being written asks the original.",
      difference:
        "In the notebook the question looks at the answer; as its own text has it, the answer being written asks (Q) and the question already read gives keys and values (K, V), so rows and columns change places.",
      tryIt:
        "The two sentences were encoded separately, so equal one-hot vectors match only by chance. Add a word to the answer, and the matrix is no longer square.",
    },
  },
  glosses: { 나는: "I", 너는: "you", 사과를: "an apple", 먹었다: "ate" },
  terms: {
    notebook: "notebook",
    proper: "properly",
    difference: "What differs",
    scores: "Scores",
    weights: "Weights",
    output: "Output",
    head: (number) => `Head ${number}`,
    headAsks: ["who?", "what?", "did what?"],
    feature: "feature",
    features: "features",
    hidden: "hidden",
    question: "Question",
    answer: "Answer",
    sentence: "Sentence",
  },
  projections:
    "A model would learn the projections; these are chosen by hand (rows are heads, columns features). A 2 in W_Q says that this feature asks, a 1 in W_K that this feature answers; W_V and W_O are the identity. A word that asks nothing looks at all words evenly.",
  page: {
    languageChoice: "Language",
    themeChoice: "Theme",
    themes: { auto: "Auto", light: "Light", dark: "Dark" },
    contents: "Contents",
    vectorsOf: (sequence) => `${sequence}: vectors`,
    numberLabel: (word, feature) => `${word}, feature ${feature}`,
    tryIt: "Try it",
    printed: "As the notebook prints it",
    maskLegend: "The notebook's mask",
    maskHint: "Only ticked words are seen.",
    scrollable: (caption) => `${caption} (scrolls sideways)`,
    footer: "Every number was computed just now, in this browser, by the WebAssembly kernel of @attn/core.",
  },
  errors: {
    noWords: "Please write at least one word. The pictures still show the last sentence.",
    tooManyWords: (limit) => `At most ${limit} words can be drawn. The pictures still show the last sentence.`,
  },
  terminal: {
    vectors: "Words and vectors",
    legend: "parentheses: hidden",
    served: (url) => `Live page: ${url}`,
    stop: "Ctrl-C ends it.",
    notBuilt: "The page is not built yet. Please run `npx -y pnpm@12 demo` at the top of the repository.",
    failed: (reason) => `The page could not be served: ${reason}`,
    help: `Usage: pnpm demo [-- options]

Prints four kinds of attention in the terminal and serves the same four as a live page.

  --once       print and end (as with CI=1)
  --port N     the first port to try, 0–65535 (default 4173; a taken one gives way to the next)
  --lang ko|en language of the explanations (default: as LANG says)
  --help       this text`,
    unknownOption: (option) => `unknown option: ${option}`,
    unexpectedArgument: (argument) => `unexpected argument: ${argument}`,
    needsNoValue: (option) => `${option} takes no value`,
    badValue: (option, expected, got) => `${option} must be ${expected}, got ${got}`,
    portRange: "an integer from 0 to 65535",
    seeHelp: "See --help.",
  },
};
