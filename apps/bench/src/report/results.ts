// From samples to what is shown: one result a case, one a target. Measures and prints nothing.

import {
  type Benchmark,
  bytesRead,
  type Case,
  type ChartLine,
  type Download,
  type DownloadBenchmark,
  type FreshBenchmark,
  isMemory,
  type Metrics,
  metricsOf,
  operations,
  readingOf,
  type ScriptBenchmark,
  type Target,
  type TimedBenchmark,
} from "../benchmark.ts";
import type { Measurement } from "../measure/rounds.ts";
import { isCompared, peers } from "../peers/index.ts";
import { median, spread } from "../statistics.ts";

export interface CaseResult {
  readonly key: string;
  readonly name: string;
  readonly label: string;
  /** The operator or calls that were the quickest. */
  readonly strategy: string;
  readonly kind: "ours" | "peer" | "native" | "roofline";
  readonly unit: "ms" | "bytes";
  readonly samples: readonly number[];
  readonly median?: number;
  /** The smallest of the samples: what others on the machine disturbed the least. */
  readonly minimum?: number;
  /** Median absolute deviation, as a share of the median. */
  readonly spread?: number;
  /** Median as a multiple of that of the case that it is compared with, mostly the benchmark's baseline. */
  readonly ratio?: number;
  /** GFLOP/s. */
  readonly gflops?: number;
  /** Share of the measured peak of 128-bit fused multiply-adds. */
  readonly peakShare?: number;
  /** GB/s of a roofline of reading. */
  readonly gigabytes?: number;
  /** The time that reading the cache, or the weights, once takes, as a share of the median. */
  readonly readShare?: number;
  /** Of what rounds to 8 bits: ‖result - reference‖ / ‖reference‖, and the cosine of the worst row. */
  readonly error?: number;
  readonly cosine?: number;
  /** Why there is no figure. */
  readonly why?: string;
  /** Strategies that gave wrong numbers, and so were not timed. */
  readonly wrong: readonly string[];
}

export interface TargetResult extends Omit<Target, "got"> {
  /** Undefined where a figure is missing. */
  readonly got?: number;
  readonly met?: boolean;
}

export interface BenchmarkResult {
  readonly id: string;
  readonly title: string;
  readonly baseline: string;
  readonly chart: readonly ChartLine[];
  readonly cases: readonly CaseResult[];
  readonly targets: readonly TargetResult[];
}

const isNumber = (x: number | undefined): x is number => x !== undefined && Number.isFinite(x) && x > 0;
/** A property that is there where it is a number. */
const optional = <Name extends string>(name: Name, x: number | undefined) =>
  (isNumber(x) ? { [name]: x } : {}) as { readonly [K in Name]?: number };

function kindOf({ peer, native }: Case): CaseResult["kind"] {
  if (!isCompared(peer)) return "roofline";
  if (native) return "native";
  return peer === "attn" || peer === "firstUse" || peer === "nn" ? "ours" : "peer";
}

/** What the samples say by themselves. */
function basic({ key, samples, why, wrong = [], error, cosine }: Measurement) {
  return {
    key,
    samples,
    wrong,
    ...(samples.length > 0 && { ...optional("median", median(samples)), ...optional("minimum", Math.min(...samples)) }),
    ...(samples.length > 1 && { spread: spread(samples) }),
    ...optional("error", error),
    ...optional("cosine", cosine),
    ...(why && { why }),
  };
}

function downloadResult(
  { key, name }: Download,
  benchmark: DownloadBenchmark,
  measured: Measurement,
  metrics: Metrics,
): CaseResult {
  const ratio = optional("ratio", metrics.of(key) / metrics.of(benchmark.baseline));
  const kind = key === benchmark.baseline ? "ours" : "peer";
  return { ...basic(measured), name, label: "", strategy: "", kind, unit: "bytes", ...ratio };
}

/** Only times: nobody else draws these. */
function scriptResult(measured: Measurement, { folder, labels }: ScriptBenchmark): CaseResult {
  const [first = "", ...rest] = measured.key.split(".");
  const label = [labels[first] ?? first, ...rest].join(", ");
  return { ...basic(measured), name: folder, label, strategy: "", kind: "ours", unit: "ms" };
}

function caseResult(
  item: Case,
  benchmark: TimedBenchmark | FreshBenchmark,
  measured: Measurement,
  metrics: Metrics,
): CaseResult {
  const { key, label = "", peer, against = benchmark.baseline } = item;
  const { strategy = "" } = measured;
  const kind = kindOf(item);
  const time = metrics.of(key);
  const read = readingOf(item);
  const timed = benchmark.kind === "timed" && {
    ...optional("gflops", operations(item) / time / 1e6),
    ...(key !== "peak" && optional("peakShare", metrics.peakShare(key))),
    ...optional("gigabytes", (bytesRead(item) ?? Number.NaN) / time / 1e6),
    ...(read !== undefined && optional("readShare", metrics.of(read) / time)),
  };
  return {
    ...basic(measured),
    name: peers[peer].name,
    label,
    strategy: strategy === label ? "" : strategy,
    kind,
    unit: isMemory(benchmark) ? "bytes" : "ms",
    ...(kind !== "roofline" && optional("ratio", time / metrics.of(against))),
    ...timed,
  };
}

function checkTarget({ got: ask, ...target }: Target, metrics: Metrics): TargetResult {
  const got = ask(metrics);
  if (Number.isNaN(got)) return target;
  return { ...target, got, met: target.bound === "at least" ? got >= target.limit : got <= target.limit };
}

/** Everything about a benchmark that can be derived from its samples. */
export function resultOf(benchmark: Benchmark, measured: readonly Measurement[]): BenchmarkResult {
  const byKey = new Map(measured.map((one) => [one.key, one]));
  const of = (key: string): Measurement => byKey.get(key) ?? { key, samples: [] };
  const metrics = metricsOf(benchmark, {
    of: (key) => median(of(key).samples),
    error: (key) => of(key).error ?? Number.NaN,
    cosine: (key) => of(key).cosine ?? Number.NaN,
  });
  const cases =
    benchmark.kind === "script"
      ? measured.map((one) => scriptResult(one, benchmark))
      : benchmark.kind === "download"
        ? benchmark.downloads.map((download) => downloadResult(download, benchmark, of(download.key), metrics))
        : benchmark.cases.map((item) => caseResult(item, benchmark, of(item.key), metrics));
  const { id, title, baseline, chart } = benchmark;
  return {
    id,
    title,
    baseline,
    chart,
    cases,
    targets: benchmark.targets.map((target) => checkTarget(target, metrics)),
  };
}
