// The package's own module of each variant: the one place that has the kernel itself.
import { compile } from "@attn/kernel";
import type { Variant, WasmModule } from "@attn/kernel/interface";
import { hasRelaxed, lacksRelaxed, refusal } from "./runtime.ts";

const compiled = new Map<Variant, WasmModule>();

/** The wanted variant's module, compiled once; relaxed, if nothing else is wanted and the runtime has it. */
export function builtIn(api: string, wanted: Variant | "auto"): WasmModule {
  const variant = wanted === "auto" ? (hasRelaxed() ? "relaxed" : "simd") : wanted;
  let module = compiled.get(variant);
  if (!module) {
    if (variant === "relaxed" && !hasRelaxed()) throw lacksRelaxed(api);
    try {
      module = compile(variant);
    } catch (cause) {
      throw refusal(api, cause as Error) ?? cause;
    }
    compiled.set(variant, module);
  }
  return module;
}
