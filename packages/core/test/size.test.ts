// A budget that fails for each entry: what a page downloads for an import, that it has nothing it did not ask for, and how
// much each binary has grown to.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, it } from "vitest";

const KILOBYTE = 1024;
const gzipped = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;

/** `export { names } from entry`, bundled and minified. */
async function bundled(names: string, entry: string): Promise<string> {
  const id = "\0entry";
  const path = fileURLToPath(import.meta.resolve(entry));
  const bundle = await rolldown({
    input: id,
    plugins: [
      {
        name: "entry",
        resolveId: (source) => (source === id ? id : null),
        load: (source) => (source === id ? `export ${names} from ${JSON.stringify(path)};` : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(output.length).toBe(1);
  return output[0].code;
}

describe("an entry, bundled, minified and gzipped with its kernel", () => {
  it.each([
    ["@attn/core", "{ attention }", 24],
    ["@attn/core", "{ createAttention }", 28],
    ["@attn/core", "*", 30],
    ["@attn/core/slim", "*", 17],
    ["@attn/core/engine", "*", 29],
  ])("%s: %s is at most %i KB", async (entry, names, kilobytes) => {
    expect(gzipped(await bundled(names, entry))).toBeLessThanOrEqual(kilobytes * KILOBYTE);
  });
});

describe("what nobody asked for is in no bundle", () => {
  /** A sentence of each part, which minifying leaves alone. */
  const parts = {
    attention: '"top-left"',
    cache: "what is left of capacity",
    engineDoor: "be what createAttention or loadAttention gave",
    fetch: "a URL, a string or a Response",
    mechanisms: "an object { weight, bias }",
    merge: "an array of { output, lse }",
    products: "have leading dimensions",
    softmax: "have rank 1 or more",
  };
  const of = async (names: string, entry: string): Promise<string[]> => {
    const code = await bundled(names, entry);
    return Object.entries(parts).flatMap(([part, sentence]) => (code.includes(sentence) ? [part] : []));
  };

  it("each part has such a sentence", async () => {
    const everything = new Set([...(await of("*", "@attn/core")), ...(await of("*", "@attn/core/engine"))]);
    expect([...everything].toSorted()).toEqual(Object.keys(parts));
  });

  it.each([
    ["{ attention }", ["attention"]],
    ["{ softmax }", ["softmax"]],
    ["{ matmul }", ["products"]],
    ["{ selfAttention }", ["attention", "mechanisms"]],
    ["{ attention, createKvCache }", ["attention", "cache"]],
    ["{ tensor }", []],
    ["*", Object.keys(parts).filter((part) => part !== "engineDoor")],
  ])("@attn/core: %s", async (names, expected) => {
    expect(await of(names, "@attn/core")).toEqual(expected);
  });
});

it.each(["simd", "relaxed"])("%s.wasm is at most 30 KB, and 10.5 KB gzipped", (variant) => {
  const bytes = readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`)));
  expect(bytes.length).toBeLessThanOrEqual(30 * KILOBYTE);
  expect(gzipped(bytes)).toBeLessThanOrEqual(10.5 * KILOBYTE);
});
