// The four mechanisms of the API in float64: projections and heads around attention. The attention is reference.ts's.

import { at, checkArray, type NumericArray } from "./array.ts";
import {
  type AttentionReference,
  type AttentionReferenceOptions,
  type Axes,
  attend,
  type Operand,
  operand,
} from "./reference.ts";

/** y = x·weightᵀ + bias: weight [out, in], bias [out]. */
export interface ReferenceLinear {
  readonly weight: NumericArray;
  readonly bias?: NumericArray | undefined;
}

/** An absent projection is the identity. */
export interface ReferenceProjections {
  readonly query?: ReferenceLinear | undefined;
  readonly key?: ReferenceLinear | undefined;
  readonly value?: ReferenceLinear | undefined;
  readonly output?: ReferenceLinear | undefined;
}

export interface MultiHeadReferenceOptions extends Omit<AttentionReferenceOptions, "layout"> {
  /** H. Left out: one head, and no head axis in weights, scores and lse. */
  heads?: number | undefined;
  /** G. Default: as many as heads. */
  keyValueHeads?: number | undefined;
  projections?: ReferenceProjections | undefined;
}

/** x [..., in] → [..., out]; the error of each element is relative to |y| + √(Σ (x·W)² + bias²). */
function project(name: string, x: Operand, linear: ReferenceLinear | undefined): Operand {
  if (!linear) return x;
  const { weight, bias } = linear;
  checkArray(`projections.${name}.weight`, weight);
  const [outputs, inputs] = [at(weight.shape, 0), at(weight.shape, 1)];
  const width = at(x.shape, x.shape.length - 1);
  if (weight.shape.length !== 2 || inputs !== width)
    throw new RangeError(`"projections.${name}.weight" has shape [${weight.shape}], expected [*, ${width}]`);
  if (bias && String(bias.shape) !== String([outputs]))
    throw new RangeError(`"projections.${name}.bias" has shape [${bias.shape}], expected [${outputs}]`);

  const rows = x.shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const data = new Float64Array(rows * outputs);
  const magnitude = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? at(bias.data, o) : 0;
      let squares = sum ** 2;
      for (let i = 0; i < inputs; i++) {
        sum += at(x.data, row * inputs + i) * at(weight.data, o * inputs + i);
        squares += (at(x.magnitude, row * inputs + i) * at(weight.data, o * inputs + i)) ** 2;
      }
      data[row * outputs + o] = sum;
      magnitude[row * outputs + o] = Math.abs(sum) + Math.sqrt(squares);
    }
  }
  return { data, magnitude, shape: [...x.shape.slice(0, -1), outputs], terms: x.terms + inputs + (bias ? 1 : 0) };
}

/** Errors [rows, in] carried through a projection: Σ |W|·error, + |bias| where the bias is meant to count. */
function carry(errors: Float64Array, linear: ReferenceLinear | undefined, withBias: boolean): Float64Array {
  if (!linear) return errors;
  const { weight, bias } = linear;
  const [outputs, inputs] = [at(weight.shape, 0), at(weight.shape, 1)];
  const rows = inputs === 0 ? 0 : errors.length / inputs;
  const carried = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias && withBias ? Math.abs(at(bias.data, o)) : 0;
      for (let i = 0; i < inputs; i++) sum += at(errors, row * inputs + i) * Math.abs(at(weight.data, o * inputs + i));
      carried[row * outputs + o] = sum;
    }
  }
  return carried;
}

/** [L, heads·size] or [B, L, heads·size] → [B, L, heads, size]: the same memory, read in layout "BLHD". */
function split(name: string, x: Operand, heads: number): Operand {
  const width = at(x.shape, x.shape.length - 1);
  if (width % heads !== 0) throw new RangeError(`${name}: ${heads} heads do not divide ${width}`);
  const [tokens, batch = 1] = x.shape.slice(0, -1).reverse();
  return { ...x, shape: [batch, Number(tokens), heads, width / heads] };
}

/**
 * Self, multi-head, masked multi-head and cross attention, as one function.
 *
 *     self          referenceMultiHead(x, undefined, options)
 *     multi-head    … with heads
 *     masked        … with heads and causal: true
 *     cross         referenceMultiHead(x, memory, options), heads or none
 *
 * x [L,E] or [B,L,E]; memory [S,Em] or [B,S,Em], x itself if undefined. Queries are projected from x, keys and values
 * from memory, y = x·Wᵀ + b; the projected widths are H·D, G·D and G·Dv. Each head attends; the heads' outputs lie
 * side by side, [..., L, H·Dv], and are projected. weights and scores [..., H, L, S], lse [..., H, L], without H if
 * heads is undefined. condition and sensitivity.output are carried through the projections.
 */
export function referenceMultiHead(
  x: NumericArray,
  memory: NumericArray | undefined,
  options: MultiHeadReferenceOptions = {},
): AttentionReference {
  const { heads, keyValueHeads, projections = {}, ...attention } = options;
  const H = heads ?? 1;
  const G = keyValueHeads ?? H;
  const rank = x.shape.length;
  if (rank !== 2 && rank !== 3) throw new RangeError(`"x" has rank ${rank}, expected 2 or 3`);
  if (memory && memory.shape.length !== rank)
    throw new RangeError(`"memory" has rank ${memory.shape.length}, "x" ${rank}`);

  const from = operand("x", x);
  const to = memory ? operand("memory", memory) : from;
  const axes = { batch: rank === 3, heads: heads !== undefined };
  return attendHeads([from, to, to], projections, { ...attention, heads: H, keyValueHeads: G, axes });
}

/**
 * The part that every mechanism ends in: projections of query, key and value [(B,) tokens, width], which may come from
 * three places; heads; attention; the projection of what the heads give.
 */
export function attendHeads(
  [from, keys, values]: readonly [Operand, Operand, Operand],
  projections: ReferenceProjections,
  options: Omit<AttentionReferenceOptions, "layout"> & { heads: number; keyValueHeads: number; axes: Axes },
): AttentionReference {
  const { heads: H, keyValueHeads: G, axes, ...attention } = options;
  const query = split("query", project("query", from, projections.query), H);
  const key = split("key", project("key", keys, projections.key), G);
  const value = split("value", project("value", values, projections.value), G);
  const joined = attend(query, key, value, { ...attention, layout: "BLHD" }, axes);

  const width = H * at(value.shape, 3);
  const concatenated: Operand = {
    data: joined.output.data,
    magnitude: joined.condition,
    shape: [...from.shape.slice(0, -1), width],
    terms: joined.valueTerms,
  };
  const output = project("output", concatenated, projections.output);
  return {
    ...joined,
    output: { data: Float64Array.from(output.data), shape: output.shape },
    condition: carry(joined.condition, projections.output, true),
    sensitivity: { ...joined.sensitivity, output: carry(joined.sensitivity.output, projections.output, false) },
    valueTerms: output.terms,
  };
}
