// loadAttention over HTTP: what it takes, that it compiles while it streams, and what its errors say. The server is of
// this process; engines are engine.test.ts's matter.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { type Attention, createAttention, loadAttention } from "@attn/core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

const simd = readFileSync(new URL(import.meta.resolve("@attn/kernel/simd.wasm")));
const relaxed = readFileSync(new URL(import.meta.resolve("@attn/kernel/relaxed.wasm")));

/** Path → status, content type, body. */
const answers: Record<string, [status: number, contentType: string | undefined, body: Uint8Array | string]> = {
  "/simd.wasm": [200, "application/wasm", simd],
  "/relaxed.wasm": [200, "application/wasm", relaxed],
  "/untyped.wasm": [200, undefined, simd],
  "/octets.wasm": [200, "application/octet-stream", simd],
  "/charset.wasm": [200, "application/wasm; charset=utf-8", simd],
  "/upper.wasm": [200, "Application/WASM", simd],
  "/page.html": [200, "text/html; charset=utf-8", "<!doctype html>"],
  "/text-as.wasm": [200, "application/wasm", "not WebAssembly"],
  "/untyped-text": [200, undefined, "not WebAssembly"],
  "/half.wasm": [200, "application/wasm", simd.subarray(0, 5000)],
  "/nothing.wasm": [200, "application/wasm", ""],
  "/other.wasm": [200, "application/wasm", Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)],
  "/broken.wasm": [500, "application/wasm", simd],
};

let server: Server;
let origin: string;
/** Of each answer that was begun. */
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (path === "/moved.wasm") return response.writeHead(302, { location: "/simd.wasm" }).end();
    if (path === "/cut.wasm") {
      response.writeHead(200, { "content-type": "application/wasm", "content-length": simd.length });
      // Not before that much is on its way.
      return response.write(simd.subarray(0, 5000), () => response.destroy());
    }
    const answer = answers[path];
    if (!answer) return response.writeHead(404).end("no such file");
    const [status, contentType, body] = answer;
    response.writeHead(status, contentType === undefined ? {} : { "content-type": contentType });
    // In two pieces, so that there is something to stream.
    return response.write(body.slice(0, 1000), () => response.end(body.slice(1000)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
afterEach(() => {
  vi.restoreAllMocks();
});

const expected = (variant: "simd" | "relaxed") => [...createAttention({ variant }).softmax([1, 2, 3]).data];
function expectEngine(engine: Attention, variant: "simd" | "relaxed"): void {
  expect(engine.variant).toBe(variant);
  expect([...engine.softmax([1, 2, 3]).data]).toEqual(expected(variant));
  engine.dispose();
}
const load = (path: string) => loadAttention(`${origin}${path}`);

describe("takes", () => {
  it("a string", async () => expectEngine(await load("/simd.wasm"), "simd"));
  it("a URL", async () => expectEngine(await loadAttention(new URL("/simd.wasm", origin)), "simd"));
  it("a response", async () => expectEngine(await loadAttention(await fetch(`${origin}/simd.wasm`)), "simd"));
  it("the promise of a response", async () =>
    expectEngine(await loadAttention(fetch(`${origin}/relaxed.wasm`)), "relaxed"));
  it("whatever has then", async () => {
    const response = await fetch(`${origin}/simd.wasm`);
    // biome-ignore lint/suspicious/noThenProperty: a PromiseLike that is no Promise
    const thenable = { then: (resolve: (x: Response) => void) => resolve(response) } as PromiseLike<Response>;
    expectEngine(await loadAttention(thenable), "simd");
  });
  it("a response made by hand", async () => {
    expectEngine(await loadAttention(new Response(simd)), "simd");
    expectEngine(await loadAttention(new Response(simd, { headers: { "content-type": "application/wasm" } })), "simd");
  });
  it("a data URL", async () => {
    expectEngine(await loadAttention(`data:application/wasm;base64,${simd.toString("base64")}`), "simd");
  });
  it("a file that has moved", async () => expectEngine(await load("/moved.wasm"), "simd"));
  it("the other options", async () => {
    expectEngine(await loadAttention(`${origin}/simd.wasm`, { variant: "simd" }), "simd");
    expectEngine(await loadAttention(`${origin}/relaxed.wasm`, { variant: "auto" }), "relaxed");
    const engine = await loadAttention(`${origin}/simd.wasm`, { maximumBytes: 2 ** 20 });
    expect(() => engine.empty([2 ** 20])).toThrow(/^empty: this call needs .*; "maximumBytes" allows 1048576$/);
  });
  it("many at once, each an engine of its own", async () => {
    const engines = await Promise.all([load("/simd.wasm"), load("/simd.wasm"), load("/relaxed.wasm")]);
    expect(engines.map(({ variant }) => variant)).toEqual(["simd", "simd", "relaxed"]);
    engines[0]?.dispose();
    for (const engine of engines.slice(1)) expect(engine.softmax([1]).data[0]).toBe(1);
  });
});

describe("compiles", () => {
  it.each([
    ["/simd.wasm", true],
    ["/untyped.wasm", false],
    ["/octets.wasm", false],
    ["/charset.wasm", undefined],
    ["/upper.wasm", undefined],
  ])("%s, while it streams: %s", async (path, streams) => {
    const compileStreaming = vi.spyOn(WebAssembly, "compileStreaming");
    expectEngine(await load(path), "simd");
    if (streams !== undefined) expect(compileStreaming).toHaveBeenCalledTimes(streams ? 1 : 0);
  });

  it("where the runtime cannot stream", async () => {
    const { compileStreaming } = WebAssembly;
    Reflect.deleteProperty(WebAssembly, "compileStreaming");
    try {
      expectEngine(await load("/simd.wasm"), "simd");
    } finally {
      WebAssembly.compileStreaming = compileStreaming;
    }
  });

  it("nothing on the way that is synchronous", async () => {
    const module = vi.spyOn(WebAssembly, "Module");
    (await load("/simd.wasm")).dispose();
    expect(module).not.toHaveBeenCalled();
  });
});

/** The error that a promise is rejected with. */
async function refusal(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, "not rejected").toBeInstanceOf(Error);
  return error as Error;
}

describe("rejects, and says what is missing", () => {
  it.each<[path: string, message: RegExp]>([
    ["/missing.wasm", /^loadAttention: "source" must .*, got 404 Not Found from .*\/missing\.wasm$/],
    ["/broken.wasm", /^loadAttention: "source" must .*, got 500 Internal Server Error from .*\/broken\.wasm$/],
    ["/page.html", /^loadAttention: "source" must be WebAssembly, got "text\/html.*" from .*\/page\.html \(.+\)$/],
    ["/text-as.wasm", /^loadAttention: "source" must be WebAssembly, got .* from .*\/text-as\.wasm \(.+\)$/],
    ["/untyped-text", /^loadAttention: "source" must be WebAssembly, got .* from .*\/untyped-text \(.+\)$/],
    ["/half.wasm", /^loadAttention: "source" must be WebAssembly, got .* from .*\/half\.wasm \(.+\)$/],
    ["/nothing.wasm", /^loadAttention: "source" must be WebAssembly, got .* from .*\/nothing\.wasm \(.+\)$/],
    ["/cut.wasm", /^loadAttention: "source" must .*, got .* from .*\/cut\.wasm \(.+\)$/],
  ])("%s", async (path, message) => {
    const error = await refusal(load(path));
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/got undefined/);
    expect(error.constructor).toBe(Error);
  });

  it("a failure of the network: which address, and the failure as its cause", async () => {
    // A port that was free a moment ago.
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/simd.wasm`;
    await new Promise((resolve) => closed.close(resolve));
    for (const source of [address, new URL(address)]) {
      const error = await refusal(loadAttention(source));
      expect(error.message).toMatch(/^loadAttention: "source" must .*, got .*/);
      expect(error.message).toContain(address);
      expect(error.cause).toBeInstanceOf(Error);
      expect(error.constructor).toBe(Error);
    }
  });

  it("what fetch does not take: a file's URL where there is no fetch for it, a relative path, no address", async () => {
    const file = pathToFileURL(`${import.meta.dirname}/simd.wasm`);
    for (const source of [file, "simd.wasm", "no scheme", ""]) {
      const error = await refusal(loadAttention(source));
      expect(error.message).toMatch(/^loadAttention: "source" must .*, got .*/);
      expect(error.message).toContain(String(source));
      expect(error.message).toMatch(/; of a file, createAttention\({ module: readFileSync\(path\) }\)$/);
    }
    // What it advises.
    expectEngine(createAttention({ module: simd }), "simd");
  });

  it("in a page, where a relative address is one, nothing of files", async () => {
    vi.stubGlobal("location", { href: origin });
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    const error = await refusal(loadAttention("simd.wasm"));
    vi.unstubAllGlobals();
    expect(error.message).toMatch(/, got Failed to fetch from simd\.wasm$/);
  });

  it("the user's own promise: as it is", async () => {
    const reason = new Error("no network today");
    expect(await refusal(loadAttention(Promise.reject(reason)))).toBe(reason);
  });

  it("a response that was read already", async () => {
    const response = await fetch(`${origin}/simd.wasm`);
    await response.arrayBuffer();
    const error = await refusal(loadAttention(response));
    expect(error.message).toMatch(/^loadAttention: "source" must .*, got .* \(.*\)$/);
  });

  it("a module that is not of this package", async () => {
    const error = await refusal(load("/other.wasm"));
    expect(error.message).toMatch(
      /must be simd\.wasm or relaxed\.wasm of @attn\/kernel, got another WebAssembly module/,
    );
    expect(error.message).toMatch(/^loadAttention: "source" /);
    expect(error).toBeInstanceOf(RangeError);
  });

  it.each([
    ["undefined", undefined, "undefined"],
    ["null", null, "null"],
    ["a number", 3, "3"],
    ["an object", {}, "an object"],
    ["bytes", simd, "Uint8Array of .*"],
    ["a module", new WebAssembly.Module(simd), "a WebAssembly.Module"],
    ["a request", new Request("http://localhost/"), "a Request"],
    ["the promise of a string's length", Promise.resolve(3), "3"],
  ])("a source of the wrong kind: %s", async (_, source, got) => {
    const error = await refusal(loadAttention(source as never));
    expect(error.message).toMatch(new RegExp(`^loadAttention: "source" must be a URL.*, got ${got}$`));
    expect(error.constructor).toBe(TypeError);
  });
});

describe("options", () => {
  it.each<[what: string, options: unknown, kind: typeof TypeError | typeof RangeError, message: RegExp]>([
    ["null", null, TypeError, /^loadAttention: "options" must be an object, got null$/],
    ["a number", 5, TypeError, /^loadAttention: "options" must be an object, got 5$/],
    ["a string", "simd", TypeError, /^loadAttention: "options" must be an object, got "simd"$/],
    ["an array", [1], TypeError, /^loadAttention: "options" must be an object, got \[1\]$/],
    ["a variant misspelt", { variant: "fast" }, RangeError, /^loadAttention: "variant" must be .*, got "fast"$/],
    ["a variant of the wrong kind", { variant: 1 }, TypeError, /^loadAttention: "variant" must be .*, got 1$/],
    [
      "maximumBytes of the wrong kind",
      { maximumBytes: "1" },
      TypeError,
      /^loadAttention: "maximumBytes" must be .*, got "1"$/,
    ],
    ["maximumBytes too small", { maximumBytes: 1 }, RangeError, /^loadAttention: "maximumBytes" must be .*, got 1$/],
  ])("%s: refused, before anything is fetched", async (_, options, kind, message) => {
    asked.length = 0;
    const error = await refusal(loadAttention(`${origin}/simd.wasm`, options as object));
    expect(error.message).toMatch(message);
    expect(error.constructor).toBe(kind);
    expect(asked).toEqual([]);
  });

  it("a variant that the file is not", async () => {
    const error = await refusal(loadAttention(`${origin}/simd.wasm`, { variant: "relaxed" }));
    expect(error.message).toMatch(/^loadAttention: "variant" must be "simd", .*, got "relaxed"$/);
    expect(error.constructor).toBe(RangeError);
  });
});
