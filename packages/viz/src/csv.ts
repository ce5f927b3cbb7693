// A matrix as comma-separated values (RFC 4180).
import { checkMatrix } from "./check.ts";
import type { Matrix } from "./scene.ts";

/**
 * A label that a spreadsheet would take for a formula gets an apostrophe in front; whatever holds a comma, a quote or a
 * line's end is quoted.
 */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A line of columns, then one for each row, its label first. Numbers in full; a hidden cell is empty. */
export function toCsv(matrix: Matrix): string {
  checkMatrix("toCsv", matrix);
  const { values, rows, columns, hidden } = matrix;
  const lines = [["", ...columns.map(field)]];
  for (const [i, row] of values.entries())
    lines.push([field(rows[i] as string), ...row.map((value, j) => (hidden?.[i]?.[j] ? "" : String(value)))]);
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}
