// The public types. Knows names and shapes; no behaviour.

/** Element types of a safetensors file. */
export type StoredDtype = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** A tensor of a file, in the file's own type: little-endian, row-major; a view of the file's bytes, not a copy. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The tensors of a file by name, in the order of its header. */
export type StateDict = ReadonlyMap<string, StoredTensor>;

/** Where `loadModel` reads a file from. */
export type WeightSource =
  | string
  | URL
  | Response
  | PromiseLike<Response>
  | ReadableStream<Uint8Array>
  | ArrayBuffer
  | Uint8Array;
