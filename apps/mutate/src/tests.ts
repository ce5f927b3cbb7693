// Builds a package of the copy with what it depends on, and runs some of its tests. Knows nothing of bugs.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { x } from "tinyexec";
import type { Suite } from "./bug.ts";

/** What came of a suite's tests. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Why the tests did not run: it did not build, or a file could not be loaded, or it never ended. */
  readonly broken?: string;
}

/** Minutes after which a run is taken for one that never ends. */
const PATIENCE = 15;

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly message: string }[];
}

const lastLines = (text: string): string => text.trim().split("\n").slice(-12).join("\n");

async function build(root: string, folder: string): Promise<string | undefined> {
  const settings = ["--output-logs=errors-only", "--cache-dir", join(root, ".turbo/cache")];
  const { exitCode, stdout, stderr } = await x("turbo", ["run", "build", `--filter=./${folder}`, ...settings], {
    nodeOptions: { cwd: root },
  });
  return exitCode === 0 ? undefined : lastLines(stdout + stderr);
}

export async function runTests(root: string, { folder, file, only }: Suite): Promise<Outcome> {
  const failure = await build(root, folder);
  if (failure !== undefined) return { passed: 0, failed: 0, broken: `does not build\n${failure}` };
  // Where every package has its tests write it.
  const report = join(root, folder, "test-results/results.json");
  rmSync(report, { force: true });
  const args = ["run", `test/${file}.test.ts`, ...(only ? [`--testNamePattern=${only}`] : [])];
  const { exitCode, stdout, stderr } = await x("vitest", [...args, "--typecheck.enabled=false"], {
    timeout: PATIENCE * 60_000,
    nodeOptions: { cwd: join(root, folder) },
  });
  let found: Report;
  try {
    found = JSON.parse(readFileSync(report, "utf8")) as Report;
  } catch {
    const why = exitCode === undefined ? `did not end within ${PATIENCE} minutes` : "vitest wrote no report";
    return { passed: 0, failed: 0, broken: `${why}\n${lastLines(stdout + stderr)}` };
  }
  const { numPassedTests: passed, numFailedTests: failed } = found;
  if (failed > 0) return { passed, failed };
  if (exitCode !== 0 || passed === 0) {
    const why = found.testResults.map(({ message }) => message).find((text) => text !== "") ?? stderr;
    return { passed, failed, broken: `tests did not run\n${lastLines(why)}` };
  }
  return { passed, failed };
}
