// Runs the packed packages everywhere and prints what came of it: runtime × variant × time to the first result. A
// runtime that is not to be had on this machine is said to be missing; a wrong number ends the process with 1.
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import chalk from "chalk";
import Table from "cli-table3";
import { bundlers } from "./bundlers.ts";
import { expected, makeProject, type Printed } from "./project.ts";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
/** Float32 sums of at most 300 numbers near 1, with room: what fails is off by far more. */
const TOLERANCE = 1e-5;
const MISSING = "not on this machine";

const node = (major: number): string => join(modules, `node-${major}`, "bin", "node");
/** Name → binary and arguments before the file. */
const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "Node 20": [node(20)],
  "Node 22": [node(22)],
  "Node 24": [node(24)],
  "Node 26": [process.execPath],
  Deno: [join(modules, ".bin", "deno"), "run", "--allow-read"],
  Bun: [join(modules, ".bin", "bun"), "run"],
};

interface Outcome {
  readonly where: string;
  readonly how: string;
  readonly got?: Printed;
  readonly why?: string;
}

function disagreement({ outputs }: Printed): string | undefined {
  for (const [i, wanted] of expected.entries()) {
    const got = outputs[i] ?? [];
    if (got.length !== wanted.length) return `case ${i} has ${got.length} numbers, not ${wanted.length}`;
    const worst = Math.max(...wanted.map((x, j) => Math.abs(x - (got[j] as number))));
    if (!(worst <= TOLERANCE)) return `case ${i} is off by ${worst}`;
  }
  return undefined;
}

function runIn(where: string, how: string, folder: string, file: string): Outcome {
  const [binary, ...args] = runtimes[where] as readonly [string, ...string[]];
  if (!existsSync(binary)) return { where, how, why: MISSING };
  try {
    const text = execFileSync(binary, [...args, file], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const got = JSON.parse(text) as Printed;
    const why = disagreement(got);
    return { where, how, got, ...(why !== undefined && { why }) };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return {
      where,
      how,
      why:
        (stderr || message)
          .trim()
          .split("\n")
          .find((line) => /error/i.test(line)) ?? message,
    };
  }
}

const outcomes: Outcome[] = [];
process.env.PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
for (const installer of ["npm", "pnpm"] as const) {
  const folder = makeProject(installer);
  try {
    for (const where of Object.keys(runtimes)) outcomes.push(runIn(where, `import, by ${installer}`, folder, "run.js"));
    if (installer === "pnpm") continue;
    for (const where of ["Node 20", "Node 26", "Bun"]) outcomes.push(runIn(where, "require", folder, "run.cjs"));
    for (const [name, bundle] of Object.entries(bundlers)) {
      const file = `bundled-${name}.js`;
      try {
        await bundle(folder, file);
        outcomes.push(runIn("Node 26", `bundled by ${name}`, folder, file));
      } catch (error) {
        outcomes.push({ where: "Node 26", how: `bundled by ${name}`, why: (error as Error).message });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const table = new Table({ head: ["", "", "variant", "first result"], style: { head: [], border: [] } });
for (const { where, how, got, why } of outcomes)
  table.push([where, how, got?.variant ?? "–", why ? chalk.red(why) : `${got?.first.toFixed(0)} ms`]);
console.log(table.toString());
const missing = outcomes.filter(({ why }) => why === MISSING).length;
const failed = outcomes.filter(({ why }) => why !== undefined && why !== MISSING).length;
console.log(`${outcomes.length - failed - missing} passed, ${failed} failed, ${missing} not on this machine`);
if (failed > 0) process.exitCode = 1;
