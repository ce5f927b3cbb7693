// What the reader can change of the lesson and take back: sentences, vectors, and how each chapter attends. Plain data
// and pure changes of it; where the reader stands is place.ts's.

import { multiHeadProjections } from "../mechanisms/multi-head.ts";
import { notebook } from "../notebook.ts";
import { identity, type Projections, withProjectionWidth } from "./projections.ts";
import { placesBefore, realign, type Sequence, sequenceOf, widthOf, withWidth, withWords } from "./sequence.ts";

/** In the order of the lesson. A new chapter is added here, with its mechanism and its words. */
export const chapterIds = ["self", "multiHead", "masked", "cross"] as const;
export type ChapterId = (typeof chapterIds)[number];
export type SequenceName = "sentence" | "question" | "answer";

/** A query's row and a key's column. */
export type Edge = readonly [row: number, column: number];

/** How one chapter attends, done properly. */
export interface Play {
  readonly heads: number;
  /** Logits are divided by √D · temperature: below 1 sharper, above 1 flatter. */
  readonly temperature: number;
  /** Cross-attention has none: its two sentences share no order. */
  readonly causal: boolean;
  readonly projections: Projections;
  /** Hidden by hand, beside what causal hides; in order of row, then column. */
  readonly hidden: readonly Edge[];
}

export interface Work {
  /** Read by self, multi-head and masked attention. */
  readonly sentence: Sequence;
  /** One for each word of the sentence: whether the notebook's mask lets it be seen. */
  readonly visible: readonly boolean[];
  /** Read by cross attention: what was read, and what is being written. */
  readonly question: Sequence;
  readonly answer: Sequence;
  readonly play: Readonly<Record<ChapterId, Play>>;
}

export const temperatures = { least: 0.1, most: 10 } as const;

const plain: Play = { heads: 1, temperature: 1, causal: false, projections: { kind: "identity" }, hidden: [] };

/** The learner's notebook, and what it takes to go on from there. */
export const initialWork: Work = {
  sentence: sequenceOf(notebook.sentence.words, 3, { kind: "oneHot" }),
  visible: notebook.visible,
  question: sequenceOf(notebook.question.words, 2, { kind: "oneHot" }),
  answer: sequenceOf(notebook.answer.words, 2, { kind: "oneHot" }),
  play: {
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
export function readBy(work: Work, chapter: ChapterId): { readonly x: Sequence; readonly memory: Sequence } {
  return chapter === "cross" ? { x: work.answer, memory: work.question } : { x: work.sentence, memory: work.sentence };
}

const chaptersOf = (name: SequenceName): readonly ChapterId[] =>
  name === "sentence" ? ["self", "multiHead", "masked"] : ["cross"];

export const headChoices = (width: number): number[] =>
  Array.from({ length: width }, (_, i) => i + 1).filter((heads) => width % heads === 0);

/** The most heads, not more than before, that divide the width. */
const fittingHeads = (heads: number, width: number): number =>
  headChoices(width).findLast((choice) => choice <= heads) ?? 1;

function withPlays(work: Work, chapters: readonly ChapterId[], change: (play: Play) => Play): Work {
  const changed = Object.fromEntries(chapters.map((id) => [id, change(work.play[id])]));
  return { ...work, play: { ...work.play, ...changed } };
}

export const withPlay = (work: Work, chapter: ChapterId, change: Partial<Play>): Work =>
  withPlays(work, [chapter], (play) => ({ ...play, ...change }));

const inOrder = (edges: readonly Edge[]): Edge[] => edges.toSorted(([a, b], [c, d]) => a - c || b - d);

/** A sentence of these words; edges that were hidden go with their words. */
export function withSentence(work: Work, name: SequenceName, words: readonly string[]): Work {
  const before = work[name].words;
  const places = placesBefore(before, words);
  const moved = (place: number): number => places.indexOf(place);
  const rows = name !== "question";
  const columns = name !== "answer";
  const next: Work = { ...work, [name]: withWords(work[name], words) };
  const followed = withPlays(next, chaptersOf(name), (play) => ({
    ...play,
    hidden: inOrder(
      play.hidden
        .map(([i, j]): Edge => [rows ? moved(i) : i, columns ? moved(j) : j])
        .filter(([i, j]) => i >= 0 && j >= 0),
    ),
  }));
  if (name !== "sentence") return followed;
  return { ...followed, visible: realign(before, words, work.visible, () => true) };
}

/** Vectors this wide. The two sentences of cross-attention meet in a dot product, so they keep one width. */
export function withFeatures(work: Work, name: SequenceName, width: number): Work {
  const names: readonly SequenceName[] = name === "sentence" ? ["sentence"] : ["question", "answer"];
  const resized = Object.fromEntries(names.map((each) => [each, withWidth(work[each], width)]));
  return withPlays({ ...work, ...resized }, chaptersOf(name), (play) => ({
    ...play,
    heads: fittingHeads(play.heads, width),
    projections: withProjectionWidth(play.projections, width),
  }));
}

export const isHiddenByHand = ({ hidden }: Play, row: number, column: number): boolean =>
  hidden.some(([i, j]) => i === row && j === column);

/** An edge that was hidden is seen again, and the other way round. */
export function withEdgeToggled(work: Work, chapter: ChapterId, [row, column]: Edge): Work {
  const play = work.play[chapter];
  const hidden = isHiddenByHand(play, row, column)
    ? play.hidden.filter(([i, j]) => i !== row || j !== column)
    : inOrder([...play.hidden, [row, column]]);
  return withPlay(work, chapter, { hidden });
}

export const widthIn = (work: Work, chapter: ChapterId): number => widthOf(readBy(work, chapter).x);
