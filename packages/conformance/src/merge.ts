// Joining attention over disjoint sets of keys, in float64. Computes no attention itself.

import { at, checkArray, type NumericArray, type RealArray, sizeOf } from "./array.ts";

/** Attention over one set of keys: output [..., L, Dv] in "BHLD" order, lse [..., L]. */
export interface ReferencePart {
  readonly output: NumericArray;
  readonly lse: NumericArray;
}

/**
 * lse = ln Σ_p exp(lse_p), output = Σ_p exp(lse_p - lse)·output_p.
 *
 * A part whose lse is -Infinity saw nothing in that row and is not read; where no part saw anything the output is 0
 * and the lse -Infinity. A sink counts as often as it is in the parts, so it belongs to one of them only.
 * Throws on no parts, or on shapes that differ.
 */
export function referenceMerge(parts: readonly ReferencePart[]): { output: RealArray; lse: RealArray } {
  const [first] = parts;
  if (!first) throw new RangeError("no parts to merge");
  for (const { output, lse } of parts) {
    checkArray("output", output);
    checkArray("lse", lse);
    const rows = output.shape.slice(0, -1);
    if (String(output.shape) !== String(first.output.shape) || String(lse.shape) !== String(rows))
      throw new RangeError(`output [${output.shape}] and lse [${lse.shape}] beside output [${first.output.shape}]`);
  }

  const Dv = at(first.output.shape, first.output.shape.length - 1);
  const output = new Float64Array(sizeOf(first.output.shape));
  const lse = new Float64Array(sizeOf(first.lse.shape));
  for (let row = 0; row < lse.length; row++) {
    let largest = -Infinity;
    for (const part of parts) largest = Math.max(largest, at(part.lse.data, row));
    lse[row] = largest;
    if (largest === -Infinity) continue;

    let sum = 0;
    for (const part of parts) sum += Math.exp(at(part.lse.data, row) - largest);
    lse[row] = largest + Math.log(sum);
    for (const part of parts) {
      const partLse = at(part.lse.data, row);
      if (partLse === -Infinity) continue;
      const share = Math.exp(partLse - largest) / sum;
      for (let d = 0; d < Dv; d++)
        output[row * Dv + d] = at(output, row * Dv + d) + share * at(part.output.data, row * Dv + d);
    }
  }
  return { output: { data: output, shape: first.output.shape }, lse: { data: lse, shape: first.lse.shape } };
}
