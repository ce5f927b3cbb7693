// relu(), gelu() and silu(): functions of each number by itself.
import type { Tensor, TensorInput } from "@attn/core";
import { checkOptions, checkTensor, Frame, wrongChoice } from "@attn/core/engine";
import { Kernel } from "../engine/kernel.ts";
import type { Activation } from "../models/architecture.ts";

function activate(api: string, x: unknown, activation: Activation): Tensor {
  const given = checkTensor(api, "x", x);

  const kernel = Kernel.of(api);
  const frame = new Frame(kernel.memory, api);
  const from = frame.input("x", given);
  const to = frame.output(given.size);
  const scratch = frame.space(kernel.nn.activate_f32_scratch());
  frame.open();

  kernel.activate(frame.at(to), frame.at(from), given.size, activation, frame.at(scratch));

  return frame.result(to, given.shape);
}

/**
 * max(x, 0) of each number; NaN stays. x of any shape.
 *
 * @example
 * ```ts
 * import { relu } from "@attn/nn";
 *
 * console.log(relu([-1, 0, 2])); // → [0, 0, 2]
 * ```
 * @throws TypeError where x is no tensor.
 */
export function relu(x: TensorInput): Tensor {
  return activate("relu", x, "relu");
}

/**
 * x·Φ(x) of each number, Φ the normal distribution's (Hendrycks & Gimpel 2016). approximate "none" (the default, as in
 * PyTorch; BERT's) is exact, within 3e-7·|x|; "tanh" (GPT-2's) is x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), up to 5e-4
 * away from it. -Infinity gives 0, NaN stays. x of any shape.
 *
 * @example
 * ```ts
 * import { gelu } from "@attn/nn";
 *
 * console.log(gelu([-1, 0, 1])); // → [-0.15866, 0, 0.84134]
 * console.log(gelu([-1, 0, 1], { approximate: "tanh" })); // → [-0.15881, 0, 0.84119]
 * ```
 * @throws TypeError where x is no tensor, or approximate no string; RangeError for another word.
 */
export function gelu(x: TensorInput, options?: { approximate?: "none" | "tanh" | undefined }): Tensor {
  const api = "gelu";
  const { approximate = "none" } = checkOptions<NonNullable<typeof options>>(api, options);
  if (approximate !== "none" && approximate !== "tanh")
    throw wrongChoice(api, "approximate", 'be "none" or "tanh"', approximate);
  return activate(api, x, approximate === "tanh" ? "gelu_tanh" : "gelu");
}

/**
 * x/(1 + e⁻ˣ) of each number, also called swish (Elfwing, Uchibe & Doya 2017). -Infinity gives 0, NaN stays. x of any shape.
 *
 * @example
 * ```ts
 * import { silu } from "@attn/nn";
 *
 * console.log(silu([-1, 0, 1])); // → [-0.26894, 0, 0.73106]
 * ```
 * @throws TypeError where x is no tensor.
 */
export function silu(x: TensorInput): Tensor {
  return activate("silu", x, "silu");
}
