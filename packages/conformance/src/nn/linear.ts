// Weights times activations in float64: linear layers, gated ones, rows of a table, and weights as int8.

import { at, checkArray, type NumericArray, type RealArray, sizeOf } from "../array.ts";
import { type MatmulReference, referenceMatmul } from "../primitives.ts";
import { type Activation, activations } from "./activations.ts";

/**
 * y = x·weightᵀ + bias: x [..., K], weight [N, K], bias [N] → [..., N], as PyTorch's nn.Linear.
 * condition is referenceMatmul's.
 */
export function referenceLinear(
  x: NumericArray,
  { weight, bias }: { weight: NumericArray; bias?: NumericArray | undefined },
): MatmulReference {
  checkArray("x", x);
  const K = at(x.shape, x.shape.length - 1);
  const N = at(weight.shape, 0);
  if (bias && String(bias.shape) !== String([N]))
    throw new RangeError(`"bias" has shape [${bias.shape}], expected [${N}]`);
  const rows = sizeOf(x.shape.slice(0, -1));
  const product = referenceMatmul({ data: x.data, shape: [rows, K] }, weight, { transposeB: true, bias });
  return { ...product, shape: [...x.shape.slice(0, -1), N] };
}

/** down·(activation(gate·x) ⊙ up·x): the gated feed-forward of Shazeer 2020 ("GLU variants improve transformer"). */
export function referenceGatedFeedForward(
  x: NumericArray,
  { gate, up, down }: { gate: NumericArray; up: NumericArray; down: NumericArray },
  activation: Activation,
): RealArray {
  const gated = referenceLinear(x, { weight: gate });
  const raised = referenceLinear(x, { weight: up });
  const inner = gated.data.map((g, i) => activations[activation](g) * at(raised.data, i));
  return referenceLinear({ data: inner, shape: gated.shape }, { weight: down });
}

/** Rows `ids` of a table [V, E] → [L, E]. An id out of range throws. */
export function referenceEmbedding(ids: ArrayLike<number>, table: NumericArray): RealArray {
  checkArray("table", table);
  const [V, E] = [at(table.shape, 0), at(table.shape, 1)];
  const data = new Float64Array(ids.length * E);
  for (let i = 0; i < ids.length; i++) {
    const id = at(ids, i);
    if (!Number.isInteger(id) || id < 0 || id >= V) throw new RangeError(`id ${id} at ${i} of a table of ${V} rows`);
    for (let e = 0; e < E; e++) data[i * E + e] = at(table.data, id * E + e);
  }
  return { data, shape: [ids.length, E] };
}

/** Rows as int8 with one scale each: a row's values times its scale are near the row. */
export interface QuantizedReference {
  readonly values: { readonly data: Int8Array; readonly shape: readonly number[] };
  /** One a row, the last axis left out; float32 numbers. */
  readonly scales: { readonly data: Float32Array; readonly shape: readonly number[] };
}

/** To the nearest whole number, halves to the even one, as wasm's f32x4.nearest. */
export function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * weight [..., N, K] → int8 values -127 … 127 and one scale for each row: scale = max|row|/127 in float32, value =
 * row/scale rounded. A row of zeros has scale 0. -128 is not used, so that a weight and its negative are as exact.
 */
export function referenceQuantize(weight: NumericArray): QuantizedReference {
  checkArray("weight", weight);
  const K = at(weight.shape, weight.shape.length - 1);
  const shape = weight.shape.slice(0, -1);
  const scales = new Float32Array(sizeOf(shape));
  const values = new Int8Array(weight.data.length);
  for (let row = 0; row < scales.length; row++) {
    let largest = 0;
    for (let k = 0; k < K; k++) largest = Math.max(largest, Math.abs(at(weight.data, row * K + k)));
    scales[row] = largest / 127;
    const scale = at(scales, row);
    if (scale > 0) for (let k = 0; k < K; k++) values[row * K + k] = roundToEven(at(weight.data, row * K + k) / scale);
  }
  return { values: { data: values, shape: weight.shape }, scales: { data: scales, shape } };
}

/** The weight that int8 values and their scales stand for. */
export function referenceDequantize({ values, scales }: QuantizedReference): RealArray {
  const K = at(values.shape, values.shape.length - 1);
  return {
    data: Float64Array.from(values.data, (value, i) => value * at(scales.data, Math.floor(i / K))),
    shape: values.shape,
  };
}
