// The kernel where a binary may be compiled from bytes: both come inlined as text.
import { pieces } from "./generated/inline.ts";
import type { Variant, WasmModule } from "./interface.ts";

export * from "./interface.ts";

/** The binary of a variant, from the text that the build made of it. */
function bytes(variant: Variant): Uint8Array<ArrayBuffer> {
  const turn = variant === "relaxed" ? 1 : 0;
  const hex = pieces.filter((_, i) => i % 2 === turn).join("");
  // The code of a hexadecimal digit, as its value: "0" is 48, "a" is 97.
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at);
    return code < 97 ? code - 48 : code - 87;
  };
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = digit(2 * i) * 16 + digit(2 * i + 1);
  return out;
}

/** Compiles a variant; "relaxed" throws a WebAssembly.CompileError where the runtime lacks relaxed SIMD. */
export function compile(variant: Variant): WasmModule {
  return new WebAssembly.Module(bytes(variant));
}
