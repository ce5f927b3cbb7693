import { defineConfig, type UserConfig } from "tsdown";

const config: UserConfig = defineConfig({
  entry: { index: "src/index.ts", slim: "src/slim.ts", engine: "src/door.ts" },
  format: "esm",
  platform: "neutral",
  target: "es2022",
  dts: true,
  fixedExtension: false,
  // What a cache restores replaces files of an earlier build only where names stay.
  hash: false,
  // Symbol.dispose is in the types, whatever a project's "lib" is.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
  // Importing a module for its types alone leaves nothing behind.
  treeshake: { moduleSideEffects: false },
});
export default config;
