// Measurements that need a process of their own for every sample: the first result, the first call, the memory of one
// call. Spawns fresh-child.ts and reads what it prints.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Observed } from "./fresh-child.ts";
import { lastError, type Measured, type MeasureOptions } from "./measure.ts";
import type { Entry, FreshRow } from "./row.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./fresh-child.ts", import.meta.url));

async function observe(entry: Entry): Promise<Observed> {
  const { stdout } = await run(process.execPath, [script, JSON.stringify(entry)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Observed;
}

/** Which observation an entry of a row is about. */
function pick(row: FreshRow, { key }: Entry, observed: Observed): number {
  if (row.kind === "memory") return observed.memory;
  if (row.kind === "first result") return observed.prepared + observed.first;
  return key.endsWith("warm") ? observed.warm : observed.first;
}

/** As `measure` does, with a process for each sample; entries of the same case and peer share it. */
export async function measureFresh(row: FreshRow, { rounds, onProgress }: MeasureOptions): Promise<Measured[]> {
  const measured = row.entries.map((entry) => ({
    entry,
    samples: [] as number[],
    why: undefined as string | undefined,
  }));
  const shared = Map.groupBy(measured, ({ entry }) => JSON.stringify([entry.peer, entry.form, entry.case]));
  // Memory does not vary.
  const count = row.kind === "memory" ? 1 : rounds;
  for (let round = 0; round < count; round++) {
    const groups = [...shared.values()];
    for (const group of round % 2 === 0 ? groups : groups.toReversed()) {
      const [first] = group;
      if (!first || first.why) continue;
      onProgress(`process ${round + 1} of ${count}: ${first.entry.key}`);
      try {
        const observed = await observe(first.entry);
        for (const { entry, samples } of group) samples.push(pick(row, entry, observed));
      } catch (error) {
        for (const one of group) one.why = lastError((error as { stderr?: string }).stderr || (error as Error).message);
      }
    }
  }
  return measured.map(({ entry: { key }, samples, why }) => ({ key, samples, ...(why && { why }) }));
}
