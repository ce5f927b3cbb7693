// A tensor as NumPy prints a float array: for the magnitudes of a teaching example. It never turns to exponents and
// never summarises, as NumPy does for very large and very long arrays.
import type { Tensor } from "@attn/core";

/** At most 8 decimals, and no more digits than float32 has to say. "1." for an integer. */
function digits(x: number): string {
  const rounded = Number(x.toPrecision(7)) + 0;
  const text = rounded.toFixed(8).replace(/0+$/u, "");
  return text.startsWith("-0.") && Number(text) === 0 ? "0." : text;
}

/** Numbers of one width: the points stand in one column. */
function aligned(texts: readonly string[]): string[] {
  const before = Math.max(...texts.map((text) => text.indexOf(".")));
  const after = Math.max(...texts.map((text) => text.length - text.indexOf(".")));
  return texts.map((text) => {
    const point = text.indexOf(".");
    return text.slice(0, point).padStart(before) + text.slice(point).padEnd(after);
  });
}

export function numpyPrint({ data, shape }: Tensor): string {
  const cells = aligned(Array.from(data, digits));
  const last = shape.length - 1;
  let at = 0;
  const block = (depth: number): string => {
    if (depth > last) return cells[at++] as string;
    const parts = Array.from({ length: shape[depth] as number }, () => block(depth + 1));
    const separator = depth === last ? " " : "\n".repeat(last - depth) + " ".repeat(depth + 1);
    return `[${parts.join(separator)}]`;
  };
  return block(0);
}
