// What every bad call of a layer throws: one row a mistake. Nothing is computed then, and nothing changes: afterwards the
// engine's byteLength and the bits of a control call are what they were.
import { runInNewContext } from "node:vm";
import { createAttention, type Tensor } from "@attn/core";
import * as nn from "@attn/nn";
import { createWeight, linear, type Weight } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { sizeOf, stored } from "./layers.ts";

// biome-ignore lint/suspicious/noExplicitAny: the calls are those that the types forbid
type Loose = any;
type Row = [what: string, call: (nn: Loose) => unknown, kind: new (...args: never[]) => Error, message: string];

/** `message` is the whole text, where … stands for anything. */
const type = (what: string, call: Row[1], message: string): Row => [what, call, TypeError, message];
const range = (what: string, call: Row[1], message: string): Row => [what, call, RangeError, message];
const gone = (what: string, call: Row[1], message: string): Row => [what, call, Error, message];

const t = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) / 4 - 1),
  shape,
});

const engine = createAttention({ variant: "simd" });
const other = createAttention({ variant: "simd" });
const weight: Weight = createWeight(t(3, 4), { engine });
const foreign: Weight = createWeight(t(3, 4), { engine: other });
const square: Weight = createWeight(t(4, 4), { engine });
const joined: Weight = createWeight(t(12, 4), { engine: other });
const disposed: Weight = createWeight(t(3, 4), { engine });
disposed.dispose();
const ended = createAttention();
const onEnded: Weight = createWeight(t(3, 4), { engine: ended });
ended.dispose();
const WASM = "a tensor { data: Float32Array, shape } or a nested array of numbers";
const BEYOND = { data: new Float32Array(0), shape: [2 ** 30, 0] };

/** nn.MultiheadAttention's, of width 4. */
const multihead = (more: object = {}) => ({ in_proj_weight: t(12, 4), "out_proj.weight": t(4, 4), ...more });
const under = (prefix: string, parameters: object) =>
  Object.fromEntries(Object.entries(parameters).map(([name, x]) => [prefix + name, x]));
const affine = (name: string) => ({ [`${name}.weight`]: t(4), [`${name}.bias`]: t(4) });
const encoder = (more: object = {}) => ({
  ...under("self_attn.", multihead()),
  ...{ "linear1.weight": t(5, 4), "linear1.bias": t(5), "linear2.weight": t(4, 5), "linear2.bias": t(4) },
  ...affine("norm1"),
  ...affine("norm2"),
  ...more,
});
const decoder = (more: object = {}) => ({
  ...encoder(),
  ...under("multihead_attn.", multihead()),
  ...affine("norm3"),
  ...more,
});
const without = (parameters: object, name: string) => ({ ...parameters, [name]: undefined });
const heads = { heads: 2 };

const rows: Row[] = [
  // linear
  type("no x", (nn) => nn.linear(undefined, { weight: t(3, 4) }), `linear: "x" must be ${WASM}, got undefined`),
  range("x of rank 0", (nn) => nn.linear(t(), { weight: t(3, 4) }), 'linear: "x" must have rank 1 or more, got rank 0'),
  type("no parameters", (nn) => nn.linear(t(2, 4)), 'linear: "parameters" must be an object, got undefined'),
  type(
    "a Map",
    (nn) => nn.linear(t(2, 4), new Map([["weight", t(3, 4)]])),
    'linear: "parameters" must be a plain object (Object.fromEntries makes one of a Map), got a Map',
  ),
  range(
    "a name with a slip",
    (nn) => nn.linear(t(2, 4), { weight: t(3, 4), biass: t(3) }),
    'linear: "parameters" must have the names "weight" and "bias" alone, got "biass"',
  ),
  range(
    "a tensor in the place of parameters",
    (nn) => nn.linear(t(2, 4), t(3, 4)),
    'linear: "parameters" must have the names "weight" and "bias" alone, got "data"',
  ),
  type(
    "no weight",
    (nn) => nn.linear(t(2, 4), { bias: t(3) }),
    'linear: "weight" must be a tensor or a Weight, got undefined',
  ),
  type(
    "a weight of another kind",
    (nn) => nn.linear(t(2, 4), { weight: 7 }),
    `linear: "weight" must be ${WASM}, got 7`,
  ),
  range(
    "a weight of another width",
    (nn) => nn.linear(t(2, 4), { weight: t(3, 5) }),
    'linear: "weight" must have shape [out, 4], got [3, 5]',
  ),
  range(
    "a vector as weight",
    (nn) => nn.linear(t(2, 4), { weight: t(4) }),
    'linear: "weight" must have shape [out, 4], got [4]',
  ),
  range(
    "a Weight of another width",
    (nn) => nn.linear(t(2, 5), { weight }),
    'linear: "weight" must have shape [out, 5], got [3, 4]',
  ),
  range(
    "a bias of another length",
    (nn) => nn.linear(t(2, 4), { weight, bias: t(4) }),
    'linear: "bias" must have shape [3], got [4]',
  ),
  range(
    "a matrix as bias",
    (nn) => nn.linear(t(2, 4), { weight, bias: t(1, 3) }),
    'linear: "bias" must have shape [3], got [1, 3]',
  ),
  type(
    "a Weight as bias",
    (nn) => nn.linear(t(2, 4), { weight, bias: weight }),
    `linear: "bias" must be a tensor, got a …Weight`,
  ),
  gone(
    "a disposed Weight",
    (nn) => nn.linear(t(2, 4), { weight: disposed }),
    'linear: "weight" is a weight that is disposed',
  ),
  gone(
    "an engine that is disposed",
    (nn) => nn.linear(t(2, 4), { weight: onEnded }),
    "linear: this engine is disposed",
  ),
  type(
    "a Proxy of a Weight",
    (nn) => nn.linear(t(2, 4), { weight: new Proxy(weight, {}) }),
    'linear: "weight" must be the Weight itself, got a Proxy of one (markRaw in Vue), or one of another copy of @attn/nn',
  ),
  range(
    "more than memory holds",
    (nn) => nn.linear(BEYOND, { weight: { data: new Float32Array(0), shape: [4, 0] } }),
    "linear: this call needs … bytes of wasm memory; a 32-bit address allows …",
  ),

  // tensors of a file
  range(
    "a tensor of integers",
    (nn) => nn.linear(t(2, 4), { weight: { dtype: "I8", shape: [3, 4], bytes: new Uint8Array(12) } }),
    'linear: "weight.dtype" must be F64, F32, F16 or BF16, got "I8"',
  ),
  type(
    "a dtype of another kind",
    (nn) => nn.linear(t(2, 4), { weight: { dtype: 8, shape: [3, 4], bytes: new Uint8Array(12) } }),
    'linear: "weight.dtype" must be F64, F32, F16 or BF16, got 8',
  ),
  range(
    "too few bytes",
    (nn) => nn.linear(t(2, 4), { weight, bias: { dtype: "F16", shape: [3], bytes: new Uint8Array(5) } }),
    'linear: "bias.bytes" must have 6 bytes for F16 of shape [3], got 5',
  ),
  type(
    "bytes of another kind",
    (nn) => nn.linear(t(2, 4), { weight, bias: { dtype: "F16", shape: [3], bytes: [1, 2, 3] } }),
    'linear: "bias.bytes" must be a Uint8Array, got [1, 2, 3]',
  ),
  range(
    "a shape that is none",
    (nn) => nn.linear(t(2, 4), { weight, bias: { dtype: "F16", shape: [-3], bytes: new Uint8Array(6) } }),
    'linear: "bias.shape" must have integers from 0 to 2^31-1, got [-3]',
  ),

  // embedding
  type(
    "no ids",
    (nn) => nn.embedding(undefined, t(3, 4)),
    'embedding: "ids" must be a list of token ids, got undefined',
  ),
  type("no table", (nn) => nn.embedding([0]), `embedding: "table" must be ${WASM}, got undefined`),
  range("a vector", (nn) => nn.embedding([0], t(4)), 'embedding: "table" must have shape [V, E], got [4]'),
  ...[t(3, 4), weight].flatMap((table): Row[] => [
    range(
      "an id past the table",
      (nn) => nn.embedding([0, 1, 3], table),
      'embedding: "ids[2]" must be an integer from 0 to 2, a token of this vocabulary, got 3',
    ),
    range(
      "a negative id",
      (nn) => nn.embedding(Int32Array.of(-1), table),
      'embedding: "ids[0]" must be an integer from 0 to 2, a token of this vocabulary, got -1',
    ),
    range(
      "an id that is not whole",
      (nn) => nn.embedding([0.5], table),
      'embedding: "ids[0]" must be an integer from 0 to 2, a token of this vocabulary, got 0.5',
    ),
    type("a string", (nn) => nn.embedding([0, "1"], table), 'embedding: "ids[1]" must be a number, got "1"'),
  ]),
  gone("a disposed table", (nn) => nn.embedding([0], disposed), 'embedding: "table" is a weight that is disposed'),

  // norms
  ...(["layerNorm", "rmsNorm"] as const).flatMap((api): Row[] => [
    type("no x", (nn) => nn[api](null), `${api}: "x" must be ${WASM}, got null`),
    range("x of rank 0", (nn) => nn[api](t()), `${api}: "x" must have rank 1 or more, got rank 0`),
    type(
      "parameters of another kind",
      (nn) => nn[api](t(2, 4), t(4).data),
      `${api}: "parameters" must be an object, got Float32Array of 4`,
    ),
    range(
      "a weight of another length",
      (nn) => nn[api](t(2, 4), { weight: t(3) }),
      `${api}: "weight" must have shape [4], got [3]`,
    ),
    type("a Weight", (nn) => nn[api](t(2, 4), { weight }), `${api}: "weight" must be a tensor, got a …Weight`),
    type("eps of another kind", (nn) => nn[api](t(2, 4), { eps: "0" }), `${api}: "eps" must be a number, got "0"`),
    range("eps below 0", (nn) => nn[api](t(2, 4), { eps: -1e-9 }), `${api}: "eps" must be at least 0, got -1e-9`),
    range(
      "eps without end",
      (nn) => nn[api](t(2, 4), { eps: Infinity }),
      `${api}: "eps" must be finite in float32, got Infinity`,
    ),
  ]),
  range(
    "an unknown name",
    (nn) => nn.layerNorm(t(2, 4), { epsilon: 1 }),
    'layerNorm: "parameters" must have the names "weight", "bias", "eps" alone, got "epsilon"',
  ),
  range(
    "a bias",
    (nn) => nn.rmsNorm(t(2, 4), { bias: t(4) }),
    'rmsNorm: "parameters" must have the names "weight", "eps" alone, got "bias"',
  ),

  // activations
  ...(["relu", "gelu", "silu"] as const).map((api) =>
    type("no x", (nn) => nn[api]("x"), `${api}: "x" must be ${WASM}, got "x"`),
  ),
  type("ragged x", (nn) => nn.relu([[1], 2]), 'relu: "x" must be a regular nested array of numbers, got 2'),
  type("options of another kind", (nn) => nn.gelu(t(2), "tanh"), 'gelu: "options" must be an object, got "tanh"'),
  range(
    "another word",
    (nn) => nn.gelu(t(2), { approximate: "erf" }),
    'gelu: "approximate" must be "none" or "tanh", got "erf"',
  ),
  type(
    "no word",
    (nn) => nn.gelu(t(2), { approximate: true }),
    'gelu: "approximate" must be "none" or "tanh", got true',
  ),

  // positions
  type(
    "no style",
    (nn) => nn.rope(t(2, 4), {}),
    'rope: "style" must be "half" (pairs i, i + D/2: Hugging Face) or "interleaved" (2i, 2i + 1: Meta), got undefined',
  ),
  type(
    "no options",
    (nn) => nn.rope(t(2, 4)),
    'rope: "style" must be "half" (pairs i, i + D/2: Hugging Face) or "interleaved" (2i, 2i + 1: Meta), got undefined',
  ),
  range("another style", (nn) => nn.rope(t(2, 4), { style: "neox" }), 'rope: "style" must be "half" … got "neox"'),
  range(
    "x of rank 1",
    (nn) => nn.rope(t(4), { style: "half" }),
    'rope: "x" must have rank 2 or more [..., L, D], got [4]',
  ),
  range(
    "an odd width",
    (nn) => nn.rope(t(2, 5), { style: "half" }),
    'rope: "dimensions" must be even and at most 5, x\'s last dimension, got 5',
  ),
  range(
    "odd dimensions",
    (nn) => nn.rope(t(2, 4), { style: "half", dimensions: 3 }),
    'rope: "dimensions" must be even and at most 4, x\'s last dimension, got 3',
  ),
  range(
    "more dimensions than there are",
    (nn) => nn.rope(t(2, 4), { style: "half", dimensions: 6 }),
    'rope: "dimensions" must be even and at most 4, x\'s last dimension, got 6',
  ),
  range(
    "theta below 1",
    (nn) => nn.rope(t(2, 4), { style: "half", theta: 0.5 }),
    'rope: "theta" must be at least 1, got 0.5',
  ),
  type(
    "theta of another kind",
    (nn) => nn.rope(t(2, 4), { style: "half", theta: "1" }),
    'rope: "theta" must be a number, got "1"',
  ),
  type(
    "positions of another kind",
    (nn) => nn.rope(t(2, 4), { style: "half", positions: "0" }),
    'rope: "positions" must be a number, or a list of numbers [L], got "0"',
  ),
  range(
    "too few positions",
    (nn) => nn.rope(t(2, 4), { style: "half", positions: [0] }),
    'rope: "positions" must have 2 numbers [L], one for each row, got 1',
  ),
  type(
    "a position of another kind",
    (nn) => nn.rope(t(2, 4), { style: "half", positions: [0, null] }),
    'rope: "positions[1]" must be a number, got null',
  ),
  range(
    "a position that is none",
    (nn) => nn.rope(t(2, 4), { style: "half", positions: [0, Number.NaN] }),
    'rope: "positions[1]" must be between -2^20 and 2^20, got NaN',
  ),
  range(
    "a position too far",
    (nn) => nn.rope(t(2, 4), { style: "half", positions: 2 ** 20 }),
    'rope: "positions" must leave 2 rows before 2^20, got 1048576',
  ),
  type("no length", (nn) => nn.sinusoidalPositions(), 'sinusoidalPositions: "length" must be a number, got undefined'),
  range(
    "a negative width",
    (nn) => nn.sinusoidalPositions(2, -1),
    'sinusoidalPositions: "width" must be an integer of at least 0, got -1',
  ),
  range(
    "another style",
    (nn) => nn.sinusoidalPositions(2, 4, { style: "concatenated" }),
    'sinusoidalPositions: "style" must be "interleaved" or "halves", got "concatenated"',
  ),
  range(
    "a start too far",
    (nn) => nn.sinusoidalPositions(2, 4, { start: -(2 ** 21) }),
    'sinusoidalPositions: "start" must be between -2^20 and 2^20, got -2097152',
  ),
  range(
    "theta of 0",
    (nn) => nn.sinusoidalPositions(2, 4, { theta: 0 }),
    'sinusoidalPositions: "theta" must be at least 1, got 0',
  ),
  range(
    "more than memory holds",
    (nn) => nn.sinusoidalPositions(2 ** 20, 2 ** 12),
    "sinusoidalPositions: this call needs … bytes of wasm memory; a 32-bit address allows …",
  ),

  // multiheadAttention
  type(
    "no options",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead()),
    'multiheadAttention: "heads" must be a number, got undefined',
  ),
  range(
    "heads that do not divide the width",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead(), { heads: 3 }),
    'multiheadAttention: "heads" must divide 4, the width, got 3',
  ),
  range(
    "a query of rank 4",
    (nn) => nn.multiheadAttention(t(1, 1, 2, 4), t(3, 4), t(3, 4), multihead(), heads),
    'multiheadAttention: "query" must be [L, E] or [B, L, E], got [1, 1, 2, 4]',
  ),
  range(
    "a key of another rank",
    (nn) => nn.multiheadAttention(t(2, 4), t(1, 3, 4), t(3, 4), multihead(), heads),
    'multiheadAttention: "key" must have rank 2, like query, got 3',
  ),
  range(
    "a value of another batch",
    (nn) => nn.multiheadAttention(t(2, 2, 4), t(2, 3, 4), t(1, 3, 4), multihead(), heads),
    'multiheadAttention: "value" must have batch size 2, like query, got 1',
  ),
  range(
    "a value of another length",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(5, 4), multihead(), heads),
    'multiheadAttention: "value" must have length 3, like key, got 5',
  ),
  range(
    "a key of another width",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 6), t(3, 4), multihead(), heads),
    'multiheadAttention: "key" must have width 4, like query, with "in_proj_weight", got 6',
  ),
  type(
    "no projections",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), without(multihead(), "in_proj_weight"), heads),
    'multiheadAttention: "in_proj_weight" must be a tensor or a Weight, got undefined',
  ),
  type(
    "one of three projections",
    (nn) =>
      nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), { q_proj_weight: t(4, 4), "out_proj.weight": t(4, 4) }, heads),
    'multiheadAttention: "k_proj_weight" must be a tensor or a Weight, got undefined',
  ),
  range(
    "in_proj_weight and one of three",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead({ v_proj_weight: t(4, 4) }), heads),
    'multiheadAttention: "in_proj_weight" must be absent where "v_proj_weight" is given, got both',
  ),
  range(
    "in_proj_weight of one projection",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead({ in_proj_weight: t(4, 4) }), heads),
    'multiheadAttention: "in_proj_weight" must have shape [12, 4], got [4, 4]',
  ),
  range(
    "in_proj_bias of one projection",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead({ in_proj_bias: t(4) }), heads),
    'multiheadAttention: "in_proj_bias" must have shape [12], got [4]',
  ),
  range(
    "a bias of another length",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead({ "out_proj.bias": t(5) }), heads),
    'multiheadAttention: "out_proj.bias" must have shape [4], got [5]',
  ),
  type(
    "no output projection",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), without(multihead(), "out_proj.weight"), heads),
    'multiheadAttention: "out_proj.weight" must be a tensor or a Weight, got undefined',
  ),
  range(
    "bias_k, which changes the result",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead({ bias_k: t(1, 1, 4) }), heads),
    'multiheadAttention: "parameters" must have the names of nn.MultiheadAttention\'s state dict alone, got "bias_k"',
  ),
  range(
    "Weights of two engines",
    (nn) =>
      nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), { in_proj_weight: joined, "out_proj.weight": square }, heads),
    'multiheadAttention: "out_proj.weight" must be on the same engine as "in_proj_weight", got a Weight on another',
  ),
  range(
    "causal where L ≠ S",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead(), { ...heads, causal: true }),
    'multiheadAttention: "align" must be … got undefined',
  ),
  range(
    "a mask of another shape",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead(), { ...heads, mask: [[true, true]] }),
    'multiheadAttention: "mask" must have a shape that broadcasts to [2, 2, 3], got [1, 2]',
  ),
  range(
    "a layout that is none",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead(), { ...heads, layout: "LBE" }),
    'multiheadAttention: "layout" must be "BHLD" or "BLHD", got "LBE"',
  ),
  range(
    "out of another size",
    (nn) => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), multihead(), { ...heads, out: new Float32Array(7) }),
    'multiheadAttention: "out" must have exactly 8 elements, the output\'s size, got 7',
  ),
  range(
    "out in the place of an input",
    (nn) => {
      const x = t(2, 4);
      return nn.multiheadAttention(x, x, x, multihead(), { ...heads, out: x });
    },
    'multiheadAttention: "out" must not overlap an input, got memory of one',
  ),
  range(
    "out in the place of a parameter",
    (nn) => {
      const bias = t(8);
      const parameters = multihead({ "out_proj.bias": { data: bias.data.subarray(4), shape: [4] } });
      return nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), parameters, { ...heads, out: bias });
    },
    'multiheadAttention: "out" must not overlap an input, got memory of one',
  ),

  // layers
  ...(
    [
      ["transformerEncoderLayer", "nn.TransformerEncoderLayer", encoder, [t(2, 4)]],
      ["transformerDecoderLayer", "nn.TransformerDecoderLayer", decoder, [t(2, 4), t(3, 4)]],
    ] as const
  ).flatMap(([api, name, parameters, inputs]): Row[] => [
    type(
      "no parameters",
      (nn) => nn[api](...inputs, undefined, heads),
      `${api}: "parameters" must be an object, got undefined`,
    ),
    type("no heads", (nn) => nn[api](...inputs, parameters(), {}), `${api}: "heads" must be a number, got undefined`),
    range(
      "no head",
      (nn) => nn[api](...inputs, parameters(), { heads: 0 }),
      `${api}: "heads" must be an integer of at least 1, got 0`,
    ),
    range(
      "a name with a slip",
      (nn) => nn[api](...inputs, parameters({ "linear1.wieght": t(5, 4) }), heads),
      `${api}: "parameters" must have the names of ${name}'s state dict alone, got "linear1.wieght"`,
    ),
    ...Object.keys(parameters()).flatMap((key): Row[] =>
      key.endsWith("bias")
        ? [
            range(
              `another length: ${key}`,
              (nn) => nn[api](...inputs, parameters({ [key]: t(17) }), heads),
              `${api}: "${key}" must have shape […], got [17]`,
            ),
          ]
        : [
            type(
              `without ${key}`,
              (nn) => nn[api](...inputs, without(parameters(), key), heads),
              `${api}: "${key}" must be a tensor …, got undefined`,
            ),
            range(
              `another shape: ${key}`,
              (nn) => nn[api](...inputs, parameters({ [key]: t(3, 3) }), heads),
              `${api}: "${key}" must have shape […], got [3, 3]`,
            ),
          ],
    ),
    range(
      "both kinds of projections",
      (nn) => nn[api](...inputs, parameters({ "self_attn.q_proj_weight": t(4, 4) }), heads),
      `${api}: "self_attn.in_proj_weight" must be absent where "self_attn.q_proj_weight" is given, got both`,
    ),
    range(
      "another activation",
      (nn) => nn[api](...inputs, parameters(), { ...heads, activation: "silu" }),
      `${api}: "activation" must be "relu" or "gelu", got "silu"`,
    ),
    type(
      "normFirst",
      (nn) => nn[api](...inputs, parameters(), { ...heads, normFirst: 1 }),
      `${api}: "normFirst" must be a boolean, got 1`,
    ),
    type(
      "returnWeights",
      (nn) => nn[api](...inputs, parameters(), { ...heads, returnWeights: "mean" }),
      `${api}: "returnWeights" must be a boolean, got "mean"`,
    ),
    range(
      "eps",
      (nn) => nn[api](...inputs, parameters(), { ...heads, eps: -1 }),
      `${api}: "eps" must be at least 0, got -1`,
    ),
    range(
      "Weights of two engines",
      (nn) =>
        nn[api](
          ...inputs,
          parameters({ "self_attn.in_proj_weight": joined, "self_attn.out_proj.weight": square }),
          heads,
        ),
      `${api}: "self_attn.out_proj.weight" must be on the same engine as "self_attn.in_proj_weight", got a Weight on another`,
    ),
  ]),
  range(
    "x of rank 1",
    (nn) => nn.transformerEncoderLayer(t(4), encoder(), heads),
    'transformerEncoderLayer: "x" must be [L, E] or [B, L, E], got [4]',
  ),
  range(
    "keyLengths past the end",
    (nn) => nn.transformerEncoderLayer(t(2, 4), encoder(), { ...heads, keyLengths: [3] }),
    'transformerEncoderLayer: "keyLengths[0]" must be an integer from 0 to 2, got 3',
  ),
  range(
    "memory of another batch",
    (nn) => nn.transformerDecoderLayer(t(1, 2, 4), t(2, 3, 4), decoder(), heads),
    'transformerDecoderLayer: "memory" must have batch size 1, like x, got 2',
  ),
  range(
    "memory of another width",
    (nn) => nn.transformerDecoderLayer(t(2, 4), t(3, 5), decoder(), heads),
    'transformerDecoderLayer: "memory" must have width 4, like x, with "multihead_attn.in_proj_weight", got 5',
  ),
  type(
    "memoryMask of another kind",
    (nn) => nn.transformerDecoderLayer(t(2, 4), t(3, 4), decoder(), { ...heads, memoryMask: [[1, 0, 1]] }),
    'transformerDecoderLayer: "memoryMask" must be a regular nested array of booleans, got 1',
  ),
  range(
    "memoryMask of another shape",
    (nn) => nn.transformerDecoderLayer(t(2, 4), t(3, 4), decoder(), { ...heads, memoryMask: [[true, true]] }),
    'transformerDecoderLayer: "memoryMask" must have a shape that broadcasts to [2, 2, 3], got [1, 2]',
  ),
  range(
    "memoryKeyLengths past the end",
    (nn) => nn.transformerDecoderLayer(t(2, 4), t(3, 4), decoder(), { ...heads, memoryKeyLengths: [4] }),
    'transformerDecoderLayer: "memoryKeyLengths[0]" must be an integer from 0 to 3, got 4',
  ),
  range(
    "memoryKeyLengths of another batch",
    (nn) => nn.transformerDecoderLayer(t(2, 4), t(3, 4), decoder(), { ...heads, memoryKeyLengths: [1, 1] }),
    'transformerDecoderLayer: "memoryKeyLengths" must have 1 number [B], got 2',
  ),

  // createWeight
  type("no weight", (nn) => nn.createWeight(), `createWeight: "weight" must be ${WASM}, got undefined`),
  type(
    "options of another kind",
    (nn) => nn.createWeight(t(2, 2), null),
    'createWeight: "options" must be an object, got null',
  ),
  range("a vector", (nn) => nn.createWeight(t(4)), 'createWeight: "weight" must have shape [out, in], got [4]'),
  range(
    "another dtype",
    (nn) => nn.createWeight(t(2, 2), { dtype: "bf16" }),
    'createWeight: "dtype" must be "f32", "f16" or "int8", got "bf16"',
  ),
  type(
    "an engine that is none",
    (nn) => nn.createWeight(t(2, 2), { engine: {} }),
    'createWeight: "engine" must be what createAttention or loadAttention gave, got an object',
  ),
  gone(
    "a disposed engine",
    (nn) => nn.createWeight(t(2, 2), { engine: ended }),
    "createWeight: this engine is disposed",
  ),
  range(
    "an unknown type of a file",
    (nn) => nn.createWeight({ dtype: "F8_E4M3", shape: [2, 2], bytes: new Uint8Array(4) }),
    'createWeight: "weight.dtype" must be BOOL, U8, I8, I16, F16, BF16, I32, F32, F64 or I64, got "F8_E4M3"',
  ),
  range(
    "too many bytes",
    (nn) => nn.createWeight({ ...stored(t(2, 2)), bytes: new Uint8Array(17) }),
    'createWeight: "weight.bytes" must have 16 bytes for F32 of shape [2, 2], got 17',
  ),
];

const pattern = (message: string): RegExp =>
  new RegExp(
    `^${message
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

describe("a bad call", () => {
  const x = t(5, 4);
  const control = () => linear(x, { weight });
  const before = control();
  const shared = linear(x, { weight: t(3, 4) });

  it.each(rows.map((row) => [`${row[3].split(":")[0]}: ${row[0]}`, row] as const))(
    "%s",
    (_, [, call, kind, message]) => {
      const { byteLength } = engine;
      let error: unknown;
      try {
        call(nn);
      } catch (thrown) {
        error = thrown;
      }
      expect((error as Error)?.message).toMatch(pattern(message));
      expect((error as Error).constructor).toBe(kind);
      expect(engine.byteLength).toBe(byteLength);
      expect(control()).toEqual(before);
      expect(linear(x, { weight: t(3, 4) })).toEqual(shared);
    },
  );

  it("leaves out as it was", () => {
    const out = new Float32Array(8).fill(7);
    const parameters = multihead({ "out_proj.bias": t(5) }) as Loose;
    expect(() => nn.multiheadAttention(t(2, 4), t(3, 4), t(3, 4), parameters, { ...heads, out })).toThrow();
    expect(out).toEqual(new Float32Array(8).fill(7));
  });
});

describe("what is no mistake", () => {
  it("names that are undefined are absent", () => {
    const given = { weight: t(3, 4), bias: undefined, other: undefined } as Loose;
    expect(linear(t(2, 4), given)).toEqual(linear(t(2, 4), { weight: t(3, 4) }));
  });

  it("arrays of another realm are arrays", () => {
    const far = (x: Tensor): Tensor =>
      runInNewContext("({ data: new Float32Array(data), shape })", { data: [...x.data], shape: x.shape });
    const options = { heads: 2 };
    const near = nn.transformerEncoderLayer(t(2, 4), encoder(), options);
    const parameters = Object.fromEntries(Object.entries(encoder()).map(([name, x]) => [name, far(x as Tensor)]));
    expect(nn.transformerEncoderLayer(far(t(2, 4)), parameters, options)).toEqual(near);
    const bytes = runInNewContext("new Uint8Array(bytes)", { bytes: [...stored(t(3, 4)).bytes] });
    using weight = createWeight({ dtype: "F32", shape: [3, 4], bytes });
    expect(linear(t(2, 4), { weight })).toEqual(linear(t(2, 4), { weight: t(3, 4) }));
  });

  it("two Weights of one engine, and a tensor beside them", () => {
    using both = createWeight(t(12, 4), { engine });
    const parameters = { in_proj_weight: both, "out_proj.weight": square, "out_proj.bias": t(4) };
    const { output } = nn.multiheadAttention(t(2, 4), t(2, 4), t(2, 4), parameters, heads);
    expect(output.shape).toEqual([2, 4]);
  });

  it("a Weight of another engine in another call", () => {
    expect(linear(t(5, 4), { weight: foreign })).toEqual(linear(t(5, 4), { weight }));
  });
});
