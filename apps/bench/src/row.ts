// What a row of the table is: entries that are timed or looked at, targets, and what follows from an entry alone.
import { type Case, cacheBytes, flopsOf, type Stored } from "./cases.ts";
import { PEAK_FLOPS } from "./peak.ts";
import type { PeerId } from "./peers/index.ts";

/** One line of a row: a case posed to a peer, in the way or ways of one form. */
export interface Entry {
  /** What targets call it; unique in its row. */
  readonly key: string;
  readonly peer: PeerId;
  /** Left out: the quickest of all ways that the peer has. */
  readonly form?: string;
  readonly case: Case;
  /** Printed behind the peer's name. */
  readonly label?: string;
  /** Native code: printed as a mark. */
  readonly native?: true;
}

/** What a target may ask of a row's figures; NaN where there is none. */
export interface Figures {
  /** Median, in milliseconds or bytes. */
  of(key: string): number;
  /** Share of the measured peak of 128-bit fused multiply-adds. */
  peakShare(key: string): number;
  /** Floating-point operations a millisecond. */
  rate(key: string): number;
}

export interface Target {
  readonly text: string;
  readonly bound: "at least" | "at most";
  readonly limit: number;
  readonly unit: "×" | "%" | "µs" | "MiB" | "KB";
  got(figures: Figures): number;
}

/** A line of the chart: the row's base beside what others make of it, or only of what is posed in one form. */
export interface ChartLine {
  readonly label: string;
  readonly form?: string;
}

interface Common {
  readonly id: string;
  readonly title: string;
  /** The line that the others are compared with. */
  readonly base: string;
  readonly chart: readonly ChartLine[];
  readonly targets: readonly Target[];
}

/** Entries are timed in turn, round after round. */
export interface TimedRow extends Common {
  readonly kind: "timed";
  readonly entries: readonly Entry[];
}

/** Each sample is a process of its own: the time to its first result, its first call, the wasm memory it holds then. */
export interface FreshRow extends Common {
  readonly kind: "first result" | "first call" | "memory";
  readonly entries: readonly Entry[];
}

/** What a page imports and fetches before it can attend. */
export interface Download {
  readonly key: string;
  readonly name: string;
  readonly code: string;
  /** A package, and the file in it that is fetched when the code runs. */
  readonly fetched?: readonly [string, string];
}

export interface DownloadRow extends Common {
  readonly kind: "download";
  readonly downloads: readonly Download[];
}

export type Row = TimedRow | FreshRow | DownloadRow;
/** Floating-point operations of one call; 0 for a mark that has none to speak of. */
export function operations({ peer, form, case: given }: Entry): number {
  if (peer !== "machine") return flopsOf(given);
  return form?.startsWith("read ") ? 0 : PEAK_FLOPS;
}

/** What a target sees, from medians by key. */
export function figuresOf(row: Row, of: Figures["of"]): Figures {
  const entries = row.kind === "download" ? [] : row.entries;
  const rate = (key: string): number => {
    const entry = entries.find((entry) => entry.key === key);
    return entry ? operations(entry) / of(key) : Number.NaN;
  };
  return { of, rate, peakShare: (key) => rate(key) / rate("peak") };
}

/** The bytes that a reading mark reads; undefined for any other entry. */
export function bytesRead({ peer, form, case: given }: Entry): number | undefined {
  if (peer !== "machine" || given.work !== "decode" || !form?.startsWith("read ")) return undefined;
  return cacheBytes(given, form.slice("read ".length) as Stored);
}
