// Weights in wasm memory, packed once for the kernel. Knows one weight, not what it is for.
import type { Attention, TensorInput } from "@attn/core";
import { Allocation, checkTensor, isRecord, shapeText, wrongChoice, wrongKind, wrongValue } from "@attn/core/engine";
import { sourceFormats } from "@attn/kernel/nn";
import type { StoredDtype, StoredTensor, Weight, WeightDtype } from "../types.ts";
import { BYTES, toFloat32 } from "../weights/dtypes.ts";
import { Kernel, type Packed, weightFormatOf } from "./kernel.ts";

/** What the kernel packs as it is, under its names; all else becomes f32 first. */
const SOURCES = { F32: "F32", F16: "F16", BF16: "BF16", I8: "INT8" } as const;
const sourceOf = (dtype: StoredDtype) =>
  Object.hasOwn(SOURCES, dtype) ? SOURCES[dtype as keyof typeof SOURCES] : undefined;

/** Bytes of a packed weight [rows, columns] with its scales, and where those begin. */
export function packedBytes(
  kernel: Kernel,
  dtype: WeightDtype,
  rows: number,
  columns: number,
): [total: number, scales: number] {
  const bytes = kernel.memory.room(kernel.nn.weight_bytes(weightFormatOf(dtype), rows, columns) >>> 0);
  return [bytes + (dtype === "f32" ? 0 : 4 * Math.ceil(rows / 8) * 8), bytes];
}

/** A packed weight's memory, still to be filled, owned by `owner`. */
export function allocatePacked(
  api: string,
  kernel: Kernel,
  dtype: WeightDtype,
  rows: number,
  columns: number,
  owner: object,
): { readonly packed: Packed; readonly allocation: Allocation; readonly byteLength: number } {
  const [byteLength, scales] = packedBytes(kernel, dtype, rows, columns);
  const allocation = new Allocation(kernel.engine, api, byteLength, owner);
  const weight = allocation.start;
  return {
    packed: { dtype, rows, columns, weight, scales: dtype === "f32" ? 0 : weight + scales },
    allocation,
    byteLength,
  };
}

/**
 * Packs `count` rows of a source, from row `first` of the weight on. Rows of the source are its rows, or with `transposed` its
 * columns: then it has `count` columns and all of the weight's.
 */
export function packRows(
  api: string,
  kernel: Kernel,
  packed: Packed,
  first: number,
  count: number,
  dtype: StoredDtype,
  bytes: Uint8Array,
  options: { readonly transposed?: boolean; readonly scales?: Float32Array | undefined } = {},
): void {
  const { memory, nn } = kernel;
  const { columns: K } = packed;
  const known = sourceOf(dtype);
  const source = { format: sourceFormats[known ?? "F32"], bytes: known ? (BYTES.get(dtype) as number) : 4 };
  // A view of this memory would end when it grows.
  const own = ArrayBuffer.isView(bytes) && memory.holds(bytes) ? bytes.slice() : bytes;
  const data = known ? own : new Uint8Array(toFloat32({ dtype, bytes: own }).buffer);
  const { transposed = false, scales } = options;
  const rowBytes = K * source.bytes;
  const most = Math.max(1, Math.min(count, Math.floor(STAGE / Math.max(1, rowBytes))));
  const scratchBytes = nn.pack_weight_scratch(K) >>> 0;
  memory.open(api, memory.room(most * rowBytes) + memory.room(most * 4) + memory.room(scratchBytes));
  const at = memory.place(most * rowBytes);
  const atScales = memory.place(most * 4);
  const scratch = memory.place(scratchBytes);
  for (let row = 0; row < count; row += most) {
    const some = Math.min(most, count - row);
    const wide = some * source.bytes;
    if (transposed) {
      // A strip of columns.
      for (let k = 0; k < K; k++) {
        const from = (k * count + row) * source.bytes;
        memory.u8.set(data.subarray(from, from + wide), at + k * wide);
      }
    } else memory.u8.set(data.subarray(row * rowBytes, (row + some) * rowBytes), at);
    if (scales) memory.f32.set(scales.subarray(row, row + some), atScales >>> 2);
    nn.pack_weight(
      weightFormatOf(packed.dtype),
      packed.weight,
      packed.scales,
      packed.rows,
      K,
      first + row,
      some,
      source.format,
      at,
      transposed ? source.bytes : rowBytes,
      transposed ? wide : source.bytes,
      scales ? atScales : 0,
      scratch,
    );
  }
}

/** Bytes of rows that are copied at a time. */
const STAGE = 2 ** 18;

class WasmWeight implements Weight {
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  readonly byteLength: number;
  readonly #kernel: Kernel;
  readonly #packed: Packed;
  readonly #allocation: Allocation;

  constructor(api: string, kernel: Kernel, dtype: WeightDtype, shape: readonly number[]) {
    const [rows, columns] = shape as readonly [number, number];
    const { packed, allocation, byteLength } = allocatePacked(api, kernel, dtype, rows, columns, this);
    this.shape = shape;
    this.dtype = dtype;
    this.byteLength = byteLength;
    this.#kernel = kernel;
    this.#packed = packed;
    this.#allocation = allocation;
  }

  dispose(): void {
    this.#allocation.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Where the weight that x is lies, and the kernel it belongs to; undefined where x is no weight. */
  static packed(
    api: string,
    argument: string,
    x: unknown,
  ): { readonly kernel: Kernel; readonly packed: Packed } | undefined {
    if (typeof x !== "object" || x === null || !(#kernel in x)) return undefined;
    x.#kernel.engine.assertLive(api);
    if (x.#allocation.released) throw new Error(`${api}: "${argument}" is a weight that is disposed`);
    return { kernel: x.#kernel, packed: x.#packed };
  }
}

/** Where the weight that x is lies, and the kernel it belongs to; undefined where x is no weight. */
export const packedWeight = (api: string, argument: string, x: unknown): ReturnType<typeof WasmWeight.packed> =>
  WasmWeight.packed(api, argument, x);

const DTYPES: readonly unknown[] = ["f32", "f16", "int8"];

/** A dtype, "f32" unless given; `expected` says what the caller takes. */
export function checkDtype(api: string, dtype: unknown, expected = 'be "f32", "f16" or "int8"'): WeightDtype {
  if (dtype === undefined) return "f32";
  if (!DTYPES.includes(dtype)) throw wrongChoice(api, "dtype", expected, dtype);
  return dtype as WeightDtype;
}

const isStored = (x: unknown): x is StoredTensor => isRecord(x) && "bytes" in x && "dtype" in x;

/** A matrix of a file or of JavaScript. */
function checkMatrix(
  api: string,
  x: TensorInput | StoredTensor,
): { dtype: StoredDtype; shape: readonly number[]; bytes: Uint8Array } {
  if (isStored(x)) {
    const size = BYTES.get(x.dtype);
    if (size === undefined)
      throw wrongChoice(api, "weight.dtype", `be one of ${[...BYTES.keys()].join(", ")}`, x.dtype);
    const needed = x.shape.reduce((product, n) => product * n, size);
    if (!(x.bytes instanceof Uint8Array)) throw wrongKind(api, "weight.bytes", "be a Uint8Array", x.bytes);
    if (x.bytes.length !== needed)
      throw wrongValue(
        api,
        "weight.bytes",
        `have ${needed} bytes for ${x.dtype} ${shapeText(x.shape)}`,
        `${x.bytes.length}`,
      );
    return x;
  }
  const { data, shape } = checkTensor(api, "weight", x);
  return { dtype: "F32", shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/**
 * A weight [out, in], or a table [V, E], packed once into wasm memory for {@link linear} and {@link embedding}.
 *
 * "f32" keeps its bits. "f16" rounds each number to half precision times a power of two for its row: an error of at most
 * 2⁻¹¹ of the number, or of 2⁻²⁴ of the row's largest. "int8" keeps max|row|/127 as the row's scale: see {@link quantize}.
 *
 * @throws TypeError, RangeError for a weight that is not of rank 2 or a dtype that is none; RangeError where memory cannot
 * hold it.
 */
export function createWeight(
  weight: TensorInput | StoredTensor,
  options: { dtype?: WeightDtype | undefined; engine?: Attention | undefined } = {},
): Weight {
  const api = "createWeight";
  const kernel = Kernel.of(api, options.engine);
  const dtype = checkDtype(api, options.dtype);
  const { dtype: from, shape, bytes } = checkMatrix(api, weight);
  if (shape.length !== 2) throw wrongValue(api, "weight", "have shape [out, in]", shapeText(shape));
  const result = new WasmWeight(api, kernel, dtype, [...shape]);
  try {
    const { packed } = packedWeight(api, "weight", result) as { packed: Packed };
    packRows(api, kernel, packed, 0, packed.rows, from === "I8" ? "I8" : from, bytes, {
      scales: from === "I8" ? new Float32Array(packed.rows).fill(1) : undefined,
    });
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}
