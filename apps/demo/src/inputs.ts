// What the mechanisms read: words and their vectors. Knows their types and how they follow an edited sentence; knows
// nothing of attention.

/** L words and L vectors, all of one width. */
export interface Sequence {
  readonly words: readonly string[];
  readonly vectors: readonly (readonly number[])[];
}

export interface Inputs {
  /** Read by self, multi-head and masked attention. */
  readonly sentence: Sequence;
  /** One for each word of the sentence: whether the notebook's mask lets it be seen. */
  readonly visible: readonly boolean[];
  /** Read by cross attention. */
  readonly question: Sequence;
  readonly answer: Sequence;
}

export type SequenceName = "sentence" | "question" | "answer";

/** More than this does not fit a screen; the mechanisms themselves have no such limit. */
export const maximumWords = 8;
/** Numbers beyond ±this only saturate the softmax. */
export const maximumMagnitude = 10;

export const tokenize = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== "");

export const widthOf = (sequence: Sequence): number => sequence.vectors[0]?.length ?? 0;

/**
 * The items that stay where `before` becomes `after`: those of the words in front of the edit and behind it, and in
 * between those at the same place, so that a word keeps its vector while it is retyped.
 */
export function realign<T>(
  before: readonly string[],
  after: readonly string[],
  items: readonly T[],
  fresh: (index: number) => T,
): T[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return after.map((_, i) => {
    const fromEnd = after.length - i;
    if (fromEnd <= tail) return items[items.length - fromEnd] as T;
    return i < before.length - tail ? (items[i] as T) : fresh(i);
  });
}

/** The one-hot vector of the first feature that no vector has taken for itself; with none left, feature index mod width. */
function freshVector(width: number, taken: readonly (readonly number[])[], index: number): number[] {
  const oneHot = (at: number): number[] => Array.from({ length: width }, (_, i) => (i === at ? 1 : 0));
  const isTaken = (at: number): boolean => taken.some((vector) => oneHot(at).every((x, i) => x === vector[i]));
  const free = Array.from({ length: width }, (_, i) => i).find((at) => !isTaken(at));
  return oneHot(free ?? index % width);
}

/** The sequence of these words: a word that stays keeps its vector, a new one gets a one-hot of the same width. */
export function withWords(sequence: Sequence, words: readonly string[]): Sequence {
  const width = widthOf(sequence);
  const vectors = realign(sequence.words, words, sequence.vectors, (i) => freshVector(width, sequence.vectors, i));
  return { words, vectors };
}

export function withNumber(sequence: Sequence, word: number, feature: number, value: number): Sequence {
  const vectors = sequence.vectors.map((vector, i) => (i === word ? vector.with(feature, value) : vector));
  return { ...sequence, vectors };
}

/** The number that a field holds, or undefined for what is empty, not a number, or too large to show. */
export function parseNumber(text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Math.abs(value) <= maximumMagnitude ? value : undefined;
}
