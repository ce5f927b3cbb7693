// linear(): rows of numbers times a weight.
import type { Tensor, TensorInput } from "@attn/core";
import { checkTensor, wrongValue } from "@attn/core/engine";
import type { LinearParameters } from "../types.ts";
import { ParameterReader } from "./parameters.ts";
import { LinearStep, Workspace } from "./steps.ts";

const API = "linear";

/**
 * y = x·weightᵀ + bias, as nn.Linear: x [..., K], weight [N, K], bias [N] → [..., N].
 *
 * A {@link Weight} is used where it lies, packed once, on its own engine; a tensor is packed in each call, which for few rows
 * of x takes longer than the product. Arithmetic is f32; with an "int8" Weight, x is rounded to 16 bits, max|x|/32767 a step.
 * Without inputs (K = 0) y is the bias.
 *
 * @example
 * ```ts
 * import { linear } from "@attn/nn";
 *
 * const parameters = { weight: [[1, 0], [0, 1], [1, 1]], bias: [0, 0, 10] };
 * console.log(linear([[1, 2], [3, 4]], parameters)); // → [[1, 2, 13], [3, 4, 17]]
 * ```
 * @throws TypeError for an argument of the wrong kind, RangeError for a shape that does not fit, an unknown name, or wasm
 * memory that does not suffice; nothing is computed then. Error where the weight is disposed.
 */
export function linear(x: TensorInput, parameters: LinearParameters): Tensor {
  const rows = { name: "x", ...checkTensor(API, "x", x) };
  const { shape } = rows;
  const K = shape[shape.length - 1];
  if (K === undefined) throw wrongValue(API, "x", "have rank 1 or more", "rank 0");
  const reader = new ParameterReader(API, parameters, ["weight", "bias"], 'have the names "weight" and "bias" alone');
  const weight = reader.matrix("weight", undefined, K);
  const bias = reader.vector("bias", weight.rows);

  const N = weight.rows;
  const outer = shape.slice(0, -1);
  const M = outer.reduce((product, n) => product * n, 1);
  const space = new Workspace(API, reader.kernel());
  const from = space.input(rows);
  const to = space.frame.output(M * N);
  const step = new LinearStep(space, M, weight, bias);
  space.open();

  if (M * N > 0) step.run(space.matrix(to, N), space.matrix(from, K), M);

  return space.frame.result(to, [...outer, N]);
}
