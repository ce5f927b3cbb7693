// Memory of packed weights, and packing into it: whole ones, or rows as they come. Knows no weight as an object.
import { Allocation, wrongChoice } from "@attn/core/engine";
import type { StoredDtype, WeightDtype } from "../types.ts";
import { BYTES, toFloat32 } from "../weights/dtypes.ts";
import type { Kernel, Packed } from "./kernel.ts";

const DTYPES: readonly unknown[] = ["f32", "f16", "int8"];

/** A dtype, "f32" unless given; `expected` says what the caller takes. */
export function checkDtype(api: string, dtype: unknown, expected = 'be "f32", "f16" or "int8"'): WeightDtype {
  if (dtype === undefined) return "f32";
  if (!DTYPES.includes(dtype)) throw wrongChoice(api, "dtype", expected, dtype);
  return dtype as WeightDtype;
}

/** What the kernel packs as it is, under its names; all else becomes f32 first. */
const SOURCES = { F32: "F32", F16: "F16", BF16: "BF16", I8: "INT8" } as const;
export const sourceOf = (dtype: StoredDtype): (typeof SOURCES)[keyof typeof SOURCES] | undefined =>
  Object.hasOwn(SOURCES, dtype) ? SOURCES[dtype as keyof typeof SOURCES] : undefined;

/** Bytes of a packed weight [rows, columns] with its scales, and where those begin. */
export function packedBytes(
  kernel: Kernel,
  dtype: WeightDtype,
  rows: number,
  columns: number,
): [total: number, scales: number] {
  const bytes = kernel.memory.room(kernel.weightBytes(dtype, rows, columns));
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
 * Packs `count` rows of a source, from row `first` of the weight on: bytes of JavaScript, or an address in this memory. Rows of
 * the source are its rows, or with `transposed` its columns: then it has `count` columns and all of the weight's. Scales are
 * those of I8, one a row; 1 where there are none.
 */
export function packRows(
  api: string,
  kernel: Kernel,
  packed: Packed,
  first: number,
  count: number,
  dtype: StoredDtype,
  source: Uint8Array | number,
  options: { readonly transposed?: boolean; readonly scales?: Float32Array | undefined } = {},
): void {
  const { memory } = kernel;
  const { columns: K } = packed;
  const { transposed = false, scales } = options;
  if (count === 0) return;
  const known = sourceOf(dtype);
  const size = known ? (BYTES.get(dtype) as number) : 4;
  const data =
    typeof source === "number"
      ? undefined
      : known
        ? own(kernel, source)
        : new Uint8Array(toFloat32({ dtype, bytes: source }).buffer);
  const rowBytes = K * size;
  const most = data ? Math.max(1, Math.min(count, Math.floor(STAGE / Math.max(1, rowBytes)))) : count;
  const scratchBytes = kernel.packScratch(K);
  const staged = data ? most * rowBytes : 0;
  const scaleBytes = dtype === "I8" ? most * 4 : 0;
  memory.open(api, memory.room(staged) + memory.room(scaleBytes) + memory.room(scratchBytes));
  const stage = memory.place(staged);
  const atScales = memory.place(scaleBytes);
  const scratch = memory.place(scratchBytes);
  for (let row = 0; row < count; row += most) {
    const some = Math.min(most, count - row);
    const wide = some * size;
    if (data && transposed) {
      // A strip of columns.
      for (let k = 0; k < K; k++) {
        const from = (k * count + row) * size;
        memory.u8.set(data.subarray(from, from + wide), stage + k * wide);
      }
    } else if (data) memory.u8.set(data.subarray(row * rowBytes, (row + some) * rowBytes), stage);
    if (scales) memory.f32.set(scales.subarray(row, row + some), atScales >>> 2);
    else memory.f32.fill(1, atScales >>> 2, (atScales + scaleBytes) >>> 2);
    kernel.pack(
      packed,
      {
        first: first + row,
        count: some,
        source: known ?? "F32",
        address: typeof source === "number" ? source : stage,
        rowStride: transposed ? size : rowBytes,
        step: transposed ? wide : size,
        scales: scaleBytes && atScales,
      },
      scratch,
    );
  }
}

/** Bytes that a growing memory does not take away. */
export const own = ({ memory }: Kernel, bytes: Uint8Array): Uint8Array => (memory.holds(bytes) ? bytes.slice() : bytes);

/** Bytes of rows that are copied at a time. */
const STAGE = 2 ** 18;
