// What holds of a layer's call beside its numbers: inputs stay as they were, results are nobody else's, memory does not grow,
// and a layer is what its parts are by themselves.
import { createRandom } from "@attn/conformance";
import { createAttention, type Tensor } from "@attn/core";
import { engineOf } from "@attn/core/engine";
import {
  createWeight,
  embedding,
  gelu,
  layerNorm,
  linear,
  multiheadAttention,
  relu,
  rmsNorm,
  rope,
  silu,
  sinusoidalPositions,
  transformerDecoderLayer,
  transformerEncoderLayer,
  type Weight,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import { engines } from "./layers.ts";

const random = createRandom(5);
const [B, L, S, E, F, H] = [2, 5, 7, 12, 20, 3];
const t = (...shape: number[]): Tensor => random.tensor(shape, 0.5);

const multihead = (prefix = ""): Record<string, Tensor> => ({
  [`${prefix}in_proj_weight`]: t(3 * E, E),
  [`${prefix}in_proj_bias`]: t(3 * E),
  [`${prefix}out_proj.weight`]: t(E, E),
  [`${prefix}out_proj.bias`]: t(E),
});
const norm = (name: string): Record<string, Tensor> => ({ [`${name}.weight`]: t(E), [`${name}.bias`]: t(E) });
const encoder: Record<string, Tensor> = {
  ...multihead("self_attn."),
  ...{ "linear1.weight": t(F, E), "linear1.bias": t(F), "linear2.weight": t(E, F), "linear2.bias": t(E) },
  ...norm("norm1"),
  ...norm("norm2"),
};
const decoder: Record<string, Tensor> = { ...encoder, ...multihead("multihead_attn."), ...norm("norm3") };
const attention = multihead();
const [x, memory] = [t(B, L, E), t(B, S, E)];
const vectors = { weight: t(E), bias: t(E) };
const matrix = { weight: t(F, E), bias: t(F) };
const heads = { heads: H, returnWeights: true } as const;

/** A call of each function: what it reads, and what it gives. */
const calls: [name: string, read: object, call: () => object][] = [
  ["linear", [x, matrix], () => linear(x, matrix)],
  ["embedding", [matrix.weight], () => embedding([3, 0, 3], matrix.weight)],
  ["layerNorm", [x, vectors], () => layerNorm(x, vectors)],
  ["rmsNorm", [x, vectors], () => rmsNorm(x, { weight: vectors.weight })],
  ["relu", [x], () => relu(x)],
  ["gelu", [x], () => gelu(x)],
  ["silu", [x], () => silu(x)],
  ["rope", [x], () => rope(x, { style: "half", positions: [4, 3, 2, 1, 0] })],
  ["sinusoidalPositions", [], () => sinusoidalPositions(L, E)],
  [
    "multiheadAttention",
    [x, memory, attention],
    () => multiheadAttention(x, memory, memory, attention as never, heads),
  ],
  ["transformerEncoderLayer", [x, encoder], () => transformerEncoderLayer(x, encoder, heads)],
  ["transformerDecoderLayer", [x, memory, decoder], () => transformerDecoderLayer(x, memory, decoder, heads)],
];

describe.each(calls)("%s", (_, read, call) => {
  it("leaves what it reads, and its result to the caller", () => {
    const before = structuredClone(read);
    const first = call();
    const copy = structuredClone(first);
    const second = call();
    expect(read).toEqual(before);
    expect(second).toEqual(copy);
    expect(first).toEqual(copy);
    for (const tensor of tensorsOf(first)) {
      // Nobody's view: not of wasm memory, not of an input.
      expect(tensor.data.byteLength).toBe(tensor.data.buffer.byteLength);
      tensor.data.fill(7);
    }
    expect(call()).toEqual(copy);
    expect(read).toEqual(before);
  });

  it("makes memory grow at first, and then no more", () => {
    call();
    const { memory } = engineOf("test");
    const { byteLength } = memory;
    for (let i = 0; i < 500; i++) call();
    expect(memory.byteLength).toBe(byteLength);
  });
});

const tensorsOf = (x: object): Tensor[] =>
  "data" in x ? [x as Tensor] : Object.values(x).flatMap((y) => tensorsOf(y as object));

describe.each(engines)("with Weights, %s", (variant) => {
  const convert = (parameters: Record<string, Tensor>, engine: Parameters<typeof engineOf>[1]) => {
    const given: Record<string, Tensor | Weight> = { ...parameters };
    for (const [name, tensor] of Object.entries(parameters))
      if (tensor.shape.length === 2) given[name] = createWeight(tensor, { engine });
    return given;
  };

  it("and inputs in wasm memory, nothing of it changes and memory does not grow", () => {
    using engine = createAttention({ variant });
    const [rows, others] = [engine.empty(x.shape), engine.empty(memory.shape)];
    rows.data.set(x.data);
    others.data.set(memory.data);
    const given = convert(decoder, engine);
    const table = convert(matrix, engine);
    const own = convert(attention, engine);
    const all = () => [
      transformerDecoderLayer(rows, others, given, heads),
      transformerDecoderLayer(rows, others, given, { heads: H, normFirst: true }),
      multiheadAttention(rows, others, others, own as never, heads),
      linear(rows, table as never),
      embedding([0, 1], table.weight as Weight),
    ];
    const first = all();
    const { byteLength } = engine;
    for (let i = 0; i < 200; i++) all();
    expect(engine.byteLength).toBe(byteLength);
    expect(all()).toEqual(first);
    expect(rows.data).toEqual(x.data);
    expect(others.data).toEqual(memory.data);
  });

  it("an encoder layer is what its parts are by themselves, to the bit", () => {
    using engine = createAttention({ variant });
    const given = convert(encoder, engine) as Record<string, Tensor & Weight>;
    const plus = (a: Tensor, b: Tensor): Tensor => ({ ...a, data: a.data.map((v, i) => v + (b.data[i] as number)) });
    // A norm by itself runs on the shared engine, which is of either variant; norms have the same bits in both.
    const attended = (y: Tensor) =>
      multiheadAttention(
        y,
        y,
        y,
        {
          in_proj_weight: given["self_attn.in_proj_weight"] as Weight,
          in_proj_bias: given["self_attn.in_proj_bias"] as Tensor,
          "out_proj.weight": given["self_attn.out_proj.weight"] as Weight,
          "out_proj.bias": given["self_attn.out_proj.bias"] as Tensor,
        },
        { heads: H },
      ).output;
    const normed = (y: Tensor, name: string) =>
      layerNorm(y, { weight: given[`${name}.weight`] as Tensor, bias: given[`${name}.bias`] as Tensor });
    const fed = (y: Tensor) => {
      const inner = relu(
        linear(y, { weight: given["linear1.weight"] as Weight, bias: given["linear1.bias"] as Tensor }),
      );
      return linear(inner, { weight: given["linear2.weight"] as Weight, bias: given["linear2.bias"] as Tensor });
    };
    const middle = normed(plus(attended(x), x), "norm1");
    expect(transformerEncoderLayer(x, given, { heads: H }).output).toEqual(normed(plus(fed(middle), middle), "norm2"));
    const between = plus(attended(normed(x, "norm1")), x);
    expect(transformerEncoderLayer(x, given, { heads: H, normFirst: true }).output).toEqual(
      plus(fed(normed(between, "norm2")), between),
    );
  });

  it("an engine too small for a call says so, and works on", () => {
    using engine = createAttention({ variant, maximumBytes: 2 ** 18 });
    using weight = createWeight(t(4, 8), { engine });
    const small = t(3, 8);
    const before = linear(small, { weight });
    const { byteLength } = engine;
    expect(() => linear({ data: new Float32Array(80_000), shape: [10_000, 8] }, { weight })).toThrow(
      /^linear: this call needs \d+ bytes of wasm memory; "maximumBytes" allows 262144$/,
    );
    expect(engine.byteLength).toBe(byteLength);
    expect(linear(small, { weight })).toEqual(before);
  });

  it("one variant gives the same bits in two engines", () => {
    using one = createAttention({ variant });
    using two = createAttention({ variant });
    const run = (engine: typeof one) => transformerDecoderLayer(x, memory, convert(decoder, engine), heads);
    expect(run(one)).toEqual(run(two));
  });
});

describe("sizes without an element", () => {
  const far = 2 ** 31 - 1;
  const none = (...shape: number[]): Tensor => ({ data: new Float32Array(0), shape });

  it.each([
    ["linear", () => linear(none(far, 0), { weight: none(0, 0) }), [far, 0]],
    ["linear without rows", () => linear(none(0, far), { weight: none(0, far) }), [0, 0]],
    ["linear of no inputs", () => linear(none(3, 0), { weight: none(2, 0), bias: [1, 2] }), [3, 2]],
    ["layerNorm", () => layerNorm(none(far, 0)), [far, 0]],
    ["rmsNorm", () => rmsNorm(none(0, far)), [0, far]],
    ["relu", () => relu(none(far, 0)), [far, 0]],
    ["rope", () => rope(none(far, 0), { style: "half", positions: -5 }), [far, 0]],
    ["embedding", () => embedding([], none(0, 5)), [0, 5]],
    ["sinusoidalPositions", () => sinusoidalPositions(0, far), [0, far]],
  ])("%s", (_, call, shape) => {
    expect(call().shape).toEqual(shape);
  });

  it("a linear layer of no inputs gives its bias", () => {
    const got = linear(none(2, 0), { weight: none(2, 0), bias: [1, 2] });
    expect([...got.data]).toEqual([1, 2, 1, 2]);
  });

  it("attention and layers", () => {
    const empty = Object.fromEntries(
      Object.entries(decoder).map(([name, { shape }]) => [name, none(...shape.map(() => 0))]),
    );
    const { output } = transformerDecoderLayer(none(far, 0), none(far, 0), empty, { heads: 1 });
    expect(output.shape).toEqual([far, 0]);
    expect(transformerEncoderLayer(none(far, 0, E), encoder, { heads: H }).output.shape).toEqual([far, 0, E]);
    const parameters = { in_proj_weight: none(0, 0), "out_proj.weight": none(0, 0) };
    expect(multiheadAttention(none(far, 0), none(far, 0), none(far, 0), parameters, { heads: 1 }).output.shape).toEqual(
      [far, 0],
    );
  });
});
