// The bench's entry: measures the benchmarks that are asked for, one after the other, and shows them. Owns the process (its
// streams and exit codes); how anything is measured or drawn is decided elsewhere.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import chalk from "chalk";
import { help, type Request, readArguments } from "./arguments.ts";
import type { Benchmark } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { measureFresh } from "./measure/fresh.ts";
import { type Measurement, type MeasureOptions, measure } from "./measure/rounds.ts";
import { measureScript } from "./measure/script.ts";
import { modelBenchmarks } from "./model-benchmarks.ts";
import { peerPackages, versionOf } from "./packages.ts";
import { startProgress } from "./progress.ts";
import { drawChart } from "./report/chart.ts";
import { type BenchmarkResult, resultOf } from "./report/results.ts";
import { drawBenchmark, drawNotes } from "./report/table.ts";

async function measureBenchmark(benchmark: Benchmark, options: MeasureOptions): Promise<Measurement[]> {
  if (benchmark.kind === "timed") return measure(benchmark.cases, options);
  if (benchmark.kind === "script") return measureScript(benchmark, options);
  if (benchmark.kind !== "download") return measureFresh(benchmark, options);
  // Imported late: the bundler is large, and other benchmarks should not wait for it.
  const { measureDownloads } = await import("./measure/download.ts");
  return measureDownloads(benchmark, options);
}

async function run({ models, cpuTime, json, only, svg, rounds, check }: Request): Promise<void> {
  const chosen = only
    ? [...benchmarks, ...modelBenchmarks].filter(({ id, title }) => only.test(id) || only.test(title))
    : models
      ? modelBenchmarks
      : benchmarks;
  if (chosen.length === 0) return fail(2, `"--only" matches no benchmark; --list names them`);
  const machine = { processor: cpus()[0]?.model ?? "unknown", node: process.version };
  const versions = Object.fromEntries(peerPackages.map((name) => [name, versionOf(name)]));
  const time = cpuTime ? ", time on the processor" : "";
  const caption = `${machine.processor}, Node ${machine.node}, one thread${time}`;
  if (!json) {
    const compared = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    console.log(`${caption}\n${compared.join(" · ")}\n`);
  }

  const results: BenchmarkResult[] = [];
  for (const [i, benchmark] of chosen.entries()) {
    const progress = startProgress(`${i + 1} of ${chosen.length}, ${benchmark.title}`);
    const measured = await measureBenchmark(benchmark, { rounds, cpuTime, onProgress: progress.update });
    progress.end();
    const result = resultOf(benchmark, measured);
    results.push(result);
    if (!json) console.log(drawBenchmark(result, chalk));
  }

  const targets = results.flatMap(({ targets }) => targets);
  const met = targets.filter(({ met }) => met).length;
  if (json) console.log(JSON.stringify({ machine, versions, rounds, cpuTime, benchmarks: results }, undefined, 2));
  else console.log(`${drawNotes(chalk)}\n\n${met} of ${targets.length} targets met`);
  if (svg !== undefined) writeFileSync(svg, drawChart(results, caption));

  const cases = results.flatMap(({ cases }) => cases);
  // That others are slower or faster is no fault; wrong numbers of our own are.
  const broken = cases.some(({ kind, wrong, median }) => kind === "ours" && (wrong.length > 0 || median === undefined));
  if (broken || (check && met < targets.length)) process.exitCode = 1;
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
else if (request.kind === "list")
  for (const { id, title } of [...benchmarks, ...modelBenchmarks]) console.log(`${id.padEnd(20)} ${title}`);
else await run(request);
