// A module from the text that the build made of its bytes: the common ones are a character each, the others two.
import type { Variant, WasmModule } from "./module.ts";

/** Printable characters that need no escape in a string, a template or a script element. */
export const ALPHABET: string = String.fromCharCode(...Array.from({ length: 92 }, (_, i) => 35 + i)).replace(
  /[$'<\\`]/g,
  "",
);
/** How many bytes are one character. The characters behind them in the alphabet begin one of two. */
export const COMMON = 79;

/** Bytes by their rank: the common ones, as hexadecimal text has them, then all others from 0 to 255. */
export function ranked(common: string): number[] {
  const bytes = (common.match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16));
  for (let byte = 0; byte < 256; byte++) if (!bytes.includes(byte)) bytes.push(byte);
  return bytes;
}

/** Compiles a variant from pieces of text, simd and relaxed in turns. */
export function inlined(common: string, pieces: readonly string[], variant: Variant): WasmModule {
  const turn = variant === "relaxed" ? 1 : 0;
  const text = pieces.filter((_, i) => i % 2 === turn).join("");
  const bytes = ranked(common);
  const rank = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) rank[ALPHABET.charCodeAt(i)] = i;
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let at = rank[text.charCodeAt(i)] as number;
    if (at >= COMMON) at = COMMON * (at - COMMON + 1) + (rank[text.charCodeAt(++i)] as number);
    out[length++] = bytes[at] as number;
  }
  return new WebAssembly.Module(out.subarray(0, length));
}
