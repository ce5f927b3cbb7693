// Words and their vectors: where the vectors come from, and how they follow an edited sentence. Knows nothing of
// attention.
import { type Sequence as Plain, widthOf } from "../inputs.ts";
import { normals } from "./random.ts";

export { widthOf };

/** What vectors are made by; those by hand stand for themselves. */
export type VectorSource =
  | { readonly kind: "oneHot" }
  | { readonly kind: "random"; readonly seed: number }
  | { readonly kind: "hand" };

/** L words and L vectors, all of one width E, and where the vectors come from. */
export interface Sequence extends Plain {
  readonly source: VectorSource;
}

/** The most tokens of one sentence, and the widest vectors. */
export const maximumWords = 128;
export const maximumWidth = 16;
/** The longest word, in UTF-16 units. */
export const maximumWord = 40;
/** Numbers beyond ±this only saturate the softmax. */
export const maximumMagnitude = 10;
/** Seeds are 0 … this. */
export const maximumSeed = 9999;

/** Word i has a 1 at feature i, counted around. */
const oneHot = (width: number, index: number): number[] =>
  Array.from({ length: width }, (_, feature) => (feature === index % width ? 1 : 0));

/** FNV-1a of a word's UTF-16 units: only to give each word a seed of its own. */
function hash(word: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) bits = Math.imul(bits ^ word.charCodeAt(i), 0x01000193);
  return bits;
}

/** Two decimals: what is shown is then all there is. */
export const rounded = (x: number): number => Math.round(x * 100) / 100 + 0;

/** Normal numbers that depend on the word and the seed alone: a word that comes twice has one vector, as in a model. */
function drawn(width: number, word: string, seed: number): number[] {
  const normal = normals(hash(word) ^ Math.imul(seed + 1, 0x9e3779b9));
  return Array.from({ length: width }, () => rounded(normal()));
}

function made(source: VectorSource, width: number, word: string, index: number): number[] {
  return source.kind === "random" ? drawn(width, word, source.seed) : oneHot(width, index);
}

/** These words with vectors made by a source; by "hand" they begin as one-hots. */
export function sequenceOf(words: readonly string[], width: number, source: VectorSource): Sequence {
  return { words, vectors: words.map((word, i) => made(source, width, word, i)), source };
}

/**
 * The items that stay where `before` becomes `after`: those of the words in front of the edit and behind it, and in
 * between those at the same position, so that a word keeps what it has while it is retyped.
 */
export function realign<T>(
  before: readonly string[],
  after: readonly string[],
  items: readonly T[],
  fresh: (index: number) => T,
): T[] {
  return positionsBefore(before, after).map((position, i) =>
    position === undefined ? fresh(i) : (items[position] as T),
  );
}

/** For each word of `after` the position it had in `before`; undefined for one that is new. */
export function positionsBefore(before: readonly string[], after: readonly string[]): (number | undefined)[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return after.map((_, i) => {
    const fromEnd = after.length - i;
    if (fromEnd <= tail) return before.length - fromEnd;
    return i < before.length - tail ? i : undefined;
  });
}

/** The sequence of these words: vectors of a source are made anew, those by hand stay with their words. */
export function withWords(sequence: Sequence, words: readonly string[]): Sequence {
  const width = widthOf(sequence);
  if (sequence.source.kind !== "hand") return sequenceOf(words, width, sequence.source);
  const vectors = realign(sequence.words, words, sequence.vectors, (i) => oneHot(width, i));
  return { ...sequence, words, vectors };
}

/** One number changed: the vectors are by hand from then on. */
export function withNumber(sequence: Sequence, word: number, feature: number, value: number): Sequence {
  const vectors = sequence.vectors.map((vector, i) => (i === word ? vector.with(feature, value) : vector));
  return { ...sequence, vectors, source: { kind: "hand" } };
}

/** As wide as asked: those of a source are made anew, those by hand are cut or filled with 0. */
export function withWidth(sequence: Sequence, width: number): Sequence {
  const { words, vectors, source } = sequence;
  if (source.kind !== "hand") return sequenceOf(words, width, source);
  return { ...sequence, vectors: vectors.map((vector) => resized(vector, width)) };
}

/** By hand keeps the numbers that are there; another source makes its own. */
export function withSource(sequence: Sequence, source: VectorSource): Sequence {
  return source.kind === "hand" ? { ...sequence, source } : sequenceOf(sequence.words, widthOf(sequence), source);
}

const resized = (vector: readonly number[], width: number): number[] =>
  Array.from({ length: width }, (_, i) => vector[i] ?? 0);
