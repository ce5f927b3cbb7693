// The whole public API.
export { createWeight } from "./engine/weight.ts";
export { createModel, loadModel } from "./models/create.ts";
export type * from "./types.ts";
export { quantize } from "./weights/quantize.ts";
export { readSafetensors } from "./weights/read.ts";
export { writeSafetensors } from "./weights/write.ts";
