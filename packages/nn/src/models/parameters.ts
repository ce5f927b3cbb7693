// A model's numbers in wasm memory: takes tensors as files give them, rows at a time, and packs each where an architecture has
// its place. Knows tensors and places, not what is computed with them.
import { Allocation } from "@attn/core/engine";
import type { Kernel, Packed } from "../engine/kernel.ts";
import { allocatePacked, packedBytes, packRows } from "../engine/packed.ts";
import type { StateDict, StoredDtype, WeightDtype } from "../types.ts";
import { BYTES, toFloat32 } from "../weights/dtypes.ts";
import type { Entry } from "../weights/header.ts";
import type { Receiver } from "../weights/parser.ts";
import type { Architecture, Parameter } from "./architecture.ts";
import { Matcher, type Place, parametersOf } from "./match.ts";

/** A parameter in memory: packed where it is multiplied or looked up in, else f32 row by row at `address`. */
export interface Placed {
  readonly address: number;
  readonly packed: Packed | undefined;
}

/** Bytes of int8 rows that wait for their scales. */
interface Waiting {
  readonly entry: Entry;
  readonly place: Place;
  readonly rows: Uint8Array[];
}

/** What a parameter takes in wasm memory. */
export function bytesOf(
  kernel: Kernel,
  { shape, exact }: Pick<Parameter, "shape" | "exact">,
  dtype: WeightDtype,
): number {
  if (exact) return 4 * sizeOf(shape);
  const [rows, columns] = shape as readonly [number, number];
  return packedBytes(kernel, dtype, rows, columns)[0];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

export class Parameters implements Receiver {
  readonly #api: string;
  readonly #kernel: Kernel;
  readonly #architecture: Architecture;
  #dtype: WeightDtype | "auto";
  readonly #matcher: Matcher;
  readonly #allocations: Allocation[] = [];
  readonly #placed = new Map<Parameter, Placed>();
  #places: ReadonlyMap<string, Place> = new Map();
  /** Scales that have come, and values that wait for theirs, by the values' name. */
  readonly #scales = new Map<string, Float32Array>();
  readonly #waiting = new Map<string, Waiting>();
  /** Bytes of all of it in wasm memory. */
  byteLength = 0;
  /** How many numbers there are. */
  count = 0;

  constructor(api: string, kernel: Kernel, architecture: Architecture, dtype: WeightDtype | "auto") {
    this.#api = api;
    this.#kernel = kernel;
    this.#architecture = architecture;
    this.#dtype = dtype;
    this.#matcher = new Matcher(api, architecture);
  }

  /** All tensors of a file that lies in memory. */
  read(weights: StateDict): void {
    const entries: Entry[] = [];
    let at = 0;
    for (const [name, { dtype, shape, bytes }] of weights) {
      entries.push({ name, dtype, shape, begin: at, end: at + bytes.length });
      at += bytes.length;
    }
    if (!this.begin(entries)) return;
    for (const entry of entries)
      if (entry.end > entry.begin) this.rows(entry, 0, weights.get(entry.name)?.bytes as Uint8Array);
  }

  begin(entries: readonly Entry[]): boolean {
    this.#places = this.#matcher.add(entries.map((entry) => [entry.name, entry] as const));
    if (this.#dtype === "auto") this.#dtype = this.#dtypeOf(entries) ?? "auto";
    return this.#matcher.good;
  }

  /** How a file has its matrices; undefined where it has none. */
  #dtypeOf(entries: readonly Entry[]): WeightDtype | undefined {
    const dtypes = new Set<StoredDtype>();
    for (const { name, dtype } of entries) {
      const place = this.#places.get(name);
      if (place?.part === "values" && !place.parameter.exact) dtypes.add(dtype);
    }
    if (dtypes.size === 0) return undefined;
    if (dtypes.has("I8")) return "int8";
    return dtypes.has("F16") || dtypes.has("BF16") ? "f16" : "f32";
  }

  block(entry: Entry): number {
    const place = this.#places.get(entry.name);
    // Columns of a weight, vectors and scales are wanted whole, rows in handfuls.
    const whole = Math.max(1, sizeOf(entry.shape.slice(0, -1)));
    return !place ||
      (place.parameter.shape.length === 2 && place.part === "values" && !place.transposed && !place.parameter.exact)
      ? Math.min(whole, 64)
      : whole;
  }

  rows(entry: Entry, row: number, bytes: Uint8Array): void {
    const place = this.#places.get(entry.name);
    if (!place) return;
    const { parameter } = place;
    if (place.part === "scale") this.#receiveScales(entry, bytes);
    else if (parameter.exact) this.#receiveExact(entry.dtype, place, bytes);
    else if (entry.dtype === "I8") this.#receiveInt8(entry, place, row, bytes);
    else this.#pack(place, row, entry.dtype, bytes);
  }

  /** After the last file: all places are filled, and what is missing is an Error. */
  finish(): ReadonlyMap<Parameter, Placed> {
    this.#matcher.finish();
    // Optional ones that no file has are zeros, as fresh memory need not be.
    for (const parameter of parametersOf(this.#architecture)) this.#allocate(parameter);
    return this.#placed;
  }

  /** Gives all memory back. Idempotent. */
  release(): void {
    for (const allocation of this.#allocations) allocation.release();
  }

  /** The parameter's memory, cleared where it is f32. */
  #allocate(parameter: Parameter): Placed {
    const known = this.#placed.get(parameter);
    if (known) return known;
    const { shape, exact } = parameter;
    const kernel = this.#kernel;
    let placed: Placed;
    if (exact) {
      const bytes = 4 * sizeOf(shape);
      const allocation = new Allocation(kernel.engine, this.#api, bytes, this);
      this.#allocations.push(allocation);
      this.byteLength += bytes;
      kernel.memory.f32.fill(0, allocation.start >>> 2, (allocation.start + bytes) >>> 2);
      placed = { address: allocation.start, packed: undefined };
    } else {
      const [rows, columns] = shape as readonly [number, number];
      // A matrix is allocated once a file has one, or has to.
      const dtype = this.#dtype === "auto" ? "f32" : this.#dtype;
      const { packed, allocation, byteLength } = allocatePacked(this.#api, kernel, dtype, rows, columns, this);
      this.#allocations.push(allocation);
      this.byteLength += byteLength;
      placed = { address: packed.weight, packed };
    }
    this.count += sizeOf(shape);
    this.#placed.set(parameter, placed);
    return placed;
  }

  #receiveExact(dtype: StoredDtype, { parameter, row, transposed, rows }: Place, bytes: Uint8Array): void {
    const { address } = this.#allocate(parameter);
    const width = sizeOf(parameter.shape.slice(1));
    const values = toFloat32({ dtype, bytes });
    const { f32 } = this.#kernel.memory;
    const start = (address >>> 2) + row * width;
    if (!transposed) f32.set(values, start);
    else
      for (let i = 0; i < values.length; i++)
        f32[start + (i % rows) * width + Math.floor(i / rows)] = values[i] as number;
  }

  #pack(
    { parameter, row, rows, transposed }: Place,
    at: number,
    dtype: StoredDtype,
    bytes: Uint8Array,
    scales?: Float32Array,
  ): void {
    const packed = this.#allocate(parameter).packed as Packed;
    if (transposed) packRows(this.#api, this.#kernel, packed, row, rows, dtype, bytes, { transposed, scales });
    else {
      const count = bytes.length / (packed.columns * (BYTES.get(dtype) as number));
      packRows(this.#api, this.#kernel, packed, row + at, count, dtype, bytes, { scales });
    }
  }

  #receiveInt8(entry: Entry, place: Place, row: number, bytes: Uint8Array): void {
    const scales = this.#scales.get(entry.name);
    if (scales && place.transposed) {
      // A scale belongs to a row of the file, which is a column here.
      const values = toFloat32({ dtype: "I8", bytes });
      for (let i = 0; i < values.length; i++)
        values[i] = (values[i] as number) * (scales[Math.floor(i / place.rows)] as number);
      this.#pack(place, row, "F32", new Uint8Array(values.buffer));
      return;
    }
    if (scales) {
      const count = bytes.length / (entry.shape.at(-1) ?? 1);
      this.#pack(place, row, "I8", bytes, scales.subarray(row, row + count));
      return;
    }
    const waiting = this.#waiting.get(entry.name) ?? { entry, place, rows: [] };
    waiting.rows.push(bytes.slice());
    this.#waiting.set(entry.name, waiting);
  }

  #receiveScales({ name, dtype }: Entry, bytes: Uint8Array): void {
    const owner = name.slice(0, -".scale".length);
    this.#scales.set(owner, toFloat32({ dtype, bytes }));
    const waiting = this.#waiting.get(owner);
    if (!waiting) return;
    this.#waiting.delete(owner);
    let row = 0;
    for (const rows of waiting.rows) {
      this.#receiveInt8(waiting.entry, waiting.place, row, rows);
      row += rows.length / (waiting.entry.shape.at(-1) ?? 1);
    }
  }
}
