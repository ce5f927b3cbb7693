// The five pictures: matrices and rows in, scenes out. Pure, and bounded whatever comes in; colours and output come later.
import { checkList, counted, readLabels, wrongKind, wrongValue } from "./check.ts";
import { scaleOf } from "./domain.ts";
import { FONT, type Grid, grid, LABEL, labelMark } from "./grid.ts";
import { share } from "./heat.ts";
import { type Cells, type Matrix, readMatrices, readMatrix } from "./matrix.ts";
import { type Block, blockOf, pool } from "./pool.ts";
import type { Mark, PictureOptions, Scene } from "./scene.ts";
import { isolated, legible, textWidth, widest } from "./text.ts";
import { said, saidOf, type Texts, textsOf, told, twoDecimals } from "./words.ts";

const PAD = 8;
const HEADLINE = 15;
/** Squares of a picture in all, and in a row or a column. */
const SQUARES = 65_536;
const SIDE = 1024;
/** At most, of arcs in a line, of heads, and of bars. */
const WORDS = 128;
const HEADS = 1024;
/** Squares in a line of heads. */
const HEADS_SIDE = 512;
const BARS = 256;

/** Where a picture begins that has this title above it. */
const below = (title: string | undefined): number => (title ? 2 * PAD + HEADLINE : PAD);

/** A body that begins below the title, with the title above it and what is to be said below it. */
function compose(
  body: Grid,
  notes: readonly (string | false)[],
  options: PictureOptions,
  title: string,
  description: string,
): Scene {
  const marks = [...body.marks];
  let [width, height] = [Math.max(body.width, 2 * PAD), body.height];
  if (options.title) {
    const text = {
      kind: "text",
      x: PAD,
      y: PAD + HEADLINE / 2,
      text: options.title,
      size: HEADLINE,
      fill: "ink",
    } as const;
    marks.unshift({ ...text, anchor: "start", isBold: true });
    width = Math.max(width, textWidth(options.title, HEADLINE) + 2 * PAD);
  }
  for (const note of notes) {
    if (!note) continue;
    marks.push({ kind: "text", x: PAD, y: height + FONT / 2, text: note, size: FONT, fill: "muted", anchor: "start" });
    width = Math.max(width, textWidth(note, FONT) + 2 * PAD);
    height += FONT + PAD;
  }
  const said = [description, ...notes.filter((note) => note && !description.includes(note))].join(" ");
  return { width, height, title: options.title ?? title, description: said, marks };
}

const isEmpty = ({ rows, columns }: Cells): boolean => rows.length === 0 || columns.length === 0;
const withLabels = (cells: Cells): Cells => ({
  ...cells,
  rows: cells.rows.map(legible),
  columns: cells.columns.map(legible),
});
/** The sentence of squares that stand for several cells. */
const pooled = ([rows, columns]: Block, texts: Texts): string | false =>
  rows * columns > 1 && texts.pooled(rows, columns);
/** Of the squares, what is highlighted of the cells. */
const inBlocks = ({ row, column }: NonNullable<PictureOptions["highlight"]> = {}, [rows, columns]: Block) => ({
  row: row === undefined ? row : Math.floor(row / rows),
  column: column === undefined ? column : Math.floor(column / columns),
});

/** One grid with its sentence: a heatmap's or a mask's. */
function alone(cells: Cells, options: PictureOptions, hasNumbers: boolean, title: string, description: string): Scene {
  const texts = textsOf(options.texts);
  const block = blockOf(cells.rows.length, cells.columns.length, SIDE, SQUARES);
  const body = grid(pool(cells, block), {
    ...options,
    highlight: inBlocks(options.highlight, block),
    texts,
    domain: scaleOf([cells], options.domain),
    x: PAD,
    y: below(options.title),
    hasNumbers,
  });
  const size = { marks: body.marks, width: body.width + 2 * PAD, height: below(options.title) + body.height + PAD };
  return compose(size, [isEmpty(cells) && texts.empty, pooled(block, texts)], options, title, description);
}

/**
 * A matrix as cells from light to strong, with its numbers where there is room for them (up to 16 columns and 256 rows).
 * Hidden cells are hatched; NaN and Infinity are outlined, and say so. Up to 256 × 256 cells are drawn one by one; of more,
 * or of more than 1024 in a line, each square stands for a block of them and shows its largest, and a sentence says so.
 *
 * @example
 * ```ts
 * import { heatmap, toSvg } from "@attn/viz";
 * const weights = { data: new Float32Array([1, 0, 0.25, 0.75]), shape: [2, 2] };
 * const scene = heatmap({ values: weights, rows: ["I", " see"], columns: ["I", " see"] }, { title: "Weights" });
 * console.log(scene.description); // → 2 rows, 2 columns. The largest of each row: I → I: 1.00. ␣see → ␣see: 0.75.
 * const svg = toSvg(scene);
 * ```
 *
 * @throws TypeError, RangeError for a matrix whose rows, columns, values and hidden do not fit each other.
 */
export function heatmap(matrix: Matrix, options: PictureOptions = {}): Scene {
  const cells = withLabels(readMatrix("heatmap", matrix));
  const words = told(cells, options.format ?? twoDecimals, textsOf(options.texts));
  return alone(cells, options, true, "Attention", words);
}

/**
 * Several heads side by side on one scale: matrices, or a single one whose `values` are a tensor of shape [H, L, S] or
 * [B, H, L, S]. Of more than 1024, the first are drawn; all together have as many squares as one heatmap at most. Sentences
 * say so.
 *
 * @param options `names` above each, "1", "2", … by default; `across` of them in a line, by default 4, or as many as lines.
 *
 * @example
 * ```ts
 * import { heads, toSvg } from "@attn/viz";
 * const weights = { data: new Float32Array(2 * 3 * 3).fill(1 / 3), shape: [2, 3, 3] };
 * const svg = toSvg(heads({ values: weights, rows: ["a", "b", "c"] }, { names: ["first", "second"] }));
 * console.log(svg.match(/<title>a → 1: 0.33<\/title>/g)?.length); // → 2
 * ```
 *
 * @throws TypeError, RangeError as heatmap does, for names that are not as many, and for an `across` that is no positive integer.
 */
export function heads(
  matrices: readonly Matrix[] | Matrix,
  options: PictureOptions & {
    readonly names?: readonly string[] | undefined;
    readonly across?: number | undefined;
  } = {},
): Scene {
  const read = (matrix: unknown, i: number): Cells[] => readMatrices("heads", `matrices[${i}]`, matrix);
  const isList = Array.isArray(matrices);
  if (!isList && !Object.hasOwn(Object(matrices) as object, "values"))
    throw wrongKind("heads", "matrices", "be an array of matrices, or one whose values are a tensor", matrices);
  const given = isList ? matrices.flatMap(read) : readMatrices("heads", "matrices", matrices);
  const all = given.slice(0, HEADS).map(withLabels);
  const { title, across = Math.max(4, Math.ceil(Math.sqrt(all.length))) } = options;
  if (!(Number.isInteger(across) && across > 0))
    throw wrongValue("heads", "across", "be a positive integer", String(across));
  const names = readLabels("heads", "names", options.names, given.length, "head").slice(0, HEADS).map(legible);
  const texts = textsOf(options.texts);
  const domain = scaleOf(all, options.domain);
  const most = (axis: "rows" | "columns"): number => all.reduce((most, cells) => Math.max(most, cells[axis].length), 0);
  const side = Math.floor(HEADS_SIDE / Math.min(across, all.length || 1)) || 1;
  const block = blockOf(most("rows"), most("columns"), side, SQUARES / all.length);
  const top = below(title);
  const marks: Mark[] = [];
  let [x, y, lineHeight, width] = [PAD, top, 0, 0];
  for (const [i, cells] of all.entries()) {
    if (i > 0 && i % across === 0) [x, y, lineHeight] = [PAD, y + lineHeight + 2 * PAD, 0];
    const name = names[i] as string;
    const columns = Math.ceil(cells.columns.length / block[1]);
    const body = grid(pool(cells, block), {
      ...options,
      highlight: inBlocks(options.highlight, block),
      texts,
      domain,
      x,
      y: y + FONT + 6,
      hasNumbers: columns <= 4,
      isSmall: columns > 4,
    });
    marks.push({ ...labelMark(name, x, y + FONT / 2, "start"), fill: "ink", isBold: true });
    for (const mark of body.marks) marks.push(mark);
    const bodyWidth = Math.max(body.width, Math.min(LABEL, textWidth(name, FONT)));
    lineHeight = Math.max(lineHeight, body.height + FONT + 6);
    width = Math.max(width, x + bodyWidth + PAD);
    x += bodyWidth + 2 * PAD;
  }
  // Each head is told of while a description of all of them can be listened to.
  const words = all
    .slice(0, 16)
    .map((cells, i) => `${isolated(names[i] as string)}: ${told(cells, options.format ?? twoDecimals, texts)}`);
  const description = all.length > 16 ? `${counted(given.length, "head")}.` : words.join(" ") || texts.empty;
  const first = given.length > HEADS && texts.first(HEADS, given.length);
  const notes = [all.every(isEmpty) && texts.empty, first, pooled(block, texts)];
  return compose({ marks, width, height: y + lineHeight + PAD }, notes, options, "Attention heads", description);
}

/**
 * Words above and below, and curves between them: from each query, below, to the keys it looks at, above; the wider and
 * stronger the curve, the larger the weight. Of more than 128 words in a line, neighbours share a place, and a curve
 * shows the largest of theirs; a sentence says so.
 *
 * @param options `threshold`: weights below it are not drawn, 0.02 by default.
 *
 * @example
 * ```ts
 * import { arcs, toSvg } from "@attn/viz";
 * const scene = arcs({ values: [[0.9, 0.1]], rows: ["it"], columns: ["cat", "mat"] }, { highlight: { row: 0 } });
 * console.log(scene.description); // → 1 row, 2 columns. The largest of each row: it → cat: 0.90.
 * const svg = toSvg(scene);
 * ```
 *
 * @throws TypeError, RangeError as heatmap does.
 */
export function arcs(
  matrix: Matrix,
  options: PictureOptions & { readonly threshold?: number | undefined } = {},
): Scene {
  const whole = withLabels(readMatrix("arcs", matrix));
  const { threshold = 0.02, format = twoDecimals, title } = options;
  const texts = textsOf(options.texts);
  const block = blockOf(whole.rows.length, whole.columns.length, WORDS, Infinity);
  const cells = pool(whole, block);
  const highlight = inBlocks(options.highlight, block);
  const { rows, columns } = cells;
  const top = below(title);
  const marks: Mark[] = [];
  const most = Math.max(rows.length, columns.length);
  const isTurned = most > 16;
  const room = (labels: readonly string[]): number => widest(labels, FONT, LABEL);
  const step = isTurned ? 18 : Math.max(56, Math.max(room(rows), room(columns)) + 16);
  const [above, under] = isTurned ? [room(columns) + 8, room(rows) + 8] : [FONT + 8, FONT + 8];
  const span = isTurned ? 220 : 130;
  // The shorter of the two stands in the middle.
  const place = (index: number, count: number): number => PAD + ((most - count) / 2 + index + 0.5) * step;
  const [upper, lower] = [top + above, top + above + span];
  const isLit = (i: number, j: number): boolean =>
    (highlight.row === undefined || highlight.row === i) && (highlight.column === undefined || highlight.column === j);
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns.length; j++) {
      const value = cells.value(i, j);
      if (cells.isHidden(i, j) || !(value >= threshold)) continue;
      const weight = Math.min(1, value);
      const [from, to] = [place(i, rows.length), place(j, columns.length)];
      marks.push({
        kind: "curve",
        points: [from, lower, from, lower - span * 0.55, to, upper + span * 0.55, to, upper],
        stroke: "accent",
        width: 0.75 + 7 * weight,
        opacity: (0.2 + 0.8 * weight) * (isLit(i, j) ? 1 : 0.12),
        title: saidOf(cells, i, j, format, texts.hidden),
      });
    }
  }
  const line = (labels: readonly string[], y: number, anchor: "start" | "end", chosen: number | undefined): void => {
    for (const [i, text] of labels.entries())
      marks.push({
        ...labelMark(text, place(i, labels.length), y, isTurned ? anchor : "middle"),
        fill: chosen === i ? "accent" : "ink",
        isTurned,
        isBold: chosen === i,
      });
  };
  line(columns, isTurned ? upper - 6 : upper - FONT / 2 - 4, "start", highlight.column);
  line(rows, isTurned ? lower + 6 : lower + FONT / 2 + 6, "end", highlight.row);
  const notes = [isEmpty(cells) && texts.empty, pooled(block, texts)];
  const body = { marks, width: most * step + 2 * PAD, height: lower + under + PAD };
  return compose(body, notes, options, "Who looks at whom", told(whole, format, texts));
}

/**
 * Which cells may be seen: filled, or hatched where they are hidden. A causal mask is a triangle. Large masks are drawn as
 * heatmap draws large matrices; a square is hatched where all of its cells are hidden.
 *
 * @example
 * ```ts
 * import { mask, toSvg } from "@attn/viz";
 * const scene = mask({ values: [[0, 0], [0, 0]], hidden: [[false, true], [false, false]] }, { title: "Causal" });
 * console.log(scene.description); // → 2 queries, 2 keys; 1 cell hidden.
 * const svg = toSvg(scene);
 * ```
 *
 * @throws TypeError, RangeError as heatmap does.
 */
export function mask(matrix: Matrix, options: PictureOptions = {}): Scene {
  const cells = withLabels(readMatrix("mask", matrix));
  const { seen, empty } = textsOf(options.texts);
  const [L, S] = [cells.rows.length, cells.columns.length];
  let count = 0;
  for (let i = 0; i < L; i++) for (let j = 0; j < S; j++) count += Number(cells.isHidden(i, j));
  const description = `${L} queries, ${counted(S, "key")}; ${counted(count, "cell")} hidden.`;
  const drawn = { ...options, domain: [0, 1], format: () => seen } as const;
  return alone({ ...cells, value: () => 0.7 }, drawn, false, "Mask", isEmpty(cells) ? empty : description);
}

/**
 * One row as bars, each with its label and its number, in order; or the largest of them first: the `top` largest, or 256
 * of more than that, with a sentence that says so. A row of `-Infinity`, as of logits, has bars without length.
 *
 * @param options `top`: how many. Default: all, and 256 of more.
 *
 * @example
 * ```ts
 * import { distribution, toSvg } from "@attn/viz";
 * const scene = distribution([0.1, 0.7, 0.2], ["a", "b", "c"], { top: 2 });
 * console.log(scene.description); // → b: 0.70. c: 0.20. The 2 largest of 3.
 * const svg = toSvg(scene);
 * ```
 *
 * @throws TypeError, RangeError for labels that are not as many as values, and a `top` that is no positive integer.
 */
export function distribution(
  values: ArrayLike<number>,
  labels?: readonly string[],
  options: PictureOptions & { readonly top?: number | undefined } = {},
): Scene {
  checkList("distribution", "values", values, "number");
  const names = readLabels("distribution", "labels", labels, values.length, "value");
  const { format = twoDecimals, title, highlight, top: wanted = BARS } = options;
  if (!(Number.isInteger(wanted) && wanted > 0))
    throw wrongValue("distribution", "top", "be a positive integer", String(wanted));
  const texts = textsOf(options.texts);
  const at = (i: number): number => values[i] as number;
  const most = Math.min(wanted, BARS);
  const isTop = options.top !== undefined || values.length > most;
  let shown = Array.from({ length: values.length }, (_, i) => i);
  // What is no number comes first: it is to be seen.
  const rank = (i: number): number => (Number.isNaN(at(i)) ? Infinity : at(i));
  if (isTop) shown = shown.sort((a, b) => rank(b) - rank(a) || a - b).slice(0, most);
  const row = { rows: ["1"], columns: names, value: (_: number, j: number) => at(j), isHidden: () => false };
  const domain = scaleOf([row], options.domain);
  const bars = shown.map((i) => ({
    name: legible(names[i] as string),
    value: at(i),
    isChosen: highlight?.column === i,
  }));
  const [bar, line] = [180, 24];
  const left =
    PAD +
    8 +
    widest(
      bars.map(({ name }) => name),
      FONT,
      LABEL,
    );
  const top = below(title);
  const marks: Mark[] = [];
  let numbers = 0;
  for (const [i, { name, value, isChosen }] of bars.entries()) {
    const y = top + i * line;
    const place = share(value, domain);
    const text = said(value, format);
    numbers = Math.max(numbers, textWidth(text, FONT));
    const box = { kind: "rect", x: left, y: y + 3, height: line - 6 } as const;
    marks.push(
      { ...labelMark(name, left - 8, y + line / 2, "end"), fill: isChosen ? "accent" : "ink", isBold: isChosen },
      { ...box, width: bar, stroke: "line", title: `${isolated(name)}: ${text}` },
      { ...box, width: bar * place, fill: 0.2 + 0.8 * place },
      { ...labelMark(text, left + bar + 8, y + line / 2, "start"), fill: "ink" },
    );
  }
  const body = { marks, width: left + bar + 8 + numbers + PAD, height: top + bars.length * line + PAD };
  const words = bars.slice(0, 16).map(({ name, value }) => `${isolated(name)}: ${said(value, format)}.`);
  if (bars.length > 16) words.push("…");
  const notes = [
    values.length === 0 && texts.empty,
    isTop && values.length > bars.length && texts.top(bars.length, values.length),
  ];
  return compose(body, notes, options, "Distribution", words.join(" ") || texts.empty);
}
