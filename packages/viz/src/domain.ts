// Which values stand at the ends of the colour scale. Knows cells; heat.ts knows colours.
import type { Domain } from "./heat.ts";
import { type Cells, readValues, type Values } from "./matrix.ts";

/** The smallest and the largest finite number that is not hidden, and 0. */
function extremes(matrices: readonly Cells[]): [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const cells of matrices)
    for (let i = 0; i < cells.rows.length; i++)
      for (let j = 0; j < cells.columns.length; j++) {
        const value = cells.value(i, j);
        if (!Number.isFinite(value) || cells.isHidden(i, j)) continue;
        if (value < low) low = value;
        else if (value > high) high = value;
      }
  return [low, high];
}

/**
 * 0 … 1, or as much wider as the values need: so pictures of weights share one scale. Takes what a matrix's `values` may be.
 *
 * @example
 * ```ts
 * import { domainOf } from "@attn/viz";
 * console.log(domainOf([[0.25, 0.75], [2, Number.NaN]])); // → [0, 2]
 * ```
 *
 * @throws TypeError, RangeError for what is neither rows of numbers nor a tensor.
 */
export function domainOf(values: Values): Domain {
  const [low, high] = extremes(readValues("domainOf", "values", values));
  return [low, Math.max(1, high)];
}

/** More columns than this share out a row's 1 so finely that a scale up to 1 would show nothing. */
const FINE = 64;
/** The scale that matrices share: the one that is wanted, or 0 … 1 or wider, or 0 … the largest of many columns. */
export function scaleOf(matrices: readonly Cells[], wanted: Domain | undefined): Domain {
  if (wanted) return wanted;
  const [low, high] = extremes(matrices);
  return [low, matrices.some(({ columns }) => columns.length > FINE) ? high : Math.max(1, high)];
}
