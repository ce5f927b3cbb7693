// loadAttention: an engine from a .wasm that is fetched.
import { bind } from "./bind.ts";
import { makeEngine } from "./engine/engine.ts";
import { describe, wrongKind } from "./engine/errors.ts";
import { compileFailure, refusal } from "./engine/runtime.ts";
import type { FetchResponse, UrlObject } from "./globals.ts";
import { checkEngine } from "./plan/engine.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "loadAttention";

const isResponse = (x: unknown): x is Response =>
  typeof (x as Response)?.arrayBuffer === "function" && typeof (x as Response).ok === "boolean";

/**
 * For a .wasm that is fetched: compiles while it streams, where the runtime can and the server says application/wasm.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { loadAttention } from "@attn/core/slim";
 *
 * // In a page: await loadAttention("simd.wasm"), or of any Response.
 * const wasm = await readFile(new URL(import.meta.resolve("@attn/kernel/simd.wasm")));
 * const { variant } = await loadAttention(new Response(wasm, { headers: { "content-type": "application/wasm" } }));
 * console.log(variant); // → simd
 * ```
 * @throws (rejects) Error where the response is not 2xx or is not WebAssembly; otherwise as `createAttention`.
 */
export async function loadAttention(
  source: UrlObject | string | FetchResponse | PromiseLike<FetchResponse>,
  options?: Omit<EngineOptions, "module">,
): Promise<Attention> {
  const settings = checkEngine(API, options);
  const given = await source;
  if (typeof given !== "string" && !(given instanceof URL) && !isResponse(given))
    throw wrongKind(API, "source", "be a URL, a string or a Response (a module or its bytes: createAttention)", given);
  const response = isResponse(given) ? given : await request(given);
  const where = isResponse(given) ? response.url || "the response" : String(given);
  if (!response.ok) throw refused(`${response.status} ${response.statusText}`.trim(), where);
  return bind(makeEngine({ api: API, argument: "source" }, settings, await compile(response, where)));
}

const refused = (got: string, where: string, cause?: unknown): Error =>
  new Error(`${API}: "source" must be a .wasm file that can be fetched, got ${got} from ${where}`, { cause });

async function request(source: URL | string): Promise<Response> {
  try {
    return await fetch(source);
  } catch (cause) {
    // Where a page could resolve or read it, the fetch itself fails for another reason.
    const file = /^file:/.test(String(source)) || (typeof location === "undefined" && !/^\w+:/.test(String(source)));
    const advice = file ? "; of a file, createAttention({ module: readFileSync(path) })" : "";
    throw refused((cause as Error).message, String(source) + advice, cause);
  }
}

async function compile(response: Response, where: string): Promise<WebAssembly.Module> {
  // Streaming wants this type exactly, without parameters.
  const type = response.headers.get("content-type");
  try {
    if (type === "application/wasm" && typeof WebAssembly.compileStreaming === "function")
      return await WebAssembly.compileStreaming(response);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    const refused = refusal(API, cause as Error);
    if (refused) throw refused;
    const got = `${type ? describe(type) : "no content type"} from ${where} ${compileFailure(cause as Error)}`;
    throw new Error(`${API}: "source" must be WebAssembly, got ${got}`, { cause });
  }
}
