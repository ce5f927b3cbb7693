// The worker's HTTP: what it accepts and produces, how bodies arrive, who may call. In workerd.
import { gzipSync } from "node:zlib";
import { type Running, startWorker } from "@attn/workerd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../src/limits.ts";
import { answered, folder, open, post, refusalOf, rows, textOf } from "./client.ts";

let worker: Running;
beforeAll(async () => {
  worker = await startWorker(folder);
});
afterAll(() => worker[Symbol.asyncDispose]());

const body = { query: [[1]] };
const said = '{"output":[[1]],"weights":[[1]]}';

describe("Accept", () => {
  const typeOf = async (accept: string): Promise<string | null> => {
    const response = await post(worker.origin, body, { accept });
    expect(response.headers.get("vary")?.toLowerCase()).toContain("accept");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    return response.status === 200 ? response.headers.get("content-type") : String((await refusalOf(response)).status);
  };

  it.each([
    ["*/*", "application/json"],
    ["", "application/json"],
    ["application/json", "application/json"],
    ["application/*", "application/json"],
    ["image/*", "image/svg+xml"],
    ["IMAGE/SVG+XML", "image/svg+xml"],
    ["application/json;q=0.5, image/svg+xml", "image/svg+xml"],
    ["application/json, image/svg+xml", "application/json"],
    ["text/html, image/svg+xml;q=0.9, */*;q=0.8", "image/svg+xml"],
    // What browsers send for an image, and for a page.
    ["image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image/svg+xml"],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"],
    // The most specific range counts, wherever it stands.
    ["image/*, image/svg+xml;q=0, */*;q=0.1", "application/json"],
    ["application/json;q=0, */*", "image/svg+xml"],
    ["*/*;q=0.1, application/json;q=0.2", "application/json"],
    ["text/html", "406"],
    ["image/png, text/*;q=0.5", "406"],
    ["*/*;q=0", "406"],
  ])("%s gets %s", async (accept, type) => {
    expect(await typeOf(accept)).toBe(type);
  });

  it("that takes long to read is 431", async () => {
    expect(await typeOf(`${"a/b,".repeat(limits.acceptLength)}*/*`)).toBe("431");
    expect(await typeOf(`${"a/b,".repeat(limits.acceptLength / 4 - 1)}*/*`)).toBe("application/json");
  });

  it("406 says what there is", async () => {
    const { error } = await refusalOf(await post(worker.origin, body, { accept: "text/html" }));
    expect(error).toMatch(/application\/json or image\/svg\+xml/);
  });
});

describe("methods and paths", () => {
  it("another method is 405 and says which", async () => {
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await fetch(`${worker.origin}/attention`, { method });
      expect(response.headers.get("allow")).toBe("POST");
      expect(await refusalOf(response)).toEqual({ status: 405, error: `the method must be POST, got ${method}` });
    }
    const head = await fetch(`${worker.origin}/attention`, { method: "HEAD" });
    expect([head.status, head.headers.get("allow"), await head.text()]).toEqual([405, "POST", ""]);
  });

  it("another path is 404 and says what there is", async () => {
    for (const path of [
      "/",
      "/attention/",
      "/attention.json",
      "/Attention",
      "//attention",
      "/%",
      `/${"a".repeat(8000)}`,
    ])
      for (const method of ["GET", "POST"])
        expect(await refusalOf(await fetch(worker.origin + path, { method }))).toEqual({
          status: 404,
          error: "not found; this service answers POST /attention",
        });
  });
});

describe("bodies", () => {
  it("arrive in pieces of any size, without a length", async () => {
    const opened = open(worker.origin);
    for (const byte of JSON.stringify(body)) opened.write(byte);
    opened.end();
    expect(await textOf(await answered(opened))).toBe(said);
  });

  it("may begin with a byte order mark", async () => {
    expect(await (await post(worker.origin, `\ufeff${JSON.stringify(body)}`)).text()).toBe(said);
  });

  it.each(["text/plain", "application/jsonp", "application/x-www-form-urlencoded", `a/${"b".repeat(100)}`])(
    "of %s are 415",
    async (type) => {
      const { status, error } = await refusalOf(await post(worker.origin, body, { "content-type": type }));
      expect(status).toBe(415);
      expect(error).toMatch(/^the content type must be application\/json, got .{1,60}$/);
    },
  );

  it("that are compressed are 415", async () => {
    const compressed = new Uint8Array(gzipSync(JSON.stringify(body)));
    const response = await post(worker.origin, compressed, { "content-encoding": "gzip" });
    expect(response.headers.get("accept-encoding")).toBe("identity");
    expect((await refusalOf(response)).status).toBe(415);
    expect((await post(worker.origin, body, { "content-encoding": "identity" })).status).toBe(200);
  });

  it("may have a charset, and spaces", async () => {
    for (const type of ["application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"])
      expect((await post(worker.origin, body, { "content-type": type })).status).toBe(200);
  });

  it.each([
    ["too long", "/attention", {}, 413],
    ["of another type", "/attention", { "content-type": "text/plain" }, 415],
    ["that nobody accepts", "/attention", { accept: "text/html" }, 406],
    ["sent elsewhere", "/elsewhere", {}, 404],
  ])("%s are read on, so that the client reads why", async (_, path, headers, status) => {
    // Again and again: a worker that answers and closes while the client still sends resets some connections.
    for (let call = 0; call < 20; call++) {
      let left = 8;
      const stream = new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(65536).fill(32));
          else controller.close();
        },
      });
      const sent = { "content-type": "application/json", ...headers };
      const init = { method: "POST", headers: sent, body: stream, duplex: "half" };
      expect((await refusalOf(await fetch(worker.origin + path, init as RequestInit))).status).toBe(status);
    }
  });

  it("that stall are 408", async () => {
    await using hasty = await startWorker(folder, { TIMEOUT_MS: "100" });
    const opened = open(hasty.origin, { "content-length": 1000 });
    opened.write("{");
    const message = await answered(opened);
    expect(message.statusCode).toBe(408);
    expect(JSON.parse(await textOf(message))).toEqual({ error: "the body must arrive within 100 milliseconds" });
    opened.destroy();
  });
});

describe("clients that leave", () => {
  /** Were what they held not given back, no large request would ever be answered again. */
  const passesAtLast = async (large: string): Promise<void> => {
    while ((await post(worker.origin, large)).status !== 200);
  };
  const times = Math.ceil((2 * limits.heldBytes) / limits.bodyBytes);

  it("before their body has come leave nothing behind", async () => {
    const large = JSON.stringify(body).padEnd(limits.bodyBytes);
    for (let i = 0; i < times; i++) {
      const opened = open(worker.origin, { "content-length": large.length });
      opened.on("error", () => {});
      await new Promise<void>((written) => opened.write(large.slice(0, -1), () => written()));
      opened.destroy();
    }
    await passesAtLast(large);
  });

  it("before their answer has come leave nothing behind", async () => {
    const large = JSON.stringify({ query: rows(256), value: rows(256, 256) });
    for (let i = 0; i < 40; i++) {
      const opened = open(worker.origin, { "content-length": large.length });
      opened.on("error", () => {});
      opened.end(large);
      if (i % 2 === 0) await answered(opened);
      else await new Promise<void>((written) => opened.once("finish", written));
      opened.destroy();
    }
    await passesAtLast(large);
  });
});

describe("CORS", () => {
  const page = "https://page.example";
  const preflight = (origin: string, from: string): Promise<Response> =>
    fetch(`${origin}/attention`, {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });

  it("is off unless asked for", async () => {
    for (const response of [await preflight(worker.origin, page), await post(worker.origin, body, { origin: page })])
      expect(response.headers.get("access-control-allow-origin")).toBe(null);
  });

  it("answers the pages of the origins named, failures among the answers", async () => {
    await using open = await startWorker(folder, { CORS_ORIGINS: `http://localhost:5173 ${page}` });
    const { status, headers } = await preflight(open.origin, page);
    expect({ status, headers: Object.fromEntries(headers) }).toMatchObject({
      status: 204,
      headers: {
        "access-control-allow-origin": page,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "86400",
      },
    });
    for (const [given, sent] of [
      [body, 200],
      [{}, 400],
    ] as const) {
      const response = await post(open.origin, given, { origin: page });
      expect(response.status).toBe(sent);
      expect(response.headers.get("access-control-allow-origin")).toBe(page);
      expect(response.headers.get("access-control-expose-headers")).toBe("retry-after");
      expect(response.headers.get("vary")?.toLowerCase().split(", ").toSorted()).toEqual(["accept", "origin"]);
    }
    for (const other of ["https://other.example", "http://page.example", "null"]) {
      expect((await preflight(open.origin, other)).headers.get("access-control-allow-origin")).toBe(null);
      const response = await post(open.origin, body, { origin: other });
      expect(response.headers.get("access-control-allow-origin")).toBe(null);
    }
  });

  it("answers every page where that is asked for", async () => {
    await using open = await startWorker(folder, { CORS_ORIGINS: "*" });
    expect((await preflight(open.origin, page)).headers.get("access-control-allow-origin")).toBe("*");
    expect((await post(open.origin, body, { origin: page })).headers.get("access-control-allow-origin")).toBe("*");
  });
});
