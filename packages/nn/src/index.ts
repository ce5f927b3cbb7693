// The whole public API.
export { createWeight } from "./engine/weight.ts";
export { gelu, relu, silu } from "./layers/activations.ts";
export { embedding } from "./layers/embedding.ts";
export { linear } from "./layers/linear.ts";
export { multiheadAttention } from "./layers/multihead.ts";
export { layerNorm, rmsNorm } from "./layers/norms.ts";
export { rope, sinusoidalPositions } from "./layers/positions.ts";
export { transformerDecoderLayer, transformerEncoderLayer } from "./layers/transformer.ts";
export { createModel, loadModel } from "./models/create.ts";
export type * from "./types.ts";
export { quantize } from "./weights/quantize.ts";
export { readSafetensors } from "./weights/read.ts";
export { writeSafetensors } from "./weights/write.ts";
