// Cells in rows and columns with their labels: what heatmap, heads and mask are made of. Places marks; makes no scene.
import { type Domain, share } from "./heat.ts";
import type { Cells } from "./matrix.ts";
import type { Mark, PictureOptions } from "./scene.ts";
import { cut, isolated, textWidth, widest } from "./text.ts";
import { type Format, said, saidOf, type Texts, twoDecimals } from "./words.ts";

export const FONT = 13;
/** Room for a label, at most. */
export const LABEL = 120;
const GAP = 1;
/** Up to so many rows or columns, cells are large enough for a label each. */
const LARGE = 64;

export interface Grid {
  readonly marks: Mark[];
  readonly width: number;
  readonly height: number;
}

export interface GridOptions extends Pick<PictureOptions, "format" | "highlight"> {
  readonly x: number;
  readonly y: number;
  readonly domain: Domain;
  readonly texts: Texts;
  /** Whether cells say their numbers, where there is room: in up to 16 columns and 256 rows. */
  readonly hasNumbers: boolean;
  /** Cells as small as can be. */
  readonly isSmall?: boolean;
}

type TextMark = Extract<Mark, { kind: "text" }>;
/** A label, or what there is room for of it; `y` is of its middle. */
export const labelMark = (
  text: string,
  x: number,
  y: number,
  anchor: TextMark["anchor"],
  room: number = LABEL,
): TextMark => ({
  kind: "text",
  x,
  y,
  text: isolated(cut(text, FONT, room)),
  size: FONT,
  fill: "muted",
  anchor,
});

export function grid(cells: Cells, options: GridOptions): Grid {
  const { x, y, domain, texts, isSmall = false, highlight } = options;
  const format: Format = options.format ?? twoDecimals;
  const { rows, columns } = cells;
  const [L, S] = [rows.length, columns.length];
  const hasNumbers = options.hasNumbers && S <= 16 && L <= 256;
  const isTurned = S > 16 || isSmall;
  let numbers = 0;
  if (hasNumbers)
    for (let i = 0; i < L; i++)
      for (let j = 0; j < S; j++) numbers = Math.max(numbers, textWidth(said(cells.value(i, j), format), FONT));
  const plain = (count: number): number => (count > LARGE ? 6 : isSmall ? 18 : 24);
  const roomy = (least: number): number =>
    Math.max(least, Math.min(96, Math.max(widest(columns, FONT, LABEL), numbers) + 10));
  const cellWidth = hasNumbers ? roomy(44) : isTurned ? plain(S) : roomy(plain(S));
  const cellHeight = hasNumbers ? 32 : plain(L);
  const left = widest(rows, FONT, LABEL) + 8;
  const top = isTurned ? widest(columns, FONT, LABEL) + 8 : FONT + 10;
  const marks: Mark[] = [];

  // Where cells are smaller than letters, every third label or so.
  const every = (size: number): number => Math.ceil((FONT + 3) / size);
  for (let j = 0; j < S; j += isTurned ? every(cellWidth) : 1) {
    const [label, middle] = [columns[j] as string, x + left + (j + 0.5) * cellWidth];
    marks.push(
      isTurned
        ? { ...labelMark(label, middle, y + top - 4, "start"), isTurned }
        : labelMark(label, middle, y + top / 2, "middle", cellWidth - 2),
    );
  }
  for (let i = 0; i < L; i += every(cellHeight))
    marks.push(labelMark(rows[i] as string, x + left - 8, y + top + (i + 0.5) * cellHeight, "end"));

  for (let i = 0; i < L; i++) {
    for (let j = 0; j < S; j++) {
      const cell = {
        kind: "rect",
        x: x + left + j * cellWidth,
        y: y + top + i * cellHeight,
        width: cellWidth - GAP,
        height: cellHeight - GAP,
        title: saidOf(cells, i, j, format, texts.hidden),
      } as const;
      const value = cells.value(i, j);
      const isHidden = cells.isHidden(i, j);
      const isOdd = !Number.isFinite(value) && !isHidden;
      const place = share(value, domain);
      if (isHidden) marks.push({ ...cell, stroke: "line", isHatched: true });
      else if (isOdd) marks.push({ ...cell, stroke: "accent", isHatched: !hasNumbers });
      else marks.push({ ...cell, fill: place });
      if (hasNumbers && !isHidden) {
        const at = { x: cell.x + cell.width / 2, y: cell.y + cell.height / 2, size: FONT, anchor: "middle" } as const;
        marks.push({ kind: "text", ...at, text: said(value, format), fill: isOdd ? "ink" : place });
      }
    }
  }
  const outline = (row: number, column: number, height: number, width: number): void => {
    if (!(row < L && column < S)) return;
    marks.push({
      kind: "rect",
      x: x + left + column * cellWidth - GAP,
      y: y + top + row * cellHeight - GAP,
      width: width * cellWidth + GAP,
      height: height * cellHeight + GAP,
      stroke: "accent",
    });
  };
  if (highlight?.row !== undefined) outline(highlight.row, 0, 1, S);
  if (highlight?.column !== undefined) outline(0, highlight.column, L, 1);
  return { marks, width: left + S * cellWidth, height: top + L * cellHeight };
}
