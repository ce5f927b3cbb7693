// A safetensors header: the one place that decides what a file may say. Knows the bytes before the data, never the data.
//
// The format (https://huggingface.co/docs/safetensors): 8 bytes of header length, little-endian; that many bytes of JSON
// in UTF-8, padded with spaces; the data. Read here by its own grammar rather than by JSON.parse, which would keep the last
// of two equal names and round what is no double.
import { counted, shapeText } from "@attn/core/engine";
import { quote, wrongTensor } from "../errors.ts";
import type { StoredDtype } from "../types.ts";
import { BYTES } from "./dtypes.ts";

/** What a header says of one tensor: bytes begin to end of the data. */
export interface Entry {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What stands before the data. */
export interface FileHeader {
  /** In the order that they are named in. */
  readonly entries: readonly Entry[];
  /** Of the file itself, where it says anything. */
  readonly metadata: ReadonlyMap<string, string> | undefined;
}

export const LENGTH_BYTES = 8;
/** The reference implementation's own limit: a length past it is no header's. */
const LONGEST = 100_000_000;
export const METADATA = "__metadata__";

const fileError = (api: string, what: string): RangeError => new RangeError(`${api}: the file ${what}`);

/** How many bytes of JSON follow the first eight; `size` is the file's, where it is known. */
export function headerLength(api: string, first: Uint8Array, size: number = Number.POSITIVE_INFINITY): number {
  if (first.length < LENGTH_BYTES)
    throw fileError(
      api,
      `must begin with ${LENGTH_BYTES} bytes of header length, got ${counted(first.length, "byte")}`,
    );
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length <= LONGEST && LENGTH_BYTES + Number(length) <= size) return Number(length);
  // A page or a message in place of a file is seen here first, since text makes an enormous length.
  const text = String.fromCharCode(...first.subarray(0, LENGTH_BYTES));
  if (/^[\t\n\r -~]+$/.test(text)) throw fileError(api, `must be in the safetensors format, got text: ${quote(text)}…`);
  if (length > LONGEST)
    throw fileError(api, `must have a header of at most ${LONGEST} bytes, got a length of ${length}`);
  throw fileError(
    api,
    `must hold its header of ${length} bytes, got ${counted(size - LENGTH_BYTES, "byte")} behind the length`,
  );
}

/** What a header says. `size` is the length of the data, where it is known. */
export function readHeader(api: string, json: Uint8Array, size?: number): FileHeader {
  let text: string;
  try {
    // Of a copy, since what other threads can write is not decoded.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(json));
  } catch {
    throw fileError(api, "must have a header in UTF-8");
  }
  const header = new Scanner(api, text).header();
  checkLayout(api, header.entries, size);
  return header;
}

const INTEGER = /(?:0|[1-9]\d*)(?![\d.eE])/y;
const SPACE = /[ \t\n\r]*/y;

/** The grammar of a header; anything else in it is an error that says where. */
class Scanner {
  readonly #api: string;
  readonly #text: string;
  #at = 0;
  /** The tensor that is being read. */
  #name: string | undefined;

  constructor(api: string, text: string) {
    this.#api = api;
    this.#text = text;
  }

  header(): FileHeader {
    const entries: Entry[] = [];
    let metadata: Map<string, string> | undefined;
    this.#members((name) => {
      this.#name = name;
      if (name === METADATA) {
        const found = new Map<string, string>();
        this.#members((key) => void found.set(key, this.#string("strings alone")));
        metadata = found;
      } else entries.push(this.#entry(name));
      this.#name = undefined;
    });
    if (this.#at < this.#text.length) this.#unexpected("spaces alone behind its object");
    return { entries, metadata };
  }

  #entry(name: string): Entry {
    let dtype: unknown;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    this.#members((field) => {
      if (field === "dtype") dtype = this.#string("a string as dtype");
      else if (field === "shape") shape = this.#integers("shape");
      else if (field === "data_offsets") offsets = this.#integers("data_offsets");
      else this.#fail(`must have dtype, shape and data_offsets alone, got ${quote(field)}`);
    });
    if (dtype === undefined || !shape || !offsets) this.#fail("must have dtype, shape and data_offsets");
    const size = BYTES.get(dtype);
    if (size === undefined)
      this.#fail(`must have a dtype of ${[...BYTES.keys()].join(", ")}, got ${quote(`${dtype}`)}`);
    const [begin = 0, end = -1, ...more] = offsets;
    if (more.length || begin > end) this.#fail(`must have data_offsets [begin, end], got ${shapeText(offsets)}`);
    const needed = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, size);
    if (needed !== end - begin) {
      const needs = `${counted(needed, "byte")} for ${dtype} ${shapeText(shape)}`;
      this.#fail(`must have ${needs}, got data_offsets ${shapeText(offsets)}`);
    }
    return { name, dtype: dtype as StoredDtype, shape, begin, end };
  }

  /** An object, whose values `read` reads; a name that was there before is an error. */
  #members(read: (name: string) => void): void {
    const names = new Set<string>();
    this.#expect("{");
    while (!this.#accept("}")) {
      if (names.size > 0) this.#expect(",");
      const name = this.#string("a name");
      if (names.has(name)) {
        this.#name ??= name;
        this.#fail(
          this.#name === name ? "must be there once, got two of this name" : `must have one ${quote(name)}, got two`,
        );
      }
      names.add(name);
      this.#expect(":");
      read(name);
    }
  }

  #integers(field: string): number[] {
    const list: number[] = [];
    const expected = `a list of integers from 0 to 2^53-1 as ${field}`;
    if (!this.#accept("[")) this.#unexpected(expected);
    while (!this.#accept("]")) {
      if (list.length > 0) this.#expect(",");
      const before = this.#at;
      const value = Number(this.#token(INTEGER) ?? Number.NaN);
      if (!Number.isSafeInteger(value)) {
        this.#at = before;
        this.#unexpected(expected);
      }
      list.push(value);
      this.#space();
    }
    return list;
  }

  #string(expected: string): string {
    const start = this.#at;
    let end = this.#text[start] === '"' ? start : -1;
    // To the next quote that no odd number of backslashes stands before; JSON.parse judges what lies between.
    for (let escaped = true; escaped && end >= 0; ) {
      end = this.#text.indexOf('"', end + 1);
      let first = end;
      while (this.#text[first - 1] === "\\") first--;
      escaped = (end - first) % 2 === 1;
    }
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(start, end + 1));
    } catch {
      this.#unexpected(expected);
    }
    if (/\p{Surrogate}/u.test(value)) this.#fail(`must have names in Unicode, got ${quote(value)}`);
    this.#at = end + 1;
    this.#space();
    return value;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#unexpected(quote(character));
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#space();
    return true;
  }

  #space(): void {
    this.#token(SPACE);
  }

  #token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    this.#at += token?.length ?? 0;
    return token;
  }

  /** For what is not in the grammar. */
  #unexpected(expected: string): never {
    const got = this.#text.slice(this.#at, this.#at + 20);
    const where = `at character ${this.#at} of the header`;
    this.#fail(`must have ${expected}, got ${got === "" ? "the end" : quote(got)} ${where}`);
  }

  #fail(what: string): never {
    if (this.#name !== undefined) throw wrongTensor(this.#api, this.#name, what);
    throw new RangeError(`${this.#api}: the header ${what}`);
  }
}

/** The tensors in the order of their bytes. */
export const byOffset = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);

/** Every byte of the data belongs to one tensor. */
function checkLayout(api: string, entries: readonly Entry[], size: number | undefined): void {
  let end = 0;
  let before = "";
  for (const entry of byOffset(entries)) {
    const { name, begin } = entry;
    if (begin < end)
      throw wrongTensor(
        api,
        name,
        `must begin at byte ${end} of the data or later, behind ${quote(before)}, got ${begin}`,
      );
    if (begin > end)
      throw wrongTensor(api, name, `must begin at byte ${end} of the data, so that no byte is left out, got ${begin}`);
    if (size !== undefined && entry.end > size)
      throw wrongTensor(api, name, `must end within the file's ${counted(size, "byte")} of data, got ${entry.end}`);
    end = entry.end;
    before = name;
  }
  if (size !== undefined && end < size)
    throw fileError(
      api,
      `must end with its last tensor, at byte ${end} of the data, got ${counted(size, "byte")} of data`,
    );
}
