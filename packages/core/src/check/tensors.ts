// Tensors: that data and shape agree, that shapes broadcast, that an output is memory of its own. Knows no axes.
import { shapeText, wrongKind, wrongValue } from "../errors.ts";
import { checkShape, flattenBooleans, flattenNumbers, isTyped, lengthText, sizeOf } from "../tensor.ts";
import type { Tensor } from "../types.ts";
import { isObject, isRecord } from "./values.ts";

/** A tensor or nested array, as data and shape that agree. */
export function checkTensor(api: string, argument: string, x: unknown): Tensor {
  if (Array.isArray(x)) return flattenNumbers(api, argument, x);
  return checkDense(api, argument, x, "Float32Array", "numbers");
}

export function checkMask(api: string, x: unknown): { data: Uint8Array; shape: readonly number[] } {
  if (Array.isArray(x)) return flattenBooleans(api, "mask", x);
  return checkDense(api, "mask", x, "Uint8Array", "booleans");
}

interface Kinds {
  Float32Array: Float32Array;
  Uint8Array: Uint8Array;
}

function checkDense<K extends keyof Kinds>(
  api: string,
  argument: string,
  x: unknown,
  kind: K,
  elements: string,
): { data: Kinds[K]; shape: readonly number[] } {
  const expected = () => `a tensor { data: ${kind}, shape } or a nested array of ${elements}`;
  if (!isObject(x)) throw wrongKind(api, argument, expected(), x);
  const { data, shape } = read(api, argument, x);
  if (data === undefined && shape === undefined) throw wrongKind(api, argument, expected(), x);
  if (!isTyped(data, kind)) throw wrongKind(api, `${argument}.data`, `a ${kind}`, data);
  checkShape(api, shape, argument);
  const size = sizeOf(shape);
  const { length } = data as Kinds[K];
  if (length !== size) {
    const expectedSize = `of ${size} elements for shape ${shapeText(shape)}`;
    throw wrongValue(api, `${argument}.data`, expectedSize, lengthText(data as Kinds[K]));
  }
  return { data: data as Kinds[K], shape };
}

/** data and shape of a tensor; one in wasm memory that is disposed has no data, and says so. */
function read(api: string, argument: string, x: Record<string, unknown>): { data: unknown; shape: unknown } {
  try {
    return { data: x.data, shape: x.shape };
  } catch (cause) {
    throw new Error(`${api}: "${argument}" cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Where to write: `length` numbers that overlap none of `inputs`; undefined = a new array. */
export function checkOut(
  api: string,
  out: unknown,
  length: number,
  inputs: readonly (ArrayBufferView | undefined)[],
): Float32Array | undefined {
  if (out === undefined) return undefined;
  const to = isTyped(out, "Float32Array") ? (out as Float32Array) : checkOutTensor(api, out);
  if (to.length !== length)
    throw wrongValue(api, "out", `of exactly ${length} elements, the output's size`, lengthText(to));
  if (inputs.some((input) => input && overlap(input, to)))
    throw wrongValue(api, "out", "memory of its own", "memory that an input lies in");
  return to;
}

function checkOutTensor(api: string, out: unknown): Float32Array {
  if (!isRecord(out)) throw wrongKind(api, "out", "a Float32Array or a tensor", out);
  return checkDense(api, "out", out, "Float32Array", "numbers").data;
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer &&
  a.byteLength > 0 &&
  b.byteLength > 0 &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;

/** Strides in elements of a shape broadcast from the right to `full`: 0 where it is repeated. */
export function broadcastTo(
  api: string,
  argument: string,
  shape: readonly number[],
  full: readonly number[],
): number[] {
  const skip = full.length - shape.length;
  if (skip < 0 || shape.some((n, i) => n !== 1 && n !== full[skip + i])) {
    throw wrongValue(api, argument, `of a shape that broadcasts to ${shapeText(full)}`, shapeText(shape));
  }
  const strides = full.map(() => 0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i] as number;
    if (n !== 1) strides[skip + i] = stride;
    stride *= n;
  }
  return strides;
}

export function checkShapeArgument(api: string, shape: unknown): readonly number[] {
  checkShape(api, shape);
  return [...shape];
}
