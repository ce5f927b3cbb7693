// A safetensors file from tensors. Knows no models.
import type { Tensor } from "@attn/core";
import { counted, shapeText, wrongKind, wrongTensor, wrongValue } from "../errors.ts";
import type { StoredTensor } from "../types.ts";
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

/** Shape, dtype and bytes of either kind of tensor; checked. */
function stored(name: unknown, x: StoredTensor | Tensor): StoredTensor & { readonly name: string } {
  if (typeof name !== "string") throw wrongKind(API, "tensors", "a map from names", name);
  if (name === METADATA || /\p{Surrogate}/u.test(name))
    throw wrongValue(API, "tensors", `a map from names in Unicode other than ${METADATA}`, name);
  if (typeof x !== "object" || x === null || !Array.isArray(x.shape))
    throw wrongKind(API, `tensors.get(${JSON.stringify(name)})`, "a tensor", x);
  const { shape } = x;
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    throw wrongTensor(API, name, `must have a shape of non-negative integers, got ${shapeText(shape)}`);
  const dtype = "dtype" in x ? x.dtype : "F32";
  const size = BYTES.get(dtype);
  if (size === undefined) throw wrongTensor(API, name, `must have a dtype of ${rank.join(", ")}, got ${dtype}`);
  const { data } = x as Tensor;
  const bytes =
    "dtype" in x
      ? bytesOf(x.bytes)
      : ArrayBuffer.isView(data) && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes) throw wrongTensor(API, name, "must have bytes in a Uint8Array, or data in a Float32Array");
  const needed = shape.reduce((product, length) => product * length, size);
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
 * at a multiple of 8, so that every tensor lies aligned.
 *
 * @throws TypeError or RangeError where a tensor's bytes do not fit its shape, or metadata are not strings.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor | Tensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  if (typeof tensors?.entries !== "function") throw wrongKind(API, "tensors", "a Map of tensors by name", tensors);
  const list = Array.from(tensors, ([name, x]) => stored(name, x));
  for (const [key, value] of Object.entries(metadata ?? {}))
    if (typeof value !== "string") throw wrongKind(API, `metadata.${key}`, "a string", value);
  list.sort((a, b) => rank.indexOf(b.dtype) - rank.indexOf(a.dtype) || compareNames(a.name, b.name));

  let size = 0;
  const members = list.map(({ name, dtype, shape, bytes }) => {
    const data_offsets = [size, (size += bytes.length)];
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets })}`;
  });
  if (metadata) members.unshift(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  const header = new TextEncoder().encode(`{${members.join(",")}}`);
  const start = LENGTH_BYTES + Math.ceil(header.length / 8) * 8;

  const file = new Uint8Array(start + size).fill(0x20, LENGTH_BYTES, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(header, LENGTH_BYTES);
  let at = start;
  for (const { bytes } of list) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
