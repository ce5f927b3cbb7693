// How the tests are run and reported. Says nothing about what is tested.
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ["default", ["json", { outputFile: "test-results/results.json" }]],
    // A browser may have to be unpacked first, on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
export default config;
