// The types under the settings that projects have: with and without "DOM", with old libraries, never with skipLibCheck.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("settings", import.meta.url));
const tsc = join(dirname(fileURLToPath(import.meta.resolve("typescript/package.json"))), "bin/tsc");

/** What the compiler says of consumer.ts; nothing where it is content. */
function complaints(module: string, resolution: string, lib: string): string {
  const settings = ["--module", module, "--moduleResolution", resolution, "--lib", lib, "--target", "es2022"];
  const args = ["--noEmit", "--strict", "--ignoreConfig", ...settings, "--types", "", "consumer.ts"];
  try {
    return execFileSync(process.execPath, [tsc, ...args], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const libraries = ["es2022", "es2022,dom", "es2023", "esnext", "esnext,webworker"];
it.each(libraries)("nodenext, lib %s", (lib) => {
  expect(complaints("nodenext", "nodenext", lib)).toBe("");
});
it.each(libraries)("bundler, lib %s", (lib) => {
  expect(complaints("esnext", "bundler", lib)).toBe("");
});

it("the compiler does look", () => {
  expect(complaints("nodenext", "nodenext", "es5")).toMatch(/error TS/);
});
