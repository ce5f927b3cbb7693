// Token ids that callers give: checked, and as the kernel reads them. Knows the size of a vocabulary.
import { wrongKind, wrongValue } from "@attn/core/engine";

export const isList = (x: unknown): x is ArrayLike<unknown> =>
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
