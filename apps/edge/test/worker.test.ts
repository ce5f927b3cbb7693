// The worker as its users meet it: over HTTP, in workerd. Numbers against the float64 reference.
import { fileURLToPath } from "node:url";
import { referenceAttention } from "@attn/conformance";
import { type Running, startWorker } from "@attn/workerd";
import { SaxesParser } from "saxes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOST_WEIGHTS } from "../src/attend.ts";
import { MOST_BYTES } from "../src/body.ts";

let worker: Running;
beforeAll(async () => {
  worker = await startWorker(fileURLToPath(new URL("..", import.meta.url)));
});
afterAll(() => worker[Symbol.asyncDispose]());

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${worker.origin}/attention`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const x = [
  [1, 0, 0.5],
  [0.25, -1, 2],
  [0, 3, 1],
];
const tensor = { data: Float32Array.from(x.flat()), shape: [3, 3] };

describe("POST /attention", () => {
  it.each([
    ["self-attention", {}],
    ["causal", { causal: true }],
    ["with a window, a scale and a bias", { window: { left: 1 }, align: "top-left", scale: 2, bias: x }],
  ])("%s: output and weights are the reference's", async (_, options) => {
    const response = await post({ query: x, ...options });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    const { output, weights } = (await response.json()) as { output: number[][]; weights: number[][] };
    const { bias, align, ...rest } = options as { bias?: unknown; align?: unknown };
    const expected = referenceAttention(tensor, tensor, tensor, {
      ...rest,
      ...(align !== undefined && { align: 0 }),
      ...(bias !== undefined && { bias: tensor }),
      returnWeights: true,
    } as Parameters<typeof referenceAttention>[3]);
    for (const [got, wanted] of [
      [output, expected.output],
      [weights, expected.weights],
    ] as const) {
      expect(got.map((row) => row.length)).toEqual([3, 3, 3]);
      got.flat().forEach((value, i) => {
        expect(value).toBeCloseTo((wanted as { data: ArrayLike<number> }).data[i] as number, 6);
      });
    }
  });

  it("key and value of their own, over heads", async () => {
    const query = [x, x];
    const response = await post({ query, key: [x], value: [[[1], [2], [3]]] });
    const { output } = (await response.json()) as { output: number[][][] };
    expect(output.length).toBe(2);
    expect(output[0]).toEqual(output[1]);
    expect(output[0]?.[0]?.length).toBe(1);
  });

  it("a picture where one is accepted: well-formed, one square a weight", async () => {
    const response = await post({ query: x, causal: true }, { accept: "image/svg+xml" });
    expect(response.headers.get("content-type")).toBe("image/svg+xml");
    const svg = await response.text();
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    const parser = new SaxesParser();
    const titles: string[] = [];
    parser.on("error", (error) => expect.fail(String(error)));
    parser.on("text", (text) => void (text.includes(" → ") && titles.push(text)));
    parser.write(svg).close();
    expect(titles.filter((text) => /^\d → \d: \d\.\d{4}$/.test(text))).toHaveLength(9);
    expect(titles).toContain("0 → 0: 1.0000");
  });

  it.each([
    ["*/*", "application/json"],
    ["application/json, image/svg+xml", "application/json"],
    ["application/json;q=0.5, image/svg+xml", "image/svg+xml"],
    ["text/html, image/svg+xml;q=0.9, */*;q=0.8", "image/svg+xml"],
  ])("Accept: %s gets %s", async (accept, type) => {
    expect((await post({ query: x }, { accept })).headers.get("content-type")).toBe(type);
  });
});

describe("what cannot be answered", () => {
  const refused = async (response: Response, status: number, words: RegExp): Promise<void> => {
    const { error } = (await response.json()) as { error: string };
    expect({ status: response.status, error }).toEqual({ status, error: expect.stringMatching(words) });
  };

  it.each([
    ["no JSON", "{", /^the body must be JSON/],
    ["nothing", "", /^the body must be JSON/],
    ["a list", [1], /^the body must be an object/],
    ["null", "null", /^the body must be an object/],
    ["no query", {}, /^attention: "query" must be/],
    ["a ragged query", { query: [[1, 2], [3]] }, /^attention: "query" must be a regular nested array/],
    ["words in the query", { query: [["a"]] }, /^attention: "query" must be a regular nested array of numbers/],
    ["a flat query", { query: [1, 2] }, /^attention: "query" must be \[L, D\]/],
    ["key of another size", { query: x, key: [[1, 2]] }, /^attention: "key" must have head size 3/],
    ["causal without align", { query: [[1]], key: [[1], [2]], causal: true }, /^attention: "align" must be/],
    ["an option of another kind", { query: x, causal: "yes" }, /^attention: "causal" must be a boolean/],
    ["an unknown option", { query: x, casual: true }, /^unknown: casual; known are query/],
    [
      "nesting without end",
      { query: JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) },
      /^attention: "query" must be/,
    ],
  ])("%s is 400", async (_, body, words) => {
    await refused(await post(body), 400, words);
  });

  it("another content type is 415", async () => {
    await refused(await post({ query: x }, { "content-type": "text/plain" }), 415, /application\/json/);
  });

  it("a body that is too long is 413, also where its length is not said", async () => {
    await refused(await post(" ".repeat(MOST_BYTES + 1)), 413, /262144 bytes/);
    // Again and again: a worker that answers and closes while the client still sends resets some connections.
    for (let call = 0; call < 20; call++) {
      let left = 8;
      const stream = new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(65536).fill(32));
          else controller.close();
        },
      });
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: stream, duplex: "half" };
      await refused(await fetch(`${worker.origin}/attention`, init as RequestInit), 413, /262144 bytes/);
    }
  });

  it("too many weights are 413, and as many as may be are not", async () => {
    const rows = (n: number) => Array.from({ length: n }, () => [1]);
    const side = Math.sqrt(MOST_WEIGHTS);
    expect((await post({ query: rows(side) })).status).toBe(200);
    await refused(await post({ query: rows(side), key: rows(side + 1) }), 413, /65536/);
  });

  it("another method is 405 and says which, another path is 404", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const response = await fetch(`${worker.origin}/attention`, { method });
      expect(response.headers.get("allow")).toBe("POST");
      await refused(response, 405, /^POST/);
    }
    for (const path of ["/", "/attention/", "/attention.json"])
      await refused(await fetch(worker.origin + path), 404, /POST/);
  });
});
