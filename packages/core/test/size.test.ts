// A budget that fails: what a page downloads for one import, and how much each binary has grown to.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

const KILOBYTE = 1024;

it("import { attention }, bundled, minified and gzipped with its kernel, is at most 25 KB", async () => {
  const entry = "\0entry";
  const bundle = await rolldown({
    input: entry,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) =>
          id === entry
            ? `export { attention } from ${JSON.stringify(fileURLToPath(import.meta.resolve("@attn/core")))};`
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(output.length).toBe(1);
  const { length } = gzipSync(output[0].code, { level: 9 });
  expect(length).toBeLessThanOrEqual(25 * KILOBYTE);
});

it.each(["simd", "relaxed"])("%s.wasm is at most 26 KB, and 10 KB gzipped", (variant) => {
  const bytes = readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`)));
  expect(bytes.length).toBeLessThanOrEqual(26 * KILOBYTE);
  expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(10 * KILOBYTE);
});
