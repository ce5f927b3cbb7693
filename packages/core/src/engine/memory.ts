// Owns linear memory: the one place that allocates. Knows bytes and blocks, nothing about attention.
//
//   0 … 64      unused, so that pointer 0 means "absent"
//   64 … start  the argument block of the kernel
//   start …     blocks, first fit, neighbours joined when freed: caches, empty() tensors, and one arena that every call
//               lays its inputs, outputs and scratch out in, and that grows geometrically
import { words } from "@attn/kernel/interface";
import type { WasmMemory } from "../globals.ts";
import { wrongValue } from "./errors.ts";

export const ARGUMENTS = 64;
const PAGE = 65536;
/** Wasm addresses are 32 bits wide. */
const LIMIT = 2 ** 32 - PAGE;

/** Blocks start at multiples of a cache line, which is more than any vector needs. */
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
/** Behind the argument block. Not a number: what an import computes stays in every bundle. */
const start = (): number => align(ARGUMENTS + 4 * words.size);

interface Block {
  start: number;
  size: number;
}

export class Memory {
  readonly wasm: WasmMemory;
  readonly #maximum: number;
  /** Free blocks below `#end`, by address, none touching another. */
  #free: Block[] = [];
  /** All blocks lie below it. */
  #end: number = start();
  #arena: Block = { start: this.#end, size: 0 };
  #used = 0;
  /** Bytes of each tensor that callers have views of, by address. */
  readonly #lent = new Map<number, number>();
  #buffer!: ArrayBuffer;
  /** Views of all of memory. They die when it grows: take them anew after whatever may allocate. */
  f32!: Float32Array<ArrayBuffer>;
  i32!: Int32Array<ArrayBuffer>;
  u8!: Uint8Array<ArrayBuffer>;
  /** The argument block, by words. */
  block!: { readonly i32: Int32Array<ArrayBuffer>; readonly f32: Float32Array<ArrayBuffer> };

  constructor(maximumBytes: number = LIMIT) {
    this.#maximum = Math.min(maximumBytes, LIMIT);
    this.wasm = new WebAssembly.Memory({ initial: 1 });
    this.#renew();
  }

  get byteLength(): number {
    return this.wasm.buffer.byteLength;
  }

  #renew(): void {
    const { buffer } = this.wasm as { buffer: ArrayBuffer };
    this.#buffer = buffer;
    this.f32 = new Float32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.block = {
      i32: new Int32Array(buffer, ARGUMENTS, words.size),
      f32: new Float32Array(buffer, ARGUMENTS, words.size),
    };
  }

  /**
   * The address of data that already lies in this memory, or 0. RangeError for a view of a tensor that was disposed:
   * what lies there now is another's.
   */
  locate(api: string, argument: string, data: ArrayBufferView): number {
    if (!this.holds(data)) return 0;
    const { byteOffset: from, byteLength } = data;
    const inside = (start: number, bytes: number): boolean => start <= from && from + byteLength <= start + bytes;
    if (inside(from, this.#lent.get(from) ?? -1)) return from;
    for (const [start, bytes] of this.#lent) if (inside(start, bytes)) return from;
    throw wrongValue(api, argument, "lie in a tensor that is not disposed", "a view of memory that was given back");
  }

  /** Whether data lies in this memory. */
  holds(data: ArrayBufferView): boolean {
    return data.buffer === this.#buffer;
  }

  /** Marks a block as a tensor that callers see, which ends with its release. */
  lend(start: number, bytes: number): void {
    this.#lent.set(start, bytes);
  }

  /** Makes memory reach to `end`. */
  #grow(api: string, end: number): void {
    const pages = Math.ceil((end - this.byteLength) / PAGE);
    if (pages <= 0) return;
    const wanted = this.byteLength + pages * PAGE;
    if (wanted > this.#maximum) {
      const limit = this.#maximum === LIMIT ? "a 32-bit address" : '"maximumBytes"';
      throw new RangeError(`${api}: this call needs ${wanted} bytes of wasm memory; ${limit} allows ${this.#maximum}`);
    }
    try {
      this.wasm.grow(pages);
    } catch (cause) {
      const { message } = cause as Error;
      throw new RangeError(
        `${api}: this call needs ${wanted} bytes of wasm memory, which this runtime refuses (${message})`,
        { cause },
      );
    }
    this.#renew();
  }

  /** A block of at least `bytes`; RangeError where memory cannot hold it, and then nothing has changed. */
  allocate(api: string, bytes: number): number {
    const size = Math.max(64, align(bytes));
    const index = this.#free.findIndex((block) => block.size >= size);
    if (index >= 0) {
      const block = this.#free[index] as Block;
      const { start } = block;
      if (block.size === size) this.#free.splice(index, 1);
      else {
        block.start += size;
        block.size -= size;
      }
      return start;
    }
    // None fits: extend the end, starting at the last free block where that one touches it.
    const last = this.#free.at(-1);
    const start = last && last.start + last.size === this.#end ? last.start : this.#end;
    this.#grow(api, start + size);
    if (start !== this.#end) this.#free.pop();
    this.#end = start + size;
    return start;
  }

  /** Gives back a block that `allocate` gave with the same size. */
  release(start: number, bytes: number): void {
    this.#lent.delete(start);
    const size = Math.max(64, align(bytes));
    let index = this.#free.findIndex((block) => block.start > start);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { start, size });
    const next = this.#free[index + 1];
    if (next && start + size === next.start) {
      (this.#free[index] as Block).size += next.size;
      this.#free.splice(index + 1, 1);
    }
    const before = this.#free[index - 1];
    if (before && before.start + before.size === start) {
      before.size += (this.#free[index] as Block).size;
      this.#free.splice(index, 1);
    }
  }

  /**
   * Empties the arena and makes room for `bytes` in it, for the call `api`. What `place` gave before is gone.
   * RangeError where memory cannot hold it; nothing has changed then.
   */
  open(api: string, bytes: number): void {
    this.#used = 0;
    if (bytes <= this.#arena.size) return;
    const { start, size } = this.#arena;
    if (size > 0) this.release(start, size);
    const take = (wanted: number): void => {
      const room = Math.max(64, align(wanted));
      this.#arena = { start: this.allocate(api, room), size: room };
    };
    try {
      take(Math.max(bytes, Math.min(size * 1.5, this.#maximum / 2)));
    } catch {
      try {
        take(bytes);
      } catch (error) {
        // The old block was freed a moment ago, so there is room for its like.
        if (size > 0) take(size);
        throw error;
      }
    }
  }

  /** The next `bytes` of the arena. */
  place(bytes: number): number {
    const start = this.#arena.start + this.#used;
    this.#used += align(bytes);
    return start;
  }

  /** What `place` will take for `bytes`. */
  room(bytes: number): number {
    return align(bytes);
  }
}
