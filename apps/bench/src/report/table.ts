// The table as it is printed: a block for each benchmark, its cases under one set of columns, its targets below. Pure.
import { stripVTControlCharacters } from "node:util";
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { bytes, digits, duration, percent, times } from "./format.ts";
import type { BenchmarkResult, CaseResult, TargetResult } from "./results.ts";

const columns = [
  { head: "", width: 64 },
  { head: "median", width: 10 },
  { head: "fastest", width: 10 },
  { head: "spread", width: 8 },
  { head: "of ours", width: 9 },
  { head: "GFLOP/s", width: 9 },
  { head: "of peak", width: 9 },
  { head: "of reading", width: 11 },
  { head: "error", width: 8 },
] as const;

const bare = {
  chars: Object.fromEntries(
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
      .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
      .map((name) => [name, ""]),
  ),
  style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
};

const optional = (x: number | undefined, format: (x: number) => string): string => (x === undefined ? "" : format(x));

function nameOf({ name, label, strategy, kind }: CaseResult): string {
  const about = [label, strategy].filter((text) => text !== "").join(", ");
  return `${name}${about && ` · ${about}`}${kind === "native" ? " (native)" : ""}`;
}

const amountOf = (x: number, unit: CaseResult["unit"]): string => (unit === "ms" ? duration(x) : bytes(x));

function cells(result: CaseResult, chalk: ChalkInstance): string[] {
  const painted = { ours: chalk.bold, peer: (s: string) => s, native: chalk.dim, roofline: chalk.dim.italic }[
    result.kind
  ];
  return [
    `  ${nameOf(result)}`,
    result.median === undefined ? "–" : amountOf(result.median, result.unit),
    result.samples.length > 1 ? optional(result.minimum, (x) => amountOf(x, result.unit)) : "",
    optional(result.spread, (x) => `±${percent(x)}`),
    optional(result.ratio, times),
    optional(result.gflops, digits),
    optional(result.peakShare, percent),
    result.gigabytes === undefined ? optional(result.readShare, percent) : `${digits(result.gigabytes)} GB/s`,
    optional(result.error, (x) => (x < 1e-4 ? x.toExponential(0) : `${digits(100 * x)} %`)),
  ].map((text) => painted(text));
}

function amount(x: number, unit: TargetResult["unit"]): string {
  if (unit === "×") return times(x);
  if (unit === "") return x.toFixed(5);
  return `${digits(x)} ${unit}`;
}

function drawTarget({ text, bound, limit, unit, got, met }: TargetResult, chalk: ChalkInstance): string {
  const wanted = `${bound} ${amount(limit, unit)}`;
  if (got === undefined) return chalk.dim(`  – ${text}: not measured (${wanted})`);
  // Missed by less than the usual digits show: more of them.
  const rounded = amount(got, unit);
  const shown = !met && rounded === amount(limit, unit) ? `${got.toFixed(4)} ${unit}` : rounded;
  const sentence = `${text}: ${shown} (${wanted})`;
  return met ? `  ${chalk.green("✓")} ${sentence}` : `  ${chalk.yellow("✗")} ${sentence}`;
}

/** One benchmark: title, cases, what went wrong, targets. */
export function drawBenchmark({ title, cases, targets }: BenchmarkResult, chalk: ChalkInstance): string {
  const body = cases.map((result) => cells(result, chalk));
  const used = columns
    .map((column, i) => ({ ...column, i }))
    .filter(({ i }) => body.some((row) => stripVTControlCharacters(row[i] ?? "") !== ""));
  const table = new Table({
    ...bare,
    colWidths: used.map(({ width }) => width),
    colAligns: used.map(({ i }) => (i === 0 ? "left" : "right")),
  });
  table.push([chalk.bold.underline(title), ...used.slice(1).map(({ head }) => chalk.dim(head))]);
  table.push(...body.map((row) => used.map(({ i }) => row[i] ?? "")));
  const faults = cases.flatMap((result) => [
    ...result.wrong.map((text) => chalk.red(`  ! ${nameOf(result)} gave wrong numbers and was not timed: ${text}`)),
    ...(result.why === undefined ? [] : [chalk.yellow(`  – ${nameOf(result)}: ${result.why}`)]),
  ]);
  const drawn = table.toString().replace(/ +$/gm, "");
  return [drawn, ...faults, ...targets.map((one) => drawTarget(one, chalk)), ""].join("\n");
}

/** What the columns mean, and what is and is not compared. */
export function drawNotes(chalk: ChalkInstance): string {
  return chalk.dim(
    [
      "median, fastest: of the samples; spread: their median absolute deviation; of ours: median as a multiple of ours.",
      "of peak: of the 128-bit fused multiply-adds that this machine does on one thread, hidden pairs left out of the count.",
      "of reading: the time to read the cache, or the weights, once, as a share of the median.",
      "error: ‖result − reference‖ / ‖reference‖ of a model, for the most part what int8 rounds away.",
      "Everyone on one thread, in turn, in one process; @jax-js/jax in one of its own, because it cannot run beside",
      "onnxruntime-web. @attn/core, @attn/nn and ONNX Runtime take their inputs from JavaScript's memory in each call; tfjs and jax-js",
      "hold them in their own. Where a library has several strategies, the quickest is shown, by name.",
    ].join("\n"),
  );
}
