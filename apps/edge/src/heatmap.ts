// Weights as a picture: a square for each head, a row for each query, a column for each key.
import type { Tensor } from "@attn/core";
import { heads, type Matrix, toSvg } from "@attn/viz";

export function heatmap({ data, shape }: Tensor): string {
  const [L, S] = shape.slice(-2) as [number, number];
  const count = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const numbered = (length: number): string[] => Array.from({ length }, (_, i) => String(i));
  const matrices = Array.from(
    { length: count },
    (_, head): Matrix => ({
      rows: numbered(L),
      columns: numbered(S),
      values: Array.from({ length: L }, (_, i) =>
        Array.from(data.subarray((head * L + i) * S, (head * L + i + 1) * S)),
      ),
    }),
  );
  const title = `Attention weights of ${count} ${count === 1 ? "head" : "heads"}, ${L} queries by ${S} keys`;
  return toSvg(heads(matrices, { title, format: (x) => x.toFixed(4) }));
}
