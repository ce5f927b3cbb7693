// Token ids that callers give: checked, and as the kernel reads them. Knows vocabularies, no models.
import { wrongKind, wrongValue } from "@attn/core/engine";
import type { Positions } from "./architecture.ts";

const isList = (x: unknown): x is ArrayLike<unknown> =>
  typeof x === "object" && x !== null && typeof (x as ArrayLike<unknown>).length === "number";

/** A list of ids below `size`, as integers. */
export function checkTokens(api: string, argument: string, x: unknown, size: number): Int32Array {
  if (!isList(x)) throw wrongKind(api, argument, "be a list of token ids", x);
  const { length } = x;
  if (!Number.isSafeInteger(length) || length < 0) throw wrongValue(api, argument, "have a length", length);
  const ids = [];
  for (let i = 0; i < length; i++) {
    const id = x[i];
    if (typeof id === "bigint")
      throw wrongKind(api, `${argument}[${i}]`, "be a number (Number(id) makes one of a bigint)", id);
    if (typeof id !== "number") throw wrongKind(api, `${argument}[${i}]`, "be a number", id);
    if (!Number.isInteger(id) || id < 0 || id >= size)
      throw wrongValue(api, `${argument}[${i}]`, `be an integer from 0 to ${size - 1}, a token of this vocabulary`, id);
    ids.push(id);
  }
  return Int32Array.from(ids);
}

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
