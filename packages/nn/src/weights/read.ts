// A whole file in memory, as tensors. Knows no streams.
import { wrongKind } from "@attn/core/engine";
import type { StateDict, StoredTensor } from "../types.ts";
import { headerLength, LENGTH_BYTES, readHeader } from "./header.ts";

/** Bytes of an ArrayBuffer or a Uint8Array, also of another realm; undefined for anything else. */
export function bytesOf(x: unknown): Uint8Array | undefined {
  const kind = Object.prototype.toString.call(x);
  if (kind === "[object ArrayBuffer]") return new Uint8Array(x as ArrayBuffer);
  if (kind !== "[object Uint8Array]" || !ArrayBuffer.isView(x)) return undefined;
  return new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
}

/**
 * The tensors of a safetensors file, by name, in the order of its header: views of `bytes`, not copies, and so at any
 * alignment. Nothing in a file is trusted.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { readSafetensors } from "@attn/nn";
 *
 * const weights = readSafetensors(await readFile("model.safetensors"));
 * console.log(weights.get("embeddings.LayerNorm.weight")?.shape); // → [384]
 * ```
 * @throws RangeError where the file is not in the format: lengths, offsets, overlaps, gaps, duplicate names, unknown types,
 * a header larger than the file. It names the tensor and what is wrong. TypeError where `bytes` is no ArrayBuffer or
 * Uint8Array.
 */
export function readSafetensors(bytes: ArrayBuffer | Uint8Array): StateDict {
  const api = "readSafetensors";
  const file = bytesOf(bytes);
  if (!file) throw wrongKind(api, "bytes", "be an ArrayBuffer or a Uint8Array", bytes);
  const start = LENGTH_BYTES + headerLength(api, file.subarray(0, LENGTH_BYTES), file.length);
  const { entries } = readHeader(api, file.subarray(LENGTH_BYTES, start), file.length - start);
  const view = (begin: number, end: number) => file.subarray(start + begin, start + end);
  return new Map<string, StoredTensor>(
    entries.map(({ name, dtype, shape, begin, end }) => [name, { dtype, shape, bytes: view(begin, end) }]),
  );
}
