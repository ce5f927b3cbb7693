// The layers of a transformer around attention, in float64: V vocabulary · E model width · K in and N out of a linear layer.

export { type Activation, activations, referenceActivation } from "./activations.ts";
export { erf, erfc } from "./erf.ts";
export {
  type MultiheadReferenceOptions,
  type ReferenceParameters,
  referenceMultiheadAttention,
  referenceTransformerDecoderLayer,
  referenceTransformerEncoderLayer,
  type TransformerReferenceOptions,
} from "./layers.ts";
export {
  type QuantizedReference,
  referenceDequantize,
  referenceEmbedding,
  referenceGatedFeedForward,
  referenceLinear,
  referenceQuantize,
  roundToEven,
} from "./linear.ts";
export { type NormReference, type NormReferenceOptions, referenceLayerNorm, referenceRmsNorm } from "./norms.ts";
export {
  type RelativeBiasOptions,
  type RopeReferenceOptions,
  referenceRelativeBias,
  referenceRope,
  referenceSinusoidalPositions,
  relativeBucket,
} from "./positions.ts";
export {
  activationTolerance,
  integerLinearTolerance,
  layerTolerance,
  normTolerance,
  rotationTolerance,
} from "./tolerance.ts";
