// T5's buckets of distances (Raffel et al. 2020; the formula is transformers' own). Knows no tensors.
import type { RelativeBias } from "./architecture.ts";

/**
 * The row of a relative bias's table for a key `distance` positions after its query (negative: before it). Half of the
 * buckets are one for each distance, the rest grow with its logarithm up to maximumDistance. Bidirectional tables have the
 * keys before a query in their first half; in others keys after it fall into bucket 0.
 */
export function relativeBucket(
  distance: number,
  { table, maximumDistance, bidirectional }: Pick<RelativeBias, "table" | "maximumDistance" | "bidirectional">,
): number {
  const buckets = (table.shape[0] as number) >> (bidirectional ? 1 : 0);
  const start = bidirectional && distance > 0 ? buckets : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = buckets >> 1;
  if (far < exact) return start + far;
  // The nudge is for distances at which the quotient is whole: a logarithm may fall short of it.
  const grown = (Math.log(far / exact) / Math.log(maximumDistance / exact)) * (buckets - exact) * (1 + 1e-9);
  return start + Math.min(exact + Math.trunc(grown), buckets - 1);
}
