// The tarballs in a project that is none of ours: installed by npm and by pnpm, run here, compiled against.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { disagreement, type Installer, makeProject, publicPackages, type Result } from "../src/index.ts";

describe.each<Installer>(["npm", "pnpm"])("installed by %s", (installer) => {
  let folder: string;
  beforeAll(() => {
    folder = makeProject(installer);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["print.js", "print.cjs"])("%s computes the conformance cases", (file) => {
    const result = JSON.parse(execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" })) as Result;
    expect(disagreement(result)).toBeUndefined();
    expect(result.variant).toBe("relaxed");
    expect(result.first).toBeLessThan(5000);
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
    expect(() => execFileSync("tsc", args, { cwd: folder, encoding: "utf8", stdio: "pipe" })).not.toThrow();
  });
});

describe("every example of a README runs", () => {
  let folder: string;
  beforeAll(() => {
    folder = makeProject("npm");
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const readmes = [
    join(root, "README.md"),
    join(root, "README.ko.md"),
    ...publicPackages.map((each) => join(each.folder, "README.md")),
  ];
  const examples = readmes.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(
      ([, code], i) => [`${relative(root, file)}, ${i + 1}`, code as string] as const,
    ),
  );
  it("there are some", () => expect(examples.length).toBeGreaterThan(4));
  it.each(examples)("%s", (_, code) => {
    writeFileSync(join(folder, "example.ts"), code);
    const { status, stderr } = spawnSync(process.execPath, ["example.ts"], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});

it("numbers that are wrong are seen", () => {
  expect(disagreement({ variant: "simd", first: 1, outputs: [[1, 2, 3]] })).toMatch(/^case 0, attention: /);
});
