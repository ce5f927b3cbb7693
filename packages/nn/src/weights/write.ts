// A safetensors file from tensors. Knows no models.
import type { Tensor } from "@attn/core";
import { counted, shapeText, wrongKind, wrongValue } from "@attn/core/engine";
import { quote, wrongTensor } from "../errors.ts";
import type { StoredDtype, StoredTensor } from "../types.ts";
import { BYTES } from "./dtypes.ts";
import { LENGTH_BYTES, METADATA } from "./header.ts";
import { bytesOf } from "./read.ts";

const API = "writeSafetensors";

const rank = [...BYTES.keys()];

/** As the reference implementation compares names: by code points, which is not by UTF-16 units. */
function compareNames(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = (x[i]?.codePointAt(0) as number) - (y[i]?.codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Bytes of a tensor. */
const sizeOf = (dtype: StoredDtype, shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, BYTES.get(dtype) as number);

/** Shape, dtype and bytes of either kind of tensor; checked. */
function stored(name: unknown, x: StoredTensor | Tensor): StoredTensor & { readonly name: string } {
  if (typeof name !== "string") throw wrongKind(API, "tensors", "be a map from names", name);
  if (name === METADATA || /\p{Surrogate}/u.test(name))
    throw wrongValue(API, "tensors", `be a map from names in Unicode other than ${METADATA}`, quote(name));
  if (typeof x !== "object" || x === null || !Array.isArray(x.shape))
    throw wrongKind(API, `tensors.get(${JSON.stringify(name)})`, "be a tensor", x);
  const { shape } = x;
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw wrongTensor(API, name, `must have a shape of non-negative integers, got ${shapeText(shape)}`);
  const dtype = "dtype" in x ? x.dtype : "F32";
  if (!BYTES.has(dtype)) throw wrongTensor(API, name, `must have a dtype of ${rank.join(", ")}, got ${dtype}`);
  const { data } = x as Tensor;
  const bytes =
    "dtype" in x
      ? bytesOf(x.bytes)
      : ArrayBuffer.isView(data) && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes) throw wrongTensor(API, name, "must have bytes in a Uint8Array, or data in a Float32Array");
  const needed = sizeOf(dtype, shape);
  if (bytes.length !== needed)
    throw wrongTensor(
      API,
      name,
      `must have ${counted(needed, "byte")} for ${dtype} ${shapeText(shape)}, got ${bytes.length}`,
    );
  return { name, dtype, shape, bytes };
}

/**
 * A safetensors file with these tensors, which {@link readSafetensors} reads back bit by bit; a {@link Tensor} is stored as
 * F32. In it they are sorted as the reference implementation sorts them, by alignment and then by name, and the data begins
 * at a multiple of 8, so that every tensor lies aligned. Metadata are strings by name, as Python's `{"format": "pt"}`.
 *
 * @example
 * ```ts
 * import { readSafetensors, writeSafetensors } from "@attn/nn";
 *
 * const file = writeSafetensors(new Map([["weight", { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }]]));
 * console.log(readSafetensors(file).get("weight")?.shape); // → [2, 2]
 * ```
 * @throws TypeError or RangeError where a tensor's bytes do not fit its shape, or metadata are not strings.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor | Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  if (typeof tensors?.entries !== "function") throw wrongKind(API, "tensors", "be a Map of tensors by name", tensors);
  const list = Array.from(tensors, ([name, x]) => stored(name, x));
  for (const [key, value] of Object.entries(metadata ?? {}))
    if (typeof value !== "string") throw wrongKind(API, `metadata.${key}`, "be a string", value);
  const { header, begins, size } = layOut(list, metadata);
  const file = new Uint8Array(size);
  file.set(header);
  for (const [i, { bytes }] of list.entries()) file.set(bytes, begins[i]);
  return file;
}

/** A file that is still to be written. */
export interface Layout {
  /** All that stands before the data: the length, the JSON, spaces. */
  readonly header: Uint8Array;
  /** Where the bytes of each tensor begin in the file. */
  readonly begins: readonly number[];
  /** Of the whole file. */
  readonly size: number;
}

/** Where each of these tensors stands in a file: in its order, not in theirs. */
export function layOut(
  tensors: readonly (Pick<StoredTensor, "dtype" | "shape"> & { readonly name: string })[],
  metadata?: Readonly<Record<string, string>>,
): Layout {
  const order = [...tensors.entries()].sort(
    ([, a], [, b]) => rank.indexOf(b.dtype) - rank.indexOf(a.dtype) || compareNames(a.name, b.name),
  );
  const begins: number[] = [];
  let size = 0;
  const members = order.map(([i, { name, dtype, shape }]) => {
    begins[i] = size;
    size += sizeOf(dtype, shape);
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begins[i], size] })}`;
  });
  if (metadata) members.unshift(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const start = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(start).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  header.set(json, LENGTH_BYTES);
  return { header, begins: begins.map((begin) => start + begin), size: start + size };
}
