// The kernel in Cloudflare's workerd, which refuses to compile from bytes: its bundlers hand over compiled modules.
import type { Variant, WasmModule } from "./interface.ts";
import relaxed from "./relaxed.wasm";
import simd from "./simd.wasm";

export * from "./interface.ts";

/** The module of a variant. */
export function compile(variant: Variant): WasmModule {
  return variant === "relaxed" ? relaxed : simd;
}
