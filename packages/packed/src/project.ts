// A fresh project with the packed packages in it, as npm or pnpm installs them for anyone, and the programs that it runs.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { casesModule } from "./cases.ts";
import { modelModule } from "./model.ts";
import { pack, publicPackages } from "./pack.ts";
import { run } from "./run.ts";

export type Installer = "npm" | "pnpm";

const install = {
  npm: ["install", "--no-audit", "--no-fund"],
  pnpm: ["install", "--no-frozen-lockfile"],
} as const;

/** The programs, for every way to start one. */
const files = {
  "cases.js": casesModule,
  "model.js": modelModule,
  // The first call comes before anything else: what it takes is what a user waits for.
  "main.js": `import * as core from "@attn/core";
import { run } from "./cases.js";
core.selfAttention([[1, 0], [0, 1]]);
const first = globalThis.performance?.now() ?? NaN;
export const result = { variant: core.createAttention().variant, first, outputs: run(core) };
`,
  "print.js": `import { result } from "./main.js";
console.log(JSON.stringify(result));
`,
  "print.cjs": `const core = require("@attn/core");
const { run } = require("./cases.js");
core.selfAttention([[1, 0], [0, 1]]);
const first = performance.now();
console.log(JSON.stringify({ variant: core.createAttention().variant, first, outputs: run(core) }));
`,
  "print-model.js": `import { result } from "./model.js";
console.log(JSON.stringify(result));
`,
  "page-model.js": `import { result } from "./model.js";
globalThis.attnResult = result;
`,
  "fetch-model.js": `export default {
  async fetch() {
    const { result } = await import("./model.js");
    return Response.json(result);
  },
};
`,
  "page.js": `import { result } from "./main.js";
globalThis.attnResult = result;
`,
  "simd.js": `import { createAttention } from "@attn/core";
import { run } from "./cases.js";
const engine = createAttention({ variant: "simd" });
engine.selfAttention([[1, 0], [0, 1]]);
const first = performance.now();
console.log(JSON.stringify({ variant: engine.variant, first, outputs: run(engine) }));
`,
  "fetch.js": `export default {
  async fetch() {
    const { result } = await import("./main.js");
    return Response.json(result);
  },
};
`,
  "worker.js": `import { result } from "./main.js";
postMessage(result);
`,
} as const;

/** Writes the programs into a project that has the packages. */
export function writeProgram(folder: string): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/**
 * Packs the public packages and installs them into an empty folder, which is the caller's to remove. No registry is asked
 * unless there are other dependencies, not on this machine.
 */
export function makeProject(installer: Installer, others: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "attn-project-"));
  const tarballs = publicPackages.map((each) => [each.name, `file:./${basename(pack(each, folder))}`] as const);
  // What is packed asks for its siblings by version, which no registry has yet.
  const project = {
    name: "fresh",
    private: true,
    type: "module",
    dependencies: { ...Object.fromEntries(tarballs), ...others },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  const overrides = tarballs.map(([name, file]) => `  "${name}": "${file}"`);
  const settings = ["packages: []", "pmOnFail: ignore", "overrides:", ...overrides, ""];
  if (installer === "pnpm") writeFileSync(join(folder, "pnpm-workspace.yaml"), settings.join("\n"));
  const offline = Object.values(others).every((range) => range.startsWith("file:")) ? ["--offline"] : [];
  run(folder, installer, [...install[installer], ...offline], { CI: "" });
  writeProgram(folder);
  return folder;
}
