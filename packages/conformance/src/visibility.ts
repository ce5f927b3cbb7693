// Which key a query may look at by position alone: causal, window, align, keyLengths. No masks, no numbers of q and k.

/** The options that speak of positions; the meaning of each is told where AttentionReferenceOptions declares it. */
export interface PositionOptions {
  causal?: boolean | undefined;
  window?: { left?: number | undefined; right?: number | undefined } | undefined;
  align?: "top-left" | "bottom-right" | number | undefined;
  keyLengths?: ArrayLike<number> | undefined;
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
 * The key index that query 0 of batch b stands at.
 *
 *     "top-left"      0
 *     "bottom-right"  S - L, or keyLengths[b] - L: the last query stands at the last key there is
 *     a number        that index
 */
export function queryOrigin(options: PositionOptions, b: number, L: number, S: number): number {
  const { align = "top-left", keyLengths } = options;
  if (typeof align === "number") return align;
  if (align === "top-left") return 0;
  return (keyLengths ? Number(keyLengths[b]) : S) - L;
}

/**
 * Whether a query at position p may attend to key j, by position alone.
 *
 *     causal                        j ≤ p
 *     window.left, window.right     p - left ≤ j ≤ p + right, both inclusive, an absent side unbounded
 *     keyLengths                    j < keyLengths[b]
 *
 * All that are given must hold. Drawn for L = 2, S = 5, "bottom-right", window { left: 1 }, causal:
 *
 *     query 0, p = 3    . . x x .
 *     query 1, p = 4    . . . x x
 */
export function isInReach(options: PositionOptions, b: number, p: number, j: number): boolean {
  const { causal, window, keyLengths } = options;
  if (keyLengths && j >= Number(keyLengths[b])) return false;
  if (causal && j > p) return false;
  if (window?.left !== undefined && j < p - window.left) return false;
  if (window?.right !== undefined && j > p + window.right) return false;
  return true;
}
