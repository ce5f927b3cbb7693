// From samples to what is shown: one line an entry, one verdict a target. Measures and prints nothing.
import type { Measured } from "./measure.ts";
import { isMark, peers } from "./peers/index.ts";
import {
  bytesRead,
  type ChartLine,
  type Download,
  type DownloadRow,
  type Entry,
  type Figures,
  type FreshRow,
  figuresOf,
  operations,
  type Row,
  type Target,
  type TimedRow,
} from "./row.ts";
import { median, spread } from "./statistics.ts";

export interface Line {
  readonly key: string;
  readonly name: string;
  readonly label: string;
  /** The operator or calls that were the quickest. */
  readonly way: string;
  readonly kind: "ours" | "peer" | "native" | "mark";
  readonly unit: "ms" | "bytes";
  readonly samples: readonly number[];
  readonly median?: number;
  /** Median absolute deviation, as a share of the median. */
  readonly spread?: number;
  /** Median as a multiple of that of the row's base. */
  readonly ratio?: number;
  /** GFLOP/s. */
  readonly gflops?: number;
  /** Share of the measured peak of 128-bit fused multiply-adds. */
  readonly peakShare?: number;
  /** GB/s of a mark that reads. */
  readonly gigabytes?: number;
  /** The time that reading the cache once takes, as a share of the median. */
  readonly readShare?: number;
  /** Why there is no figure. */
  readonly why?: string;
  /** Ways that gave wrong numbers, and so were not timed. */
  readonly wrong: readonly string[];
}

export interface Verdict extends Omit<Target, "got"> {
  /** Undefined where a figure is missing. */
  readonly got?: number;
  readonly met?: boolean;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly base: string;
  readonly chart: readonly ChartLine[];
  readonly lines: readonly Line[];
  readonly verdicts: readonly Verdict[];
}

const isNumber = (x: number | undefined): x is number => x !== undefined && Number.isFinite(x) && x > 0;
/** A property that is there where it is a number. */
const given = <Name extends string>(name: Name, x: number | undefined) =>
  (isNumber(x) ? { [name]: x } : {}) as { readonly [K in Name]?: number };

function kindOf({ peer, native }: Entry): Line["kind"] {
  if (isMark(peer)) return "mark";
  if (native) return "native";
  return peer === "attn" || peer === "firstUse" ? "ours" : "peer";
}

/** The mark that reads what an entry of decoding has to read. */
const readingOf = ({ form = "" }: Entry): string =>
  form === "f16 cache" ? "read f16" : form === "int8 cache" ? "read int8" : "read f32";

/** What the samples say by themselves. */
function basic({ key, samples, why, wrong = [] }: Measured) {
  return {
    key,
    samples,
    wrong,
    ...(samples.length > 0 && given("median", median(samples))),
    ...(samples.length > 1 && { spread: spread(samples) }),
    ...(why && { why }),
  };
}

function downloadLine({ key, name }: Download, row: DownloadRow, measured: Measured, figures: Figures): Line {
  const ratio = given("ratio", figures.of(key) / figures.of(row.base));
  const kind = key === row.base ? "ours" : "peer";
  return { ...basic(measured), name, label: "", way: "", kind, unit: "bytes", ...ratio };
}

function entryLine(entry: Entry, row: TimedRow | FreshRow, measured: Measured, figures: Figures): Line {
  const { key, label = "", peer } = entry;
  const { way = "" } = measured;
  const kind = kindOf(entry);
  const time = figures.of(key);
  const timed = row.kind === "timed" && {
    ...given("gflops", operations(entry) / time / 1e6),
    ...(key !== "peak" && given("peakShare", figures.peakShare(key))),
    ...given("gigabytes", (bytesRead(entry) ?? Number.NaN) / time / 1e6),
    ...(entry.case.work === "decode" && kind !== "mark" && given("readShare", figures.of(readingOf(entry)) / time)),
  };
  return {
    ...basic(measured),
    name: peers[peer].name,
    label,
    way: way === label ? "" : way,
    kind,
    unit: row.kind === "memory" ? "bytes" : "ms",
    ...(kind !== "mark" && given("ratio", time / figures.of(row.base))),
    ...timed,
  };
}

function verdictOf({ got: ask, ...target }: Target, figures: Figures): Verdict {
  const got = ask(figures);
  if (Number.isNaN(got)) return target;
  return { ...target, got, met: target.bound === "at least" ? got >= target.limit : got <= target.limit };
}

/** Everything about a row that can be derived from its samples. */
export function resultOf(row: Row, measured: readonly Measured[]): RowResult {
  const byKey = new Map(measured.map((one) => [one.key, one]));
  const of = (key: string): Measured => byKey.get(key) ?? { key, samples: [] };
  const figures = figuresOf(row, (key) => median(of(key).samples));
  const lines =
    row.kind === "download"
      ? row.downloads.map((download) => downloadLine(download, row, of(download.key), figures))
      : row.entries.map((entry) => entryLine(entry, row, of(entry.key), figures));
  const verdicts = row.targets.map((target) => verdictOf(target, figures));
  return { id: row.id, title: row.title, base: row.base, chart: row.chart, lines, verdicts };
}
