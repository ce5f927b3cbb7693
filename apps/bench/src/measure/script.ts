// What other packages measure of themselves in a browser: their script is run to its end and its JSON is read.
import { fileURLToPath } from "node:url";
import { x } from "tinyexec";
import type { ScriptBenchmark } from "../benchmark.ts";
import { lastError, type Measurement, type MeasureOptions } from "./rounds.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Every number, and every sentence in place of one, by the keys that lead to it. */
function leaves(x: unknown, path: readonly string[]): [path: readonly string[], leaf: unknown][] {
  if (typeof x !== "object" || x === null) return [[path, x]];
  return Object.entries(x).flatMap(([key, value]) => leaves(value, [...path, key]));
}

export async function measureScript(
  { folder, script, parameters, labels }: ScriptBenchmark,
  { rounds, onProgress }: MeasureOptions,
): Promise<Measurement[]> {
  onProgress(`${folder}/${script}`);
  const { exitCode, stdout, stderr } = await x(process.execPath, [script, ...parameters(rounds)], {
    nodeOptions: { cwd: `${root}${folder}` },
  });
  if (exitCode !== 0) return [{ key: script, samples: [], why: lastError(stderr) }];
  return leaves(JSON.parse(stdout), [])
    .filter(([[first = ""]]) => Object.hasOwn(labels, first))
    .map(([path, leaf]) => ({
      key: path.join("."),
      ...(typeof leaf === "number" ? { samples: [leaf] } : { samples: [], why: String(leaf) }),
    }));
}
