// What the tests of files share: files from any header, pieces of any size, and the models beside the repository. Holds no
// cases.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Entry } from "../src/weights/header.ts";
import type { Receiver } from "../src/weights/parser.ts";

/** A file with this header, as text or as an object, and these bytes of data. */
export function file(header: string | object, data: number | readonly number[] = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = typeof data === "number" ? Array.from({ length: data }, (_, i) => i & 255) : data;
  const out = new Uint8Array(8 + json.length + bytes.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  out.set(bytes, 8 + json.length);
  return out;
}

/** One tensor "a" of a header; a field that is undefined is left out. */
export const one = (fields: Record<string, unknown> = {}): object => ({
  a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields },
});

/** Bytes in pieces whose lengths repeat. */
export function* pieces(bytes: Uint8Array, ...lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] as number;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Keeps what it receives: the bytes of each tensor, and how they came. */
export class Collector implements Receiver {
  readonly tensors: Map<string, { entry: Entry; bytes: Uint8Array }> = new Map();
  readonly calls: { name: string; row: number; bytes: number }[] = [];
  readonly #block: number;
  readonly #wanted: boolean;

  constructor({ block = 1, wanted = true }: { block?: number; wanted?: boolean } = {}) {
    this.#block = block;
    this.#wanted = wanted;
  }
  begin(entries: readonly Entry[]): boolean {
    for (const entry of entries)
      this.tensors.set(entry.name, { entry, bytes: new Uint8Array(entry.end - entry.begin) });
    return this.#wanted;
  }
  block(): number {
    return this.#block;
  }
  rows(entry: Entry, row: number, bytes: Uint8Array): void {
    const { bytes: whole } = this.tensors.get(entry.name) as { bytes: Uint8Array };
    const rows = entry.shape.slice(0, -1).reduce((product, length) => product * length, 1);
    whole.set(bytes, (row * whole.length) / rows);
    this.calls.push({ name: entry.name, row, bytes: bytes.length });
  }
}

const given = process.env.ATTN_MODELS;
/** Models with goldens, which are no part of this repository: ATTN_MODELS names their folder. */
export const models: URL = given ? pathToFileURL(`${given}/`) : new URL("../../../../shared/models/", import.meta.url);
export const hasModels: boolean = existsSync(models);

export const readModelFile = (path: string): Uint8Array => readFileSync(new URL(path, models));
export const readModelJson = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, models), "utf8")) as T;
