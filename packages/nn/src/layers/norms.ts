// layerNorm() and rmsNorm(): normalisation over the last axis.
import type { Tensor, TensorInput } from "@attn/core";
import { checkFinite, checkTensor, wrongValue } from "@attn/core/engine";
import type { NormAt } from "../engine/kernel.ts";
import type { LayerNormParameters, RmsNormParameters } from "../types.ts";
import { ParameterReader } from "./parameters.ts";
import { NormStep, Workspace } from "./steps.ts";

/** What keeps a variance from being 0; `missing` where it is not given. */
export function checkEps(api: string, eps: unknown, missing: number): number {
  const value = checkFinite(api, "eps", eps, missing);
  if (value < 0) throw wrongValue(api, "eps", "be at least 0", value);
  return value;
}

function normalise(
  api: string,
  kind: NormAt["kind"],
  x: unknown,
  parameters: unknown,
  names: readonly string[],
  eps: number,
): Tensor {
  const rows = { name: "x", ...checkTensor(api, "x", x) };
  const { shape, size } = rows;
  const E = shape[shape.length - 1];
  if (E === undefined) throw wrongValue(api, "x", "have rank 1 or more", "rank 0");
  const expected = `have the names ${names.map((name) => `"${name}"`).join(", ")} alone`;
  const reader = new ParameterReader(api, parameters, names, expected);
  const norm = {
    weight: reader.vector("weight", E),
    bias: reader.vector("bias", E),
    eps: checkEps(api, reader.get("eps"), eps),
  };

  const space = new Workspace(api, reader.kernel());
  const from = space.input(rows);
  const to = space.frame.output(size);
  const step = new NormStep(space, kind, norm);
  space.open();

  if (size > 0) step.run(space.matrix(to, E), space.matrix(from, E), size / E, E);

  return space.frame.result(to, shape);
}

/**
 * (x - mean)/√(variance + eps)·weight + bias over the last axis (Ba, Kiros & Hinton 2016), as nn.LayerNorm: x [..., E],
 * weight and bias [E], ones and zeros where absent. The variance is divided by E, not by E - 1. eps is 1e-5 unless given;
 * with eps 0 a row whose numbers are all alike gives NaN.
 *
 * @example
 * ```ts
 * import { layerNorm } from "@attn/nn";
 *
 * console.log(layerNorm([[1, 3], [10, 30]])); // → [[-1, 1], [-1, 1]]
 * console.log(layerNorm([[1, 3]], { weight: [2, 2], bias: [0, 5], eps: 3 })); // → [[-1, 6]]
 * ```
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong value or shape, or an unknown name; nothing is
 * computed then.
 */
export function layerNorm(x: TensorInput, parameters: LayerNormParameters = {}): Tensor {
  return normalise("layerNorm", "layer", x, parameters, ["weight", "bias", "eps"], 1e-5);
}

/**
 * x/√(mean(x²) + eps)·weight over the last axis (Zhang & Sennrich 2019), as nn.RMSNorm: x [..., E], weight [E], ones where
 * absent. eps is 1e-6 unless given; with eps 0 a row of zeros gives NaN.
 *
 * @example
 * ```ts
 * import { rmsNorm } from "@attn/nn";
 *
 * console.log(rmsNorm([[1, 7]], { weight: [1, 10] })); // → [[0.2, 14]]
 * ```
 * @throws TypeError for an argument of the wrong kind, RangeError for a wrong value or shape, or an unknown name; nothing is
 * computed then.
 */
export function rmsNorm(x: TensorInput, parameters: RmsNormParameters = {}): Tensor {
  return normalise("rmsNorm", "rms", x, parameters, ["weight", "eps"], 1e-6);
}
