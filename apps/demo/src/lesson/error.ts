// How far the call is from the same in double precision.
import { type NumericArray, referenceMultiHead } from "@attn/conformance";
import { fused, type Rows, type Walk } from "./walk.ts";

const array = (rows: Rows): NumericArray => ({
  data: Float64Array.from(rows.flat()),
  shape: [rows.length, rows[0]?.length ?? 0],
});

/** The largest difference of any weight or output from float64. */
export function largestError(walked: Walk): number {
  const { play, x, memory, scale, hidden, weightsOf } = walked;
  const linear = (rows: Rows) => ({ weight: array(rows) });
  const expected = referenceMultiHead(array(x.vectors), array(memory.vectors), {
    heads: play.heads,
    scale,
    mask: array(hidden.map((row) => row.map((cell) => (cell ? 0 : 1)))),
    projections: {
      query: linear(weightsOf.query),
      key: linear(weightsOf.key),
      value: linear(weightsOf.value),
      output: linear(weightsOf.output),
    },
  });
  const { output, weights } = fused(walked);
  const far = (got: ArrayLike<number>, wanted: ArrayLike<number>): number =>
    Array.from(got, (value, i) => Math.abs(value - (wanted[i] ?? 0))).reduce((a, b) => Math.max(a, b), 0);
  return Math.max(far(output.data, expected.output.data), far(weights.data, expected.weights.data));
}
