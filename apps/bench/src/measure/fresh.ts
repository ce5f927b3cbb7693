// Measurements that need a process of their own for every sample: the first result, the first call, the memory of one
// call. Spawns fresh-process.ts and reads what it prints.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Case, type FreshBenchmark, isMemory } from "../benchmark.ts";
import type { Observed } from "./fresh-process.ts";
import { lastError, type Measurement, type MeasureOptions } from "./rounds.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./fresh-process.ts", import.meta.url));

async function observe(item: Case, collects: boolean): Promise<Observed> {
  const { stdout } = await run(process.execPath, [...(collects ? ["--expose-gc"] : []), script, JSON.stringify(item)]);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Observed;
}

/** Which observation a case is about. */
function pick(benchmark: FreshBenchmark, { key }: Case, observed: Observed): number {
  if (benchmark.kind === "memory") return observed.memory;
  if (benchmark.kind === "peak memory") return observed.peak;
  if (benchmark.kind === "first result") return observed.prepared + observed.first;
  return key.endsWith("warm") ? observed.warm : observed.first;
}

/** As `measure` does, with a process for each sample; cases of the same workload and peer share it. */
export async function measureFresh(
  benchmark: FreshBenchmark,
  { rounds, onProgress }: MeasureOptions,
): Promise<Measurement[]> {
  const measured = benchmark.cases.map((item) => ({
    item,
    samples: [] as number[],
    why: undefined as string | undefined,
  }));
  const shared = Map.groupBy(measured, ({ item: { peer, mode, workload } }) => JSON.stringify([peer, mode, workload]));
  // Memory does not vary.
  const count = isMemory(benchmark) ? 1 : rounds;
  for (let round = 0; round < count; round++) {
    const groups = [...shared.values()];
    for (const group of round % 2 === 0 ? groups : groups.toReversed()) {
      const [first] = group;
      if (!first || first.why) continue;
      onProgress(`process ${round + 1} of ${count}: ${first.item.key}`);
      try {
        const observed = await observe(first.item, benchmark.kind === "peak memory");
        for (const { item, samples } of group) samples.push(pick(benchmark, item, observed));
      } catch (error) {
        for (const one of group) one.why = lastError((error as { stderr?: string }).stderr || (error as Error).message);
      }
    }
  }
  return measured.map(({ item: { key }, samples, why }) => ({ key, samples, ...(why && { why }) }));
}
