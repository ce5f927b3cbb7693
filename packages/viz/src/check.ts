// What callers hand over, looked at before anything is drawn. Errors name call, argument, expected and got.
import type { Matrix } from "./scene.ts";

const kindOf = (x: unknown): string => {
  if (x === null || typeof x !== "object") return typeof x === "string" ? JSON.stringify(x.slice(0, 40)) : String(x);
  return Array.isArray(x) ? `an array of ${x.length}` : "an object";
};

export const wrongKind = (api: string, argument: string, expected: string, got: unknown): TypeError =>
  new TypeError(`${api}: "${argument}" must be ${expected}, got ${kindOf(got)}`);
export const wrongValue = (api: string, argument: string, expected: string, got: string): RangeError =>
  new RangeError(`${api}: "${argument}" must be ${expected}, got ${got}`);

/** An array of `count` items of one kind; any count where it is undefined. */
export function checkList(
  api: string,
  argument: string,
  given: unknown,
  kind: "string" | "number",
  count?: number,
): void {
  if (!Array.isArray(given)) throw wrongKind(api, argument, `an array of ${kind}s`, given);
  for (const [i, x] of given.entries())
    if (typeof x !== kind) throw wrongKind(api, `${argument}[${i}]`, `a ${kind}`, x);
  if (count !== undefined && given.length !== count)
    throw wrongValue(api, argument, `${count} ${kind}s`, String(given.length));
}

export function checkMatrix(api: string, matrix: Matrix, argument = "matrix"): void {
  if (typeof matrix !== "object" || matrix === null) throw wrongKind(api, argument, "a matrix", matrix);
  const { values, rows, columns, hidden } = matrix;
  checkList(api, `${argument}.rows`, rows, "string");
  checkList(api, `${argument}.columns`, columns, "string");
  const checkRows = (name: string, given: unknown, each: (row: unknown, where: string) => void): void => {
    if (!Array.isArray(given)) throw wrongKind(api, name, "an array of rows", given);
    if (given.length !== rows.length) throw wrongValue(api, name, `${rows.length} rows`, String(given.length));
    for (const [i, row] of given.entries()) each(row, `${name}[${i}]`);
  };
  checkRows(`${argument}.values`, values, (row, where) => checkList(api, where, row, "number", columns.length));
  if (hidden === undefined) return;
  checkRows(`${argument}.hidden`, hidden, (row, where) => {
    if (!Array.isArray(row)) throw wrongKind(api, where, "an array of booleans", row);
    if (row.length !== columns.length) throw wrongValue(api, where, `${columns.length} booleans`, String(row.length));
  });
}
