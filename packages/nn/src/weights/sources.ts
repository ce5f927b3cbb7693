// Where files come from: addresses, responses, streams, bytes; one behind the other for a model in shards. The one place
// that fetches. Knows no format but through the parser.
import { wrongKind, wrongValue } from "@attn/core/engine";
import { wrongTensor } from "../errors.ts";
import type { WeightSource } from "../types.ts";
import type { Entry } from "./header.ts";
import { Parser, type Receiver } from "./parser.ts";
import { bytesOf } from "./read.ts";

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly loadedBytes: number; readonly totalBytes: number | undefined }) => void)
    | undefined;
}

type Opened = Response | ReadableStream<Uint8Array> | Uint8Array;

const has = (x: unknown, method: string): boolean =>
  typeof x === "object" && x !== null && typeof (x as Record<string, unknown>)[method] === "function";
const isResponse = (x: unknown): x is Response => has(x, "arrayBuffer") && has((x as Response).headers, "get");
const isStream = (x: unknown): x is ReadableStream<Uint8Array> => has(x, "getReader");
const isPromise = (x: unknown): x is PromiseLike<Response> => has(x, "then");
const isAddress = (x: unknown): x is string | URL =>
  typeof x === "string" || Object.prototype.toString.call(x) === "[object URL]";

const KINDS = "be a URL, a Response, a stream of bytes, an ArrayBuffer or a Uint8Array";

/**
 * Reads files one behind the other and hands their tensors to the receiver. A name in two files is an error.
 * Reading stops at the first error, or when the signal aborts: then whatever is open is cancelled.
 */
export async function readSources(
  api: string,
  argument: string,
  given: WeightSource | readonly WeightSource[],
  receiver: Receiver,
  { signal, onProgress }: ReadOptions = {},
): Promise<void> {
  if (signal !== undefined && !has(signal, "throwIfAborted"))
    throw wrongKind(api, "signal", "be an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw wrongKind(api, "onProgress", "be a function", onProgress);
  const several = Array.isArray(given);
  const list: readonly WeightSource[] = several ? given : [given];
  if (list.length === 0) throw wrongValue(api, argument, "have at least one file", given);
  const label = (i: number): string => (several ? `${argument}[${i}]` : argument);
  const sources = list.map((source, i) => {
    if (isAddress(source) || isResponse(source) || isStream(source)) return source;
    const bytes = bytesOf(source);
    if (bytes) return bytes;
    if (!isPromise(source)) throw wrongKind(api, label(i), KINDS, source);
    const promise = Promise.resolve(source);
    // It is awaited in its turn; a rejection before that, or after another's, is not to end the process.
    promise.catch(() => {});
    return promise;
  });

  const names = new Set<string>();
  const sizes = sources.map((source) => sizeOf(source));
  let loadedBytes = 0;
  const report = (): void =>
    onProgress?.({
      loadedBytes,
      totalBytes: sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0),
    });

  let next = 0;
  try {
    while (next < sources.length) {
      const i = next++;
      const where = several ? `${api}: ${label(i)}` : api;
      const parser = new Parser(where, {
        rows: (entry, row, bytes) => receiver.rows(entry, row, bytes),
        block: (entry) => receiver.block?.(entry) ?? 1,
        begin(entries: readonly Entry[]): boolean {
          for (const { name } of entries) {
            if (names.has(name)) throw wrongTensor(where, name, "must be in one file, got it in two");
            names.add(name);
          }
          return receiver.begin(entries);
        },
      });
      const opened = await open(api, label(i), sources[i] as WeightSource | Opened, signal);
      sizes[i] ??= sizeOf(opened);
      await pump(api, label(i), opened, signal, (bytes) => {
        parser.push(bytes);
        loadedBytes += bytes.length;
        sizes[i] = parser.size ?? sizes[i];
        if (parser.wanted) report();
        return parser.wanted;
      });
      parser.end();
    }
  } catch (error) {
    for (const source of sources.slice(next)) if (!isAddress(source)) Promise.resolve(source).then(cancel, () => {});
    throw error;
  }
}

/** How long a file is, where that can be known before it is read. */
function sizeOf(source: unknown): number | undefined {
  if (source instanceof Uint8Array) return source.length;
  // The length of what was sent, which is the file's only where nothing was compressed.
  if (!isResponse(source) || source.headers.get("content-encoding")) return undefined;
  const length = Number(source.headers.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
}

function cancel(source: Opened, reason?: unknown): void {
  const stream = isResponse(source) ? source.body : source;
  if (isStream(stream) && !stream.locked) stream.cancel(reason).catch(() => {});
}

/** The bytes behind a source: a stream, or all of them. */
async function open(
  api: string,
  argument: string,
  source: WeightSource | Opened,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  signal?.throwIfAborted();
  let opened: unknown = source;
  if (isAddress(source)) {
    try {
      opened = await fetch(source, signal ? { signal } : {});
    } catch (cause) {
      signal?.throwIfAborted();
      throw new Error(`${api}: "${argument}" must be reachable, got no answer from ${source}`, { cause });
    }
  } else if (isPromise(source)) {
    opened = await source;
    if (!isResponse(opened)) throw wrongKind(api, argument, "be a promise of a Response", opened);
  }
  if (isResponse(opened)) {
    const { ok, status, statusText, headers, url, body, bodyUsed } = opened;
    const type = headers.get("content-type") ?? "";
    const wrong = !ok ? `HTTP ${status} ${statusText}`.trim() : type.startsWith("text/html") ? `a page (${type})` : "";
    if (wrong) {
      cancel(opened);
      throw new Error(`${api}: "${argument}" must be a safetensors file, got ${wrong}${url && ` from ${url}`}`);
    }
    if (bodyUsed) throw wrongValue(api, argument, "be a Response whose body was not read", opened);
    opened = body ?? new Uint8Array(0);
  }
  if (isStream(opened) && opened.locked) throw wrongValue(api, argument, "be a stream that nobody else reads", opened);
  return opened as ReadableStream<Uint8Array> | Uint8Array;
}

/** Hands on all bytes, until `push` says that it wants no more. */
async function pump(
  api: string,
  argument: string,
  opened: ReadableStream<Uint8Array> | Uint8Array,
  signal: AbortSignal | undefined,
  push: (bytes: Uint8Array) => boolean,
): Promise<void> {
  if (!isStream(opened)) {
    push(opened);
    return;
  }
  const reader = opened.getReader();
  const stop = (reason?: unknown): void => void reader.cancel(reason).catch(() => {});
  const abort = (): void => stop(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return;
      const bytes = bytesOf(value);
      if (!bytes) throw wrongKind(api, argument, "be a stream of Uint8Array", value);
      if (!push(bytes)) {
        stop();
        return;
      }
    }
  } catch (error) {
    stop(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    reader.releaseLock();
  }
}
