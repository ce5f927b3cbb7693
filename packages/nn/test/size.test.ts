// Budgets that fail: what a page downloads to run a model or a layer, and to read a file, which needs no kernel and no models.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

/** What a bundle of these names weighs, minified and gzipped, with core and the kernels in it. */
async function download(names: string, from = "@attn/nn"): Promise<number> {
  const entry = "\0entry";
  const dist = fileURLToPath(import.meta.resolve(from));
  const bundle = await rolldown({
    input: entry,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? `export ${names} from ${JSON.stringify(dist)};` : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
}

it.each([
  ["*", 64 * 1024],
  ["{ createModel }", 52 * 1024],
  ["{ readSafetensors }", 2560],
] as const)("export %s, with all that it needs, is at most %d bytes", async (names, bytes) => {
  expect(await download(names)).toBeLessThanOrEqual(bytes);
});

it.each([
  ...["linear", "layerNorm", "rmsNorm", "relu", "gelu", "silu", "rope", "sinusoidalPositions", "createWeight"],
  ...["multiheadAttention", "transformerEncoderLayer", "transformerDecoderLayer"],
])("a bundle of %s is at most 8 KB more than one of core", async (name) => {
  expect(await download(`{ ${name} }`)).toBeLessThanOrEqual((await download("*", "@attn/core")) + 8 * 1024);
});

it("embedding by itself needs no kernel", async () => {
  expect(await download("{ embedding }")).toBeLessThanOrEqual(5 * 1024);
});
