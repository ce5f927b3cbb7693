// A budget that fails: what a page downloads to read a file, without a kernel and without models.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

it("import { readSafetensors }, bundled, minified and gzipped, is at most 2.5 KB", async () => {
  const entry = "\0entry";
  const dist = fileURLToPath(import.meta.resolve("@attn/nn"));
  const bundle = await rolldown({
    input: entry,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? `export { readSafetensors } from ${JSON.stringify(dist)};` : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThanOrEqual(2560);
});
