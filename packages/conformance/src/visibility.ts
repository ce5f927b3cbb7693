// Which key a query may look at by position alone: segments, causal, window, align, keyLengths. No masks, no numbers of q
// and k.

import { at } from "./array.ts";

/** The options that speak of positions; the meaning of each is told where AttentionReferenceOptions declares it. */
export interface PositionOptions {
  causal?: boolean | undefined;
  window?: { left?: number | undefined; right?: number | undefined } | undefined;
  align?: "top-left" | "bottom-right" | number | undefined;
  keyLengths?: ArrayLike<number> | undefined;
  segments?: { query: ArrayLike<number>; key?: ArrayLike<number> | undefined } | undefined;
}

/** One sequence: L queries from token `query` on, S keys from token `key` on, of which the first `length` may be seen. */
export interface Span {
  readonly query: number;
  readonly L: number;
  readonly key: number;
  readonly S: number;
  readonly length: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * The sequences of batch element b: one, or those that are packed. keyLengths has a number for each batch element; with
 * segments [segments], each of its own keys, or [1], of all keys.
 */
export function spansOf({ segments, keyLengths }: PositionOptions, b: number, B: number, L: number, S: number): Span[] {
  const lengths = keyLengths && Array.from(keyLengths, Number);
  if (!segments) {
    if (lengths && (lengths.length !== B || lengths.some((length) => !(length >= 0 && length <= S))))
      throw new RangeError(`"keyLengths" must be ${B} numbers from 0 to ${S}, got [${lengths}]`);
    return [{ query: 0, L, key: 0, S, length: lengths ? at(lengths, b) : S }];
  }
  const queries = Array.from(segments.query, Number);
  const keys = segments.key ? Array.from(segments.key, Number) : queries;
  if (B !== 1 || queries.length !== keys.length || sum(queries) !== L || sum(keys) !== S)
    throw new RangeError(
      `"segments" [${queries}] and [${keys}] do not make ${L} queries and ${S} keys of ${B} batches`,
    );
  if (lengths && lengths.length !== queries.length && lengths.length !== 1)
    throw new RangeError(`"keyLengths" must be ${queries.length} numbers, got [${lengths}]`);
  return queries.map((count, s) => {
    const own = at(keys, s);
    const key = sum(keys.slice(0, s));
    const ofAll = lengths && Math.min(Math.max(at(lengths, 0) - key, 0), own);
    const length = lengths && lengths.length === queries.length ? at(lengths, s) : (ofAll ?? own);
    if (!(length >= 0 && length <= own)) throw new RangeError(`"keyLengths" of segment ${s} must be 0 to ${own}`);
    return { query: sum(queries.slice(0, s)), L: count, key, S: own, length };
  });
}

/**
 * Throws where `align` is left out and needed: L ≠ S, and causal, a side of window, or alibi asks for a position.
 * Where L = S it defaults to "top-left", also with keyLengths.
 */
export function checkAlign(options: PositionOptions, L: number, S: number, alibi: boolean): void {
  const { align, causal, window } = options;
  const anchored = causal || alibi || window?.left !== undefined || window?.right !== undefined;
  if (align === undefined && L !== S && anchored)
    throw new RangeError(`"align" has no default where L = ${L} and S = ${S}: say "top-left" or "bottom-right"`);
}

/**
 * The key index, of its sequence, that query 0 of a sequence stands at.
 *
 *     "top-left"      0
 *     "bottom-right"  length - L: the last query stands at the last key that may be seen
 *     a number        that index
 */
export function queryOrigin({ align = "top-left" }: PositionOptions, { L, length }: Span): number {
  if (typeof align === "number") return align;
  return align === "top-left" ? 0 : length - L;
}

/**
 * Whether a query at position p may attend to key j of its sequence, by position alone.
 *
 *     causal                        j ≤ p
 *     window.left, window.right     p - left ≤ j ≤ p + right, both inclusive, an absent side unbounded
 *     keyLengths                    j < length
 *
 * All that are given must hold. Drawn for L = 2, S = 5, "bottom-right", window { left: 1 }, causal:
 *
 *     query 0, p = 3    . . x x .
 *     query 1, p = 4    . . . x x
 */
export function isInReach({ causal, window }: PositionOptions, { length }: Span, p: number, j: number): boolean {
  if (j >= length) return false;
  if (causal && j > p) return false;
  if (window?.left !== undefined && j < p - window.left) return false;
  if (window?.right !== undefined && j > p + window.right) return false;
  return true;
}
