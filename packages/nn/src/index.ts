// The whole public API.
export type * from "./types.ts";
export { quantize } from "./weights/quantize.ts";
export { readSafetensors } from "./weights/read.ts";
export { writeSafetensors } from "./weights/write.ts";
