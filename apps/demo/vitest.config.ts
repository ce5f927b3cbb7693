import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    // Browsers beside other test files, on any machine; a hang is still found.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: ["default", ["json", { outputFile: "test-results/results.json" }]],
  },
});
export default config;
