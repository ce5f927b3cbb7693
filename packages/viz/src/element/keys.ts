// Where a key leads from a cell, as in any ARIA grid: the picture's columns go from left to right on every page.
import type { Point } from "../matrix.ts";

/** Rows of a page. */
const PAGE = 10;

/** The cell itself, or the one at the edge that is nearest to it. */
export const within = ({ row, column }: Point, L: number, S: number): Point => ({
  row: Math.max(0, Math.min(L - 1, row)),
  column: Math.max(0, Math.min(S - 1, column)),
});

export function cellByKey({ row, column }: Point, event: KeyboardEvent, L: number, S: number): Point | undefined {
  const isWhole = event.ctrlKey || event.metaKey;
  const ways: Readonly<Record<string, Point>> = {
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    PageUp: { row: row - PAGE, column },
    PageDown: { row: row + PAGE, column },
    Home: { row: isWhole ? 0 : row, column: 0 },
    End: { row: isWhole ? L - 1 : row, column: S - 1 },
  };
  const to = ways[event.key];
  return to && within(to, L, S);
}
