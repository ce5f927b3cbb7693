// What a change did to one head's weights, the largest first.
import type { Trace } from "./trace.ts";

export interface Change {
  readonly query: string;
  readonly key: string;
  readonly before: number;
  readonly after: number;
}

/** Less than what four decimals show is no change. */
const SEEN = 5e-5;

/** Undefined where the two cannot be compared: other words, or another number of heads. */
export function changes(before: Trace | undefined, after: Trace, head: number): readonly Change[] | undefined {
  const [one, other] = [before?.heads[head]?.weights, after.heads[head]?.weights];
  if (!before || !one || !other) return undefined;
  const isSame = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((word, i) => word === b[i]);
  if (!isSame(before.x.words, after.x.words) || !isSame(before.memory.words, after.memory.words)) return undefined;
  return other
    .flatMap((row, i) =>
      row.map((value, j) => ({
        query: after.x.words[i] ?? "",
        key: after.memory.words[j] ?? "",
        before: one[i]?.[j] ?? 0,
        after: value,
      })),
    )
    .filter((change) => Math.abs(change.after - change.before) > SEEN)
    .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
}
