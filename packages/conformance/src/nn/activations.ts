// Functions of one number, applied to each element, in float64.

import type { NumericArray, RealArray } from "../array.ts";
import { erfc } from "./erf.ts";

/** The names of a feed-forward layer's activation. gelu is the one with erf. */
export type Activation = "relu" | "gelu" | "geluTanh" | "silu";

/**
 *     relu      max(x, 0)
 *     gelu      x·Φ(x) = x/2·erfc(-x/√2)                               (Hendrycks & Gimpel 2016; BERT)
 *     geluTanh  x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))               (the same paper's approximation; GPT-2)
 *     silu      x/(1 + e⁻ˣ)                                            (Elfwing, Uchibe & Doya 2017; Llama)
 *
 * NaN gives NaN, +Infinity itself; -Infinity gives 0, the limit.
 */
export const activations: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => (x === -Infinity ? 0 : (x / 2) * erfc(-x / Math.SQRT2)),
  geluTanh: (x) => (x === -Infinity ? 0 : x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  silu: (x) => (x === -Infinity ? 0 : x / (1 + Math.exp(-x))),
};

/** The activation of each element. (1 + tanh(y))/2 is 1/(1 + e⁻²ʸ), which does not cancel for y < 0.) */
export function referenceActivation(kind: Activation, x: NumericArray): RealArray {
  return { data: Float64Array.from(x.data, activations[kind]), shape: x.shape };
}
