// A matrix as comma-separated values (RFC 4180).
import { type Matrix, readMatrix } from "./matrix.ts";

/**
 * A label that a spreadsheet would take for a formula gets an apostrophe in front; whatever holds a comma, a quote or a
 * line's end is quoted.
 */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * A line of columns, then one for each row, its label first. Numbers in full, all of them; a hidden cell is empty.
 *
 * @example
 * ```ts
 * import { toCsv } from "@attn/viz";
 * const csv = toCsv({ values: [[0.25, 0.75]], rows: ["it"], columns: ["cat", "mat"] });
 * console.log(JSON.stringify(csv)); // → ",cat,mat\r\nit,0.25,0.75\r\n"
 * ```
 *
 * @throws TypeError, RangeError as heatmap does.
 */
export function toCsv(matrix: Matrix): string {
  const { rows, columns, value, isHidden } = readMatrix("toCsv", matrix);
  const line = (label: string, i: number): string =>
    [field(label), ...columns.map((_, j) => (isHidden(i, j) ? "" : String(value(i, j))))].join(",");
  return [["", ...columns.map(field)].join(","), ...rows.map(line), ""].join("\r\n");
}
