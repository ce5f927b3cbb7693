// PyTorch's attention and transformer layers in float64 (evaluation mode), under the names of their state dicts.

import { at, type NumericArray, type RealArray } from "../array.ts";
import { attendHeads, type ReferenceLinear } from "../mechanisms.ts";
import { type AttentionReference, type AttentionReferenceOptions, operand } from "../reference.ts";
import { activations } from "./activations.ts";
import { referenceLinear } from "./linear.ts";
import { referenceLayerNorm } from "./norms.ts";

/** A state dict: names to arrays. */
export type ReferenceParameters = Readonly<Record<string, NumericArray | undefined>>;

function parameter(parameters: ReferenceParameters, name: string): NumericArray {
  const array = parameters[name];
  if (!array) throw new RangeError(`there is no "${name}"`);
  return array;
}

/** The parameters whose names begin with `prefix`, without it. */
function under(parameters: ReferenceParameters, prefix: string): ReferenceParameters {
  const entries = Object.entries(parameters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, array]) => [name.slice(prefix.length), array]));
}

/** Rows from … end-1. */
function rows({ data, shape }: NumericArray, from: number, end: number): NumericArray {
  const width = shape.slice(1).reduce((product, extent) => product * extent, 1);
  return { data: Array.from(data).slice(from * width, end * width), shape: [end - from, ...shape.slice(1)] };
}

export type MultiheadReferenceOptions = Omit<AttentionReferenceOptions, "layout"> & { heads: number };

/**
 * torch.nn.MultiheadAttention, batch first: query [(B,) L, E], key [(B,) S, Ek], value [(B,) S, Ev] → [(B,) L, E].
 *
 *     in_proj_weight [3E, E]                              the rows of query, key and value one below the other, or
 *     q_proj_weight [E, E], k_proj_weight [E, Ek], v_proj_weight [E, Ev]
 *     in_proj_bias [3E]                                   may be absent
 *     out_proj.weight [E, E], out_proj.bias [E]           the bias may be absent
 *
 * Masks as in referenceAttention: not 0 = attend. A query with nothing to attend to gives out_proj.bias.
 */
export function referenceMultiheadAttention(
  query: NumericArray,
  key: NumericArray,
  value: NumericArray,
  parameters: ReferenceParameters,
  { heads, ...attention }: MultiheadReferenceOptions,
): AttentionReference {
  const E = at(query.shape, query.shape.length - 1);
  const joined = parameters.in_proj_weight;
  const bias = parameters.in_proj_bias;
  const projection = (name: string, place: number): ReferenceLinear => ({
    weight: joined ? rows(joined, place * E, (place + 1) * E) : parameter(parameters, `${name}_proj_weight`),
    bias: bias && rows(bias, place * E, (place + 1) * E),
  });
  return attendHeads(
    [operand("query", query), operand("key", key), operand("value", value)],
    {
      query: projection("q", 0),
      key: projection("k", 1),
      value: projection("v", 2),
      output: { weight: parameter(parameters, "out_proj.weight"), bias: parameters["out_proj.bias"] },
    },
    { ...attention, heads, keyValueHeads: heads, axes: { batch: query.shape.length === 3, heads: true } },
  );
}

export interface TransformerReferenceOptions {
  heads: number;
  /** Default "relu". */
  activation?: "relu" | "gelu" | undefined;
  /** Normalise before each part instead of after its residual. Default false. */
  normFirst?: boolean | undefined;
  /** Default 1e-5. */
  eps?: number | undefined;
  /** Accepted so that a call's own options can be passed on. */
  returnWeights?: boolean | undefined;
}

/** One part of a layer with its residual and its norm: norm(x + part(x)), or with normFirst x + part(norm(x)). */
function withResidual(
  x: NumericArray,
  parameters: ReferenceParameters,
  norm: string,
  { normFirst = false, eps = 1e-5 }: TransformerReferenceOptions,
  part: (x: NumericArray) => NumericArray,
): RealArray {
  const [weight, bias] = [parameters[`${norm}.weight`], parameters[`${norm}.bias`]];
  const normalise = (array: NumericArray): RealArray => referenceLayerNorm(array, { weight, bias, eps });
  const added = part(normFirst ? normalise(x) : x);
  const sum = { data: Float64Array.from(x.data, (value, i) => value + at(added.data, i)), shape: x.shape };
  return normFirst ? sum : normalise(sum);
}

function feedForward(x: NumericArray, parameters: ReferenceParameters, activation: "relu" | "gelu"): RealArray {
  const layer = (name: string): ReferenceLinear => ({
    weight: parameter(parameters, `${name}.weight`),
    bias: parameters[`${name}.bias`],
  });
  const inner = referenceLinear(x, layer("linear1"));
  return referenceLinear({ data: inner.data.map(activations[activation]), shape: inner.shape }, layer("linear2"));
}

/**
 * torch.nn.TransformerEncoderLayer: self-attention, then feed-forward; x [(B,) L, E] → the same shape.
 * Rows at and past keyLengths are computed as any other.
 */
export function referenceTransformerEncoderLayer(
  x: NumericArray,
  parameters: ReferenceParameters,
  options: TransformerReferenceOptions &
    Pick<AttentionReferenceOptions, "mask" | "bias" | "causal" | "keyLengths" | "align">,
): { output: RealArray; weights: RealArray } {
  const { heads, activation = "relu", mask, bias, causal, keyLengths, align } = options;
  let weights: RealArray = { data: new Float64Array(0), shape: [0] };
  const attended = withResidual(x, parameters, "norm1", options, (y) => {
    const visible = { mask, bias, causal, keyLengths, align };
    const self = referenceMultiheadAttention(y, y, y, under(parameters, "self_attn."), { heads, ...visible });
    weights = self.weights;
    return self.output;
  });
  const output = withResidual(attended, parameters, "norm2", options, (y) => feedForward(y, parameters, activation));
  return { output, weights };
}

/**
 * torch.nn.TransformerDecoderLayer: causal self-attention, attention over memory [(B,) S, E], feed-forward.
 * keyLengths are x's, memoryKeyLengths memory's.
 */
export function referenceTransformerDecoderLayer(
  x: NumericArray,
  memory: NumericArray,
  parameters: ReferenceParameters,
  options: TransformerReferenceOptions & {
    keyLengths?: ArrayLike<number> | undefined;
    memoryMask?: NumericArray | undefined;
    memoryKeyLengths?: ArrayLike<number> | undefined;
  },
): { output: RealArray; weights: RealArray; crossWeights: RealArray } {
  const { heads, activation = "relu", keyLengths, memoryMask, memoryKeyLengths } = options;
  let weights: RealArray = { data: new Float64Array(0), shape: [0] };
  let crossWeights = weights;
  const first = withResidual(x, parameters, "norm1", options, (y) => {
    const own = under(parameters, "self_attn.");
    const self = referenceMultiheadAttention(y, y, y, own, { heads, causal: true, keyLengths });
    weights = self.weights;
    return self.output;
  });
  const second = withResidual(first, parameters, "norm2", options, (y) => {
    const cross = referenceMultiheadAttention(y, memory, memory, under(parameters, "multihead_attn."), {
      heads,
      mask: memoryMask,
      keyLengths: memoryKeyLengths,
    });
    crossWeights = cross.weights;
    return cross.output;
  });
  const output = withResidual(second, parameters, "norm3", options, (y) => feedForward(y, parameters, activation));
  return { output, weights, crossWeights };
}
