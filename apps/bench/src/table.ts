// The table as it is printed: a block for each row, its lines under one set of columns, its targets below. Pure.
import { stripVTControlCharacters } from "node:util";
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { bytes, digits, duration, percent, times } from "./format.ts";
import type { Line, RowResult, Verdict } from "./results.ts";

const columns = [
  { head: "", width: 64 },
  { head: "median", width: 10 },
  { head: "spread", width: 8 },
  { head: "of ours", width: 9 },
  { head: "GFLOP/s", width: 9 },
  { head: "of peak", width: 9 },
  { head: "of reading", width: 11 },
] as const;

const bare = {
  chars: Object.fromEntries(
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"]
      .concat(["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"])
      .map((name) => [name, ""]),
  ),
  style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  colWidths: columns.map(({ width }) => width),
  colAligns: columns.map((_, i) => (i === 0 ? "left" : "right")) as ("left" | "right")[],
};

const optional = (x: number | undefined, format: (x: number) => string): string => (x === undefined ? "" : format(x));

function nameOf({ name, label, way, kind }: Line): string {
  const about = [label, way].filter((text) => text !== "").join(", ");
  return `${name}${about && ` · ${about}`}${kind === "native" ? " (native)" : ""}`;
}

function cells(line: Line, chalk: ChalkInstance): string[] {
  const painted = { ours: chalk.bold, peer: (s: string) => s, native: chalk.dim, mark: chalk.dim.italic }[line.kind];
  return [
    `  ${nameOf(line)}`,
    line.median === undefined ? "–" : line.unit === "ms" ? duration(line.median) : bytes(line.median),
    optional(line.spread, (x) => `±${percent(x)}`),
    optional(line.ratio, times),
    optional(line.gflops, digits),
    optional(line.peakShare, percent),
    line.gigabytes === undefined ? optional(line.readShare, percent) : `${digits(line.gigabytes)} GB/s`,
  ].map((text) => painted(text));
}

function amount(x: number, unit: Verdict["unit"]): string {
  if (unit === "×") return times(x);
  return `${digits(x)} ${unit}`;
}

function verdict({ text, bound, limit, unit, got, met }: Verdict, chalk: ChalkInstance): string {
  const wanted = `${bound} ${amount(limit, unit)}`;
  if (got === undefined) return chalk.dim(`  – ${text}: not measured (${wanted})`);
  // Missed by less than the usual digits show: more of them.
  const rounded = amount(got, unit);
  const shown = !met && rounded === amount(limit, unit) ? `${got.toFixed(4)} ${unit}` : rounded;
  const sentence = `${text}: ${shown} (${wanted})`;
  return met ? `  ${chalk.green("✓")} ${sentence}` : `  ${chalk.yellow("✗")} ${sentence}`;
}

/** One row: title, lines, what went wrong, targets. */
export function drawRow({ title, lines, verdicts }: RowResult, chalk: ChalkInstance): string {
  const body = lines.map((line) => cells(line, chalk));
  const heads = columns.map(({ head }, i) =>
    body.some((row) => stripVTControlCharacters(row[i] ?? "") !== "") ? head : "",
  );
  const table = new Table(bare);
  table.push([chalk.bold.underline(title), ...heads.slice(1).map((head) => chalk.dim(head))], ...body);
  const faults = lines.flatMap((line) => [
    ...line.wrong.map((text) => chalk.red(`  ! ${nameOf(line)} gave wrong numbers and was not timed: ${text}`)),
    ...(line.why === undefined ? [] : [chalk.yellow(`  – ${nameOf(line)}: ${line.why}`)]),
  ]);
  const drawn = table.toString().replace(/ +$/gm, "");
  return [drawn, ...faults, ...verdicts.map((one) => verdict(one, chalk)), ""].join("\n");
}

/** What the columns mean, and what is and is not compared. */
export function drawNotes(chalk: ChalkInstance): string {
  return chalk.dim(
    [
      "median: of the samples; spread: their median absolute deviation; of ours: median as a multiple of @attn/core's.",
      "of peak: of the 128-bit fused multiply-adds that this machine does on one thread, hidden pairs left out of the count.",
      "of reading: the time to read the cache once, as a share of the median.",
      "Everyone on one thread, in turn, in one process; @jax-js/jax in one of its own, because it cannot run beside",
      "onnxruntime-web. @attn/core and ONNX Runtime take their inputs from JavaScript's memory in each call; tfjs and jax-js",
      "hold them in their own. Where a library has several ways, the quickest is shown, by name.",
    ].join("\n"),
  );
}
