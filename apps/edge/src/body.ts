// The body of a request: JSON, of bounded size. Knows nothing of what it says.
import { Failure } from "./failure.ts";

/** Bytes of a body at the most. */
export const MOST_BYTES: number = 256 * 1024;

const tooLarge = (): Failure => new Failure(413, `the body may have ${MOST_BYTES} bytes at the most`);

/**
 * Bytes read of a body that is too long, and dropped: a connection that closes while the client still sends
 * resets, and then the client never reads why.
 */
const MOST_DROPPED = 8 * MOST_BYTES;

/** Keeps no more than is allowed, whatever the request says of its length. */
async function readBytes(request: Request): Promise<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length <= MOST_BYTES) pieces.push(read.value);
    else pieces = [];
    if (length > MOST_DROPPED) {
      await reader?.cancel();
      break;
    }
  }
  if (length > MOST_BYTES) throw tooLarge();
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "none";
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Failure(415, `the content type must be application/json, got ${type}`);
  const bytes = await readBytes(request);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new Failure(400, `the body must be JSON: ${(error as Error).message}`);
  }
}
