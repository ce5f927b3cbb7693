// Batches of token ids, and where they stand. Knows vocabularies, no models.
import { wrongKind } from "@attn/core/engine";
import { checkTokens, isList } from "../layers/ids.ts";
import type { Positions } from "./architecture.ts";

/** Several of them. */
export function checkBatch(api: string, argument: string, x: unknown, size: number): Int32Array[] {
  if (!isList(x)) throw wrongKind(api, argument, "be a list of sequences of token ids", x);
  return Array.from({ length: x.length }, (_, i) => {
    if (typeof x[i] === "number")
      throw wrongKind(
        api,
        `${argument}[${i}]`,
        "be a sequence of token ids (a single sequence goes in a list of its own)",
        x[i],
      );
    return checkTokens(api, `${argument}[${i}]`, x[i], size);
  });
}

/** One behind the other. */
export function joined(batch: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(batch.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const ids of batch) {
    all.set(ids, at);
    at += ids.length;
  }
  return all;
}

/** Whether a token counts as one of the positions. */
export const isCounted = (id: number, positions: Positions | undefined): boolean => id !== positions?.padding;

/** The row, or the angle's factor, of each token, as the stack counts them; `counted`: how many were counted before. */
export function positionsOf(ids: Int32Array, counted: number, positions: Positions | undefined): Int32Array {
  const first = positions?.first ?? 0;
  let next = first + counted;
  return ids.map((id) => (isCounted(id, positions) ? next++ : first - 1));
}
