// What the notebook has otherwise, each beside the number that shows it. Every matrix is computed by @attn/core from the
// words on screen, and from their vectors unless the point is about vectors. The sentences are the messages'.
import {
  crossAttention,
  maskedMultiHeadSelfAttention,
  matmul,
  multiHeadSelfAttention,
  scores,
  softmax,
} from "@attn/core";
import type { Matrix } from "../matrix.ts";
import { headLast } from "../matrix.ts";
import { type ChapterId, type Lesson, withSettings } from "./lesson.ts";
import { identity, type Projections, weightsOf } from "./projections.ts";
import { type Sequence, sequenceOf, widthOf } from "./sequence.ts";
import { hiddenCells, type Rows, rowsOf, type Trace, traceOf } from "./trace.ts";

export type MisconceptionId =
  | "sameSource"
  | "oneHot"
  | "noSoftmax"
  | "noScale"
  | "noValues"
  | "sameSizes"
  | "noPositions"
  | "sameHeads"
  | "sumOrJoin"
  | "ownProjections"
  | "scoresAsValues"
  | "headLast"
  | "multiplied"
  | "padding"
  | "emptyRow"
  | "forbiddenPart"
  | "identityAgain"
  | "oneHeadOnly"
  | "transposed"
  | "twoSpaces"
  | "halfWay"
  | "translation";

/** In the order in which the notebook comes to them. */
export const misconceptionIds: Readonly<Record<ChapterId, readonly MisconceptionId[]>> = {
  self: ["sameSource", "oneHot", "noSoftmax", "noScale", "noValues", "sameSizes", "noPositions"],
  multiHead: ["sameHeads", "sumOrJoin", "ownProjections", "scoresAsValues", "headLast"],
  masked: ["multiplied", "padding", "emptyRow", "forbiddenPart", "identityAgain", "oneHeadOnly"],
  cross: ["transposed", "twoSpaces", "halfWay", "translation"],
};

/** A matrix with how it is computed, in the field's own signs. */
export interface Exhibit {
  readonly formula: string;
  readonly matrix: Matrix;
}

export interface Evidence {
  /** As the notebook has it. */
  readonly notebook: readonly Exhibit[];
  /** As it is. */
  readonly proper: readonly Exhibit[];
}

/** Vectors and projections that the notebook does not have: drawn from these, so that they are the same each time. */
const SEED = 1;
const LEAST_WIDTH = 4;
const learned: Projections = { kind: "random", seed: SEED };

const words = (formula: string, values: Rows, rows: readonly string[], columns = rows): Exhibit => ({
  formula,
  matrix: { rows, columns, columnKind: "words", values },
});
const features = (formula: string, values: Rows, rows: readonly string[]): Exhibit => ({
  formula,
  matrix: { rows, columns: (values[0] ?? []).map((_, i) => String(i + 1)), columnKind: "features", values },
});
/** Each row times a column of ones. */
const sums = (values: Rows) =>
  rowsOf(
    matmul(
      values,
      (values[0] ?? []).map(() => [1]),
    ),
  );
/** With a last column that says what each row adds up to. */
const withSums = ({ formula, matrix }: Exhibit): Exhibit => {
  const total = sums(matrix.values);
  return {
    formula,
    matrix: {
      ...matrix,
      columns: [...matrix.columns, "Σ"],
      values: matrix.values.map((row, i) => [...row, ...(total[i] ?? [])]),
      ...(matrix.hidden && { hidden: matrix.hidden.map((row) => [...row, false]) }),
    },
  };
};
/** A shape as one row, its axes by their letters. */
const shape = (name: string, axes: readonly string[], sizes: readonly number[]): Exhibit => ({
  formula: `${name} [${axes.join(", ")}]`,
  matrix: { rows: [name], columns: axes, columnKind: "features", values: [sizes] },
});

const evenWidth = (width: number): number => Math.max(LEAST_WIDTH, width + (width % 2));

/** The same words with vectors that can be alike, wide enough for several heads. */
const embedded = (sequence: Sequence, width = evenWidth(widthOf(sequence))): Sequence =>
  sequenceOf(sequence.words, width, { kind: "random", seed: SEED });

const scaled = (x: Rows, y: Rows = x) => rowsOf(softmax(scores(x, y, { scale: 1 / Math.sqrt(x[0]?.length ?? 1) })));
const mix = (weights: Rows, values: Rows) => rowsOf(matmul(weights, values));

/** From the lesson, and its trace in the chapter that the misconception belongs to. */
type Prove = (lesson: Lesson, trace: Trace) => Evidence;

const prove: Readonly<Record<MisconceptionId, Prove>> = {
  sameSource({ sentence }) {
    const { words: rows, vectors: x } = sentence;
    const { query, key, value } = weightsOf(learned, widthOf(sentence));
    const project = (weight: Rows) => rowsOf(matmul(x, weight, { transposeB: true }));
    return {
      notebook: [features("Q = K = V = x", x, rows)],
      proper: [
        features("Q = xW_Qᵀ", project(query), rows),
        features("K = xW_Kᵀ", project(key), rows),
        features("V = xW_Vᵀ", project(value), rows),
      ],
    };
  },
  oneHot({ sentence }) {
    const { words: rows } = sentence;
    const oneHots = sequenceOf(rows, rows.length, { kind: "oneHot" }).vectors;
    const vectors = embedded(sentence).vectors;
    return {
      notebook: [words("QKᵀ", rowsOf(scores(oneHots, oneHots)), rows)],
      proper: [words("QKᵀ", rowsOf(scores(vectors, vectors)), rows)],
    };
  },
  noSoftmax({ sentence: { words: rows, vectors: x } }) {
    return {
      notebook: [
        withSums(words("QKᵀ", rowsOf(scores(x, x)), rows)),
        withSums(words("2QKᵀ", rowsOf(scores(x, x, { scale: 2 })), rows)),
      ],
      proper: [
        withSums(
          words("softmax(2QKᵀ/√D)", rowsOf(softmax(scores(x, x, { scale: 2 / Math.sqrt(x[0]?.length ?? 1) }))), rows),
        ),
      ],
    };
  },
  noScale({ sentence: { words: rows, vectors: x } }) {
    return {
      notebook: [words("softmax(QKᵀ)", rowsOf(softmax(scores(x, x))), rows)],
      proper: [words("softmax(QKᵀ/√D)", scaled(x), rows)],
    };
  },
  noValues({ sentence: { words: rows, vectors: x } }) {
    return {
      notebook: [words("QKᵀ", rowsOf(scores(x, x)), rows)],
      proper: [words("A = softmax(QKᵀ/√D)", scaled(x), rows), features("AV", mix(scaled(x), x), rows)],
    };
  },
  sameSizes({ sentence }) {
    const x = sentence.vectors;
    const wide = embedded(sentence, 8).vectors;
    const result = multiHeadSelfAttention(wide, { heads: 2, returnWeights: true });
    return {
      notebook: [shape("x", ["?", "?"], [x.length, widthOf(sentence)]), shape("QKᵀ", ["?", "?"], scores(x, x).shape)],
      proper: [
        shape("x", ["L", "E"], [wide.length, 8]),
        shape("A", ["H", "L", "L"], result.weights.shape),
        shape("[A₁V₁  A₂V₂]", ["L", "E"], result.output.shape),
      ],
    };
  },
  noPositions({ sentence }) {
    const { words: rows, vectors: x } = sentence;
    const [backwardRows, backward] = [rows.toReversed(), x.toReversed()];
    return {
      notebook: [features("AV", mix(scaled(x), x), rows)],
      proper: [features("AV", mix(scaled(backward), backward), backwardRows)],
    };
  },
  sameHeads({ sentence: { words: rows, vectors: x } }, { heads }) {
    const repeated = scores([x, x, x], [x, x, x]);
    return {
      notebook: [0, 1, 2].map((head) => words(`Q${sub(head)}K${sub(head)}ᵀ`, rowsOf(repeated, head), rows)),
      proper: heads.map(({ weights }, head) => words(`A${sub(head)}`, weights, rows)),
    };
  },
  sumOrJoin(_, { heads, headSize, concatenated, x }) {
    // Side by side, times identities one below the other: the same feature of each head comes together.
    const fold = heads.flatMap(() => identity(headSize));
    const summed = rowsOf(matmul(concatenated, fold));
    return {
      notebook: [features("A₁V₁ + A₂V₂ + …", summed, x.words)],
      proper: [features("[A₁V₁  A₂V₂  …]", concatenated, x.words)],
    };
  },
  ownProjections(lesson) {
    const sentence = embedded(lesson.sentence);
    const at = (projections: Projections) =>
      traceOf(
        withSettings({ ...lesson, sentence }, "multiHead", {
          heads: 2,
          projections,
          hidden: [],
          causal: false,
          temperature: 1,
        }),
        "multiHead",
      );
    const shown = (projections: Projections) =>
      at(projections).heads.map(({ weights }, head) => words(`A${sub(head)}`, weights, sentence.words));
    return { notebook: shown({ kind: "identity" }), proper: shown(learned) };
  },
  scoresAsValues(_, { heads, concatenated, x }) {
    return {
      notebook: heads.slice(0, 1).map((head) => words("Q₁K₁ᵀ", head.scores, x.words)),
      proper: [features("[A₁V₁  A₂V₂  …]", concatenated, x.words)],
    };
  },
  headLast({ sentence: { words: rows, vectors: x } }) {
    const repeated = scores([x, x, x], [x, x, x]);
    const first = headLast(repeated);
    const columns = ["1", "2", "3"];
    const plane: Matrix = { rows, columns, columnKind: "features", values: rowsOf(first) };
    return {
      notebook: [{ formula: "[0, j, h]", matrix: plane }],
      proper: [words("[h = 0, i, j]", rowsOf(repeated), rows)],
    };
  },
  multiplied({ sentence: { words: rows, vectors: x }, visible }) {
    const scale = 1 / Math.sqrt(x[0]?.length ?? 1);
    const hidden = rows.map(() => visible.map((seen) => !seen));
    const multiplied = softmax(scores(x, x, { mask: visible, maskedValue: 0, scale }));
    return {
      // Not marked as hidden: its share is there, and that is the point.
      notebook: [words("softmax(mask × QKᵀ/√D)", rowsOf(multiplied), rows)],
      proper: [
        mark(words("softmax(mask(QKᵀ/√D))", rowsOf(softmax(scores(x, x, { mask: visible, scale }))), rows), hidden),
      ],
    };
  },
  padding(lesson) {
    const { words: rows, vectors: x } = lesson.sentence;
    const everyone = rows.map(() => lesson.visible.map((seen) => !seen));
    const later = hiddenCells(lesson.settings.self, true, rows.length, rows.length);
    const shown = (formula: string, hidden: boolean[][]) =>
      mark(
        words(
          formula,
          hidden.map((row) => row.map((cell) => (cell ? 0 : 1))),
          rows,
        ),
        hidden,
      );
    const causal = maskedMultiHeadSelfAttention(x, { heads: 1, returnWeights: true });
    return {
      notebook: [shown(`[${lesson.visible.map(Number).join(" ")}]`, everyone)],
      proper: [mark(words("A", rowsOf(causal.weights), rows), later)],
    };
  },
  emptyRow({ sentence: { words: rows, vectors: x }, visible }) {
    const printed = rowsOf(scores(x, x, { mask: visible, maskedValue: 0 }));
    const causal = maskedMultiHeadSelfAttention(x, { heads: 1, returnWeights: true });
    return {
      notebook: [withSums(words("mask × QKᵀ", printed, rows))],
      proper: [withSums(words("A", rowsOf(causal.weights), rows))],
    };
  },
  forbiddenPart({ sentence: { words: rows, vectors: x } }) {
    const upper = rows.map((_, i) => rows.map((_, j) => j >= i));
    const lower = rows.map((_, i) => rows.map((_, j) => j <= i));
    const shown = (formula: string, mask: boolean[][]) => {
      const hidden = mask.map((row) => row.map((cell) => !cell));
      const scale = 1 / Math.sqrt(x[0]?.length ?? 1);
      return mark(words(formula, rowsOf(softmax(scores(x, x, { mask, scale }))), rows), hidden);
    };
    return { notebook: [shown("j ≥ i", upper)], proper: [shown("j ≤ i", lower)] };
  },
  identityAgain({ sentence }) {
    const { words: rows } = sentence;
    const oneHots = sequenceOf(rows, rows.length, { kind: "oneHot" }).vectors;
    const mask = rows.map((_, i) => rows.map((_, j) => j <= i));
    const vectors = embedded(sentence).vectors;
    const { weights } = maskedMultiHeadSelfAttention(vectors, { heads: 1, returnWeights: true });
    return {
      notebook: [words("mask × QKᵀ", rowsOf(scores(oneHots, oneHots, { mask, maskedValue: 0 })), rows)],
      proper: [
        mark(
          words("A", rowsOf(weights), rows),
          mask.map((row) => row.map((cell) => !cell)),
        ),
      ],
    };
  },
  oneHeadOnly(lesson) {
    const sentence = embedded(lesson.sentence);
    const one = maskedMultiHeadSelfAttention(lesson.sentence.vectors, { heads: 1, returnWeights: true });
    const several = traceOf(
      withSettings({ ...lesson, sentence }, "masked", {
        heads: 2,
        projections: learned,
        causal: true,
        hidden: [],
        temperature: 1,
      }),
      "masked",
    );
    return {
      notebook: [mark(words("A₁", rowsOf(one.weights), sentence.words), several.hidden)],
      proper: several.heads.map(({ weights }, head) =>
        mark(words(`A${sub(head)}`, weights, sentence.words), several.hidden),
      ),
    };
  },
  transposed({ question, answer }) {
    return {
      notebook: [words("QKᵀ", rowsOf(scores(question.vectors, answer.vectors)), question.words, answer.words)],
      proper: [words("A", scaled(answer.vectors, question.vectors), answer.words, question.words)],
    };
  },
  twoSpaces({ question, answer }) {
    const renumbered = question.vectors.map((vector) => [...vector.slice(-1), ...vector.slice(0, -1)]);
    return {
      notebook: [words("QKᵀ", rowsOf(scores(answer.vectors, question.vectors)), answer.words, question.words)],
      proper: [words("QK′ᵀ", rowsOf(scores(answer.vectors, renumbered)), answer.words, question.words)],
    };
  },
  halfWay({ question, answer }) {
    const { query, key, value, output } = weightsOf(learned, widthOf(answer));
    const linear = (weight: Rows) => ({ weight: weight.map((row) => [...row]) });
    const projections = { query: linear(query), key: linear(key), value: linear(value), output: linear(output) };
    const done = crossAttention(answer.vectors, question.vectors, { projections, returnWeights: true });
    return {
      notebook: [words("QKᵀ", rowsOf(scores(answer.vectors, question.vectors)), answer.words, question.words)],
      proper: [
        words("A = softmax(QKᵀ/√D)", rowsOf(done.weights), answer.words, question.words),
        features("AVW_Oᵀ", rowsOf(done.output), answer.words),
      ],
    };
  },
  translation({ question, answer }) {
    const { source, target } = translationExample;
    return {
      notebook: [words("QKᵀ", rowsOf(scores(question.vectors, answer.vectors)), question.words, answer.words)],
      proper: [words("A", scaled(target.vectors, source.vectors), target.words, source.words)],
    };
  },
};

/** Vectors chosen by hand, as a trained model might have them: feature 1 is the speaker, 2 the fruit, 3 the eating. */
export const translationExample: { readonly source: Sequence; readonly target: Sequence } = {
  source: {
    words: ["나는", "사과를", "먹었다"],
    vectors: [
      [3, 0, 0],
      [0, 3, 0],
      [0, 0, 3],
    ],
    source: { kind: "hand" },
  },
  target: {
    words: ["I", "ate", "an", "apple"],
    vectors: [
      [3, 0, 0],
      [0, 0, 3],
      [0, 2, 0],
      [0, 3, 0],
    ],
    source: { kind: "hand" },
  },
};

const mark = ({ formula, matrix }: Exhibit, hidden: Matrix["hidden"]): Exhibit => ({
  formula,
  matrix: { ...matrix, ...(hidden && { hidden }) },
});
const sub = (head: number): string =>
  Array.from(String(head + 1), (digit) => String.fromCharCode(0x2080 + Number(digit))).join("");

/** `trace` is the lesson's in the chapter that `id` belongs to. */
export const evidenceOf = (id: MisconceptionId, lesson: Lesson, trace: Trace): Evidence => prove[id](lesson, trace);
