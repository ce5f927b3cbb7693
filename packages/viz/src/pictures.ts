// The five pictures: matrices and rows in, scenes out. Pure; colours and output come later.
import { checkList, checkMatrix, wrongKind, wrongValue } from "./check.ts";
import { cellTitle, FONT, grid, twoDecimals } from "./grid.ts";
import { domainOf, share } from "./heat.ts";
import type { Mark, Matrix, PictureOptions, Scene } from "./scene.ts";
import { cut, textWidth } from "./text.ts";

const PAD = 8;
const HEADLINE = 15;

/** The title above a picture, and where the picture begins. */
function headline(title: string | undefined): { readonly marks: Mark[]; readonly top: number } {
  if (!title) return { marks: [], top: PAD };
  const text = { kind: "text", x: PAD, y: PAD + HEADLINE / 2, text: title, size: HEADLINE, fill: "ink" } as const;
  return { marks: [{ ...text, anchor: "start", isBold: true }], top: PAD + HEADLINE + 8 };
}
const atLeast = (width: number, title: string | undefined): number =>
  Math.max(width, title ? textWidth(title, HEADLINE) + 2 * PAD : 0, 2 * PAD);

/** The strongest key of each query, in words; for pictures of up to this many rows. */
const TOLD = 12;
function told(matrix: Matrix, format: (x: number) => string): string {
  const { values, rows, columns } = matrix;
  if (rows.length === 0 || columns.length === 0) return "An empty matrix.";
  const size = `${rows.length} rows, ${columns.length} columns.`;
  if (rows.length > TOLD) return size;
  const best = values.map((row, i) => {
    const seen = row.map((value, j) => (matrix.hidden?.[i]?.[j] || Number.isNaN(value) ? -Infinity : value));
    const j = seen.indexOf(Math.max(...seen));
    return seen[j] === -Infinity ? `${rows[i]}: nothing to see.` : `${cellTitle(matrix, i, j, format)}.`;
  });
  return `${size} The largest of each row: ${best.join(" ")}`;
}

/**
 * A matrix as cells from light to strong, with its numbers where there is room for them (up to 16 columns). Hidden cells
 * are hatched; NaN and Infinity are outlined, and say so.
 *
 * @throws TypeError, RangeError for a matrix whose rows, columns, values and hidden do not fit each other.
 */
export function heatmap(matrix: Matrix, options: PictureOptions = {}): Scene {
  checkMatrix("heatmap", matrix);
  const { marks, top } = headline(options.title);
  const body = grid(matrix, { ...options, x: PAD, y: top, hasNumbers: true });
  return {
    width: atLeast(body.width + 2 * PAD, options.title),
    height: top + body.height + PAD,
    title: options.title ?? "Attention",
    description: told(matrix, options.format ?? twoDecimals),
    marks: [...marks, ...body.marks],
  };
}

/**
 * Several heads side by side on one scale.
 * @param options `names` above each, "1", "2", … by default; `across` of them in a line, 4 by default.
 */
export function heads(
  matrices: readonly Matrix[],
  options: PictureOptions & {
    readonly names?: readonly string[] | undefined;
    readonly across?: number | undefined;
  } = {},
): Scene {
  if (!Array.isArray(matrices)) throw wrongKind("heads", "matrices", "an array of matrices", matrices);
  for (const [i, matrix] of matrices.entries()) checkMatrix("heads", matrix, `matrices[${i}]`);
  const { across = 4, names = matrices.map((_, i) => String(i + 1)), title } = options;
  if (!(Number.isInteger(across) && across > 0))
    throw wrongValue("heads", "across", "a positive integer", String(across));
  checkList("heads", "names", names, "string", matrices.length);
  const domain =
    options.domain ??
    domainOf(
      (matrices as readonly Matrix[]).flatMap(({ values, hidden }) =>
        values.map((row, i) => row.filter((_, j) => !hidden?.[i]?.[j])),
      ),
    );
  const { marks, top } = headline(title);
  let [x, y, lineHeight, width] = [PAD, top, 0, 0];
  for (const [i, matrix] of matrices.entries()) {
    if (i > 0 && i % across === 0) [x, y, lineHeight] = [PAD, y + lineHeight + 2 * PAD, 0];
    const name = { kind: "text", x, y: y + FONT / 2, text: names[i] as string, size: FONT, fill: "ink" } as const;
    const body = grid(matrix, {
      ...options,
      domain,
      x,
      y: y + FONT + 6,
      hasNumbers: matrix.columns.length <= 4,
      isSmall: matrix.columns.length > 4,
    });
    marks.push({ ...name, anchor: "start", isBold: true }, ...body.marks);
    const bodyWidth = Math.max(body.width, textWidth(names[i] as string, FONT));
    lineHeight = Math.max(lineHeight, body.height + FONT + 6);
    width = Math.max(width, x + bodyWidth + PAD);
    x += bodyWidth + 2 * PAD;
  }
  const format = options.format ?? twoDecimals;
  return {
    width: atLeast(width, title),
    height: y + lineHeight + PAD,
    title: title ?? "Attention heads",
    description: matrices.map((matrix, i) => `${names[i]}: ${told(matrix, format)}`).join(" ") || "No heads.",
    marks,
  };
}

/**
 * Words above and below, and curves between them: from each query, below, to the keys it looks at, above; the wider and
 * stronger the curve, the larger the weight.
 * @param options `threshold`: weights below it are not drawn, 0.02 by default.
 */
export function arcs(
  matrix: Matrix,
  options: PictureOptions & { readonly threshold?: number | undefined } = {},
): Scene {
  checkMatrix("arcs", matrix);
  const { threshold = 0.02, format = twoDecimals, lit, title } = options;
  const { rows, columns, values, hidden } = matrix;
  const { marks, top } = headline(title);
  const most = Math.max(rows.length, columns.length);
  const isTurned = most > 16;
  const room = (labels: readonly string[]): number =>
    Math.max(0, ...labels.map((label) => Math.min(120, textWidth(label, FONT))));
  const step = isTurned ? 18 : Math.max(56, Math.max(room(rows), room(columns)) + 16);
  const [above, below] = isTurned ? [room(columns) + 8, room(rows) + 8] : [FONT + 8, FONT + 8];
  const span = isTurned ? 220 : 130;
  const width = most * step + 2 * PAD;
  // The shorter of the two stands in the middle.
  const place = (index: number, count: number): number => PAD + ((most - count) / 2 + index + 0.5) * step;
  const [upper, lower] = [top + above, top + above + span];
  const isLit = (i: number, j: number): boolean =>
    (lit?.row === undefined || lit.row === i) && (lit?.column === undefined || lit.column === j);
  for (const [i, row] of values.entries()) {
    for (const [j, value] of row.entries()) {
      if (hidden?.[i]?.[j] || !(value >= threshold)) continue;
      const weight = Math.min(1, value);
      const [from, to] = [place(i, rows.length), place(j, columns.length)];
      marks.push({
        kind: "curve",
        points: [from, lower, from, lower - span * 0.55, to, upper + span * 0.55, to, upper],
        stroke: "accent",
        width: 0.75 + 7 * weight,
        opacity: (0.2 + 0.8 * weight) * (isLit(i, j) ? 1 : 0.12),
        title: cellTitle(matrix, i, j, format),
      });
    }
  }
  const label = (text: string, x: number, isAbove: boolean, isChosen: boolean): Mark => ({
    kind: "text",
    x,
    y: isAbove ? (isTurned ? upper - 6 : upper - FONT / 2 - 4) : isTurned ? lower + below - 4 : lower + FONT / 2 + 6,
    text: cut(text, FONT, 120),
    size: FONT,
    fill: isChosen ? "accent" : "ink",
    anchor: isTurned ? "start" : "middle",
    ...(isTurned && { isTurned }),
    ...(isChosen && { isBold: true }),
  });
  for (const [j, text] of columns.entries()) marks.push(label(text, place(j, columns.length), true, lit?.column === j));
  for (const [i, text] of rows.entries()) marks.push(label(text, place(i, rows.length), false, lit?.row === i));
  return {
    width: atLeast(width, title),
    height: lower + below + PAD,
    title: title ?? "Who looks at whom",
    description: told(matrix, format),
    marks,
  };
}

/** Which cells may be seen: filled, or hatched where they are hidden. A causal mask is a triangle. */
export function maskPicture(matrix: Matrix, options: PictureOptions = {}): Scene {
  checkMatrix("maskPicture", matrix);
  const { marks, top } = headline(options.title);
  const seen = { ...matrix, values: matrix.values.map((row) => row.map(() => 0.7)) };
  const format = options.format ?? ((): string => "seen");
  const body = grid(seen, { ...options, format, domain: [0, 1], x: PAD, y: top, hasNumbers: false });
  const count = matrix.hidden?.flat().filter(Boolean).length ?? 0;
  return {
    width: atLeast(body.width + 2 * PAD, options.title),
    height: top + body.height + PAD,
    title: options.title ?? "Mask",
    description: `${matrix.rows.length} queries, ${matrix.columns.length} keys; ${count} cells are hidden.`,
    marks: [...marks, ...body.marks],
  };
}

/** One row as bars, each with its label and its number. */
export function distribution(
  values: readonly number[],
  labels: readonly string[],
  options: PictureOptions = {},
): Scene {
  checkList("distribution", "values", values, "number");
  checkList("distribution", "labels", labels, "string", values.length);
  const { format = twoDecimals, title, lit } = options;
  const domain = options.domain ?? domainOf([values]);
  const { marks, top } = headline(title);
  const [bar, line] = [180, 24];
  const left = PAD + Math.min(120, Math.max(0, ...labels.map((label) => textWidth(label, FONT)))) + 8;
  let numbers = 0;
  for (const [i, value] of values.entries()) {
    const y = top + i * line;
    const place = share(value, domain);
    const text = Number.isFinite(value) ? format(value) : String(value).replace("Infinity", "∞");
    numbers = Math.max(numbers, textWidth(text, FONT));
    const row = { kind: "text", y: y + line / 2, size: FONT } as const;
    const isChosen = lit?.column === i;
    marks.push(
      {
        ...row,
        x: left - 8,
        text: cut(labels[i] as string, FONT, 120),
        fill: isChosen ? "accent" : "ink",
        anchor: "end",
        ...(isChosen && { isBold: true }),
      },
      { kind: "rect", x: left, y: y + 3, width: bar, height: line - 6, stroke: "line", title: `${labels[i]}: ${text}` },
      { kind: "rect", x: left, y: y + 3, width: bar * place, height: line - 6, fill: 0.2 + 0.8 * place },
      { ...row, x: left + bar + 8, text, fill: "ink", anchor: "start" },
    );
  }
  return {
    width: atLeast(left + bar + 8 + numbers + PAD, title),
    height: top + values.length * line + PAD,
    title: title ?? "Distribution",
    description:
      values.length === 0
        ? "An empty row."
        : labels.map((label, i) => `${label}: ${format(values[i] as number)}.`).join(" "),
    marks,
  };
}
