// What is the same for every module of this package.
export { version } from "./generated/version.ts";

/** WebAssembly.Module, where the settings know it: a project may be without "DOM". */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

/** "simd": the same bits on every machine. "relaxed": fused multiply-add where the machine has it; needs relaxed SIMD. */
export type Variant = "simd" | "relaxed";
