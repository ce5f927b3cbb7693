// The report on weights: a line for each tensor, what they are together, and how they stand to a config. Reads headers alone.
import { basename } from "node:path";
import { shapeText } from "@attn/core/engine";
import type { Colors } from "picocolors/types.js";
import type { Entry } from "../weights/header.ts";
import type { Inputs, WeightFile } from "./files.ts";
import { DTYPES, type Fit, fit, memoryOf } from "./fit.ts";
import { counted, countText, printable, sizeText, table } from "./text.ts";

export interface Report {
  /** Lines for stdout. */
  readonly lines: readonly string[];
  /** What is wrong, for stderr: nothing where all fits. */
  readonly problems: readonly string[];
}

/** Numbers within names count as numbers: layer 2 comes before layer 10. */
const byLayer = new Intl.Collator("en", { numeric: true });

export function inspect({ files, config }: Inputs, colors: Colors): Report {
  const lines = [...tensorLines(files, colors), ...metadataLines(files, colors), ...totalLines(files, colors)];
  let known: Fit | undefined;
  try {
    known = config && fit(files, config);
  } catch (error) {
    return { lines, problems: [(error as Error).message] };
  }
  const about: [string, string][] = [];
  const problems: string[] = [];
  if (known && config) {
    const { architecture, family, unread } = known;
    const count = counted(known.problems.length, "tensor");
    const fits = known.problems.length === 0;
    const verdict = fits ? colors.green(`fits ${config.path}`) : colors.red(`does not fit ${config.path}: ${count}`);
    about.push([family, `${architecture.kind}, ${verdict}`]);
    if (fits && unread.length > 0) about.push(["not needed", listed(unread)]);
    if (!fits)
      problems.push(
        `${config.path}: the weights must fit this config, got ${count} that ${known.problems.length === 1 ? "does" : "do"} not:`,
      );
    problems.push(...known.problems.map((problem) => `  ${problem}`));
  }
  const memory = memoryOf(files, known);
  const kept = DTYPES.map((dtype) => `${dtype} ${sizeText(memory[dtype])}`).join(", ");
  about.push(["in memory", known ? kept : `about ${kept}; exactly with a config.json`]);
  const ends = table([{ title: "" }, { title: "" }], about).slice(1);
  return { lines: [...lines, "", ...ends], problems };
}

/** Names, the first few of them where there are many. */
function listed(names: readonly string[]): string {
  const most = 4;
  const more = names.length > most + 1 ? names.length - most : 0;
  const some = names
    .slice(0, names.length - more)
    .map(printable)
    .join(", ");
  return more > 0 ? `${some} and ${countText(more)} more` : some;
}

function tensorLines(files: readonly WeightFile[], colors: Colors): string[] {
  const several = files.length > 1;
  // Shards lie in one folder.
  const short = new Set(files.map(({ path }) => basename(path))).size === files.length;
  const all = files.flatMap(({ path, entries }) => entries.map((entry) => ({ path, entry })));
  all.sort((a, b) => byLayer.compare(a.entry.name, b.entry.name));
  const [title = "", ...rows] = table(
    [
      { title: "TENSOR" },
      { title: "SHAPE" },
      { title: "TYPE" },
      { title: "SIZE", align: "right" },
      ...(several ? [{ title: "FILE" }] : []),
    ],
    all.map(({ path, entry }) => [
      printable(entry.name),
      shapeText(entry.shape),
      entry.dtype,
      sizeText(sizeOf(entry)),
      ...(several ? [printable(short ? basename(path) : path)] : []),
    ]),
  );
  return [colors.dim(title), ...rows];
}

function metadataLines(files: readonly WeightFile[], colors: Colors): string[] {
  const rows = new Map<string, string[]>();
  // What all shards say is said once.
  for (const { metadata } of files)
    for (const [key, value] of metadata ?? [])
      rows.set(JSON.stringify([key, value]), [printable(key), printable(value)]);
  if (rows.size === 0) return [];
  const [title = "", ...lines] = table([{ title: "METADATA" }, { title: "" }], [...rows.values()]);
  return ["", colors.dim(title), ...lines];
}

function totalLines(files: readonly WeightFile[], colors: Colors): string[] {
  const entries = files.flatMap(({ entries }) => entries);
  const sum = (of: readonly Entry[], what: (entry: Entry) => number): number =>
    of.reduce((total, entry) => total + what(entry), 0);
  const dtypes = [...new Set(entries.map(({ dtype }) => dtype))];
  const rows = dtypes.map((dtype) => {
    const those = entries.filter((entry) => entry.dtype === dtype);
    return [dtype, ...totals(those)];
  });
  function totals(of: readonly Entry[]): string[] {
    return [countText(of.length), countText(sum(of, numbersOf)), sizeText(sum(of, sizeOf))];
  }
  const [title = "", ...lines] = table(
    [
      { title: "TYPE" },
      { title: "TENSORS", align: "right" },
      { title: "NUMBERS", align: "right" },
      { title: "SIZE", align: "right" },
    ],
    [...rows, ...(dtypes.length === 1 ? [] : [["all", ...totals(entries)]])],
  );
  return ["", colors.dim(title), ...lines];
}

const sizeOf = ({ begin, end }: Entry): number => end - begin;
const numbersOf = ({ shape }: Entry): number => shape.reduce((product, length) => product * length, 1);
