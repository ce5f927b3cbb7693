// Element types of a file: how long they are, and their numbers as float32. Knows no files and no names.
import type { StoredDtype, StoredTensor } from "../types.ts";

/** Bytes of one element. The order is the reference implementation's, from the least aligned: files are sorted by it. */
export const BYTES: ReadonlyMap<unknown, number> = new Map<StoredDtype, number>([
  ["BOOL", 1],
  ["U8", 1],
  ["I8", 1],
  ["I16", 2],
  ["F16", 2],
  ["BF16", 2],
  ["I32", 4],
  ["F32", 4],
  ["F64", 8],
  ["I64", 8],
]);

/**
 * The numbers of a tensor as float32, rounded to nearest where they do not fit; BOOL is 0 or 1. Bytes may lie anywhere,
 * also unaligned. Where `out` is given it must have as many elements as there are numbers.
 */
export function toFloat32(
  { dtype, bytes }: Pick<StoredTensor, "dtype" | "bytes">,
  out: Float32Array = new Float32Array(bytes.length / (BYTES.get(dtype) as number)),
): Float32Array {
  // F32 goes as bytes, which keeps a NaN's payload and needs no alignment.
  if (dtype === "F32") {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
    return out;
  }
  const size = BYTES.get(dtype) as number;
  // A view needs alignment; a copy has it. (Buffer's slice() does not copy.)
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const n = bytes.length / size;
  switch (dtype) {
    case "F64":
      out.set(new Float64Array(buffer, byteOffset, n));
      break;
    case "F16":
      fromHalf(new Uint16Array(buffer, byteOffset, n), out);
      break;
    case "BF16": {
      const from = new Uint16Array(buffer, byteOffset, n);
      const bits = bitsOf(out);
      for (let i = 0; i < n; i++) bits[i] = (from[i] as number) << 16;
      break;
    }
    case "I64": {
      const from = new BigInt64Array(buffer, byteOffset, n);
      for (let i = 0; i < n; i++) out[i] = Number(from[i]);
      break;
    }
    case "I32":
      out.set(new Int32Array(buffer, byteOffset, n));
      break;
    case "I16":
      out.set(new Int16Array(buffer, byteOffset, n));
      break;
    case "I8":
      out.set(new Int8Array(buffer, byteOffset, n));
      break;
    case "U8":
      out.set(bytes);
      break;
    case "BOOL":
      for (let i = 0; i < n; i++) out[i] = bytes[i] === 0 ? 0 : 1;
  }
  return out;
}

/**
 * float32 as binary16, rounded to nearest, ties to even. Returns the index of the first finite number that is too large for
 * it, from 65520 on; -1 where all fit. `out` is undefined from there on.
 */
export function toHalf(from: Float32Array, out: Uint16Array): number {
  const bits = bitsOf(from);
  for (let i = 0; i < from.length; i++) {
    const word = bits[i] as number;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    if (size >= 0x7f800000) {
      out[i] = sign | 0x7c00 | (size > 0x7f800000 ? 0x200 | ((size >>> 13) & 0x3ff) : 0);
    } else if (size >= 0x477ff000) {
      return i;
    } else if (size >= 0x38800000) {
      // The exponent with a half's bias; a carry out of the fraction goes into it, as it should.
      const moved = size - 0x38000000;
      out[i] = sign | ((moved + 0xfff + ((moved >>> 13) & 1)) >>> 13);
    } else {
      // In units of 2^-24, the smallest half, which are also those of a float's last digit between 0.5 and 1.
      out[i] = sign | ((Math.fround(Math.abs(from[i] as number) + 0.5) - 0.5) * 2 ** 24);
    }
  }
  return -1;
}

const bitsOf = (x: Float32Array): Uint32Array => new Uint32Array(x.buffer, x.byteOffset, x.length);

/**
 * binary16 by its bits, since Float16Array is younger than the runtimes here. Exponent and fraction of a half, moved to
 * where a float has them, are that float times 2^-112, also where the half is subnormal.
 */
function fromHalf(from: Uint16Array, out: Float32Array): void {
  const bits = bitsOf(out);
  for (let i = 0; i < from.length; i++) {
    const half = from[i] as number;
    const sign = (half & 0x8000) << 16;
    const rest = (half & 0x7fff) << 13;
    if (rest >= 0x0f800000) {
      bits[i] = sign | 0x7f800000 | (rest & 0x007fffff); // infinity and NaN
    } else {
      bits[i] = sign | rest;
      out[i] = (out[i] as number) * 2 ** 112;
    }
  }
}
