import plugin from "rollup-plugin-license";
import { defineConfig, type UserConfig } from "tsdown";

// Its types say that it is a module's default, its code that it is the module.
const license = plugin as unknown as typeof plugin.default;

const shared: UserConfig = {
  format: "esm",
  target: "es2022",
  fixedExtension: false,
  // What a cache restores replaces files of an earlier build only where names stay.
  hash: false,
  // Importing a module for its types alone leaves nothing behind.
  treeshake: { moduleSideEffects: false },
};

const config: UserConfig[] = defineConfig([
  {
    ...shared,
    entry: { index: "src/index.ts", architecture: "src/door.ts" },
    platform: "neutral",
    dts: true,
    // Symbol.dispose is in the types, whatever a project's "lib" is.
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  {
    ...shared,
    // The command, with all that it needs but core and the kernel, and the licenses of what is inside.
    entry: { cli: "src/cli/main.ts" },
    platform: "node",
    dts: false,
    deps: { onlyBundle: false },
    plugins: [license({ thirdParty: { output: "dist/cli.licenses.txt" } })],
  },
]) as UserConfig[];
export default config;
