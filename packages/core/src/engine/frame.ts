// Lays one call out in the arena: what goes in, what comes out, what lies between. Requests are collected first, so
// that memory grows at most once and before anything is written. Knows bytes, not what they mean.
import { sameShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../types.ts";
import { wrongValue } from "./errors.ts";
import type { Memory } from "./memory.ts";

type Data = Float32Array | Uint8Array | Int32Array;

/** Data, or data and how many elements it had when it was checked. */
export type Input = Data | { readonly data: Data; readonly size: number };

/** A place of a frame; its address is known once the frame is open. */
export type Slot = number;

/** Where a caller wants a result: its memory, and the tensor whose memory it is, if it was given as one. */
export interface Out {
  readonly data: Float32Array;
  readonly tensor: Tensor | undefined;
}

/** The most floats that a plain loop copies sooner than a typed array's set or slice is called. */
const FEW = 64;

export class Frame {
  readonly #memory: Memory;
  readonly #api: string;
  /** What each slot is copied from, or how many bytes it wants. */
  readonly #wanted: (Data | number)[] = [];
  /** Addresses. What lies in wasm memory already has its address at once, the rest once the frame is open. */
  readonly #places: number[] = [];

  constructor(memory: Memory, api: string) {
    this.#memory = memory;
    this.#api = api;
  }

  /** Data to copy in; data in this wasm memory is used where it lies. */
  input(argument: string, x: Input): Slot {
    const { data, size } = "size" in x ? x : { data: x, size: x.length };
    // A getter among the arguments may have resized or given away what was checked before.
    if (data.length !== size)
      throw wrongValue(this.#api, argument, `keep its ${size} elements during the call`, `${data.length}`);
    this.#wanted.push(data);
    return this.#places.push(this.#memory.locate(this.#api, argument, data)) - 1;
  }

  /** Uninitialised memory. */
  space(bytes: number): Slot {
    this.#wanted.push(bytes);
    return this.#places.push(0) - 1;
  }

  /** Room for `length` floats, or `out` itself where that is in wasm memory. */
  output(length: number, out?: Out): Slot {
    const address = out ? this.#memory.locate(this.#api, "out", out.data) : 0;
    this.#wanted.push(address && out ? out.data : length * 4);
    return this.#places.push(address) - 1;
  }

  /** Reserves everything and copies the inputs in; RangeError where memory cannot hold it. */
  open(): void {
    const memory = this.#memory;
    const wanted = this.#wanted;
    const places = this.#places;
    let bytes = 0;
    for (let i = 0; i < wanted.length; i++) {
      if (places[i] !== 0) continue;
      const item = wanted[i] as Data | number;
      bytes += memory.room(typeof item === "number" ? item : item.byteLength);
    }
    memory.open(this.#api, bytes);
    for (let i = 0; i < wanted.length; i++) {
      if (places[i] !== 0) continue;
      const item = wanted[i] as Data | number;
      if (typeof item === "number") {
        places[i] = memory.place(item);
      } else {
        const address = memory.place(item.byteLength);
        places[i] = address;
        write(memory, item, address);
      }
    }
  }

  /** The address of a slot; 0 for an absent one. */
  at(slot: Slot | undefined): number {
    return slot === undefined ? 0 : (this.#places[slot] as number);
  }

  /** The floats of a slot as a tensor of this shape: a new one, or `out`'s, which is asked for as `output` was. */
  result(slot: Slot, shape: readonly number[], out?: Out): Tensor {
    const data = this.#take(slot, sizeOf(shape), out?.data);
    const target = out?.tensor;
    if (!target) return { data, shape };
    if (sameShape(target.shape, shape)) return target;
    // A tensor in wasm memory renews its data when memory grows, and so does this one.
    return {
      get data() {
        return target.data;
      },
      shape,
    };
  }

  /** Copies floats out, into `out` where there is one; none where they were computed in it. */
  #take(slot: Slot, length: number, out: Float32Array | undefined): Float32Array {
    const { f32 } = this.#memory;
    const start = this.at(slot) >>> 2;
    // Where it was computed in place; memory that grew meanwhile detached the view.
    if (typeof this.#wanted[slot] !== "number")
      return out?.length === length ? out : f32.subarray(start, start + length);
    if (length > FEW) {
      if (!out) return f32.slice(start, start + length);
      out.set(f32.subarray(start, start + length));
      return out;
    }
    const to = out ?? new Float32Array(length);
    for (let i = 0; i < length; i++) to[i] = f32[start + i] as number;
    return to;
  }
}

function write(memory: Memory, data: Data, address: number): void {
  if (data instanceof Float32Array && data.length <= FEW) {
    const { f32 } = memory;
    const start = address >>> 2;
    for (let i = 0; i < data.length; i++) f32[start + i] = data[i] as number;
  } else if (data.BYTES_PER_ELEMENT === 1) {
    // By its size, not by instanceof: a mask may be an array of another realm.
    memory.u8.set(data, address);
  } else {
    (data instanceof Int32Array ? memory.i32 : memory.f32).set(data, address >>> 2);
  }
}
