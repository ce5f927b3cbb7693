// One endpoint, from a request to its answer: negotiate → read → plan → run → deliver. Knows HTTP; what is asked and
// answered is the endpoint's own.
import Negotiator from "negotiator";
import { readJson } from "./body.ts";
import { Budget, busy, type Reservation } from "./budget.ts";
import { COMMON_HEADERS, Failure } from "./failure.ts";
import { limits } from "./limits.ts";

/** What an endpoint does for a body: checked, bounded, and not yet begun. */
export interface Plan {
  /** Bytes of the answer, at most. */
  readonly bytes: number;
  run(): string;
}

export interface Endpoint {
  readonly path: string;
  /** Media types of its answers, the one for clients without a preference first. */
  readonly produces: readonly string[];
  /** Checks all that the body says and all that it costs; computes nothing. Throws Failure. */
  plan(body: unknown, type: string): Plan;
}

/** Outlives the request: what goes on after the answer is given back. */
interface Lifetime {
  waitUntil(promise: Promise<unknown>): void;
}

/** workerd's identity stream of a length known beforehand; a write ends when the client's side has taken it. */
declare const FixedLengthStream: new (length: number) => TransformStream<Uint8Array, Uint8Array>;

/** One for the worker: its memory is shared by all requests. */
const budget = new Budget();

/** The media type that the request likes best (RFC 9110, section 12.5.1). */
function negotiate(request: Request, produces: readonly string[]): string {
  // An empty header, like none, accepts everything.
  const accept = request.headers.get("accept") || "*/*";
  if (accept.length > limits.acceptLength)
    throw new Failure(431, `"accept" must have at most ${limits.acceptLength} characters, got ${accept.length}`);
  const type = new Negotiator({ headers: { accept } }).mediaType(produces);
  if (type === undefined)
    throw new Failure(406, `"accept" must allow ${produces.join(" or ")}, which this service answers with`);
  return type;
}

/** A body that holds its reservation until the client has taken it, is gone, or has taken too long. */
function deliver(
  bytes: Uint8Array<ArrayBuffer>,
  reservation: Reservation,
  milliseconds: number,
  lifetime: Lifetime,
): ReadableStream {
  const { readable, writable } = new FixedLengthStream(bytes.length);
  const writer = writable.getWriter();
  const timer = setTimeout(() => writer.abort(new Error("the client took too long")), milliseconds);
  const taken = writer.write(bytes).then(() => writer.close());
  const settle = (): void => {
    clearTimeout(timer);
    reservation.release();
  };
  lifetime.waitUntil(taken.then(settle, settle));
  return readable;
}

async function respond(
  endpoint: Endpoint,
  request: Request,
  milliseconds: number,
  lifetime: Lifetime,
): Promise<Response> {
  const reservation = budget.reserve();
  try {
    const type = negotiate(request, endpoint.produces);
    const plan = endpoint.plan(await readJson(request, reservation, milliseconds), type);
    if (!reservation.resize(plan.bytes)) throw busy();
    const answer = new TextEncoder().encode(plan.run());
    reservation.resize(answer.length);
    const body = deliver(answer, reservation, milliseconds, lifetime);
    return new Response(body, { headers: { ...COMMON_HEADERS, "content-type": type } });
  } catch (error) {
    reservation.release();
    throw error;
  }
}

/**
 * Answers a request; `milliseconds` is how long its body may take to arrive and its answer to be taken. Throws Failure.
 *
 * A client that goes away ends its request, and nothing of it runs any more, unless the runtime was told to wait: then what
 * was reserved is given back.
 */
export function answer(
  endpoint: Endpoint,
  request: Request,
  milliseconds: number,
  lifetime: Lifetime,
): Promise<Response> {
  const response = respond(endpoint, request, milliseconds, lifetime);
  lifetime.waitUntil(response.catch(() => undefined));
  return response;
}
