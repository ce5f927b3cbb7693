// The limits: that they are where they are said to be, that nothing passes them, and that the worker lives on.
import { readFileSync } from "node:fs";
import type { ClientRequest } from "node:http";
import { type Running, startWorker } from "@attn/workerd";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attention } from "../src/attention.ts";
import { costOf } from "../src/cost.ts";
import { limits } from "../src/limits.ts";
import { atLimit, pastLimit } from "./cases.ts";
import { answered, folder, open, post, refusalOf, rows, textOf } from "./client.ts";

let worker: Running;
beforeAll(async () => {
  worker = await startWorker(folder);
});
afterAll(() => worker[Symbol.asyncDispose]());

it("are in the README as they are", () => {
  const table =
    /## Limits\n(.*?)\n## /s.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8"))?.[1] ?? "";
  const second = table.split("\n").flatMap((line) => (line.startsWith("|") ? [line.split("|")[2] ?? ""] : []));
  expect(second.join().match(/\d+/g)?.map(Number)).toEqual(Object.values(limits));
});

describe("a request", () => {
  it.each(Object.entries(atLimit))("at the limit of %s is answered", async (_, { body, accept }) => {
    const response = await post(worker.origin, body, { accept });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
  });

  it.each(Object.entries(pastLimit))("past the limit of %s is 413", async (_, { body, accept, says }) => {
    expect(await refusalOf(await post(worker.origin, body, { accept }))).toEqual({ status: 413, error: says });
  });

  // A heap of 64 MB would not survive the computing of any of these.
  it.each([2100, 3000, 6000, 12_000, 32_000])("for %d × itself numbers is 413, before they are computed", async (n) => {
    const query = Array.from({ length: n }, () => [0]);
    const squares = [
      { query, key: [[0]], value: [Array(n).fill(1)] },
      { query, key: query },
      { query, returnWeights: "mean" },
      { query, returnWeights: false, returnScores: true },
      { query: [query], key: [query], value: [query], returnWeights: false },
      { query: [Array(n).fill([])] },
    ];
    for (const body of squares) {
      const { status, error } = await refusalOf(await post(worker.origin, body));
      expect({ n, status, error }).toEqual({
        n,
        status: 413,
        error: expect.stringMatching(/must (have|take) at most/),
      });
    }
  });

  it.each([1000, 30_000, 60_000])("with a ragged array that claims %d × itself numbers is 400", async (n) => {
    const ragged = [Array(n).fill(0), ...Array(n - 1).fill(0)];
    const deeper = [[[[[[[ragged]]]]]]];
    for (const name of ["query", "key", "value", "bias", "mask"])
      for (const given of [ragged, deeper]) {
        const response = await post(worker.origin, { query: [[1]], key: [[1]], value: [[1]], [name]: given });
        const { status, error } = await refusalOf(response);
        expect({ n, status, error }).toEqual({ n, status: 400, error: expect.stringContaining(`"${name}" must be`) });
      }
  });
});

describe("what a request is said to cost", () => {
  const small = fc.integer({ min: 1, max: 5 });
  const shapes = fc.record({ B: small, G: small, group: small, L: small, S: small, D: small, Dv: small });
  const options = fc.record({
    rank: fc.constantFrom(2, 3, 4),
    returnWeights: fc.constantFrom(true, false, "mean" as const),
    returnScores: fc.boolean(),
    returnLse: fc.boolean(),
    // Each takes as many characters as a float32 can.
    element: fc.constantFrom(1, -1.2345678806304932, -1.1754943508222875e-38, 3.4028234663852886e38, -1e-45),
  });
  const full = (lengths: readonly number[], x: number): unknown =>
    lengths.reduceRight<unknown>((inner, length) => Array(length).fill(inner), x);
  const count = (x: unknown): number => (Array.isArray(x) ? x.reduce((sum: number, y) => sum + count(y), 0) : 1);

  it("is what it computes and answers", () => {
    fc.assert(
      fc.property(shapes, options, ({ B, G, group, L, S, D, Dv }, { rank, element, ...wanted }) => {
        const H = G * group;
        const [ofQuery, ofKey] = [rank < 3 ? [] : [H], rank < 3 ? [] : [G]];
        const batch = rank < 4 ? [] : [B];
        const body = {
          query: full([...batch, ...ofQuery, L, D], element),
          key: full([...batch, ...ofKey, S, D], element),
          value: full([...batch, ...ofKey, S, Dv], element),
          scale: 1e-38,
          ...wanted,
        };
        const heads = (rank < 4 ? 1 : B) * (rank < 3 ? 1 : H);
        const cost = costOf(body);
        expect(cost.multiplyAdds).toBe(heads * L * S * (D + Dv + 64));

        const json = attention.plan(body, "application/json");
        const text = json.run();
        const answer = Object.values(JSON.parse(text) as Record<string, unknown>);
        expect(answer.reduce<number>((sum, x) => sum + count(x), 0)).toBe(cost.numbers);
        expect(text.length).toBeLessThanOrEqual(json.bytes);

        const picture = attention.plan(body, "image/svg+xml");
        const svg = picture.run();
        expect(new TextEncoder().encode(svg).length).toBeLessThanOrEqual(picture.bytes);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe("many requests at once", () => {
  it("are 503 where they are large and no room is left, while small ones pass", async () => {
    const large = JSON.stringify({ query: [[1]] }).padEnd(limits.bodyBytes);
    const stalled: { opened: ClientRequest; status: Promise<number | undefined> }[] = [];
    /** Sends all but the last byte. */
    const stall = (): void => {
      const opened = open(worker.origin, { "content-length": large.length });
      opened.write(large.slice(0, -1));
      stalled.push({
        opened,
        status: answered(opened).then((message) => textOf(message).then(() => message.statusCode)),
      });
    };
    for (let i = 0; i < (limits.heldBytes - limits.keptForSmall) / limits.bodyBytes; i++) stall();
    let response = await post(worker.origin, large);
    for (; response.status === 200; response = await post(worker.origin, large)) stall();
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await refusalOf(response)).toEqual({ status: 503, error: expect.stringMatching(/try again in a second$/) });
    for (let i = 0; i < 20; i++) expect((await post(worker.origin, { query: rows(32, 32) })).status).toBe(200);

    for (const { opened } of stalled) opened.end(" ");
    const statuses = await Promise.all(stalled.map(({ status }) => status));
    expect(statuses).toContain(200);
    for (const status of statuses) expect(status === 200 || status === 503).toBe(true);
    while ((await post(worker.origin, large)).status !== 200);
  });

  it.each(Object.keys(atLimit))("at the limit of %s leave the worker alive", async (name) => {
    const { body, accept } = atLimit[name] as (typeof atLimit)[string];
    const one = async (): Promise<number> => {
      const response = await post(worker.origin, body, { accept });
      await response.arrayBuffer();
      return response.status;
    };
    for (const status of await Promise.all(Array.from({ length: 32 }, one))) expect([200, 503]).toContain(status);
    expect((await post(worker.origin, { query: rows(2) })).status).toBe(200);
  });
});
