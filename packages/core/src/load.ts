// loadAttention: an engine from a .wasm that is fetched.
import { createAttention } from "./engine.ts";
import { describe, wrongKind } from "./errors.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "loadAttention";

const isResponse = (x: unknown): x is Response =>
  typeof (x as Response)?.arrayBuffer === "function" && typeof (x as Response).ok === "boolean";

/**
 * For a .wasm that is fetched: compiles while it streams, where the runtime can and the server says application/wasm.
 *
 * @throws (rejects) Error where the response is not 2xx or is not WebAssembly; otherwise as `createAttention`.
 */
export async function loadAttention(
  source: URL | string | Response | PromiseLike<Response>,
  options?: Omit<EngineOptions, "module">,
): Promise<Attention> {
  const given = await source;
  if (typeof given !== "string" && !(given instanceof URL) && !isResponse(given))
    throw wrongKind(API, "source", "a URL, a string or a Response", given);
  const response = isResponse(given) ? given : await fetch(given);
  const where = response.url || (isResponse(given) ? "the response" : String(given));
  if (!response.ok)
    throw new Error(
      `${API}: "source" must answer with a .wasm file, got ${response.status} ${response.statusText} from ${where}`,
    );
  return createAttention({ ...options, module: await compileResponse(response, where) });
}

async function compileResponse(response: Response, where: string): Promise<WebAssembly.Module> {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim();
  try {
    if (type === "application/wasm" && typeof WebAssembly.compileStreaming === "function")
      return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw new Error(
      `${API}: "source" must be WebAssembly, got ${describe(type)} from ${where} (${(cause as Error).message})`,
      { cause },
    );
  }
}
