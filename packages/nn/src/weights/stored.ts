// A tensor of a file given as an argument: that dtype, shape and bytes agree, and its numbers as float32. Knows no files.
import {
  checkShape,
  counted,
  isRecord,
  shapeText,
  sizeOf,
  wrongChoice,
  wrongKind,
  wrongValue,
} from "@attn/core/engine";
import type { StoredDtype, StoredTensor } from "../types.ts";
import { BYTES, toFloat32 } from "./dtypes.ts";
import { bytesOf } from "./read.ts";

/** Whether x is meant to be a tensor of a file, and not one of JavaScript. */
export const isStored = (x: unknown): x is StoredTensor => isRecord(x) && "bytes" in x;

/** The words for one of these types. */
export const dtypesText = (dtypes: readonly string[]): string =>
  `be ${dtypes.slice(0, -1).join(", ")} or ${dtypes[dtypes.length - 1]}`;

/** dtype, shape and bytes that agree, of one of these types. */
export function checkStored(
  api: string,
  argument: string,
  x: StoredTensor,
  dtypes: readonly StoredDtype[] = [...BYTES.keys()] as StoredDtype[],
): StoredTensor {
  const { dtype, shape } = x;
  if (!dtypes.includes(dtype)) throw wrongChoice(api, `${argument}.dtype`, dtypesText(dtypes), dtype);
  checkShape(api, shape, argument);
  const bytes = bytesOf(x.bytes);
  if (!bytes) throw wrongKind(api, `${argument}.bytes`, "be a Uint8Array", x.bytes);
  const size = sizeOf(shape) * (BYTES.get(dtype) as number);
  if (bytes.length !== size)
    throw wrongValue(
      api,
      `${argument}.bytes`,
      `have ${counted(size, "byte")} for ${dtype} of shape ${shapeText(shape)}`,
      `${bytes.length}`,
    );
  return { dtype, shape, bytes };
}

/** The numbers as float32: a view of the bytes where they are that already and lie where such a view may. */
export function floatsOf({ dtype, bytes }: StoredTensor): Float32Array {
  if (dtype === "F32" && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return toFloat32({ dtype, bytes });
}
