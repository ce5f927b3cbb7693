// The bench's entry: measures the rows that are asked for, one after the other, and shows them. Owns the process (its
// streams and exit codes); how anything is measured or drawn is decided elsewhere.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import chalk from "chalk";
import { help, type Request, readArguments } from "./arguments.ts";
import { drawChart } from "./chart.ts";
import { measureFresh } from "./fresh.ts";
import { type Measured, measure } from "./measure.ts";
import { peerPackages, versionOf } from "./packages.ts";
import { startProgress } from "./progress.ts";
import { type RowResult, resultOf } from "./results.ts";
import type { Row } from "./row.ts";
import { rows } from "./rows.ts";
import { drawNotes, drawRow } from "./table.ts";

async function measureRow(row: Row, rounds: number, onProgress: (text: string) => void): Promise<Measured[]> {
  if (row.kind === "timed") return measure(row.entries, { rounds, onProgress });
  if (row.kind !== "download") return measureFresh(row, { rounds, onProgress });
  // Imported late: the bundler is large, and other rows should not wait for it.
  const { measureDownloads } = await import("./download.ts");
  return measureDownloads(row, onProgress);
}

async function run({ json, only, svg, rounds, check }: Request): Promise<void> {
  const chosen = rows.filter(({ id, title }) => !only || only.test(id) || only.test(title));
  if (chosen.length === 0) return fail(2, `"--only" matches no row; --list names them`);
  const machine = { processor: cpus()[0]?.model ?? "unknown", node: process.version };
  const versions = Object.fromEntries(peerPackages.map((name) => [name, versionOf(name)]));
  const caption = `${machine.processor}, Node ${machine.node}, one thread`;
  if (!json) {
    const compared = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    console.log(`${caption}\n${compared.join(" · ")}\n`);
  }

  const results: RowResult[] = [];
  for (const [i, row] of chosen.entries()) {
    const progress = startProgress(`${i + 1} of ${chosen.length}, ${row.title}`);
    const measured = await measureRow(row, rounds, progress.update);
    progress.end();
    const result = resultOf(row, measured);
    results.push(result);
    if (!json) console.log(drawRow(result, chalk));
  }

  const verdicts = results.flatMap(({ verdicts }) => verdicts);
  const met = verdicts.filter(({ met }) => met).length;
  if (json) console.log(JSON.stringify({ machine, versions, rounds, rows: results }, undefined, 2));
  else console.log(`${drawNotes(chalk)}\n\n${met} of ${verdicts.length} targets met`);
  if (svg !== undefined) writeFileSync(svg, drawChart(results, caption));

  const lines = results.flatMap(({ lines }) => lines);
  // That others are slower or faster is no fault; wrong numbers of our own are.
  const broken = lines.some(({ kind, wrong, median }) => kind === "ours" && (wrong.length > 0 || median === undefined));
  if (broken || (check && met < verdicts.length)) process.exitCode = 1;
}

function fail(code: number, message: string): void {
  console.error(message);
  process.exitCode = code;
}

// The reader of a pipe may leave early (`… | head`): nothing is left to do then.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const request = readArguments(process.argv.slice(2));
if (typeof request === "string") fail(2, `${request}\n\n${help}`);
else if (request.kind === "help") console.log(help);
else if (request.kind === "list") for (const { id, title } of rows) console.log(`${id.padEnd(16)} ${title}`);
else await run(request);
