// The package's own module of each variant: the one place that has the kernel itself.
import { compile } from "@attn/kernel";
import type { Variant, WasmModule } from "@attn/kernel/interface";
import { chosenVariant, lacking } from "./instance.ts";

/** (module (func (result v128) v128.const 0)): valid exactly where SIMD is. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 22, 1, 20, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 11,
]);

const compiled = new Map<Variant, WasmModule>();

/** The wanted variant's module, compiled once. */
export function builtIn(api: string, wanted: Variant | "auto"): WasmModule {
  if (typeof WebAssembly === "undefined")
    throw new Error(`${api}: needs WebAssembly, which this runtime has not; ${SINCE}`);
  const variant = chosenVariant(wanted);
  let module = compiled.get(variant);
  if (!module) {
    try {
      module = compile(variant);
    } catch (cause) {
      throw lacking(api, variant) ?? refused(api, cause as Error);
    }
    compiled.set(variant, module);
  }
  return module;
}

const SINCE = "Chrome 91, Firefox 89, Safari 16.4, Node 16.4 and what came after have it";

/** Why a binary that is right does not compile: the runtime is too old, or is told not to. */
function refused(api: string, cause: Error): Error {
  if (!WebAssembly.validate(SIMD_PROBE))
    return new Error(`${api}: needs WebAssembly SIMD, which this runtime has not; ${SINCE}`, { cause });
  const advice =
    "a page with a Content-Security-Policy must allow 'wasm-unsafe-eval' in its script-src; " +
    'a bundler for an edge runtime must resolve the condition "workerd" or "edge-light"';
  return new Error(`${api}: this runtime refuses to compile WebAssembly (${cause.message}): ${advice}`, { cause });
}
