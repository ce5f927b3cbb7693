// A budget that fails: each entry by itself, with all that it brings, as a page downloads it.
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, it } from "vitest";

it.each(["index", "element"])("%s is at most 10 KB, minified and gzipped", async (name) => {
  const input = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
  const bundle = await rolldown({ input });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const code = output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("\n");
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(10 * 1024);
});

it("the element can be imported where there is no DOM", async () => {
  const { AttnHeatmap } = await import("../dist/element.js");
  expect(AttnHeatmap).toBeTypeOf("function");
});
