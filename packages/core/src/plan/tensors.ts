// Tensors: that data and shape agree, that shapes broadcast, that an output overlaps no input. Knows no axes.
import { counted, describe, wrongKind, wrongValue } from "../engine/errors.ts";
import type { Out } from "../engine/frame.ts";
import { shapeText, sizeOf } from "../shape.ts";
import type { Tensor } from "../types.ts";
import { broadcastStrides } from "./layout.ts";
import { type Checked, DEEPEST, flattenBooleans, flattenNumbers } from "./nested.ts";
import { isObject, isRecord, LONGEST } from "./values.ts";

/** Whether x is a typed array of this kind, also one of another realm (a vm context, an iframe). */
export function isTyped(x: unknown, kind: "Float32Array" | "Uint8Array"): boolean {
  if (!ArrayBuffer.isView(x)) return false;
  if (kind === "Float32Array" ? x instanceof Float32Array : x instanceof Uint8Array) return true;
  return Object.prototype.toString.call(x) === `[object ${kind}]`;
}

/** A copy of `shape`, `of`'s own or an argument itself, which must be an array of lengths whose product an array can have. */
export function checkShape(api: string, shape: unknown, of?: string): number[] {
  // Names are put together where they are needed: three shapes a call cost more than a small attention's products.
  const name = () => (of === undefined ? "shape" : `${of}.shape`);
  if (!Array.isArray(shape)) throw wrongKind(api, name(), "be an array of dimensions", shape);
  const { length } = shape;
  if (length > DEEPEST) throw wrongValue(api, name(), `have at most ${DEEPEST} dimensions`, `${length}`);
  const checked: number[] = [];
  let size = 1;
  for (let i = 0; i < length; i++) {
    const dimension = shape[i];
    if (typeof dimension !== "number") throw wrongKind(api, name(), "be an array of dimensions", shape);
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > LONGEST)
      throw wrongValue(api, name(), "have integers from 0 to 2^31-1", shape);
    checked.push(dimension);
    size *= dimension;
  }
  if (!Number.isSafeInteger(size)) throw wrongValue(api, name(), "have fewer than 2^53 elements", shape);
  return checked;
}

/** How long data is, and whether that is because its buffer is gone; older runtimes do not say so of it. */
export function lengthText({ length, buffer }: Float32Array | Uint8Array): string {
  const { detached = buffer.byteLength === 0 } = buffer as { detached?: boolean };
  return detached
    ? `${length} (a detached buffer? memory that grew detaches views: take data anew from a tensor in wasm memory)`
    : `${length}`;
}

/** A tensor or nested array. */
export function checkTensor(api: string, argument: string, x: unknown): Checked {
  if (Array.isArray(x)) return flattenNumbers(api, argument, x);
  return checkDense(api, argument, x, "Float32Array", "numbers");
}

export function checkMask(api: string, x: unknown, argument = "mask"): Checked<Uint8Array> {
  if (Array.isArray(x)) return flattenBooleans(api, argument, x);
  return checkDense(api, argument, x, "Uint8Array", "booleans");
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
): Checked<Kinds[K]> {
  const expected = () => `be a tensor { data: ${kind}, shape } or a nested array of ${elements}`;
  if (!isObject(x)) throw wrongKind(api, argument, expected(), x);
  const { data, shape, strides = x.stride } = read(api, argument, x);
  if (data === undefined && shape === undefined) throw wrongKind(api, argument, expected(), x);
  if (!isTyped(data, kind))
    throw wrongKind(api, `${argument}.data`, `be a ${kind}`, data, argument === "out" ? "" : whyNoData(data, kind));
  if (shape === undefined) throw wrongKind(api, `${argument}.shape`, "be an array of dimensions", shape, otherName(x));
  const checked = checkShape(api, shape, argument);
  const size = sizeOf(checked);
  const { length } = data as Kinds[K];
  if (length !== size) {
    const expectedSize = `have ${counted(size, "element")} for shape ${shapeText(checked)}`;
    throw wrongValue(api, `${argument}.data`, expectedSize, lengthText(data as Kinds[K]));
  }
  if (strides !== undefined || x.offset) checkContiguous(api, argument, checked, strides, x.offset);
  return { data: data as Kinds[K], shape: checked, size };
}

// What tensors of other libraries and near misses are read as: what to do is said where what is wrong is.

function whyNoData(data: unknown, kind: keyof Kinds): string {
  if (typeof data === "function") return "; of another library's tensor, pass { data: x.dataSync(), shape: x.shape }";
  if (kind === "Uint8Array") return isTyped(data, "Float32Array") ? '; numbers to be added are "bias"' : "";
  const list = Array.isArray(data) || ArrayBuffer.isView(data);
  return list && typeof (data as ArrayLike<unknown>)[0] === "number" ? "; tensor(data, shape) converts it" : "";
}

/** Of a tensor whose shape goes by another name. */
function otherName(x: Record<string, unknown>): string {
  const name = ["dims", "size", "sizes", "dimensions"].find((other) => Array.isArray(x[other]));
  return name ? `; it has ${name} ${describe(x[name])}: pass { data, shape: x.${name} }` : "";
}

/** A view with strides, as ndarray and its like are, has to lie in order and without gaps. */
function checkContiguous(api: string, argument: string, shape: number[], strides: unknown, offset: unknown): void {
  const dense = broadcastStrides(shape, shape) as number[];
  const inOrder = Array.isArray(strides) && shape.every((n, i) => n === 1 || strides[i] === dense[i]);
  if (!(strides === undefined || inOrder) || offset)
    throw wrongValue(
      api,
      argument,
      "lie in row-major order without gaps",
      `strides ${describe(strides)}, offset ${describe(offset)}`,
    );
}

/** What a tensor consists of; one in wasm memory that is disposed has no data, and says so. */
function read(
  api: string,
  argument: string,
  x: Record<string, unknown>,
): Record<"data" | "shape" | "strides", unknown> {
  try {
    return { data: x.data, shape: x.shape, strides: x.strides };
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
