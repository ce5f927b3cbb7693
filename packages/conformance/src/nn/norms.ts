// Normalisation over the last axis in float64.

import { at, checkArray, type NumericArray, type RealArray } from "../array.ts";

export interface NormReferenceOptions {
  /** [E]. Default ones. */
  weight?: NumericArray | undefined;
  /** [E]. Default zeros. */
  bias?: NumericArray | undefined;
  eps?: number | undefined;
}

/** The normalised rows, and what each element's error is relative to. */
export interface NormReference extends RealArray {
  readonly condition: Float64Array;
}

/** Calls `row` with the first index of each row. */
function eachRow(x: NumericArray, options: NormReferenceOptions, row: (start: number, width: number) => void): void {
  checkArray("x", x);
  const width = at(x.shape, x.shape.length - 1);
  for (const name of ["weight", "bias"] as const) {
    const parameter = options[name];
    if (parameter && String(parameter.shape) !== String([width]))
      throw new RangeError(`"${name}" has shape [${parameter.shape}], expected [${width}]`);
  }
  for (let start = 0; start < x.data.length; start += width) row(start, width);
}

/**
 * (x - mean)/√(variance + eps)·weight + bias over the last axis; the variance is divided by E, not by E - 1
 * (Ba, Kiros & Hinton 2016). eps 1e-5.
 *
 * condition: rounding x and the mean to u makes an error of u·(|x| + mean|x|) of their difference, and, by the variance,
 * one of the same order relative to a deviation of the whole row.
 */
export function referenceLayerNorm(x: NumericArray, options: NormReferenceOptions = {}): NormReference {
  const { weight, bias, eps = 1e-5 } = options;
  const data = new Float64Array(x.data.length);
  const condition = new Float64Array(x.data.length);
  eachRow(x, options, (start, width) => {
    let [mean, magnitude, variance] = [0, 0, 0];
    for (let i = 0; i < width; i++) {
      mean += at(x.data, start + i) / width;
      magnitude += Math.abs(at(x.data, start + i)) / width;
    }
    for (let i = 0; i < width; i++) variance += (at(x.data, start + i) - mean) ** 2 / width;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < width; i++) {
      const [w, b] = [weight ? at(weight.data, i) : 1, bias ? at(bias.data, i) : 0];
      const normalised = (at(x.data, start + i) - mean) * scale;
      data[start + i] = normalised * w + b;
      const difference = scale * (Math.abs(at(x.data, start + i)) + magnitude);
      condition[start + i] = Math.abs(w) * (difference + Math.abs(normalised) * (1 + scale * magnitude)) + Math.abs(b);
    }
  });
  return { data, shape: x.shape, condition };
}

/**
 * x/√(mean(x²) + eps)·weight over the last axis (Zhang & Sennrich 2019). eps 1e-6. There is no bias.
 * condition is |y|: a sum of squares does not cancel.
 */
export function referenceRmsNorm(x: NumericArray, options: Omit<NormReferenceOptions, "bias"> = {}): NormReference {
  const { weight, eps = 1e-6 } = options;
  const data = new Float64Array(x.data.length);
  eachRow(x, options, (start, width) => {
    let meanSquare = 0;
    for (let i = 0; i < width; i++) meanSquare += at(x.data, start + i) ** 2 / width;
    const scale = 1 / Math.sqrt(meanSquare + eps);
    for (let i = 0; i < width; i++) data[start + i] = at(x.data, start + i) * scale * (weight ? at(weight.data, i) : 1);
  });
  return { data, shape: x.shape, condition: data.map(Math.abs) };
}
