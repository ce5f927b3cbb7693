// The lesson in English: what differs, the steps, the settings.
import type { LessonMessages } from "./messages.ts";

export const enLesson: LessonMessages = {
  views: { notebook: "As the notebook has it", differs: "What differs", proper: "Done properly" },
  misconceptions: {
    sameSource: {
      claim: "Query, key and value are the same vectors.",
      truth:
        "They come from the same source, through three projections with weights of their own: the query asks, the key answers, the value is what is passed on.",
    },
    oneHot: {
      claim: "The scores of one-hot words show their relation.",
      truth:
        "Different one-hots have nothing in common, so the scores are always the identity. Vectors that can be similar show which words are related.",
    },
    noSoftmax: {
      claim: "Each row adds up to 1 already, so it is a distribution.",
      truth:
        "Only by accident, because the matrix is the identity. Double the scores and each row adds up to 2; after softmax it always adds up to 1.",
    },
    noScale: {
      claim: "Scores go into softmax as they are.",
      truth:
        "Longer vectors give larger dot products, and softmax becomes too sharp. Dividing by √D prevents that: with the notebook's vectors, the largest share falls from .5761 to .4711.",
    },
    noValues: {
      claim: "The score matrix is the attention output.",
      truth:
        "Scores say who listens to whom. The output is what is heard: the values, mixed by the weights, one vector for each word.",
    },
    sameSizes: {
      claim: "Words, features and heads: three of each.",
      truth:
        "With three equal sizes no axis can be told from another. With different ones every shape says what it is.",
    },
    noPositions: {
      claim: "Attention reads the words in order.",
      truth:
        "Reverse the sentence, and each word gets the very same vector. A model knows the order from positional encodings, which the notebook does not add.",
    },
    sameHeads: {
      claim: "Three heads see three relations.",
      truth:
        "Three times the same dot product is three times the same matrix. Heads differ when each has projections of its own.",
    },
    sumOrJoin: {
      claim: "The heads' results are summed, or concatenated: the text says both.",
      truth:
        "They are concatenated. A sum is only as wide as one head and mixes what each found; concatenated, they are as wide as the words' vectors.",
    },
    ownProjections: {
      claim: "Splitting each vector over the heads is all there is to it.",
      truth:
        "Splitting is half of it. First, projections decide what each head sees; here are the same words without and with them.",
    },
    scoresAsValues: {
      claim: "The printed scores are the attention values.",
      truth: "A score is one number for two words. Values are vectors, and the result is one for each word.",
    },
    headLast: {
      claim: "The print shows one matrix for each head.",
      truth:
        "The last axis is the head, so each printed block is one word's scores under all heads. One head's matrix is every third number.",
    },
    multiplied: {
      claim: "Masking multiplies the scores by 0.",
      truth:
        "A score of 0 is a score like any other, and softmax gives it a share. The notebook's text has it right: replace the score by a large negative number, at best minus infinity, and the share is 0.",
    },
    padding: {
      claim: "[1, 1, 0] keeps words from seeing the future.",
      truth:
        "It hides one word from everyone, as padding is hidden. The first word still sees the second; a causal mask is a triangle.",
    },
    emptyRow: {
      claim: "A row of zeros is a masked word.",
      truth:
        "It is a word that listens to nobody, not even itself: its row adds up to 0 and is no distribution. Under a causal mask every word sees itself at least.",
    },
    forbiddenPart: {
      claim: "The upper triangle is what a decoder may see.",
      truth: "That is what it must not see. Above the diagonal the key comes after the query.",
    },
    identityAgain: {
      claim: "The masked example shows what masking does.",
      truth:
        "With one-hots everything off the diagonal is 0 anyway: even a causal mask leaves the identity. With other vectors the triangle shows.",
    },
    oneHeadOnly: {
      claim: "This is masked multi-head attention.",
      truth: "There is one head. Several heads share one mask, and each fills the triangle in its own way.",
    },
    transposed: {
      claim: "Rows are the question, columns the answer.",
      truth:
        "Rows are the words that ask. In a decoder the answer asks, and the question, already read, is asked. With two words each, the mistake does not show.",
    },
    twoSpaces: {
      claim: "The same number in both sentences means the same.",
      truth:
        "The two sentences were encoded separately. Number the question's words differently, and different words match.",
    },
    halfWay: {
      claim: "The dot products are cross-attention.",
      truth:
        "They are its first step. Projections, softmax and values follow; the result is a vector for each word of the answer.",
    },
    translation: {
      claim: "A question and its answer show cross-attention.",
      truth:
        "A translation shows it better: each word being written looks for its source. The vectors here are chosen by hand; a model would learn such vectors.",
    },
  },
  steps: {
    project: {
      title: "Q, K, V",
      what: "Each word's vector is multiplied by three weight matrices: what it asks for, what it answers to, what it passes on.",
    },
    scores: { title: "QKᵀ", what: "Every query meets every key in a dot product: the more similar, the larger." },
    scale: {
      title: "÷ √D",
      what: "Divided by √D, and by the temperature, so that long vectors do not make softmax sharp.",
    },
    mask: { title: "Mask", what: "What must not be seen becomes minus infinity." },
    softmax: { title: "Softmax", what: "Each row becomes shares that add up to 1; minus infinity becomes 0." },
    mix: { title: "· V", what: "The values are mixed by those shares." },
    concatenate: { title: "Concatenate", what: "The heads' results are joined side by side." },
    output: { title: "W_O", what: "One last weight matrix mixes what the heads found." },
  },
  step: (number, count) => `Step ${number} of ${count}`,
  previousStep: "Back",
  nextStep: "Next",
  stepsLabel: "Steps",
  shape: "Shape",
  settings: {
    title: "Settings",
    wordsHint: "Words and punctuation marks become tokens. Everything is recomputed at once.",
    source: "Vectors",
    sources: { oneHot: "One-hot", random: "Random", hand: "By hand" },
    seed: "Seed",
    width: "Features",
    vectors: "Vectors by number",
    wordsShown: (from, to, total) => `Words ${from}–${to} of ${total}`,
    earlier: "Earlier words",
    later: "Later words",
    heads: "Heads",
    temperature: "Temperature",
    temperatureHint: "Below 1 sharper, above 1 flatter.",
    causal: "Causal: later words are hidden",
    projections: "Projections",
    projectionKinds: { identity: "Identity", random: "Random", hand: "By hand" },
    projection: { query: "W_Q", key: "W_K", value: "W_V", output: "W_O" },
    weightLabel: (name, row, column) => `${name}, row ${row}, column ${column}`,
    undo: "Undo",
    redo: "Redo",
    reset: "Back to the notebook",
    hiddenByHand: (count) => `Hidden by hand: ${count}`,
    showAll: "Show them again",
  },
  figures: {
    title: "Pictures",
    gridHint: "Choose a cell to hide that key from that query, or to show it again.",
    askedBy: "Row in detail",
    head: "Head",
    weightsOf: (head) => `Weights of head ${head}`,
    arcs: "Arcs",
    heads: "Heads side by side",
    mask: "The mask",
    distribution: (word) => `Where ${word} looks`,
    before: "Before",
    after: "After",
    change: "Before and after the last change",
    noChange: "The last change moved no weight of this head.",
    changed: (query, key, before, after) => `${query} → ${key}: ${before} → ${after}`,
    table: (title) => `${title} as a table`,
    inTable: "Its numbers are in the table that follows.",
    seen: "seen",
    hidden: "hidden",
    point: (query, key, value) => `${query} → ${key} ${value}`,
    pointHidden: (query, key) => `${query} → ${key} hidden`,
    allHidden: (word) => `${word} sees nothing: its weights and its output are 0.`,
  },
  engineer: {
    title: "For engineers",
    variant: "Variant",
    shapes: "Shapes",
    error: "Largest error against float64",
    errorHint: "Weights and output of this call against the same in double precision.",
    time: "Time of this call",
    measure: "Measure",
    measured: (what, microseconds) => `${what}: ${microseconds} µs`,
    fused: "@attn/core",
    plain: "typed arrays, plain JavaScript",
    naive: "nested arrays with map and reduce",
    snippet: "The code of what is on screen",
    copy: "Copy",
    copied: "Copied.",
    notCopied: "The browser did not allow it; select the text and copy it.",
    downloads: "Download",
    download: (format) => `Download ${format}`,
  },
  help: {
    open: "Keys",
    title: "Keys",
    close: "Close",
    singleKeys: "Keys without a modifier (?, 1–4, n, p)",
    chapters: "The four chapters",
    views: "Between the three views, when one is focused",
    steps: "Next and previous step",
    grid: "From cell to cell; Home and End within a row, with Ctrl to the corners",
    hide: "Hide or show the cell",
    undo: "Undo, redo",
    tab: "From one control to the next",
    help: "This list",
  },
  notices: {
    address: "Part of the address could not be read; the notebook's values are shown instead.",
    dismiss: "Close this note",
    longWord: (limit) => `A word may have at most ${limit} letters. The pictures still show the last sentence.`,
    value: (least, most, kept) => `Please write a number from ${least} to ${most}. The pictures still show ${kept}.`,
    noSimd:
      "This browser cannot run the kernel: it does not support WebAssembly SIMD, or it blocks WebAssembly. Chrome 91, Firefox 89, Safari 16.4 and later versions can.",
  },
};
