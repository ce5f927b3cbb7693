// The whole of @attn/conformance on one screen: what "correct" means, as functions.
// Private to the workspace, and independent: it imports none of the packages that it judges.
//
// Dimension letters: B batch · H query heads · G key/value heads · L query length · S key length ·
// D head size of query and key · Dv head size of value · E model width.

export { alibiSlopes } from "./alibi.ts";
export type { NumericArray, RealArray } from "./array.ts";
export {
  type MultiHeadReferenceOptions,
  type ReferenceLinear,
  type ReferenceProjections,
  referenceMultiHead,
} from "./mechanisms.ts";
export { type ReferencePart, referenceMerge } from "./merge.ts";
export * from "./nn/index.ts";
export { type MatmulReference, type MatmulReferenceOptions, referenceMatmul, referenceSoftmax } from "./primitives.ts";
export { createRandom, type Random } from "./random.ts";
export {
  type AttentionReference,
  type AttentionReferenceOptions,
  referenceAttention,
  referenceScores,
  type ScoresReference,
  type ScoresReferenceOptions,
  type Sensitivity,
} from "./reference.ts";
export { acrossTile, headSizes, lengths } from "./sizes.ts";
export {
  type AttentionTolerance,
  attentionTolerance,
  type CompareOptions,
  compare,
  dotTolerance,
  logitTolerance,
  lseTolerance,
  mergeTolerance,
  outputTolerance,
  smallestNormal,
  softmaxTolerance,
  underflowTolerance,
  unitRoundoff,
  weightTolerance,
} from "./tolerance.ts";
