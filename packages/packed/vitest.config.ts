// How the tests are run and reported. Says nothing about what is tested.
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Packing, installing, compiling and starting processes: seconds on a machine that does nothing else.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ["default", ["json", { outputFile: "test-results/results.json" }]],
  },
});

export default config;
