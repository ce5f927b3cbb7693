// What the README's picture shows: softmax of the causal scores of three one-hot words, and what is hidden.
import { heatmap, toSvg } from "../src/index.ts";

const words = ["나는", "사과를", "먹었다"];

/** A query that sees n one-hot keys, one of them itself: its own share, and each other's. */
function row(i: number): number[] {
  const own = Math.exp(1 / Math.sqrt(words.length));
  return words.map((_, j) => (j > i ? 0 : (j === i ? own : 1) / (own + i)));
}

export function picture(): string {
  const values = words.map((_, i) => row(i));
  const hidden = words.map((_, i) => words.map((_, j) => j > i));
  const matrix = { values, rows: words, columns: words, hidden };
  return toSvg(heatmap(matrix, { title: "Causal attention", format: (x) => x.toFixed(4) }));
}
