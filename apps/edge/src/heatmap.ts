// Weights as a picture: a square for each head, a row for each query, a column for each key, darker = more. Pure.
import type { Tensor } from "@attn/core";

const [CELL, GAP] = [16, 12] as const;
/** Squares side by side. */
const ACROSS = 4;

export function heatmap({ data, shape }: Tensor): string {
  const [L, S] = shape.slice(-2) as [number, number];
  const heads = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const across = Math.max(1, Math.min(ACROSS, heads));
  const [stepX, stepY] = [S * CELL + GAP, L * CELL + GAP];
  const [width, height] = [across * stepX + GAP, Math.ceil(heads / across) * stepY + GAP];
  const cells: string[] = [];
  for (let head = 0; head < heads; head++) {
    const [left, top] = [GAP + (head % across) * stepX, GAP + Math.floor(head / across) * stepY];
    cells.push(`<rect x="${left}" y="${top}" width="${S * CELL}" height="${L * CELL}" fill="#fff" stroke="#999"/>`);
    for (let l = 0; l < L; l++) {
      for (let s = 0; s < S; s++) {
        const weight = data[(head * L + l) * S + s] as number;
        // A weight of 0 is the background. NaN is red, and its title says so.
        if (!(weight > 0) && !Number.isNaN(weight)) continue;
        const fill = Number.isNaN(weight) ? 'fill="#c00"' : `fill="#08519c" fill-opacity="${weight.toFixed(3)}"`;
        const name = `<title>query ${l}, key ${s}: ${weight.toFixed(4)}</title>`;
        cells.push(
          `<rect x="${left + s * CELL}" y="${top + l * CELL}" width="${CELL}" height="${CELL}" ${fill}>${name}</rect>`,
        );
      }
    }
  }
  const label = `Attention weights of ${heads} ${heads === 1 ? "head" : "heads"}, ${L} queries by ${S} keys`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
<rect width="100%" height="100%" fill="#fff"/>
${cells.join("\n")}
</svg>
`;
}
