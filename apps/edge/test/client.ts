// A client for tests: by fetch, and by hand where fetch behaves too well. Knows nothing of what is answered.
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { fileURLToPath } from "node:url";

/** Where workerd.capnp is. */
export const folder: string = fileURLToPath(new URL("..", import.meta.url));

export const JSON_BODY = { "content-type": "application/json" } as const;

/** L rows of D single digits. */
export const rows = (L: number, D = 1): number[][] =>
  Array.from({ length: L }, (_, i) => Array.from({ length: D }, (_, j) => (i + j) % 10));

/** A body that is text is sent as it is. */
export const post = (origin: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${origin}/attention`, {
    method: "POST",
    headers: { ...JSON_BODY, ...headers },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  });

export interface Refusal {
  readonly status: number;
  readonly error: string;
}

/** What a failure says; throws where it has not the one form that failures have. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const type = response.headers.get("content-type");
  const text = await response.text();
  if (type !== "application/json" || response.status < 400) throw new Error(`${response.status} ${type}: ${text}`);
  const { error, ...rest } = JSON.parse(text) as { error: string };
  if (typeof error !== "string" || Object.keys(rest).length > 0) throw new Error(text);
  return { status: response.status, error };
}

/** A request whose body is written by the test: piece by piece, not to its end, or never. */
export function open(origin: string, headers: Record<string, string | number> = {}): ClientRequest {
  const opened = request(`${origin}/attention`, {
    method: "POST",
    headers: { ...JSON_BODY, ...headers },
    agent: false,
  });
  opened.setNoDelay(true);
  return opened;
}

/** The answer, when its head has come. */
export async function answered(opened: ClientRequest): Promise<IncomingMessage> {
  const [message] = (await once(opened, "response")) as [IncomingMessage];
  return message;
}

export async function textOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of message.setEncoding("utf8")) text += piece;
  return text;
}
