// What a benchmark is: cases that are measured side by side, targets, and what follows from a case alone.

import type { WeightDtype } from "./models.ts";
import type { PeerId } from "./peers/index.ts";
import { ROOFLINE_FLOPS } from "./peers/roofline.ts";
import { cacheBytes, flopsOf, type Stored, type Workload, weightBytes } from "./workloads.ts";

/** A workload given to a peer, to be computed by its strategies of one mode. */
export interface Case {
  /** What targets call it; unique in its benchmark. */
  readonly key: string;
  readonly peer: PeerId;
  /** Left out: the quickest of all strategies that the peer has. */
  readonly mode?: string;
  readonly workload: Workload;
  /** The key of the case that it is compared with, where that is not the benchmark's baseline. */
  readonly against?: string;
  /** Printed behind the peer's name. */
  readonly label?: string;
  /** Native code: shown for comparison only. */
  readonly native?: true;
}

/** What a target may ask of a benchmark's measurements; NaN where there is none. */
export interface Metrics {
  /** Median, in milliseconds or bytes. */
  of(key: string): number;
  /** Of a model: ‖result - reference‖ / ‖reference‖, and the cosine of the worst row. */
  error(key: string): number;
  cosine(key: string): number;
  /** Share of the measured peak of 128-bit fused multiply-adds. */
  peakShare(key: string): number;
  /** Floating-point operations a millisecond. */
  rate(key: string): number;
}

export interface Target {
  readonly text: string;
  readonly bound: "at least" | "at most";
  readonly limit: number;
  readonly unit: "×" | "%" | "µs" | "ms" | "MiB" | "KiB" | "";
  got(metrics: Metrics): number;
}

/** A line of the chart: the baseline beside what others take, or only those of one mode. */
export interface ChartLine {
  readonly label: string;
  readonly mode?: string;
}

interface Common {
  readonly id: string;
  readonly title: string;
  /** The key of the case that the others are compared with. */
  readonly baseline: string;
  readonly chart: readonly ChartLine[];
  readonly targets: readonly Target[];
}

/** Cases are timed in turn, round after round. */
export interface TimedBenchmark extends Common {
  readonly kind: "timed";
  readonly cases: readonly Case[];
}

/**
 * Each sample is a process of its own: the time to its first result, its first call, the wasm memory it holds then, the most
 * memory that it held at once.
 */
export interface FreshBenchmark extends Common {
  readonly kind: "first result" | "first call" | "memory" | "peak memory";
  readonly cases: readonly Case[];
}

/** What a page imports and fetches before it can attend. */
export interface Download {
  readonly key: string;
  readonly name: string;
  readonly code: string;
  /** A package, and the file in it that is fetched when the code runs. */
  readonly fetched?: readonly [string, string];
}

export interface DownloadBenchmark extends Common {
  readonly kind: "download";
  readonly downloads: readonly Download[];
}

/** What a script of another package measures and prints as JSON: milliseconds, one a case, or a sentence why there are none. */
export interface ScriptBenchmark extends Common {
  readonly kind: "script";
  /** Of the package, from the root. */
  readonly folder: string;
  readonly script: string;
  /** As the script takes them, with the number of rounds. */
  readonly parameters: (rounds: number) => readonly string[];
  /** What the JSON's numbers are, by their outermost key. */
  readonly labels: Readonly<Record<string, string>>;
}

export const isMemory = ({ kind }: Benchmark): boolean => kind === "memory" || kind === "peak memory";

export type Benchmark = TimedBenchmark | FreshBenchmark | DownloadBenchmark | ScriptBenchmark;

/** Floating-point operations of one call; 0 for reading alone. */
export function operations({ peer, mode, workload }: Case): number {
  if (peer !== "roofline") return flopsOf(workload);
  return mode?.startsWith("read ") ? 0 : ROOFLINE_FLOPS;
}

/** The bytes that a roofline of reading reads; undefined for any other case. */
export function bytesRead({ peer, mode, workload }: Case): number | undefined {
  if (peer !== "roofline" || !mode?.startsWith("read ")) return undefined;
  const stored = mode.slice("read ".length);
  if (workload.kind === "token") return weightBytes(workload, stored as WeightDtype);
  return workload.kind === "decode" ? cacheBytes(workload, stored as Stored) : undefined;
}

/** The roofline of reading that a case is beside, by what it has to read; undefined where that is not what bounds it. */
export function readingOf({ peer, mode = "", workload: { kind } }: Case): string | undefined {
  if (peer === "roofline" || (kind !== "decode" && kind !== "token")) return undefined;
  return `read ${/^(f16|int8)/.exec(mode)?.[0] ?? "f32"}`;
}

/** What a target sees, from figures by key. */
export function metricsOf(benchmark: Benchmark, figures: Pick<Metrics, "of" | "error" | "cosine">): Metrics {
  const cases = "cases" in benchmark ? benchmark.cases : [];
  const rate = (key: string): number => {
    const found = cases.find((each) => each.key === key);
    return found ? operations(found) / figures.of(key) : Number.NaN;
  };
  return { ...figures, rate, peakShare: (key) => rate(key) / rate("peak") };
}
