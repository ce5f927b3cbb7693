// Matrices with more cells than a picture bears, in squares: each stands for a block of cells and shows the largest of
// them, since a mean would hide the few strong ones that attention is about. Knows cells; draws nothing.
import type { Cells, Point } from "./matrix.ts";
import { isolated } from "./text.ts";

/** Rows and columns that share a square. */
export type Block = readonly [rows: number, columns: number];

/**
 * The smallest blocks that leave at most `side` squares in a row or a column, and `area` of them in all. As high as they
 * are wide, so that a diagonal stays one, unless a short side would be left with next to nothing.
 */
export function blockOf(L: number, S: number, side: number, area: number): Block {
  const least = Math.min(Math.sqrt(area) / 8, side / 4);
  const limit = (count: number): number => Math.max(1, Math.floor(count / least));
  for (let size = 1; ; size++) {
    const [rows, columns] = [Math.min(size, limit(L)), Math.min(size, limit(S))];
    const [down, across] = [Math.ceil(L / rows), Math.ceil(S / columns)];
    if (down <= side && across <= side && down * across <= Math.max(1, area)) return [rows, columns];
  }
}

/**
 * Of the cells from `top` and `left` on that are not hidden, where the first of the largest is, NaN before all numbers: its
 * row times the columns of a row, and its column. -1 where all are hidden.
 */
function indexOf(cells: Cells, top: number, left: number, [rows, columns]: Block): number {
  const S = cells.columns.length;
  const [bottom, right] = [Math.min(top + rows, cells.rows.length), Math.min(left + columns, S)];
  let [found, most] = [-1, 0];
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      if (cells.isHidden(row, column)) continue;
      const value = cells.value(row, column);
      if (found >= 0 && !(value > most || (Number.isNaN(value) && !Number.isNaN(most)))) continue;
      found = row * S + column;
      most = value;
    }
  return found;
}

/** The largest cell of a block that is not hidden; none where all are. */
export function largest(cells: Cells, top: number, left: number, block: Block): Point | undefined {
  const [at, S] = [indexOf(cells, top, left, block), cells.columns.length];
  return at < 0 ? undefined : { row: Math.floor(at / S), column: at % S };
}

/** Labels of blocks: their first and their last. */
function spans(labels: readonly string[], size: number): string[] {
  const span = (_: unknown, i: number): string => {
    const [first, last] = [labels[i * size], labels[Math.min((i + 1) * size, labels.length) - 1]] as [string, string];
    return first === last ? first : `${isolated(first)} … ${isolated(last)}`;
  };
  return Array.from({ length: Math.ceil(labels.length / size) }, span);
}

export function pool(cells: Cells, block: Block): Cells {
  const [rows, columns] = block;
  if (rows * columns === 1) return cells;
  const pooled = { rows: spans(cells.rows, rows), columns: spans(cells.columns, columns) };
  const [across, S] = [pooled.columns.length, cells.columns.length];
  const found = new Float64Array(pooled.rows.length * across);
  for (let i = 0; i < found.length; i++)
    found[i] = indexOf(cells, Math.floor(i / across) * rows, (i % across) * columns, block);
  const at = (i: number, j: number): number => found[i * across + j] as number;
  return {
    ...pooled,
    value: (i, j) => (at(i, j) < 0 ? 0 : cells.value(Math.floor(at(i, j) / S), at(i, j) % S)),
    isHidden: (i, j) => at(i, j) < 0,
  };
}
