// The kernel on Vercel's edge, Next's edge routes among it: a query asks for compiled modules.
import type { Variant, WasmModule } from "./interface.ts";
import relaxed from "./relaxed.wasm?module";
import simd from "./simd.wasm?module";

export * from "./interface.ts";

/** The module of a variant. */
export function compile(variant: Variant): WasmModule {
  return variant === "relaxed" ? relaxed : simd;
}
