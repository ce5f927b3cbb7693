// int8 weights: one symmetric scale a row. Knows no files.
import { type TensorInput, tensor } from "@attn/core";
import { shapeText, wrongValue } from "@attn/core/engine";
import type { StoredTensor } from "../types.ts";

/** What a quantised weight's scales are stored under, behind the weight's own name. */
export const SCALE = ".scale";

const LARGEST = 127;
/** Added and taken away again, it leaves a whole number: halves go to the even one, as wasm's f32x4.nearest has them. */
const WHOLE = 1.5 * 2 ** 52;

/**
 * [..., N, K] as int8: each row of K numbers x becomes x / scale, rounded to the nearest, with scale = max|x| / 127; in
 * float32 arithmetic. A row of zeros has scale 0. Values I8 [..., N, K], scales F32 [..., N]: in a file they stand as name
 * and name + ".scale". The error of a number is at most half its row's scale.
 *
 * @example
 * ```ts
 * import { quantize } from "@attn/nn";
 *
 * const { values, scales } = quantize([[127, -2, 3], [0, 0, 0]]);
 * console.log(new Int8Array(values.bytes.buffer)); // → [127, -2, 3, 0, 0, 0]
 * console.log(new Float32Array(scales.bytes.buffer)); // → [1, 0]
 * ```
 * @throws RangeError where the weight has fewer than two dimensions, or a number that is not finite.
 */
export function quantize(weight: TensorInput): { readonly values: StoredTensor; readonly scales: StoredTensor } {
  const { data, shape } = "data" in weight ? tensor(weight.data, weight.shape) : tensor(weight);
  if (shape.length < 2) throw wrongValue("quantize", "weight", "have shape [..., N, K]", shapeText(shape));
  const K = shape[shape.length - 1] as number;
  const rows = shape.slice(0, -1);
  const values = new Int8Array(data.length);
  const scales = new Float32Array(rows.reduce((product, length) => product * length, 1));
  const wrong = quantizeRows(data, K, values, scales);
  if (wrong >= 0)
    throw new RangeError(
      `quantize: "weight" must be finite, got ${data[wrong]} in row ${Math.floor(wrong / K)} of ${shapeText(shape)}`,
    );
  return {
    values: { dtype: "I8", shape: [...shape], bytes: new Uint8Array(values.buffer) },
    scales: { dtype: "F32", shape: rows, bytes: new Uint8Array(scales.buffer) },
  };
}

/**
 * The same of one block of rows, into values [rows, K] and scales [rows] that are there. Returns the index of the first number
 * that is not finite; -1 where all are.
 */
export function quantizeRows(data: Float32Array, K: number, values: Int8Array, scales: Float32Array): number {
  for (let row = 0; row < scales.length; row++) {
    const start = row * K;
    let largest = 0;
    for (let i = start; i < start + K; i++) {
      const x = Math.abs(data[i] as number);
      if (!(x < Number.POSITIVE_INFINITY)) return i;
      if (x > largest) largest = x;
    }
    const scale = Math.fround(largest / LARGEST);
    scales[row] = scale;
    for (let i = start; i < start + K; i++) {
      const whole = scale === 0 ? 0 : Math.fround((data[i] as number) / scale) + WHOLE - WHOLE;
      // Where scale is subnormal a quotient can pass 127.
      values[i] = Math.max(-LARGEST, Math.min(LARGEST, whole));
    }
  }
  return -1;
}
