// How far the call is from the same in double precision.
import { naive } from "./plain.ts";
import { fused, type Trace } from "./trace.ts";

/** The largest difference of any weight or output from float64, in which plain JavaScript computes. */
export function largestError(trace: Trace): number {
  const expected = naive(trace);
  const { output, weights } = fused(trace);
  const far = (got: ArrayLike<number>, wanted: readonly number[]): number =>
    wanted.reduce((most, value, i) => Math.max(most, Math.abs((got[i] as number) - value)), 0);
  return Math.max(far(output.data, expected.output), far(weights.data, expected.weights));
}
