// Nested arrays as flat ones: that they are regular, and their numbers row by row. Knows shapes, not what they mean.
//
// What is given may lie: rows of other lengths, lists that lie in themselves, a length with nothing behind it, proxies that
// answer differently each time. So memory grows with the elements that were seen, whatever the lengths promise.
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

/** Copies elements `from` … `to`-1 into data at index `at`, up to the first that is of another type, which it returns. */
type CopyRow<T> = (
  row: ArrayLike<unknown>,
  from: number,
  to: number,
  data: T,
  at: number,
) => { readonly found: unknown } | undefined;

export const copyNumbers: CopyRow<Float32Array> = (row, from, to, data, at) => {
  for (let i = from; i < to; i++) {
    const x = row[i];
    if (typeof x !== "number") return { found: x };
    data[at + i - from] = x;
  }
  return undefined;
};

const copyBooleans: CopyRow<Uint8Array> = (row, from, to, data, at) => {
  for (let i = from; i < to; i++) {
    const x = row[i];
    if (typeof x !== "boolean") return { found: x };
    data[at + i - from] = x ? 1 : 0;
  }
  return undefined;
};

/** Nested arrays of numbers, flat and row-major, in an array made by `make`. */
export const flattenNumbers = (
  api: string,
  argument: string,
  nested: readonly unknown[],
  make: (length: number) => Float32Array = staged,
): Checked<Float32Array> => flatten(api, argument, nested, make, copyNumbers, "number");

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
export const flattenBooleans = (api: string, argument: string, nested: readonly unknown[]): Checked<Uint8Array> =>
  flatten(api, argument, nested, (length) => new Uint8Array(length), copyBooleans, "boolean");

/** An argument that was read once and agrees with itself, whatever the caller's object says when it is asked again. */
export interface Checked<T = Float32Array> {
  readonly data: T;
  readonly shape: readonly number[];
  /** The elements of the shape, and of data when it was read. */
  readonly size: number;
}

/** The most levels of nesting: past any use, and before a list that lies in itself never ends. */
export const DEEPEST = 32;

/** Elements that there is room for before any was seen, and how many times as many there is room for as were seen. */
const AT_FIRST = 16384;
const AHEAD = 16;

/** JSON has no -Infinity, and other libraries no masks beside a bias. */
const hint = (argument: string): string => (argument === "bias" ? '; what hides a key is "mask", or -Infinity' : "");

function flatten<T extends Float32Array | Uint8Array>(
  api: string,
  argument: string,
  nested: readonly unknown[],
  make: (length: number) => T,
  copyRow: CopyRow<T>,
  type: "number" | "boolean",
): Checked<T> {
  const shape: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > DEEPEST)
      throw wrongValue(api, argument, `be nested at most ${DEEPEST} deep`, "more");
  }
  const last = shape.length - 1;
  const size = sizeOf(shape);
  let data = make(Math.min(size, AT_FIRST));
  let at = 0;
  const walk = (level: unknown, depth: number): void => {
    const length = shape[depth] as number;
    if (!Array.isArray(level)) throw wrongKind(api, argument, `be a regular nested array of ${type}s`, level);
    if (level.length !== length) {
      const expected = `be a regular nested array (dimension ${depth} is ${length})`;
      throw wrongValue(api, argument, expected, `a row of ${level.length}`);
    }
    if (depth < last) {
      for (let i = 0; i < length; i++) walk(level[i], depth + 1);
      return;
    }
    for (let from = 0, to = 0; from < length; from = to) {
      if (at === data.length) {
        const more = allocate(api, argument, Math.min(size, at * AHEAD), make);
        more.set(data);
        data = more;
      }
      to = Math.min(length, from + data.length - at);
      const wrong = copyRow(level, from, to, data, at);
      if (wrong) throw wrongKind(api, argument, `be a regular nested array of ${type}s`, wrong.found, hint(argument));
      at += to - from;
    }
  };
  walk(nested, 0);
  return { data, shape, size };
}
