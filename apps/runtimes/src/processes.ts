// Runtimes that are a command: the program's file in, one line of JSON out.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Result, run as runCommand } from "@attn/packed";
import type { Attempt } from "./attempt.ts";

const modules = fileURLToPath(new URL("../binaries/node_modules/", import.meta.url));
const node = (major: number): string => join(modules, `node-${major}`, "bin", "node");
const bin = (name: string): string => join(modules, ".bin", process.platform === "win32" ? `${name}.cmd` : name);

/** Name → binary and arguments before the file. */
const runtimes: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "Node 20": [node(20)],
  "Node 22": [node(22)],
  "Node 24": [node(24)],
  "Node 26": [process.execPath],
  Deno: [bin("deno"), "run", "--allow-read"],
  Bun: [bin("bun"), "run"],
};

/** The first time of three is a cold disk's. */
const TIMES = 3;

async function run(where: string, folder: string, file: string): Promise<Result | undefined> {
  const [binary, ...args] = runtimes[where] as readonly [string, ...string[]];
  if (!existsSync(binary)) return undefined;
  const once = () => JSON.parse(runCommand(folder, binary, [...args, file])) as Result;
  const results = Array.from({ length: TIMES }, once).sort((a, b) => a.first - b.first);
  return results[Math.floor(TIMES / 2)];
}

export async function tryProcesses(attempt: Attempt, npm: () => string, pnpm: () => string): Promise<void> {
  for (const where of Object.keys(runtimes)) {
    await attempt(where, "import", () => run(where, npm(), "print.js"));
    await attempt(where, "import, installed by pnpm", () => run(where, pnpm(), "print.js"));
    await attempt(where, 'variant "simd"', () => run(where, npm(), "simd.js"));
    await attempt(where, "require", () => run(where, npm(), "print.cjs"));
    await attempt(where, "a tiny model", () => run(where, npm(), "print-model.js"));
  }
}
