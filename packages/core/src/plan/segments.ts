// Sequences packed one behind the other: that their lengths add up, and where each begins.
import { counted, wrongKind, wrongValue } from "../engine/errors.ts";
import { isObject, isRecord } from "./values.ts";

/** One sequence: L queries from token `query` on, and S keys from token `key` on. */
export interface Segment {
  readonly query: number;
  readonly L: number;
  readonly key: number;
  readonly S: number;
}

/** Lengths that add up to `total`, the length of `of`. */
function checkLengths(api: string, argument: string, list: unknown, total: number, of: string): number[] {
  if (!isObject(list) || typeof list.length !== "number") throw wrongKind(api, argument, "be a list of lengths", list);
  const lengths: number[] = [];
  const { length } = list;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const n = (list as unknown as ArrayLike<unknown>)[i];
    if (typeof n !== "number") throw wrongKind(api, `${argument}[${i}]`, "be a number", n);
    if (!Number.isSafeInteger(n) || n < 0) throw wrongValue(api, `${argument}[${i}]`, "be an integer of at least 0", n);
    lengths.push(n);
    sum += n;
  }
  if (sum !== total) throw wrongValue(api, argument, `add up to ${total}, the length of ${of}`, `${sum}`);
  return lengths;
}

/** The sequences of one batch element with L queries and S keys; undefined where nothing is packed. */
export function checkSegments(
  api: string,
  segments: unknown,
  { B, L, S }: { B: number; L: number; S: number },
): Segment[] | undefined {
  if (segments === undefined) return undefined;
  if (!isRecord(segments)) throw wrongKind(api, "segments", "be an object { query, key }", segments);
  if (B !== 1) throw wrongValue(api, "segments", "come with batch size 1", `${B}`);
  const { query, key = query } = segments;
  const queries = checkLengths(api, "segments.query", query, L, "query");
  const keys = checkLengths(api, "segments.key", key, S, "key");
  if (keys.length !== queries.length) {
    const expected = `have ${counted(queries.length, "length")}, like segments.query`;
    throw wrongValue(api, "segments.key", expected, `${keys.length}`);
  }
  const all: Segment[] = [];
  let [firstQuery, firstKey] = [0, 0];
  for (let i = 0; i < queries.length; i++) {
    const [n, m] = [queries[i] as number, keys[i] as number];
    all.push({ query: firstQuery, L: n, key: firstKey, S: m });
    firstQuery += n;
    firstKey += m;
  }
  return all;
}
