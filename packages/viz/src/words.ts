// What pictures and element say in words: of a cell, of a whole matrix, of what is not drawn. English, unless other texts are given.
import { counted } from "./check.ts";
import type { Cells } from "./matrix.ts";
import { largest } from "./pool.ts";
import { isolated } from "./text.ts";

/** What stands in a picture beside labels and numbers. */
export interface Texts {
  /** Of a hidden cell: "hidden". */
  readonly hidden: string;
  /** Of a cell of a mask that is not hidden: "seen". */
  readonly seen: string;
  /** In place of a picture without cells. */
  readonly empty: string;
  /** Where several cells are drawn as one. */
  readonly pooled: (rows: number, columns: number) => string;
  /** Where there are more heads than a picture has. */
  readonly first: (count: number, of: number) => string;
  /** Where a distribution has more entries than bars. */
  readonly top: (count: number, of: number) => string;
}

const english: Texts = {
  hidden: "hidden",
  seen: "seen",
  empty: "An empty matrix.",
  pooled: (rows, columns) => `Each block of ${rows} × ${columns} cells is drawn as its largest.`,
  first: (count, of) => `The first ${count} of ${of}.`,
  top: (count, of) => `The ${count} largest of ${of}.`,
};
export const textsOf = (texts: Partial<Texts> | undefined): Texts => ({ ...english, ...texts });

/** Two decimals, and no row of zeros for what is huge. */
export const twoDecimals = (x: number): string => (Math.abs(x) < 1e6 ? x.toFixed(2) : x.toExponential(1));

export type Format = (x: number) => string;

/** A number as text; what is none is not asked of the format. */
export const said = (value: number, format: Format): string =>
  Number.isFinite(value) ? format(value) : String(value).replace("Infinity", "∞");

/** "row → column: value", or that it is hidden. */
export function saidOf(cells: Cells, i: number, j: number, format: Format, hidden: string, colon = ":"): string {
  const value = cells.isHidden(i, j) ? hidden : said(cells.value(i, j), format);
  return `${isolated(cells.rows[i] as string)} → ${isolated(cells.columns[j] as string)}${colon} ${value}`;
}

/** Rows whose largest is told, at most. */
const TOLD = 12;
/** The strongest key of each query, in words, for those who do not see the picture. */
export function told(cells: Cells, format: Format, { empty, hidden }: Texts): string {
  const { rows, columns } = cells;
  if (rows.length === 0 || columns.length === 0) return empty;
  const size = `${counted(rows.length, "row")}, ${counted(columns.length, "column")}.`;
  if (rows.length > TOLD) return size;
  const best = rows.map((label, i) => {
    const point = largest(cells, i, 0, [1, columns.length]);
    return point ? `${saidOf(cells, i, point.column, format, hidden)}.` : `${isolated(label)}: all ${hidden}.`;
  });
  return `${size} The largest of each row: ${best.join(" ")}`;
}
