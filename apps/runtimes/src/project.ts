// A fresh project with the packed packages in it, as npm or pnpm installs them for anyone, and the program that it runs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom, referenceAttention } from "@attn/conformance";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const random = createRandom(5);
const posed = [
  { shape: [3, 3], options: {} },
  { shape: [2, 7, 5], options: { causal: true } },
  { shape: [1, 4, 65, 16], options: { causal: true, softcap: 3 } },
  { shape: [2, 300, 20], options: { scale: 0.5 } },
].map(({ shape, options }) => ({ shape, options, data: Array.from(random.tensor(shape).data) }));

/** The cases' outputs, in float64. */
export const expected: readonly (readonly number[])[] = posed.map(({ shape, options, data }) => {
  const x = { data: Float32Array.from(data), shape };
  const at = { ...options, ...("causal" in options && { align: 0 }) };
  return Array.from((referenceAttention(x, x, x, at) as { output: { data: ArrayLike<number> } }).output.data);
});

const cases = `export const cases = ${JSON.stringify(posed)};\n`;
const run = `import { attention, createAttention, selfAttention } from "@attn/core";
import { cases } from "./cases.js";
selfAttention([[1, 0], [0, 1]]);
const first = performance.now();
const outputs = cases.map(({ shape, data, options }) => {
  const x = { data: Float32Array.from(data), shape };
  return Array.from(attention(x, x, x, options).output.data);
});
console.log(JSON.stringify({ variant: createAttention().variant, first, outputs }));
`;
const required = run
  .replace(
    'import { attention, createAttention, selfAttention } from "@attn/core";',
    'const { attention, createAttention, selfAttention } = require("@attn/core");',
  )
  .replace('import { cases } from "./cases.js";', 'const { cases } = require("./cases.js");');

/** What the program prints. */
export interface Printed {
  readonly variant: string;
  /** Milliseconds from the start of the process to the first result. */
  readonly first: number;
  readonly outputs: readonly (readonly number[])[];
}

/** Packs the packages, and installs them with this command into an empty folder. */
export function makeProject(installer: "npm" | "pnpm"): string {
  const folder = mkdtempSync(join(tmpdir(), "attn-runtimes-"));
  for (const name of ["kernel", "core"])
    execFileSync("pnpm", ["pack", "--pack-destination", folder], { cwd: join(root, "packages", name), stdio: "pipe" });
  const [core, kernel] = readdirSync(folder)
    .filter((name) => name.endsWith(".tgz"))
    .sort();
  const dependencies = { "@attn/core": `file:${core}`, "@attn/kernel": `file:${kernel}` };
  // What is packed asks for the kernel by its version, which is in no registry yet.
  const overrides = { "@attn/kernel": `file:${kernel}` };
  const project = { name: "fresh", private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(project));
  if (installer === "pnpm") {
    const quoted = Object.entries(overrides).map(([name, value]) => `  "${name}": "${value}"`);
    writeFileSync(
      join(folder, "pnpm-workspace.yaml"),
      ["packages: []", "pmOnFail: ignore", "overrides:", ...quoted, ""].join("\n"),
    );
  }
  const install = installer === "npm" ? ["install", "--no-audit", "--no-fund"] : ["install", "--no-frozen-lockfile"];
  execFileSync(installer, install, { cwd: folder, stdio: "pipe", env: { ...process.env, CI: "" } });
  writeFileSync(join(folder, "cases.js"), cases);
  writeFileSync(join(folder, "run.js"), run);
  writeFileSync(join(folder, "run.cjs"), required);
  return folder;
}
