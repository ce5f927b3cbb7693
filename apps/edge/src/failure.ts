// What a request is answered with when it cannot be had: a status and one sentence, as { "error": "…" }.

/** Thrown anywhere below an endpoint; worker.ts turns it into the answer. */
export class Failure extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** At most so much of what a client sent is said back to it. */
export const cut = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  vary: "accept",
};

/** The answer that says a failure; what is none is this service's own fault, and is logged. */
export function failed(error: unknown): Response {
  if (!(error instanceof Failure)) console.error(error);
  const { status, message, headers } =
    error instanceof Failure ? error : new Failure(500, "internal error; the request may be right");
  return Response.json({ error: message }, { status, headers: { ...COMMON_HEADERS, ...headers } });
}
