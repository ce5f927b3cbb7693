// Runs the packed packages everywhere and prints what came of it: runtime × variant × time to the first result. A
// runtime that is not to be had on this machine is said to be missing; a wrong number ends the process with 1.
//   test:runtimes [words…] [--markdown]    only what has one of the words in its name
import { rmSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { parseArgs } from "node:util";
import { type Installer, makeProject } from "@attn/packed";
import chalk from "chalk";
import Table from "cli-table3";
import { type Attempt, attempt, type Outcome } from "./attempt.ts";
import { tryBrowsers } from "./browsers.ts";
import { tryEdge } from "./edge.ts";
import { tryNext } from "./next.ts";
import { tryProcesses } from "./processes.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { markdown: { type: "boolean" } } });
const words = positionals.map((word) => word.toLowerCase());
process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);

const outcomes: Outcome[] = [];
const record: Attempt = async (where, how, run) => {
  const name = `${where} ${how}`.toLowerCase();
  if (words.length > 0 && !words.some((word) => name.includes(word))) return;
  const outcome = await attempt(where, how, run);
  outcomes.push(outcome);
  process.stderr.write(outcome.state === "failed" ? chalk.red("x") : ".");
};

const made = new Map<Installer, string>();
const project = (installer: Installer) => () => {
  const folder = made.get(installer) ?? makeProject(installer);
  made.set(installer, folder);
  return folder;
};
try {
  await tryProcesses(record, project("npm"), project("pnpm"));
  await tryEdge(record, project("npm"));
  await tryBrowsers(record, project("npm"));
  await tryNext(record);
} finally {
  for (const folder of made.values()) rmSync(folder, { recursive: true, force: true });
  process.stderr.write("\n");
}

const head = ["", "", "variant", "first result"];
const rows = outcomes.map(({ where, how, state, got, why }) => [
  where,
  how,
  got?.variant ?? "–",
  state === "passed" ? `${got?.first.toFixed(0)} ms` : (why ?? ""),
]);
if (values.markdown) {
  for (const row of [head, head.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
} else {
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const [i, row] of rows.entries())
    table.push(outcomes[i]?.state === "failed" ? row.map((cell) => chalk.red(cell)) : row);
  console.log(table.toString());
}
const count = (state: Outcome["state"]): number => outcomes.filter((outcome) => outcome.state === state).length;
console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("missing")} not on this machine`);
if (count("failed") > 0 || outcomes.length === 0) process.exitCode = 1;
