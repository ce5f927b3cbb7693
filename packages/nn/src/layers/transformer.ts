// transformerEncoderLayer() and transformerDecoderLayer().
import type { AttentionOptions, TensorInput } from "@attn/core";
import {
  type AttentionPlan,
  checkBroadcast,
  checkList,
  checkLogits,
  checkMask,
  checkOptions,
  defaultScale,
  withAxes,
} from "@attn/core/engine";
import type {
  DecoderLayerOptions,
  DecoderLayerResult,
  EncoderLayerOptions,
  EncoderLayerResult,
  LayerParameters,
} from "../types.ts";
import { MultiheadStep, multiheadNames, readMultihead, wanted } from "./multihead-step.ts";
import { ParameterReader } from "./parameters.ts";
import { checkSettings, Parts, readFeedForward, readNorm } from "./parts.ts";
import { checkHeadCount, checkSequences, checkTogether, sizesOf } from "./sequences.ts";
import { Workspace } from "./steps.ts";

const SELF = "self_attn.";
const CROSS = "multihead_attn.";
const namesOf = (parts: readonly string[]): string[] => parts.flatMap((name) => [`${name}.weight`, `${name}.bias`]);

/** Who is seen of memory, as core's options; what is wrong is said of this layer's. */
function checkMemory(
  api: string,
  { memoryMask, memoryKeyLengths }: Partial<DecoderLayerOptions>,
  { sizes: { B, H, L, S }, axes }: Pick<AttentionPlan, "sizes" | "axes">,
): Pick<AttentionOptions, "mask" | "keyLengths"> {
  const mask = memoryMask === undefined ? undefined : checkMask(api, memoryMask, "memoryMask");
  if (mask) checkBroadcast(api, "memoryMask", mask.shape, withAxes(axes, B, H, L, S));
  if (memoryKeyLengths === undefined) return { mask };
  const valid = (n: number) => Number.isInteger(n) && n >= 0 && n <= S;
  const expected = () => `be an integer from 0 to ${S}`;
  const make = (seen: readonly number[]) => Int32Array.from(seen);
  return { mask, keyLengths: checkList(api, "memoryKeyLengths", memoryKeyLengths, B, "B", make, valid, expected) };
}

/**
 * nn.TransformerEncoderLayer in evaluation mode, batch first: self-attention, then feed-forward, each with a residual and a
 * norm (Vaswani et al. 2017): x [L, E] or [B, L, E] → the same shape.
 *
 *     y = norm1(x + self_attn(x)),  norm2(y + linear2(activation(linear1(y))))
 *     y = x + self_attn(norm1(x)),  y + linear2(activation(linear1(norm2(y))))      with normFirst
 *
 * `parameters` have the names of its state dict: self_attn.in_proj_weight [3E, E] and .in_proj_bias [3E] (or q_proj_weight
 * and so on, see {@link multiheadAttention}), self_attn.out_proj.weight [E, E] and .bias, linear1.weight [F, E] and .bias,
 * linear2.weight [E, F] and .bias, norm1 and norm2 .weight and .bias [E]. Biases may be absent. mask, bias, causal and
 * keyLengths are core's, true = attend. Rows at and past keyLengths are computed as any other; nobody attends to them.
 *
 * @example
 * ```ts
 * import { readSafetensors, transformerEncoderLayer, writeSafetensors } from "@attn/nn";
 *
 * // A state dict as a file has it, here of a layer with E = 2 and F = 1.
 * const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
 * const ones = { data: Float32Array.of(1, 1), shape: [2] };
 * const file = writeSafetensors(new Map([
 *   ["layers.0.self_attn.in_proj_weight", zeros(6, 2)],
 *   ["layers.0.self_attn.out_proj.weight", zeros(2, 2)],
 *   ["layers.0.linear1.weight", zeros(1, 2)],
 *   ["layers.0.linear2.weight", zeros(2, 1)],
 *   ["layers.0.norm1.weight", ones],
 *   ["layers.0.norm2.weight", ones],
 * ]));
 *
 * const prefix = "layers.0.";
 * const named = [...readSafetensors(file)].filter(([name]) => name.startsWith(prefix));
 * const parameters = Object.fromEntries(named.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
 * const { output, weights } = transformerEncoderLayer([[0, 2], [4, 2]], parameters, { heads: 1, returnWeights: true });
 * console.log(output); // → [[-1, 1], [1, -1]]
 * console.log(weights); // → [[[0.5, 0.5], [0.5, 0.5]]]
 * ```
 * @throws TypeError for an argument of the wrong kind or a parameter that is missing; RangeError for a wrong value or shape, a
 * name that is unknown, Weights of two engines, or wasm memory that does not suffice. Nothing is computed then. Error where a
 * Weight is disposed.
 */
export function transformerEncoderLayer(
  x: TensorInput,
  parameters: LayerParameters,
  options: EncoderLayerOptions,
): EncoderLayerResult {
  const api = "transformerEncoderLayer";
  const given = checkOptions<EncoderLayerOptions>(api, options);
  const rows = checkSequences(api, "x", x, "L, E");
  const { E, L, shape } = rows;
  const H = checkHeadCount(api, given.heads, E);
  const settings = checkSettings(api, given);
  const names = [...multiheadNames(SELF), ...namesOf(["linear1", "linear2", "norm1", "norm2"])];
  const expected = "have the names of nn.TransformerEncoderLayer's state dict alone";
  const reader = new ParameterReader(api, parameters, names, expected);
  const attention = readMultihead(api, reader, SELF, [rows, rows, rows]);
  const feedForward = readFeedForward(reader, E);
  const norms = [readNorm(reader, "norm1", E), readNorm(reader, "norm2", E)] as const;
  const { sizes, axes } = sizesOf(rows, L, H);
  const { mask, bias, causal, keyLengths } = given;
  const logits = checkLogits(api, { mask, bias, causal, keyLengths }, sizes, axes, { scale: defaultScale(sizes.D) });
  const { result } = settings;

  const space = new Workspace(api, reader.kernel());
  const parts = new Parts(space, rows, settings);
  const self = new MultiheadStep(space, attention, { sizes, axes, segments: undefined, logits, result }, "all");
  parts.addAttention(norms[0], self);
  parts.addFeedForward(norms[1], feedForward);
  space.open();

  if (rows.size > 0 || wanted(self.plan)) parts.run();

  return self.take(space.frame.result(parts.y, shape));
}

/**
 * nn.TransformerDecoderLayer in evaluation mode, batch first: causal self-attention, attention over memory, feed-forward,
 * each with a residual and a norm (Vaswani et al. 2017): x [L, E] or [B, L, E], memory [S, E] or [B, S, E] → x's shape.
 *
 * `parameters` have the names of its state dict: those of {@link transformerEncoderLayer}, and multihead_attn.in_proj_weight,
 * .in_proj_bias, .out_proj.weight and .out_proj.bias for the attention over memory, whose norm is norm2; norm3 is the
 * feed-forward layer's. memoryMask (true = attend) and memoryKeyLengths say which of memory's tokens are seen. A row of x sees
 * itself and those before it. Where a query may see nothing of memory, the attention over it gives out_proj.bias.
 *
 * @example
 * ```ts
 * import { transformerDecoderLayer } from "@attn/nn";
 *
 * const zeros = (rows: number, columns: number) => Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
 * const one = [[1, 0], [0, 1]];
 * const parameters = {
 *   "self_attn.in_proj_weight": zeros(6, 2),
 *   "self_attn.out_proj.weight": one,
 *   "multihead_attn.in_proj_weight": [...zeros(4, 2), ...one],
 *   "multihead_attn.out_proj.weight": one,
 *   "linear1.weight": zeros(1, 2),
 *   "linear2.weight": zeros(2, 1),
 *   "norm1.weight": [1, 1],
 *   "norm2.weight": [1, 1],
 *   "norm3.weight": [1, 1],
 * };
 * const options = { heads: 1, normFirst: true, memoryKeyLengths: [2], returnWeights: true };
 * const result = transformerDecoderLayer([[1, 2]], [[4, 0], [0, 8], [9, 9]], parameters, options);
 * console.log(result.output); // → [[3, 6]]
 * console.log(result.crossWeights); // → [[[0.5, 0.5, 0]]]
 * ```
 * @throws TypeError for an argument of the wrong kind or a parameter that is missing; RangeError for a wrong value or shape, a
 * name that is unknown, Weights of two engines, or wasm memory that does not suffice. Nothing is computed then. Error where a
 * Weight is disposed.
 */
export function transformerDecoderLayer(
  x: TensorInput,
  memory: TensorInput,
  parameters: LayerParameters,
  options: DecoderLayerOptions,
): DecoderLayerResult {
  const api = "transformerDecoderLayer";
  const given = checkOptions<DecoderLayerOptions>(api, options);
  const rows = checkSequences(api, "x", x, "L, E");
  const others = memory === x ? { ...rows, name: "memory" } : checkSequences(api, "memory", memory, "S, E");
  checkTogether(api, rows, others);
  const { E, L, shape } = rows;
  const H = checkHeadCount(api, given.heads, E);
  const settings = checkSettings(api, given);
  const attentions = [...multiheadNames(SELF), ...multiheadNames(CROSS)];
  const names = [...attentions, ...namesOf(["linear1", "linear2", "norm1", "norm2", "norm3"])];
  const expected = "have the names of nn.TransformerDecoderLayer's state dict alone";
  const reader = new ParameterReader(api, parameters, names, expected);
  const selfAttention = readMultihead(api, reader, SELF, [rows, rows, rows]);
  const crossAttention = readMultihead(api, reader, CROSS, [rows, others, others]);
  const feedForward = readFeedForward(reader, E);
  const norms = [readNorm(reader, "norm1", E), readNorm(reader, "norm2", E), readNorm(reader, "norm3", E)] as const;
  const { result } = settings;
  const own = sizesOf(rows, L, H);
  const crossing = sizesOf(rows, others.L, H);
  const scale = defaultScale(own.sizes.D);
  const causal = checkLogits(api, { causal: true }, own.sizes, own.axes, { scale });
  const visible = checkLogits(api, checkMemory(api, given, crossing), crossing.sizes, crossing.axes, { scale });

  const space = new Workspace(api, reader.kernel());
  const parts = new Parts(space, rows, settings);
  const self = new MultiheadStep(space, selfAttention, { ...own, segments: undefined, logits: causal, result }, "all");
  const cross = new MultiheadStep(
    space,
    crossAttention,
    { ...crossing, segments: undefined, logits: visible, result },
    "keyValue",
  );
  parts.addAttention(norms[0], self);
  parts.addAttention(norms[1], cross, { slot: space.input(others), E: others.E });
  parts.addFeedForward(norms[2], feedForward);
  space.open();

  if (rows.size > 0 || wanted(self.plan)) parts.run();

  const output = space.frame.result(parts.y, shape);
  const { weights: crossWeights } = cross.take(output);
  return { ...self.take(output), ...(crossWeights && { crossWeights }) };
}
