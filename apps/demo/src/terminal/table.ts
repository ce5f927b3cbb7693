// Matrices as tables of coloured cells. A table is its lines, all of one display width. Without a colour scale a shading
// character in front of each number stands in for it; the number is always there.

import { type Domain, domainOf, share } from "@attn/viz";
import type { ChalkInstance } from "chalk";
import type { Matrix } from "../matrix.ts";
import { hasScale, paint } from "./palette.ts";
import { displayWidth, padLeft, padRight } from "./width.ts";

export interface Table {
  readonly title: string;
  readonly formula: string;
  readonly matrix: Matrix;
  readonly format: (x: number) => string;
}

const shades = [" ", "░", "▒", "▓", "█"] as const;
const shadeOf = (value: number, domain: Domain): string =>
  shades[Math.round(share(value, domain) * (shades.length - 1))] as string;

/** The lines of one table: title, formula, column labels, then a line for each row. Row labels only where asked for. */
export function drawTable(
  chalk: ChalkInstance,
  { title, formula, matrix, format }: Table,
  withRowLabels: boolean,
): string[] {
  const { rows, columns, values, hidden } = matrix;
  const isHidden = (i: number, j: number): boolean => hidden?.[i]?.[j] ?? false;
  const texts = values.map((row, i) => row.map((x, j) => (isHidden(i, j) ? `(${String(x)})` : format(x))));
  // One column in front of the number: a space, or its shade.
  const cellWidth = 1 + Math.max(...columns.map(displayWidth), ...texts.flat().map(displayWidth));
  const labelWidth = withRowLabels ? Math.max(...rows.map(displayWidth)) + 1 : 0;
  const domain = domainOf(values);

  const cell = (text: string, i: number, j: number): string => {
    const value = values[i]?.[j] as number;
    if (isHidden(i, j)) return padLeft(text, cellWidth);
    if (!hasScale(chalk)) return padLeft(shadeOf(value, domain) + text, cellWidth);
    return paint(chalk, padLeft(text, cellWidth), value, domain);
  };
  const indent = " ".repeat(labelWidth + 1);
  const captions = [indent + chalk.bold(title), indent + chalk.dim(formula)];
  const head = " ".repeat(labelWidth) + columns.map((label) => padLeft(label, cellWidth)).join("");
  const body = texts.map((row, i) => {
    const label = withRowLabels ? padRight(rows[i] as string, labelWidth) : "";
    return label + row.map((text, j) => cell(text, i, j)).join("");
  });
  const width = Math.max(...[...captions, head].map(displayWidth));
  return [...captions, head, ...body].map((line) => padRight(line, width));
}

const gap = "  ";
const sameRows = (one: Table, other: Table): boolean => one.matrix.rows.join("\n") === other.matrix.rows.join("\n");

/**
 * Tables side by side while they fit into `width`, then below: each strip is its lines, of one display width.
 * Neighbours of equal rows share their row labels; tables of unequal height do not stand side by side.
 */
export function drawTables(chalk: ChalkInstance, tables: readonly Table[], width: number): string[][] {
  const strips: string[][] = [];
  let strip: string[] = [];
  let previous: Table | undefined;
  for (const table of tables) {
    const beside = previous && drawTable(chalk, table, !sameRows(previous, table));
    const joined = beside?.length === strip.length ? strip.map((line, i) => line + gap + beside[i]) : undefined;
    if (joined && displayWidth(joined[0] as string) <= width) strip = joined;
    else {
      if (previous) strips.push(strip);
      strip = drawTable(chalk, table, true);
    }
    previous = table;
  }
  return previous ? [...strips, strip] : strips;
}

/** The scale itself, from the least to the most. */
export function drawLegend(chalk: ChalkInstance): string {
  const marks = hasScale(chalk)
    ? Array.from({ length: 11 }, (_, i) => paint(chalk, "  ", i, [0, 10])).join("")
    : shades.map((shade) => shade.repeat(2)).join("");
  return `0 ${marks} 1`;
}
