// The worker as its users meet it: over HTTP, in workerd. Numbers against the float64 reference.
import { referenceAttention } from "@attn/conformance";
import { type Running, startWorker } from "@attn/workerd";
import { SaxesParser } from "saxes";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folder, post, refusalOf } from "./client.ts";

let worker: Running;
beforeAll(async () => {
  worker = await startWorker(folder);
});
afterAll(() => worker[Symbol.asyncDispose]());

const x = [
  [1, 0, 0.5],
  [0.25, -1, 2],
  [0, 3, 1],
];
const tensor = { data: Float32Array.from(x.flat()), shape: [3, 3] };
const asked = async (body: unknown): Promise<Record<string, unknown>> => {
  const response = await post(worker.origin, body);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  return (await response.json()) as Record<string, unknown>;
};

describe("POST /attention", () => {
  it.each([
    ["self-attention", {}],
    ["causal", { causal: true }],
    ["with a window, a scale and a bias", { window: { left: 1 }, align: "top-left", scale: 2, bias: x }],
  ])("%s: output and weights are the reference's", async (_, options) => {
    const { output, weights } = (await asked({ query: x, ...options })) as { output: number[][]; weights: number[][] };
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
    const { output } = (await asked({ query: [x, x], key: [x], value: [[[1], [2], [3]]] })) as { output: number[][][] };
    expect(output.length).toBe(2);
    expect(output[0]).toEqual(output[1]);
    expect(output[0]?.[0]?.length).toBe(1);
  });

  it("weights unless they are not wanted, scores and lse where they are", async () => {
    const query = [x, x];
    expect(Object.keys(await asked({ query }))).toEqual(["output", "weights"]);
    expect(Object.keys(await asked({ query, returnWeights: false }))).toEqual(["output"]);
    const all = await asked({ query, returnWeights: "mean", returnScores: true, returnLse: true, causal: true });
    const { weights, scores, lse } = all as { weights: number[][]; scores: (number | null)[][][]; lse: number[][] };
    expect(weights.map((row) => row.length)).toEqual([3, 3, 3]);
    expect(scores[1]?.[0]?.slice(1)).toEqual([null, null]);
    expect(lse.map((row) => row.length)).toEqual([3, 3]);
  });

  it("numbers past float32 are infinite, and infinity hides a key", async () => {
    expect(await asked('{"query":[[1]],"value":[[1e999]]}')).toEqual({ output: [[null]], weights: [[1]] });
    expect(await asked('{"query":[[1]],"key":[[1],[1]],"value":[[3],[5]],"bias":[[-1e999,0]]}')).toEqual({
      output: [[5]],
      weights: [[0, 1]],
    });
  });

  it("a name that stands twice counts as it stands last", async () => {
    expect(await asked('{"query":[[1]],"query":[[2]],"value":[[3]]}')).toEqual({ output: [[3]], weights: [[1]] });
  });

  it("a picture where one is accepted: well-formed, one square a weight", async () => {
    for (const returnWeights of [undefined, false, "mean"]) {
      const body = { query: [x], causal: true, returnWeights, returnScores: true };
      const response = await post(worker.origin, body, { accept: "image/svg+xml" });
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
    }
  });
});

describe("what is wrong with a body", () => {
  it.each([
    ["no JSON", "{", /^the body must be JSON/],
    ["nothing", "", /^the body must be JSON/],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), /^the body must be JSON: it is not UTF-8/],
    ["a list", [1], /^the body must be an object/],
    ["null", "null", /^the body must be an object/],
    ["no query", {}, /^attention: "query" must be a nested array of numbers, got undefined/],
    [
      "a tensor",
      { query: { data: [1], shape: [1, 1] } },
      /^attention: "query" must be a nested array of numbers, got obj/,
    ],
    ["null as a key", { query: [[1]], key: null }, /^attention: "key" must be a nested array of numbers, got null/],
    ["a ragged query", { query: [[1, 2], [3]] }, /^attention: "query" must be a regular nested array/],
    ["words in the query", { query: [["a"]] }, /^attention: "query" must be a regular nested array of numbers/],
    ["a flat query", { query: [1, 2] }, /^attention: "query" must be \[L, D\]/],
    ["a query of rank 5", { query: [[[[[1]]]]] }, /^attention: "query" must be \[L, D\]/],
    ["key of another size", { query: x, key: [[1, 2]] }, /^attention: "key" must have head size 3/],
    ["causal without align", { query: [[1]], key: [[1], [2]], causal: true }, /^attention: "align" must be/],
    ["an option of another kind", { query: x, causal: "yes" }, /^attention: "causal" must be a boolean/],
    ["a list that only says its length", { query: x, alibi: { length: 1e9 } }, /^attention: "alibi" must /],
    ["an unknown option", { query: x, casual: true }, /^the body must have no names but query, .*, got casual$/],
    ["a long unknown option", { query: x, ["a".repeat(1e5)]: 1 }, /^the body must have no names but .*, got a{59}…$/],
    ["a prototype", '{"query":[[1]],"__proto__":{"causal":true}}', /, got __proto__$/],
    [
      "null in a bias",
      { query: [[1]], bias: [[null]] },
      /^attention: "bias" .* got null; what hides a key is "mask", or -Infinity$/,
    ],
    ["null in a query", { query: [[null]] }, /^attention: "query" .* got null$/],
  ])("%s is 400", async (_, body, words) => {
    expect(await refusalOf(await post(worker.origin, body))).toEqual({
      status: 400,
      error: expect.stringMatching(words),
    });
  });

  it("nesting as deep as a body can hold is 400, wherever it is", async () => {
    const deep = `${"[".repeat(130_000)}${"]".repeat(130_000)}`;
    for (const name of ["query", "key", "mask", "bias", "alibi", "window", "causal"]) {
      const { status, error } = await refusalOf(await post(worker.origin, `{"query":[[1]],"${name}":${deep}}`));
      expect({ status, error }).toEqual({ status: 400, error: expect.stringContaining(`"${name}`) });
    }
  });
});
