// What the reader can change of the lesson and take back: sentences, vectors, and how each chapter attends. Plain data
// and pure changes of it; where the reader stands is view-state.ts's.

import { multiHeadProjections } from "../mechanisms/multi-head.ts";
import { notebook } from "../notebook.ts";
import { identity, type Projections, withProjectionWidth } from "./projections.ts";
import { positionsBefore, realign, type Sequence, sequenceOf, widthOf, withWidth, withWords } from "./sequence.ts";

/** In the order of the lesson. A new chapter is added here, with its mechanism and its words. */
export const chapterIds = ["self", "multiHead", "masked", "cross"] as const;
export type ChapterId = (typeof chapterIds)[number];
export type SequenceName = "sentence" | "question" | "answer";

/** A query's row and a key's column. */
export type Edge = readonly [row: number, column: number];

/** How one chapter attends, done properly. */
export interface Settings {
  readonly heads: number;
  /** Logits are divided by √D · temperature: below 1 sharper, above 1 flatter. */
  readonly temperature: number;
  /** Cross-attention has none: its two sentences share no order. */
  readonly causal: boolean;
  readonly projections: Projections;
  /** Hidden by hand, beside what causal hides; in order of row, then column. */
  readonly hidden: readonly Edge[];
}

export interface Lesson {
  /** Read by self, multi-head and masked attention. */
  readonly sentence: Sequence;
  /** One for each word of the sentence: whether the notebook's mask lets it be seen. */
  readonly visible: readonly boolean[];
  /** Read by cross attention: what was read, and what is being written. */
  readonly question: Sequence;
  readonly answer: Sequence;
  readonly settings: Readonly<Record<ChapterId, Settings>>;
}

export const temperatures = { least: 0.1, most: 10 } as const;

const plain: Settings = { heads: 1, temperature: 1, causal: false, projections: { kind: "identity" }, hidden: [] };

/** The learner's notebook, and what it takes to go on from there. */
export const initialLesson: Lesson = {
  sentence: sequenceOf(notebook.sentence.words, 3, { kind: "oneHot" }),
  visible: notebook.visible,
  question: sequenceOf(notebook.question.words, 2, { kind: "oneHot" }),
  answer: sequenceOf(notebook.answer.words, 2, { kind: "oneHot" }),
  settings: {
    self: plain,
    multiHead: {
      ...plain,
      heads: 3,
      projections: {
        kind: "hand",
        weights: {
          query: multiHeadProjections.query.weight,
          key: multiHeadProjections.key.weight,
          value: identity(3),
          output: identity(3),
        },
      },
    },
    masked: { ...plain, causal: true },
    cross: plain,
  },
};

/** The sequences a chapter reads: who asks (rows) and who is asked (columns). */
export function readBy(lesson: Lesson, chapter: ChapterId): { readonly x: Sequence; readonly memory: Sequence } {
  return chapter === "cross"
    ? { x: lesson.answer, memory: lesson.question }
    : { x: lesson.sentence, memory: lesson.sentence };
}

const chaptersOf = (name: SequenceName): readonly ChapterId[] =>
  name === "sentence" ? ["self", "multiHead", "masked"] : ["cross"];

export const headChoices = (width: number): number[] =>
  Array.from({ length: width }, (_, i) => i + 1).filter((heads) => width % heads === 0);

/** The most heads, not more than before, that divide the width. */
const fittingHeads = (heads: number, width: number): number =>
  headChoices(width).findLast((choice) => choice <= heads) ?? 1;

function withSettingsOf(
  lesson: Lesson,
  chapters: readonly ChapterId[],
  change: (settings: Settings) => Settings,
): Lesson {
  const changed = Object.fromEntries(chapters.map((id) => [id, change(lesson.settings[id])]));
  return { ...lesson, settings: { ...lesson.settings, ...changed } };
}

export const withSettings = (lesson: Lesson, chapter: ChapterId, change: Partial<Settings>): Lesson =>
  withSettingsOf(lesson, [chapter], (settings) => ({ ...settings, ...change }));

const inOrder = (edges: readonly Edge[]): Edge[] => edges.toSorted(([a, b], [c, d]) => a - c || b - d);

/** A sentence of these words; edges that were hidden go with their words. */
export function withSentence(lesson: Lesson, name: SequenceName, words: readonly string[]): Lesson {
  const before = lesson[name].words;
  // A space typed behind a word changes nothing.
  if (before.length === words.length && before.every((word, i) => word === words[i])) return lesson;
  const positions = positionsBefore(before, words);
  const moved = (position: number): number => positions.indexOf(position);
  const rows = name !== "question";
  const columns = name !== "answer";
  const next: Lesson = { ...lesson, [name]: withWords(lesson[name], words) };
  const followed = withSettingsOf(next, chaptersOf(name), (settings) => ({
    ...settings,
    hidden: inOrder(
      settings.hidden
        .map(([i, j]): Edge => [rows ? moved(i) : i, columns ? moved(j) : j])
        .filter(([i, j]) => i >= 0 && j >= 0),
    ),
  }));
  if (name !== "sentence") return followed;
  return { ...followed, visible: realign(before, words, lesson.visible, () => true) };
}

/** Vectors this wide. The two sentences of cross-attention meet in a dot product, so they keep one width. */
export function withFeatures(lesson: Lesson, name: SequenceName, width: number): Lesson {
  const names: readonly SequenceName[] = name === "sentence" ? ["sentence"] : ["question", "answer"];
  const resized = Object.fromEntries(names.map((each) => [each, withWidth(lesson[each], width)]));
  return withSettingsOf({ ...lesson, ...resized }, chaptersOf(name), (settings) => ({
    ...settings,
    heads: fittingHeads(settings.heads, width),
    projections: withProjectionWidth(settings.projections, width),
  }));
}

export const isHiddenByHand = ({ hidden }: Settings, row: number, column: number): boolean =>
  hidden.some(([i, j]) => i === row && j === column);

/** An edge that was hidden is seen again, and the other way round. */
export function withEdgeToggled(lesson: Lesson, chapter: ChapterId, [row, column]: Edge): Lesson {
  const settings = lesson.settings[chapter];
  const hidden = isHiddenByHand(settings, row, column)
    ? settings.hidden.filter(([i, j]) => i !== row || j !== column)
    : inOrder([...settings.hidden, [row, column]]);
  return withSettings(lesson, chapter, { hidden });
}

export const widthIn = (lesson: Lesson, chapter: ChapterId): number => widthOf(readBy(lesson, chapter).x);
