// Nested arrays as flat ones: that they are regular, and their numbers row by row. Knows shapes, not what they mean.
import { wrongKind, wrongValue } from "../engine/errors.ts";
import { sizeOf } from "../shape.ts";

/** A new array, or a RangeError where there is no memory for one so long. */
export function allocate<T>(api: string, argument: string, length: number, make: (length: number) => T): T {
  try {
    return make(length);
  } catch {
    throw wrongValue(api, argument, "have as many elements as memory has room for", `${length}`);
  }
}

/** Copies one innermost row into data from index `at`; returns the first element of another kind, or undefined. */
type CopyRow<T> = (row: readonly unknown[], data: T, at: number) => { readonly found: unknown } | undefined;

const copyNumbers: CopyRow<Float32Array> = (row, data, at) => {
  for (let i = 0; i < row.length; i++) {
    const x = row[i];
    if (typeof x !== "number") return { found: x };
    data[at + i] = x;
  }
  return undefined;
};

const copyBooleans: CopyRow<Uint8Array> = (row, data, at) => {
  for (let i = 0; i < row.length; i++) {
    const x = row[i];
    if (typeof x !== "boolean") return { found: x };
    data[at + i] = x ? 1 : 0;
  }
  return undefined;
};

/** Nested arrays of numbers, flat and row-major, in an array made by `make`. */
export const flattenNumbers = (
  api: string,
  argument: string,
  nested: readonly unknown[],
  make: (length: number) => Float32Array = staged,
): Flat<Float32Array> => flatten(api, argument, nested, make, copyNumbers, "numbers");

/** Floats of a pool, and the most that are taken from one. */
const POOL = 16384;
const STAGED = POOL / 16;
let pool = new Float32Array(0);
let taken = 0;

/**
 * An array that lives for one call and is never handed out: a piece of a pool, since a view costs a twentieth of a new
 * buffer. A pool that is used up is left to the collector, so no piece is ever given twice.
 */
function staged(length: number): Float32Array {
  if (length > STAGED) return new Float32Array(length);
  if (taken + length > pool.length) {
    pool = new Float32Array(POOL);
    taken = 0;
  }
  taken += length;
  return pool.subarray(taken - length, taken);
}

/** Nested arrays of booleans, as 1 and 0. */
export const flattenBooleans = (api: string, argument: string, nested: readonly unknown[]): Flat<Uint8Array> =>
  flatten(api, argument, nested, (length) => new Uint8Array(length), copyBooleans, "booleans");

interface Flat<T> {
  readonly data: T;
  readonly shape: readonly number[];
}

/** The most levels of nesting: past any use, and before a list that lies in itself never ends. */
const DEEPEST = 32;

function flatten<T>(
  api: string,
  argument: string,
  nested: readonly unknown[],
  make: (length: number) => T,
  copyRow: CopyRow<T>,
  elements: string,
): Flat<T> {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > DEEPEST)
      throw wrongValue(api, argument, `be nested at most ${DEEPEST} deep`, "more");
  }
  const data = allocate(api, argument, sizeOf(shape), make);
  const last = shape.length - 1;
  let at = 0;
  const walk = (level: unknown, depth: number): void => {
    const length = shape[depth] as number;
    if (!Array.isArray(level)) throw wrongKind(api, argument, `be a regular nested array of ${elements}`, level);
    if (level.length !== length) {
      throw wrongValue(
        api,
        argument,
        `be a regular nested array (dimension ${depth} is ${length})`,
        `a row of ${level.length}`,
      );
    }
    if (depth < last) {
      for (let i = 0; i < length; i++) walk(level[i], depth + 1);
      return;
    }
    const wrong = copyRow(level, data, at);
    if (wrong) throw wrongKind(api, argument, `be a regular nested array of ${elements}`, wrong.found);
    at += length;
  };
  walk(nested, 0);
  return { data, shape };
}
