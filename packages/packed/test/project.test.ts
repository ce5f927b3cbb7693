// The tarballs in a project that is none of ours: installed by npm and by pnpm, run here, compiled against.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { disagreement, type Installer, makeProject, type Result, run } from "../src/index.ts";
import { tinyLlama } from "../src/tiny.ts";

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

  it("a tiny model computes the same bits as here", () => {
    const result = JSON.parse(run(folder, process.execPath, ["print-model.js"])) as Result;
    expect(disagreement(result)).toBeUndefined();
    expect(result.variant).toBe("simd");
  });

  it("the command of @attn/nn is there, and has all that it needs", () => {
    const weights = join(folder, "model.safetensors");
    writeFileSync(weights, tinyLlama(40).weights);
    const quantize = ["quantize", "model.safetensors", "--dtype", "int8", "--out", "model.int8.safetensors"];
    expect(run(folder, "attn-nn", quantize)).toMatch(
      /^model\.int8\.safetensors: .*; 15 tensors in int8, 5 as they are\n$/,
    );
    const inspected = run(folder, "npx", ["--offline", "@attn/nn", "inspect", "model.int8.safetensors"]);
    expect(inspected).toMatch(/^model\.layers\.1\.mlp\.up_proj\.weight\.scale +\[48\] +F32 +192 B$/m);
    const { dependencies } = JSON.parse(readFileSync(join(folder, "node_modules/@attn/nn/package.json"), "utf8"));
    expect(Object.keys(dependencies).sort()).toEqual(["@attn/core", "@attn/kernel"]);
  });

  it.each([
    ["nodenext", "nodenext", "es2022"],
    ["node20", "node16", "es2022"],
    ["esnext", "bundler", "es2022"],
    ["nodenext", "nodenext", "es2022,dom"],
    ["esnext", "bundler", "esnext,webworker"],
  ])("the types hold under module %s, resolution %s, lib %s, without skipLibCheck", (module, resolution, lib) => {
    const consumers = ["core", "nn"].map((name) => {
      cpSync(
        fileURLToPath(new URL(`../../${name}/test/settings/consumer.ts`, import.meta.url)),
        join(folder, `${name}.ts`),
      );
      return `${name}.ts`;
    });
    const settings = ["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--lib", lib];
    const args = ["--noEmit", "--strict", "--ignoreConfig", ...settings, "--types", "", ...consumers];
    expect(run(folder, "tsc", args)).toBe("");
  });
});

it("numbers that are wrong are seen", () => {
  expect(disagreement({ variant: "simd", first: 1, outputs: [[1, 2, 3]] })).toMatch(/^case 0, attention: /);
  const model = { model: true, variant: "simd", first: 1, outputs: [[1, 2, 3]] } as const;
  expect(disagreement(model)).toMatch(/^a model in f32: number 0 must be .*, to the bit, got 1$/);
});
