// The body of a request: JSON, of bounded size, within a bounded time. Knows nothing of what it says.
import { busy, type Reservation } from "./budget.ts";
import { cut, Failure } from "./failure.ts";
import { limits } from "./limits.ts";

/** What a body's buffer starts with; it doubles, so that a body costs what has arrived of it, in however small pieces. */
const INITIAL_BYTES = 4096;
/** Bytes that are read of a refused body, at most. */
const DROPPED_BYTES = 8 * limits.bodyBytes;

/** Throws where the headers already say that the body cannot be read. */
function checkHeaders(headers: Headers): void {
  const type = headers.get("content-type") ?? "none";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Failure(415, `the content type must be application/json, got ${cut(type)}`);
  const encoding = headers.get("content-encoding") ?? "identity";
  if (!/^identity$/i.test(encoding))
    throw new Failure(415, `the body must have no content encoding, got ${cut(encoding)}`, {
      "accept-encoding": "identity",
    });
}

/** The body's pieces; Failure where it breaks off, or takes too long. It can be read on after a caller that stops. */
async function* piecesOf(request: Request, milliseconds: number): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  let failure: Failure | undefined;
  const timer = setTimeout(() => {
    failure = new Failure(408, `the body must arrive within ${milliseconds} milliseconds`);
    // Ends the read that waits: the standard says as if the body ended, workerd as if it broke off.
    reader.cancel();
  }, milliseconds);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } catch {
    failure ??= new Failure(400, "the body must be complete, got a part of it");
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
  if (failure) throw failure;
}

/** Keeps no more than is allowed, whatever the request says of its length, and counts what it keeps. */
async function readBytes(request: Request, reservation: Reservation, milliseconds: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  let length = 0;
  for await (const piece of piecesOf(request, milliseconds)) {
    const end = length + piece.length;
    if (end > limits.bodyBytes) throw new Failure(413, `the body must have at most ${limits.bodyBytes} bytes`);
    if (end > bytes.length) {
      const larger = Math.min(limits.bodyBytes, Math.max(INITIAL_BYTES, end, 2 * bytes.length));
      if (!reservation.resize(larger)) throw busy();
      const grown = new Uint8Array(larger);
      grown.set(bytes);
      bytes = grown;
    }
    bytes.set(piece, length);
    length = end;
  }
  return bytes.subarray(0, length);
}

/**
 * Reads what is left of a body that is refused, and drops it: a connection that closes while the client still sends
 * resets, and then the client never reads why. A body without end, or one that stalls, is left at some point.
 */
export async function dropRest(request: Request, milliseconds: number): Promise<void> {
  let left = DROPPED_BYTES;
  try {
    for await (const piece of piecesOf(request, milliseconds)) if ((left -= piece.length) < 0) return;
  } catch {
    // The client is gone or late, and nobody waits for its body.
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new Failure(400, `the body must be JSON: ${why}`);
  }
}

/** What the body says, under every limit of it; the reservation holds its bytes while they arrive. */
export async function readJson(request: Request, reservation: Reservation, milliseconds: number): Promise<unknown> {
  checkHeaders(request.headers);
  return parse(await readBytes(request, reservation, milliseconds));
}
