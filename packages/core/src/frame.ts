// Lays one call out in the arena: what goes in, what comes out, what lies between. Requests are collected first, so
// that memory grows at most once and before anything is written. Knows bytes, not what they mean.
import type { Memory } from "./memory.ts";

type Data = Float32Array | Uint8Array | Int32Array;

/** A place of a frame; its address is known once the frame is open. */
export type Slot = number;

export class Frame {
  readonly #memory: Memory;
  readonly #api: string;
  readonly #inputs: (Data | undefined)[] = [];
  /** Bytes wanted until the frame is open, addresses after. What lies in wasm memory already has its address at once. */
  readonly #places: number[] = [];
  readonly #fixed: boolean[] = [];

  constructor(memory: Memory, api: string) {
    this.#memory = memory;
    this.#api = api;
  }

  #request(data: Data | undefined, address: number, bytes: number): Slot {
    this.#inputs.push(data);
    this.#fixed.push(address > 0);
    return this.#places.push(address || bytes) - 1;
  }

  /** Data to copy in; data in this wasm memory is used where it lies. */
  input(data: Data): Slot {
    const address = this.#memory.locate(data);
    return this.#request(address ? undefined : data, address, data.byteLength);
  }

  /** Uninitialised memory. */
  space(bytes: number): Slot {
    return this.#request(undefined, 0, bytes);
  }

  /** Room for `length` floats, or `out` itself where that is in wasm memory. */
  output(length: number, out?: Float32Array): Slot {
    return this.#request(undefined, out ? this.#memory.locate(out) : 0, length * 4);
  }

  /** Reserves everything and copies the inputs in; RangeError where memory cannot hold it. */
  open(): void {
    const memory = this.#memory;
    const places = this.#places;
    let bytes = 0;
    for (let i = 0; i < places.length; i++) if (!this.#fixed[i]) bytes += memory.room(places[i] as number);
    memory.open(this.#api, bytes);
    for (let i = 0; i < places.length; i++) {
      if (this.#fixed[i]) continue;
      const address = memory.place(places[i] as number);
      places[i] = address;
      const data = this.#inputs[i];
      if (data instanceof Uint8Array) memory.u8.set(data, address);
      else if (data) (data instanceof Int32Array ? memory.i32 : memory.f32).set(data, address >> 2);
    }
  }

  /** The address of a slot; 0 for an absent one. */
  at(slot: Slot | undefined): number {
    return slot === undefined ? 0 : (this.#places[slot] as number);
  }

  /** `length` floats of a slot: copied out, into `out` where there is one. */
  take(slot: Slot, length: number, out?: Float32Array): Float32Array {
    const start = this.at(slot) >>> 2;
    if (!out) return this.#memory.f32.slice(start, start + length);
    if (!this.#fixed[slot]) out.set(this.#memory.f32.subarray(start, start + length));
    return out;
  }
}
