// What the notebook's mechanisms read: words and their vectors. Only types, and a width; how they are edited is the lesson's.

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

export const widthOf = (sequence: Sequence): number => sequence.vectors[0]?.length ?? 0;
