// How far the call is from the same in double precision.
import { naive } from "./plain.ts";
import { fused, type Walk } from "./walk.ts";

/** The largest difference of any weight or output from float64, in which plain JavaScript computes. */
export function largestError(walked: Walk): number {
  const expected = naive(walked);
  const { output, weights } = fused(walked);
  const far = (got: ArrayLike<number>, wanted: readonly number[]): number =>
    wanted.reduce((most, value, i) => Math.max(most, Math.abs((got[i] as number) - value)), 0);
  return Math.max(far(output.data, expected.output), far(weights.data, expected.weights));
}
