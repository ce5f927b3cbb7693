import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ["default", ["json", { outputFile: "test-results/results.json" }]],
    // The float64 reference runs plain loops, beside other test files; a hang is still found.
    testTimeout: 30_000,
  },
});
export default config;
