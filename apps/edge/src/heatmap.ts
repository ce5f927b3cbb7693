// Weights as a picture: a square for each head, a row for each query, a column for each key.
import type { Tensor } from "@attn/core";
import { heads, toSvg } from "@attn/viz";

export function heatmap({ data, shape }: Tensor): string {
  const [L, S] = shape.slice(-2) as [number, number];
  const count = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const numbered = (length: number): string[] => Array.from({ length }, (_, i) => String(i));
  const weights = { values: { data, shape: [count, L, S] }, rows: numbered(L), columns: numbered(S) };
  const title = `Attention weights of ${count} ${count === 1 ? "head" : "heads"}, ${L} queries by ${S} keys`;
  return toSvg(heads(weights, { title, format: (x) => x.toFixed(4) }));
}
