// What wrangler does, for bare workerd: one module with the condition "workerd", and the .wasm files beside it.
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { defineConfig, type Plugin, type RolldownOptions } from "rolldown";

const wasmBeside: Plugin = {
  name: "wasm beside",
  resolveId(source, importer) {
    if (!source.endsWith(".wasm") || !importer) return null;
    const fileName = basename(source);
    this.emitFile({ type: "asset", fileName, source: readFileSync(resolve(dirname(importer), source)) });
    return { id: `./${fileName}`, external: true };
  },
};

const config: RolldownOptions = defineConfig({
  input: "src/worker.ts",
  platform: "neutral",
  resolve: { conditionNames: ["workerd", "import"] },
  plugins: [wasmBeside],
  output: { dir: "dist", format: "esm" },
});
export default config;
