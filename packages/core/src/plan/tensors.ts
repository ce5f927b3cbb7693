// Tensors: that data and shape agree, that shapes broadcast, that an output overlaps no input. Knows no axes.
import { counted, wrongKind, wrongValue } from "../engine/errors.ts";
import type { Out } from "../engine/frame.ts";
import { shapeText, sizeOf } from "../shape.ts";
import type { Tensor } from "../types.ts";
import { broadcastStrides } from "./layout.ts";
import { flattenBooleans, flattenNumbers } from "./nested.ts";
import { isObject, isRecord } from "./values.ts";

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
  if (!Array.isArray(shape)) throw wrongKind(api, name(), "be an array of dimensions", shape);
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const dimension = shape[i];
    if (typeof dimension !== "number") throw wrongKind(api, name(), "be an array of dimensions", shape);
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > LONGEST)
      throw wrongValue(api, name(), "have integers from 0 to 2^31-1", shape);
    size *= dimension;
  }
  if (!Number.isSafeInteger(size)) throw wrongValue(api, name(), "have fewer than 2^53 elements", shape);
}

/** How long data is, and whether that is because its buffer is gone. */
export const lengthText = ({ length, buffer }: Float32Array | Uint8Array): string =>
  length === 0 && buffer.byteLength === 0
    ? "0 (a detached buffer? memory that grew detaches views: take data anew from a tensor in wasm memory)"
    : `${length}`;

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
  const expected = () => `be a tensor { data: ${kind}, shape } or a nested array of ${elements}`;
  if (!isObject(x)) throw wrongKind(api, argument, expected(), x);
  const { data, shape } = read(api, argument, x);
  if (data === undefined && shape === undefined) throw wrongKind(api, argument, expected(), x);
  if (!isTyped(data, kind)) throw wrongKind(api, `${argument}.data`, `be a ${kind}`, data);
  checkShape(api, shape, argument);
  const size = sizeOf(shape);
  const { length } = data as Kinds[K];
  if (length !== size) {
    const expectedSize = `have ${counted(size, "element")} for shape ${shapeText(shape)}`;
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
): Out | undefined {
  if (out === undefined) return undefined;
  const to: Out = isTyped(out, "Float32Array")
    ? { data: out as Float32Array, tensor: undefined }
    : { data: checkOutTensor(api, out), tensor: out as Tensor };
  if (to.data.length !== length)
    throw wrongValue(api, "out", `have exactly ${counted(length, "element")}, the output's size`, lengthText(to.data));
  if (inputs.some((input) => input && overlap(input, to.data)))
    throw wrongValue(api, "out", "not overlap an input", "memory of one");
  return to;
}

function checkOutTensor(api: string, out: unknown): Float32Array {
  if (!isRecord(out)) throw wrongKind(api, "out", "be a Float32Array or a tensor", out);
  return checkDense(api, "out", out, "Float32Array", "numbers").data;
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer &&
  a.byteLength > 0 &&
  b.byteLength > 0 &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength;

/** Strides in elements of a shape broadcast from the right to `full`: 0 where it is repeated. */
export function checkBroadcast(
  api: string,
  argument: string,
  shape: readonly number[],
  full: readonly number[],
): number[] {
  const strides = broadcastStrides(shape, full);
  if (!strides) throw wrongValue(api, argument, `have a shape that broadcasts to ${shapeText(full)}`, shapeText(shape));
  return strides;
}
