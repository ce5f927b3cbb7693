// Sums the JSON reports that vitest leaves in each package's test-results/. Fails where a test failed, or none ran.
import { existsSync, readdirSync, readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
for (const group of ["packages", "apps"]) {
  for (const name of readdirSync(new URL(`../${group}`, import.meta.url))) {
    const folder = new URL(`../${group}/${name}/test-results/`, import.meta.url);
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      if (!file.endsWith(".json")) continue;
      const report = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
      passed += report.numPassedTests;
      failed += report.numFailedTests;
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
