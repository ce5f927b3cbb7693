// The worker: POST /attention. Knows HTTP; attend.ts knows attention.
import { asJson, attend } from "./attend.ts";
import { readJson } from "./body.ts";
import { Failure } from "./failure.ts";
import { heatmap } from "./heatmap.ts";

/** The media type of an answer: JSON unless only, or sooner, a picture is accepted. */
function wantsPicture(accept: string | null): boolean {
  const weight = (type: string): number => {
    const entry = (accept ?? "").split(",").find((part) => part.split(";")[0]?.trim().toLowerCase() === type);
    if (entry === undefined) return 0;
    const q = /;\s*q=([\d.]+)/i.exec(entry)?.[1];
    return q === undefined ? 1 : Number(q);
  };
  return weight("image/svg+xml") > weight("application/json");
}

const answer = (body: string, type: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(body, {
    status,
    headers: {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      vary: "accept",
      ...headers,
    },
  });

async function respond(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname !== "/attention") throw new Failure(404, "there is POST /attention");
  if (request.method !== "POST") throw new Failure(405, `POST, not ${request.method}`, { allow: "POST" });
  const attended = attend(await readJson(request));
  if (wantsPicture(request.headers.get("accept"))) return answer(heatmap(attended.weights), "image/svg+xml");
  return answer(JSON.stringify(asJson(attended)), "application/json");
}

async function handle(request: Request): Promise<Response> {
  try {
    return await respond(request);
  } catch (error) {
    const { status, message, headers } =
      error instanceof Failure ? error : new Failure(500, "something went wrong here; the request may be right");
    if (status === 500) console.error(error);
    return answer(JSON.stringify({ error: message }), "application/json", status, headers);
  }
}

const worker: { fetch(request: Request): Promise<Response> } = { fetch: handle };
export default worker;
