// The tarballs in a project that is none of ours: installed by npm and by pnpm, run here, compiled against.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { disagreement, type Installer, makeProject, type Result, run } from "../src/index.ts";

describe.each<Installer>(["npm", "pnpm"])("installed by %s", (installer) => {
  let folder: string;
  beforeAll(() => {
    folder = makeProject(installer);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["print.js", "print.cjs"])("%s computes the conformance cases", (file) => {
    const result = JSON.parse(run(folder, process.execPath, [file])) as Result;
    expect(disagreement(result)).toBeUndefined();
    expect(result.variant).toBe("relaxed");
    expect(result.first).toBeGreaterThan(0);
  });

  it.each([
    ["nodenext", "nodenext"],
    ["node20", "node16"],
    ["esnext", "bundler"],
  ])("its types hold under module %s, resolution %s, without DOM and without skipLibCheck", (module, resolution) => {
    const consumer = fileURLToPath(new URL("../../core/test/settings/consumer.ts", import.meta.url));
    cpSync(consumer, join(folder, "consumer.ts"));
    const settings = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--lib", "es2022"];
    const args = ["--noEmit", "--strict", "--ignoreConfig", ...settings, "--types", "", "consumer.ts"];
    expect(run(folder, "tsc", args)).toBe("");
  });
});

it("numbers that are wrong are seen", () => {
  expect(disagreement({ variant: "simd", first: 1, outputs: [[1, 2, 3]] })).toMatch(/^case 0, attention: /);
});
