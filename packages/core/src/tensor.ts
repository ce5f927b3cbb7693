// Tensors: the constructor, and how nested arrays become flat ones. Knows shapes, not what they mean.
import { wrongKind, wrongValue } from "./errors.ts";
import type { NestedNumbers, Tensor } from "./types.ts";

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const dimension of shape) n *= dimension;
  return n;
}

/** Whether x is a typed array of this kind, also one of another realm (a vm context, an iframe). */
export function isTyped(x: unknown, kind: "Float32Array" | "Uint8Array"): boolean {
  if (kind === "Float32Array" ? x instanceof Float32Array : x instanceof Uint8Array) return true;
  return ArrayBuffer.isView(x) && Object.prototype.toString.call(x) === `[object ${kind}]`;
}

/** The longest dimension: lengths are 32-bit integers in the kernel. */
const LONGEST = 2 ** 31 - 1;

/** Throws unless `shape` is an array of lengths whose product an array can have: `of`'s own, or an argument itself. */
export function checkShape(api: string, shape: unknown, of?: string): asserts shape is readonly number[] {
  // Names are put together where they are needed: three shapes a call cost more than a small attention's products.
  const name = () => (of === undefined ? "shape" : `${of}.shape`);
  if (!Array.isArray(shape)) throw wrongKind(api, name(), "an array of dimensions", shape);
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const dimension = shape[i];
    if (typeof dimension !== "number") throw wrongKind(api, name(), "an array of dimensions", shape);
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > LONGEST)
      throw wrongValue(api, name(), "of integers from 0 to 2^31-1", shape);
    size *= dimension;
  }
  if (!Number.isSafeInteger(size)) throw wrongValue(api, name(), "of fewer than 2^53 elements", shape);
}

/** How long data is, and whether that is because its buffer is gone. */
export const lengthText = ({ length, buffer }: Float32Array | Uint8Array): string =>
  length === 0 && buffer.byteLength === 0
    ? "0 (a detached buffer? memory that grew detaches views: take data anew from a tensor in wasm memory)"
    : `${length}`;

/** A new array, or a RangeError where there is no memory for one so long. */
function allocate<T>(api: string, argument: string, length: number, make: (length: number) => T): T {
  try {
    return make(length);
  } catch {
    throw wrongValue(api, argument, "of as many elements as memory has room for", `${length}`);
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
    if (shape.push(level.length) > DEEPEST) throw wrongValue(api, argument, `nested at most ${DEEPEST} deep`, "more");
  }
  const data = allocate(api, argument, sizeOf(shape), make);
  const last = shape.length - 1;
  let at = 0;
  const walk = (level: unknown, depth: number): void => {
    const length = shape[depth] as number;
    if (!Array.isArray(level)) throw wrongKind(api, argument, `a regular nested array of ${elements}`, level);
    if (level.length !== length) {
      throw wrongValue(
        api,
        argument,
        `a regular nested array (dimension ${depth} is ${length})`,
        `a row of ${level.length}`,
      );
    }
    if (depth < last) {
      for (let i = 0; i < length; i++) walk(level[i], depth + 1);
      return;
    }
    const odd = copyRow(level, data, at);
    if (odd) throw wrongKind(api, argument, `a regular nested array of ${elements}`, odd.found);
    at += length;
  };
  walk(nested, 0);
  return { data, shape };
}

/**
 * A tensor from nested arrays, or from flat data and a shape. Float32Array data is wrapped, not copied; anything else
 * is converted to float32.
 *
 * @throws RangeError where nested arrays are ragged, or data does not have as many elements as the shape.
 */
export function tensor(values: NestedNumbers): Tensor;
export function tensor(data: ArrayLike<number>, shape: readonly number[]): Tensor;
export function tensor(values: NestedNumbers | ArrayLike<number>, shape?: readonly number[]): Tensor {
  if (shape === undefined) {
    if (!Array.isArray(values))
      throw wrongKind("tensor", "values", "a nested array, or flat data with a shape", values);
    return flattenNumbers("tensor", "values", values, (length) => new Float32Array(length));
  }
  checkShape("tensor", shape);
  if (typeof values !== "object" || values === null || typeof values.length !== "number") {
    throw wrongKind("tensor", "data", "an array of numbers", values);
  }
  if (values.length !== sizeOf(shape)) {
    throw wrongValue(
      "tensor",
      "data",
      `of ${sizeOf(shape)} elements for shape [${shape.join(", ")}]`,
      isTyped(values, "Float32Array") ? lengthText(values as unknown as Float32Array) : `${values.length}`,
    );
  }
  if (isTyped(values, "Float32Array")) return { data: values as unknown as Float32Array, shape: [...shape] };
  const data = allocate("tensor", "data", values.length, (length) => new Float32Array(length));
  for (let i = 0; i < data.length; i++) {
    const x = (values as ArrayLike<unknown>)[i];
    if (typeof x !== "number") throw wrongKind("tensor", "data", "an array of numbers", x);
    data[i] = x;
  }
  return { data, shape: [...shape] };
}
