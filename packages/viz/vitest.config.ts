import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    // A picture of 128×128 is parsed as XML, beside other test files; a hang is still found.
    testTimeout: 30_000,
    reporters: ["default", ["json", { outputFile: "test-results/results.json" }]],
  },
});
export default config;
