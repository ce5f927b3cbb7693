// From samples to what is shown: one line an entry, one verdict a target. Measures and prints nothing.
import type { Stored } from "./cases.ts";
import { downloads } from "./download.ts";
import type { Measured } from "./measure.ts";
import { isMark, type PeerId, peers } from "./peers/index.ts";
import { bytesRead, type ChartLine, type Entry, figuresOf, operations, type Row, type Target } from "./rows.ts";
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

const isOurs = (id: PeerId): boolean => id === "attn" || id === "firstUse";
const isNumber = (x: number | undefined): x is number => x !== undefined && Number.isFinite(x) && x > 0;
/** A property that is there where it is a number. */
const given = <Name extends string>(name: Name, x: number | undefined) =>
  (isNumber(x) ? { [name]: x } : {}) as { readonly [K in Name]?: number };

/** The format in which an entry of decoding holds its cache. */
const storedBy = ({ form = "" }: Entry): Stored =>
  form === "f16 cache" ? "f16" : form === "int8 cache" ? "int8" : "f32";

function nameOf({ peer }: Entry): string {
  return peers[peer].name;
}

/** Everything about a row that can be derived from its samples. */
export function resultOf(row: Row, measured: readonly Measured[]): RowResult {
  const byKey = new Map(measured.map((one) => [one.key, one]));
  const medianOf = (key: string): number | undefined => {
    const samples = byKey.get(key)?.samples ?? [];
    return samples.length > 0 ? median(samples) : undefined;
  };
  const figures = figuresOf(row, medianOf);
  const base = medianOf(row.base);
  const common = (key: string, samples: readonly number[]) => ({
    key,
    samples,
    ...given("median", medianOf(key)),
    ...(samples.length > 1 && { spread: spread(samples) }),
  });

  const lines: Line[] =
    row.kind === "download"
      ? downloads.map(({ key, name }): Line => {
          const { samples = [], why } = byKey.get(key) ?? {};
          const kind = key === row.base ? "ours" : "peer";
          const ratio = given("ratio", figures.of(key) / figures.of(row.base));
          return {
            ...common(key, samples),
            name,
            label: "",
            way: "",
            kind,
            unit: "bytes",
            ...ratio,
            wrong: [],
            ...(why && { why }),
          };
        })
      : row.entries.map((entry): Line => {
          const { key, label = "", native } = entry;
          const { samples = [], why, way = "", wrong = [] } = byKey.get(key) ?? {};
          const time = medianOf(key);
          const timed = row.kind === "timed" && time !== undefined;
          const mark = isMark(entry.peer);
          const bytes = bytesRead(entry);
          const operationsDone = operations(entry);
          const readingTime = entry.case.work === "decode" && !mark ? medianOf(`read ${storedBy(entry)}`) : undefined;
          return {
            ...common(key, samples),
            name: nameOf(entry),
            label,
            way: way === label ? "" : way,
            kind: mark ? "mark" : native ? "native" : isOurs(entry.peer) ? "ours" : "peer",
            unit: row.kind === "memory" ? "bytes" : "ms",
            ...(!mark && given("ratio", time !== undefined && base !== undefined ? time / base : undefined)),
            ...(timed && given("gflops", operationsDone / time / 1e6)),
            ...(timed && entry.key !== "peak" && given("peakShare", figures.peakShare(key))),
            ...(timed && given("gigabytes", bytes === undefined ? undefined : bytes / time / 1e6)),
            ...(timed && given("readShare", readingTime === undefined ? undefined : readingTime / time)),
            ...(why && { why }),
            wrong,
          };
        });
  const verdicts = row.targets.map(({ got: ask, ...target }): Verdict => {
    const got = ask(figures);
    if (Number.isNaN(got)) return target;
    return { ...target, got, met: target.bound === "at least" ? got >= target.limit : got <= target.limit };
  });
  return { id: row.id, title: row.title, base: row.base, chart: row.chart, lines, verdicts };
}
