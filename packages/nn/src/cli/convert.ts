// The numbers of one tensor in another type, a block of rows at a time. Holds one block, or a strip of a matrix that is turned;
// knows no names and no plan.
import type { FileHandle } from "node:fs/promises";
import { shapeText } from "@attn/core/engine";
import { wrongTensor } from "../errors.ts";
import { BYTES, toFloat32, toHalf } from "../weights/dtypes.ts";
import type { Entry } from "../weights/header.ts";
import { quantizeRows } from "../weights/quantize.ts";
import { readAt, type WeightFile } from "./files.ts";

/** How much is held, in bytes: at least a row. */
export interface Limits {
  /** What is read at a time. */
  readonly block: number;
  /** Of a matrix that is turned: its columns as floats. */
  readonly strip: number;
}
export const LIMITS: Limits = { block: 2 ** 22, strip: 2 ** 26 };

/** The bytes of one tensor. */
export class Source {
  readonly #file: WeightFile;
  readonly #reader: FileHandle;
  readonly limits: Limits;
  readonly entry: Entry;
  readonly columns: number;
  readonly rows: number;

  constructor(file: WeightFile, entry: Entry, reader: FileHandle, limits: Limits) {
    this.#file = file;
    this.#reader = reader;
    this.limits = limits;
    this.entry = entry;
    const { shape } = entry;
    this.columns = shape.at(-1) ?? 1;
    this.rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  }

  /** Its bytes in blocks of whole rows, which are valid until the next; each with the first byte's place. */
  async *blocks(rowBytes: number): AsyncGenerator<readonly [bytes: Uint8Array, at: number]> {
    const { begin, end } = this.entry;
    const length = end - begin;
    if (length === 0) return;
    const block = new Uint8Array(Math.min(length, rowBytes * Math.max(1, Math.floor(this.limits.block / rowBytes))));
    for (let at = 0; at < length; at += block.length) {
      const bytes = block.subarray(0, Math.min(block.length, length - at));
      await readAt(this.#file.path, this.#reader, bytes, this.#file.start + begin + at);
      yield [bytes, at];
    }
  }

  /** Rows as float32; each block with its first row. */
  async *floats(): AsyncGenerator<readonly [values: Float32Array, row: number, bytes: number]> {
    const { dtype } = this.entry;
    const rowBytes = this.columns * (BYTES.get(dtype) as number);
    for await (const [bytes, at] of this.blocks(rowBytes))
      yield [toFloat32({ dtype, bytes }), at / rowBytes, bytes.length];
  }

  wrong(what: string): RangeError {
    return wrongTensor(this.#file.path, this.entry.name, what);
  }
}

/** What becomes of a tensor. */
export type Become = "copy" | "f16" | "int8" | "int8 turned";

/** Where it goes. */
interface Target {
  readonly write: (bytes: ArrayBufferView, position: number) => Promise<void>;
  /** So many bytes of it were read. */
  readonly tick: (bytes: number) => void;
  /** Where the tensor begins in the file that is written, and where its scales do. */
  readonly begin: number;
  readonly scales: number;
}

export const convert: Readonly<Record<Become, (source: Source, target: Target) => Promise<void>>> = {
  async copy(source, { write, tick, begin }) {
    for await (const [bytes, at] of source.blocks(1)) {
      await write(bytes, begin + at);
      tick(bytes.length);
    }
  },

  async f16(source, { write, tick, begin }) {
    const { columns, entry } = source;
    for await (const [values, row, bytes] of source.floats()) {
      const halves = new Uint16Array(values.length);
      const wrong = toHalf(values, halves);
      if (wrong >= 0)
        throw source.wrong(
          `must have numbers of at most 65504 for f16, got ${values[wrong]} in row ${row + Math.floor(wrong / columns)} of ${shapeText(entry.shape)}`,
        );
      await write(halves, begin + 2 * row * columns);
      tick(bytes);
    }
  },

  async int8(source, { write, tick, begin, scales: atScales }) {
    const { columns } = source;
    for await (const [values, row, bytes] of source.floats()) {
      const [whole, scales] = quantized(source, values, columns);
      await write(whole, begin + row * columns);
      await write(scales, atScales + 4 * row);
      tick(bytes);
    }
  },

  /** Its columns are what it multiplies by: each of them gets a scale, and becomes a row. */
  async "int8 turned"(source, { write, tick, begin, scales: atScales }) {
    const { columns, rows, limits } = source;
    const most = Math.max(1, Math.floor(limits.strip / Math.max(1, 4 * rows)));
    for (let first = 0; first < columns; first += most) {
      const count = Math.min(most, columns - first);
      const strip = new Float32Array(count * rows);
      for await (const [values, row, bytes] of source.floats()) {
        const height = values.length / columns;
        for (let c = 0; c < count; c++)
          for (let r = 0; r < height; r++) strip[c * rows + row + r] = values[r * columns + first + c] as number;
        // What is read again for the next strip is no progress.
        tick(first === 0 ? bytes : 0);
      }
      const [whole, scales] = quantized(source, strip, rows);
      await write(whole, begin + first * rows);
      await write(scales, atScales + 4 * first);
    }
  },
};

function quantized(source: Source, values: Float32Array, K: number): [values: Int8Array, scales: Float32Array] {
  const whole = new Int8Array(values.length);
  const scales = new Float32Array(K === 0 ? 0 : values.length / K);
  const wrong = quantizeRows(values, K, whole, scales);
  if (wrong >= 0) throw source.wrong(`must be finite, got ${values[wrong]}`);
  return [whole, scales];
}
