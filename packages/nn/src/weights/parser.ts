// A file as its bytes arrive, in pieces of any size: hands on the tensors row by row, in the order of the file. Holds no more
// than the header, and then one block of rows that a piece ended within. Knows no sources.
import { counted } from "@attn/core/engine";
import { wrongTensor } from "../errors.ts";
import { BYTES } from "./dtypes.ts";
import { byOffset, type Entry, headerLength, LENGTH_BYTES, readHeader } from "./header.ts";

/** Takes what a parser reads. */
export interface Receiver {
  /** All tensors of a file in the order of their bytes, before the first of them. False: their data is not wanted. */
  begin(entries: readonly Entry[]): boolean;
  /** How many rows are handed on together, where there are so many; 1 unless given. More are only ever a multiple. */
  block?(entry: Entry): number;
  /**
   * Rows `row`, `row` + 1 … of a tensor seen as a matrix of its last dimension. The bytes may be unaligned, and are valid
   * until the call returns.
   */
  rows(entry: Entry, row: number, bytes: Uint8Array): void;
}

export class Parser {
  readonly #api: string;
  readonly #receiver: Receiver;
  /** Bytes kept from piece to piece: of the header, then of the block that is not yet whole. */
  #kept = new Uint8Array(LENGTH_BYTES);
  #filled = 0;
  #needed = LENGTH_BYTES;
  #entries: readonly Entry[] | undefined;
  /** The file's length, once its header is read. */
  size: number | undefined;
  /** False once the receiver has said that it wants no data. */
  wanted = true;

  /** The tensor whose bytes come next, and how far into the data that is. */
  #next = 0;
  #at = 0;
  #rowBytes = 1;
  #blockBytes = 1;

  constructor(api: string, receiver: Receiver) {
    this.#api = api;
    this.#receiver = receiver;
  }

  /** The next bytes of the file. Throws at the first that cannot be. */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.wanted && rest.length > 0)
      rest = rest.subarray(this.#entries ? this.#pushData(rest) : this.#pushHeader(rest));
  }

  /** The file has ended. Throws where it must not end yet. */
  end(): void {
    if (!this.wanted) return;
    if (!this.#entries)
      headerLength(this.#api, this.#kept.subarray(0, Math.min(this.#filled, LENGTH_BYTES)), this.#filled);
    const entry = this.#entries?.[this.#next];
    if (!entry) return;
    const got = this.#at + this.#filled - entry.begin;
    throw wrongTensor(
      this.#api,
      entry.name,
      `must have ${counted(entry.end - entry.begin, "byte")}, got ${got} and the file's end`,
    );
  }

  /** Keeps bytes until there are as many as needed; returns how many it took. */
  #keep(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#needed - this.#filled);
    const filled = this.#filled + taken;
    if (filled > this.#kept.length) {
      // Doubled as bytes come, not as they are announced.
      const longer = new Uint8Array(Math.min(this.#needed, Math.max(filled, 2 * this.#kept.length)));
      longer.set(this.#kept.subarray(0, this.#filled));
      this.#kept = longer;
    }
    this.#kept.set(bytes.subarray(0, taken), this.#filled);
    this.#filled = filled;
    return taken;
  }

  #pushHeader(bytes: Uint8Array): number {
    const taken = this.#keep(bytes);
    if (this.#filled < this.#needed) return taken;
    const length = headerLength(this.#api, this.#kept.subarray(0, LENGTH_BYTES));
    this.#needed = LENGTH_BYTES + length;
    if (this.#filled < this.#needed) return taken;
    const entries = byOffset(readHeader(this.#api, this.#kept.subarray(LENGTH_BYTES, this.#needed)).entries);
    this.#entries = entries;
    this.size = this.#needed + (entries.at(-1)?.end ?? 0);
    this.#filled = 0;
    this.#kept = new Uint8Array(0);
    this.wanted = this.#receiver.begin(entries);
    this.#enter();
    return taken;
  }

  /** Prepares for the next tensor that has bytes. */
  #enter(): void {
    const entries = this.#entries ?? [];
    while (entries[this.#next] && entries[this.#next]?.end === this.#at) this.#next++;
    const entry = entries[this.#next];
    if (!entry) return;
    this.#rowBytes = (entry.shape.at(-1) ?? 1) * (BYTES.get(entry.dtype) as number);
    this.#blockBytes = (this.#receiver.block?.(entry) ?? 1) * this.#rowBytes;
  }

  #pushData(bytes: Uint8Array): number {
    const entry = this.#entries?.[this.#next];
    if (!entry)
      throw new RangeError(`${this.#api}: the file must end with its last tensor, at byte ${this.size}, got more`);
    const left = entry.end - this.#at;
    this.#needed = Math.min(this.#blockBytes, left);
    if (this.#filled > 0 || bytes.length < this.#needed) {
      const taken = this.#keep(bytes);
      if (this.#filled === this.#needed) {
        this.#filled = 0;
        this.#deliver(entry, this.#kept.subarray(0, this.#needed));
      }
      return taken;
    }
    const taken = bytes.length >= left ? left : bytes.length - (bytes.length % this.#blockBytes);
    this.#deliver(entry, bytes.subarray(0, taken));
    return taken;
  }

  #deliver(entry: Entry, bytes: Uint8Array): void {
    this.#receiver.rows(entry, (this.#at - entry.begin) / this.#rowBytes, bytes);
    this.#at += bytes.length;
    if (this.#at === entry.end) this.#enter();
  }
}
