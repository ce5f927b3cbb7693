// What a matrix may be handed over as, and the one way in which pictures read it. Checks all of it first; draws nothing.
import { checkList, counted, readLabels, wrongKind, wrongValue } from "./check.ts";

/** Dense and row-major, or with strides counted in elements: what `@attn/core` gives, and takes. */
export interface TensorLike {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly strides?: readonly number[] | undefined;
}

/** L rows of S numbers, each an array or a typed array; or a tensor of shape [L, S]. */
export type Values = readonly ArrayLike<number>[] | TensorLike;

/** A matrix of attention: a row for each query, a column for each key. */
export interface Matrix {
  readonly values: Values;
  /** L labels, of the queries. Default: "1", "2", … */
  readonly rows?: readonly string[] | undefined;
  /** S labels, of the keys. Default: "1", "2", … */
  readonly columns?: readonly string[] | undefined;
  /**
   * true (in a typed array or a tensor: not 0) where a mask hides the key: drawn hatched, and without a number. The
   * opposite of `@attn/core`'s `mask`, where true attends.
   */
  readonly hidden?: readonly (readonly boolean[] | Uint8Array)[] | TensorLike | undefined;
}

/** A cell, counted from 0. */
export interface Point {
  readonly row: number;
  readonly column: number;
}

/** A matrix that has been checked. */
export interface Cells {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  value(i: number, j: number): number;
  isHidden(i: number, j: number): boolean;
}

/** One [L, S] of what was handed over. */
interface Plane {
  readonly L: number;
  readonly S: number;
  at(i: number, j: number): number | boolean;
}

const has = (x: unknown, name: string): boolean => typeof x === "object" && x !== null && name in x;
const isTensor = (x: unknown): boolean => has(x, "data") && has(x, "shape");

/** One for each index of the axes before the last two. */
function planesOfTensor(api: string, argument: string, tensor: TensorLike): Plane[] {
  const { data, shape, strides } = tensor;
  /** A size or a step for each axis. */
  const checkAxes = (name: string, given: readonly number[], must: string, isRight: () => boolean): void => {
    checkList(api, `${argument}.${name}`, given, "number");
    if (!isRight() || !given.every((x) => Number.isInteger(x) && x >= 0))
      throw wrongValue(api, `${argument}.${name}`, `have ${must}, from 0 on`, `[${given.join(", ")}]`);
  };
  checkAxes("shape", shape, "at least two sizes", () => shape.length >= 2);
  checkList(api, `${argument}.data`, data, "number");
  const dense: number[] = [];
  let size = 1;
  for (const length of shape.toReversed()) {
    dense.unshift(size);
    size *= length;
  }
  const steps = strides ?? dense;
  checkAxes("strides", steps, `${shape.length} steps`, () => steps.length === shape.length);
  const needed = size && shape.reduce((sum, length, axis) => sum + (length - 1) * (steps[axis] as number), 1);
  if (strides ? data.length < needed : data.length !== needed)
    throw wrongValue(
      api,
      `${argument}.data`,
      `have ${strides ? "at least " : ""}${counted(needed, "number")}, as its shape [${shape.join(", ")}] says`,
      data.length,
    );
  const [L, S] = shape.slice(-2) as [number, number];
  const [down, across] = steps.slice(-2) as [number, number];
  let origins = [0];
  for (const [axis, length] of shape.slice(0, -2).entries())
    origins = origins.flatMap((origin) => Array.from({ length }, (_, i) => origin + i * (steps[axis] as number)));
  return origins.map((origin) => ({ L, S, at: (i, j) => data[origin + i * down + j * across] as number }));
}

function planesOf(api: string, argument: string, given: unknown, kind: "number" | "boolean"): Plane[] {
  if (isTensor(given)) return planesOfTensor(api, argument, given as TensorLike);
  if (!Array.isArray(given)) {
    const hint = ArrayBuffer.isView(given)
      ? "wrap it: { data, shape: [L, S] }"
      : has(given, "data")
        ? "a tensor has data and shape"
        : "";
    throw wrongKind(api, argument, `be rows of ${kind}s, or a tensor { data, shape }`, given, hint);
  }
  const S = given[0]?.length ?? 0;
  for (const [i, row] of given.entries()) {
    checkList(api, `${argument}[${i}]`, row, kind);
    if (row.length !== S)
      throw wrongValue(api, `${argument}[${i}]`, `have ${counted(S, kind)}, like the first row`, row.length);
  }
  return [{ L: given.length, S, at: (i, j) => given[i][j] }];
}

/** Values alone, of which no label is asked. */
export const readValues = (api: string, argument: string, given: unknown): Cells[] =>
  planesOf(api, argument, given, "number").map(({ L, S, at }) => ({
    rows: new Array(L),
    columns: new Array(S),
    value: at as Cells["value"],
    isHidden: () => false,
  }));

/** All that stand behind each other in what was given, with the same labels. */
export function readMatrices(api: string, argument: string, given: unknown): Cells[] {
  if (!given || typeof given !== "object" || !("values" in given) || Array.isArray(given)) {
    const isBare = Array.isArray(given) || ArrayBuffer.isView(given) || isTensor(given);
    const hint = isBare ? "write { values: … } around it" : "";
    throw wrongKind(api, argument, "be a matrix { values, rows, columns, hidden }", given, hint);
  }
  const matrix = given as Partial<Matrix>;
  const planes = planesOf(api, `${argument}.values`, matrix.values, "number");
  const L = planes[0]?.L ?? 0;
  // No row says how many columns there are.
  const S = L > 0 || matrix.columns === undefined ? (planes[0]?.S ?? 0) : matrix.columns.length;
  const rows = readLabels(api, `${argument}.rows`, matrix.rows, L, "row");
  const columns = readLabels(api, `${argument}.columns`, matrix.columns, S, "column");
  const hidden = matrix.hidden && planesOf(api, `${argument}.hidden`, matrix.hidden, "boolean");
  const [mask] = hidden ?? [];
  if (mask && (mask.L !== L || (L > 0 && mask.S !== S)))
    throw wrongValue(api, `${argument}.hidden`, `be ${L} × ${S}, like "${argument}.values"`, `${mask.L} × ${mask.S}`);
  if (hidden && hidden.length !== 1 && hidden.length !== planes.length)
    throw wrongValue(api, `${argument}.hidden`, `be one matrix, or ${planes.length}`, hidden.length);
  return planes.map(({ at }, head) => {
    const isHidden = hidden && (hidden[hidden.length === 1 ? 0 : head] as Plane).at;
    return {
      rows,
      columns,
      value: at as Cells["value"],
      isHidden: isHidden ? (i, j) => Boolean(isHidden(i, j)) : () => false,
    };
  });
}

export function readMatrix(api: string, given: unknown): Cells {
  const all = readMatrices(api, "matrix", given);
  if (all.length !== 1) {
    const { shape } = (given as { values: TensorLike }).values;
    throw wrongValue(api, "matrix.values", "have shape [L, S]", `[${shape.join(", ")}]; heads draws several`);
  }
  return all[0] as Cells;
}
