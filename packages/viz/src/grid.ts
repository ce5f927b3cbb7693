// Cells in rows and columns with their labels: what heatmap, heads and mask are made of. Places marks; makes no scene.
import { domainOf, share } from "./heat.ts";
import type { Mark, Matrix, PictureOptions } from "./scene.ts";
import { cut, textWidth } from "./text.ts";

export const FONT = 13;
/** Room for a label, at most. */
const LABEL = 120;
const GAP = 1;

export interface Grid {
  readonly marks: Mark[];
  readonly width: number;
  readonly height: number;
}

export interface GridOptions extends PictureOptions {
  readonly x: number;
  readonly y: number;
  /** Whether cells say their numbers, where there is room. */
  readonly hasNumbers: boolean;
  /** Cells as small as can be. */
  readonly isSmall?: boolean;
}

export const twoDecimals = (x: number): string => x.toFixed(2);

/** "row → column: value", or that it is hidden. */
export function cellTitle(
  matrix: Matrix,
  i: number,
  j: number,
  format: (x: number) => string,
  hiddenText = "hidden",
): string {
  const value = matrix.hidden?.[i]?.[j] ? hiddenText : format(matrix.values[i]?.[j] as number);
  return `${matrix.rows[i]} → ${matrix.columns[j]}: ${value}`;
}

export function grid(matrix: Matrix, options: GridOptions): Grid {
  const { x, y, hasNumbers, isSmall = false, format = twoDecimals, lit } = options;
  const { rows, columns, values, hidden } = matrix;
  const [L, S] = [rows.length, columns.length];
  const domain = options.domain ?? domainOf(values.map((row, i) => row.filter((_, j) => !hidden?.[i]?.[j])));
  const showsNumbers = hasNumbers && S <= 16;
  const isTurned = S > 16 || isSmall;
  const isBare = Math.max(L, S) > 64;
  const widest = (labels: readonly string[]): number =>
    Math.min(LABEL, Math.max(0, ...labels.map((label) => textWidth(label, FONT))));
  const texts = showsNumbers ? values.flat().map((value) => textWidth(format(value), FONT)) : [];
  const plain = isBare ? 6 : isSmall ? 18 : 24;
  const roomy = (least: number): number => Math.max(least, Math.min(96, Math.max(widest(columns), ...texts) + 10));
  const cellWidth = showsNumbers ? roomy(44) : isTurned ? plain : roomy(plain);
  const cellHeight = showsNumbers ? 32 : plain;
  const left = isBare ? 0 : widest(rows) + 8;
  const top = isBare ? 0 : isTurned ? widest(columns) + 8 : FONT + 10;
  const marks: Mark[] = [];

  if (!isBare) {
    for (const [j, label] of columns.entries()) {
      const middle = x + left + (j + 0.5) * cellWidth;
      marks.push(
        isTurned
          ? {
              kind: "text",
              x: middle,
              y: y + top - 4,
              text: cut(label, FONT, LABEL),
              size: FONT,
              fill: "muted",
              anchor: "start",
              isTurned,
            }
          : {
              kind: "text",
              x: middle,
              y: y + top / 2,
              text: cut(label, FONT, cellWidth - 2),
              size: FONT,
              fill: "muted",
              anchor: "middle",
            },
      );
    }
    for (const [i, label] of rows.entries()) {
      const middle = y + top + (i + 0.5) * cellHeight;
      marks.push({
        kind: "text",
        x: x + left - 8,
        y: middle,
        text: cut(label, FONT, LABEL),
        size: FONT,
        fill: "muted",
        anchor: "end",
      });
    }
  }
  for (const [i, row] of values.entries()) {
    for (const [j, value] of row.entries()) {
      const cell = {
        kind: "rect",
        x: x + left + j * cellWidth,
        y: y + top + i * cellHeight,
        width: cellWidth - GAP,
        height: cellHeight - GAP,
        title: cellTitle(matrix, i, j, format, options.hiddenText),
      } as const;
      const isHidden = hidden?.[i]?.[j] ?? false;
      const isOdd = !Number.isFinite(value) && !isHidden;
      const place = share(value, domain);
      if (isHidden) marks.push({ ...cell, stroke: "line", isHatched: true });
      else if (isOdd) marks.push({ ...cell, stroke: "accent", isHatched: !showsNumbers });
      else marks.push({ ...cell, fill: place });
      if (showsNumbers && !isHidden) {
        const at = { x: cell.x + cell.width / 2, y: cell.y + cell.height / 2, size: FONT, anchor: "middle" } as const;
        const text = isOdd ? String(value).replace("Infinity", "∞") : format(value);
        marks.push({ kind: "text", ...at, text, fill: isOdd ? "ink" : place });
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
  if (lit?.row !== undefined) outline(lit.row, 0, 1, S);
  if (lit?.column !== undefined) outline(0, lit.column, L, 1);
  return { marks, width: left + S * cellWidth, height: top + L * cellHeight };
}
