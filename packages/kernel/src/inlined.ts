// A module from the text that the build made of its bytes.
import type { Variant, WasmModule } from "./module.ts";

/** Compiles a variant from hexadecimal pieces, simd and relaxed in turns. */
export function inlined(pieces: readonly string[], variant: Variant): WasmModule {
  const turn = variant === "relaxed" ? 1 : 0;
  const hex = pieces.filter((_, i) => i % 2 === turn).join("");
  // The code of a hexadecimal digit, as its value: "0" is 48, "a" is 97.
  const digit = (at: number): number => {
    const code = hex.charCodeAt(at);
    return code < 97 ? code - 48 : code - 87;
  };
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = digit(2 * i) * 16 + digit(2 * i + 1);
  return new WebAssembly.Module(out);
}
