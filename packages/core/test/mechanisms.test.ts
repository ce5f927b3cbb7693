// The four mechanisms against the float64 reference: projections, heads and widths, and that attention's options reach
// the attention inside. What those options mean is attention.test.ts's matter.
import {
  attentionTolerance,
  createRandom,
  type MultiHeadReferenceOptions,
  type Random,
  referenceMultiHead,
} from "@attn/conformance";
import type { Attention, CrossAttentionOptions, Linear, Projections, Tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { nested, slice } from "./arrays.ts";
import { engines, expectSame, randomMask } from "./helpers.ts";

/** Options with tensors only, so that the reference takes them too. */
type Options = Omit<CrossAttentionOptions, "projections" | "mask" | "bias" | "out"> & {
  projections?: { [K in keyof Projections]?: { weight: Tensor; bias?: Tensor } };
  mask?: ReturnType<typeof randomMask>;
  bias?: Tensor;
};
type Name = "selfAttention" | "multiHeadSelfAttention" | "maskedMultiHeadSelfAttention" | "crossAttention";

/** weight [out, in], with a bias or without. */
function linear(random: Random, outputs: number, inputs: number, bias: boolean): { weight: Tensor; bias?: Tensor } {
  const weight = random.tensor([outputs, inputs], 1 / Math.sqrt(inputs || 1));
  return bias ? { weight, bias: random.tensor([outputs]) } : { weight };
}

/** The call by its name; only cross attention has a memory. */
function call<O extends Options & { out?: Float32Array | Tensor }>(
  engine: Attention,
  name: Name,
  x: Tensor,
  memory: Tensor | undefined,
  options: O,
) {
  const all = { ...options, returnWeights: true, returnScores: true, returnLse: true } as const;
  if (name === "crossAttention") return engine.crossAttention(x, memory as Tensor, all);
  if (name === "selfAttention") return engine.selfAttention(x, all);
  return engine[name](x, { ...all, heads: options.heads as number });
}

/** Asserts all results of a mechanism, and that asking for fewer of them changes nothing. */
function expectMechanism(engine: Attention, name: Name, x: Tensor, memory: Tensor | undefined, options: Options): void {
  const causal = name === "maskedMultiHeadSelfAttention" ? { causal: true } : {};
  const expected = referenceMultiHead(x, memory, { ...options, ...causal } as MultiHeadReferenceOptions);
  const allowed = attentionTolerance(expected);
  const got = call(engine, name, x, memory, options);
  for (const result of ["output", "weights", "scores", "lse"] as const)
    expectSame(result, got[result], expected[result], allowed[result]);
  const rest = { returnWeights: "mean", returnScores: false, returnLse: false } as const;
  const mean =
    name === "crossAttention"
      ? engine.crossAttention(x, memory as Tensor, { ...options, ...rest })
      : name === "selfAttention"
        ? engine.selfAttention(x, { ...options, ...rest })
        : engine[name](x, { ...options, ...rest, heads: options.heads as number });
  expectSame("mean", mean.weights, expected.meanWeights, allowed.meanWeights);
  expect(mean.output, "output with other results").toEqual(got.output);
}

const names = ["selfAttention", "multiHeadSelfAttention", "maskedMultiHeadSelfAttention", "crossAttention"] as const;

describe.each(engines)("mechanisms, %s", (_, engine) => {
  it.each(names)("%s with and without each projection and bias", (name) => {
    const random = createRandom(1);
    const [L, S, E, Em] = [5, 7, 12, name === "crossAttention" ? 10 : 12];
    const heads = name === "selfAttention" ? undefined : 2;
    for (let set = 0; set < 16; set++) {
      for (const bias of [false, true]) {
        for (const rank of [2, 3]) {
          const lead = rank === 3 ? [2] : [];
          const x = random.tensor([...lead, L, E]);
          const memory = name === "crossAttention" ? random.tensor([...lead, S, Em]) : undefined;
          // Without a key projection the keys are Em wide, and so must the queries be.
          const width = set & 2 ? 8 : Em;
          const value = set & 4 ? 6 : Em;
          const projections = {
            ...((set & 1 || width !== E) && { query: linear(random, width, E, bias) }),
            ...(set & 2 && { key: linear(random, width, Em, bias) }),
            ...(set & 4 && { value: linear(random, value, Em, bias) }),
            ...(set & 8 && { output: linear(random, 9, value, bias) }),
          };
          expectMechanism(engine, name, x, memory, { projections, ...(heads && { heads }) });
        }
      }
    }
  });

  it("selfAttention without projections: query = key = value = x", () => {
    const random = createRandom(2);
    for (const L of [1, 2, 4, 5, 6, 7, 13, 97]) {
      for (const E of [1, 4, 9, 64]) expectMechanism(engine, "selfAttention", random.tensor([L, E]), undefined, {});
    }
    const x = random.tensor([3, 20, 16]);
    expectMechanism(engine, "selfAttention", x, undefined, {});
    expect(engine.selfAttention(x).output).toEqual(engine.attention(x, x, x).output);
  });

  it("rows and widths across tiles and blocks", () => {
    const random = createRandom(3);
    for (const L of [1, 3, 4, 7, 96, 97]) {
      for (const [E, width] of [
        [1, 2],
        [8, 9],
        [17, 16],
        [65, 4],
      ] as const) {
        const projections = {
          query: linear(random, width, E, true),
          key: linear(random, width, E, false),
          value: linear(random, 2 * width, E, true),
          output: linear(random, E, 2 * width, true),
        };
        expectMechanism(engine, "maskedMultiHeadSelfAttention", random.tensor([L, E]), undefined, {
          heads: 1,
          projections,
        });
      }
    }
    for (const [E, width] of [
      [255, 8],
      [257, 6],
      [6, 514],
      [520, 2],
    ] as const) {
      const projections = {
        query: linear(random, width, E, true),
        key: linear(random, width, E, true),
        value: linear(random, width, E, false),
        output: linear(random, E, width, true),
      };
      for (const L of [2, 9]) {
        expectMechanism(engine, "multiHeadSelfAttention", random.tensor([2, L, E]), undefined, {
          heads: 2,
          projections,
        });
      }
    }
  });

  it("grouped heads", () => {
    const random = createRandom(4);
    const E = 24;
    for (const [heads, keyValueHeads] of [
      [4, 4],
      [4, 2],
      [4, 1],
      [6, 3],
      [1, 1],
    ] as const) {
      const D = E / heads;
      for (const L of [1, 3, 30]) {
        for (const Dv of [D, 5]) {
          const projections = {
            query: linear(random, E, E, true),
            key: linear(random, keyValueHeads * D, E, false),
            value: linear(random, keyValueHeads * Dv, E, true),
            output: linear(random, E, heads * Dv, true),
          };
          const options = { heads, keyValueHeads, projections };
          const x = random.tensor([2, L, E]);
          expectMechanism(engine, "multiHeadSelfAttention", x, undefined, options);
          expectMechanism(engine, "maskedMultiHeadSelfAttention", x, undefined, options);
          expectMechanism(engine, "crossAttention", x, random.tensor([2, 40, E]), options);
        }
      }
    }
    // A memory that is as wide as the fewer heads need no projection.
    expectMechanism(engine, "crossAttention", random.tensor([5, 24]), random.tensor([9, 12]), {
      heads: 4,
      keyValueHeads: 2,
    });
  });

  it("crossAttention: a memory of another length and width; the head axis is there when heads is", () => {
    const random = createRandom(5);
    for (const [L, S, E, Em] of [
      [1, 300, 8, 8],
      [7, 1, 8, 20],
      [40, 33, 30, 7],
      [3, 9, 1, 40],
    ] as const) {
      const x = random.tensor([2, L, E]);
      const memory = random.tensor([2, S, Em]);
      const projections = {
        query: linear(random, 12, E, true),
        key: linear(random, 12, Em, false),
        value: linear(random, 8, Em, true),
      };
      for (const heads of [{}, { heads: 1 }, { heads: 4 }]) {
        expectMechanism(engine, "crossAttention", x, memory, { projections, ...heads });
        const first = (y: Tensor): Tensor => ({ data: slice(y, 0, 0, 1).data, shape: y.shape.slice(1) });
        expectMechanism(engine, "crossAttention", first(x), first(memory), { projections, ...heads });
      }
    }
    const [x, memory] = [random.tensor([2, 3, 8]), random.tensor([2, 5, 8])];
    const shape = (options: Options) => call(engine, "crossAttention", x, memory, options).weights.shape;
    expect([shape({}), shape({ heads: 1 }), shape({ heads: 2 })]).toEqual([
      [2, 3, 5],
      [2, 1, 3, 5],
      [2, 2, 3, 5],
    ]);
  });

  it.each(names)("%s passes attention's options on", (name) => {
    const random = createRandom(6);
    const [B, L, E] = [2, 7, 12];
    const S = name === "crossAttention" ? 9 : L;
    const heads = name === "selfAttention" ? undefined : 3;
    const x = random.tensor([B, L, E]);
    const memory = name === "crossAttention" ? random.tensor([B, S, E]) : undefined;
    const projections = { value: linear(random, 6, E, true), output: linear(random, 5, 6, true) };
    const axes = heads ? [B, heads, L, S] : [B, L, S];
    const align = "bottom-right";
    const hiding = random.tensor(axes);
    const cases: Options[] = [
      { scale: 1 },
      { scale: 0 },
      { softcap: 2 },
      { mask: randomMask(random, axes, 0.6), align },
      { mask: randomMask(random, [L, S], 0.6), align },
      { mask: randomMask(random, [B, ...axes.slice(1).map(() => 1)], 0.5), align },
      { bias: hiding, align },
      { bias: { data: hiding.data.map((y) => (y > 0.5 ? -Infinity : y)), shape: axes }, align },
      { keyLengths: [S, 2], align },
      { keyLengths: [0, 3], causal: true, align: 0 },
      { causal: true, align },
      { window: { left: 2, right: 1 }, align },
      { window: { left: 2 }, align: -1 },
      { alibi: true, align },
      { alibi: Array.from({ length: heads ?? 1 }, () => random.normal()), align },
      {
        sinks: Array.from({ length: heads ?? 1 }, () => random.normal(0, 3)),
        mask: randomMask(random, [S], 0.5),
        align,
      },
    ];
    for (const options of cases) {
      const all = { ...options, align: options.align ?? align, ...(heads && { heads }) };
      expectMechanism(engine, name, x, memory, all);
      expectMechanism(engine, name, x, memory, { ...all, projections });
    }
  });

  it("align is asked for only where it is needed", () => {
    const random = createRandom(7);
    const [x, memory] = [random.tensor([2, 5, 8]), random.tensor([2, 6, 8])];
    expectMechanism(engine, "maskedMultiHeadSelfAttention", x, undefined, { heads: 2, keyLengths: [5, 2] });
    expectMechanism(engine, "selfAttention", x, undefined, { alibi: true, keyLengths: [0, 4] });
    expect(() => engine.crossAttention(x, memory, { causal: true })).toThrow(/top-left.*bottom-right/);
    expect(() => engine.crossAttention(x, memory, { heads: 2, alibi: true })).toThrow(RangeError);
  });

  it("masked is multi-head with causal, whatever causal says", () => {
    const random = createRandom(8);
    const x = random.tensor([2, 30, 12]);
    const wanted = engine.multiHeadSelfAttention(x, { heads: 3, causal: true, returnWeights: true });
    for (const causal of [undefined, true, false])
      expect(engine.maskedMultiHeadSelfAttention(x, { heads: 3, causal, returnWeights: true })).toEqual(wanted);
  });

  it("a mechanism is matmul, attention and matmul", () => {
    const random = createRandom(9);
    const [B, L, S, E, H, G] = [2, 11, 14, 16, 4, 2];
    const [x, memory] = [random.tensor([B, L, E]), random.tensor([B, S, E])];
    const projections = {
      query: linear(random, 20, E, true),
      key: linear(random, 10, E, false),
      value: linear(random, 6, E, true),
      output: linear(random, 7, 12, true),
    };
    const project = (y: Tensor, { weight, bias }: Linear): Tensor =>
      engine.matmul(y, weight, { transposeB: true, ...(bias && { bias }) });
    const split = ({ data, shape: [b, l, width] }: Tensor, heads: number): Tensor => ({
      data,
      shape: [b, l, heads, (width as number) / heads] as number[],
    });
    const by = { causal: true, align: "bottom-right", sinks: [1, 2, 3, 4] } as const;
    const inside = engine.attention(
      split(project(x, projections.query), H),
      split(project(memory, projections.key), G),
      split(project(memory, projections.value), G),
      { ...by, layout: "BLHD", returnWeights: true },
    );
    const joined = project({ data: inside.output.data, shape: [B, L, 12] }, projections.output);
    const options = { ...by, heads: H, keyValueHeads: G, projections };
    const got = engine.crossAttention(x, memory, { ...options, returnWeights: true });
    const allowed = attentionTolerance(referenceMultiHead(x, memory, options as MultiHeadReferenceOptions));
    expectSame("output", got.output, joined, { ...allowed.output, rtol: 2 });
    expectSame("weights", got.weights, inside.weights, { ...allowed.weights, rtol: 2 });
  });

  it("inputs that are nested or in wasm memory, and stay as they were", () => {
    const random = createRandom(10);
    const x = random.tensor([2, 5, 8]);
    const projections = { query: linear(random, 8, 8, true), output: linear(random, 3, 8, true) };
    const before = x.data.slice();
    const wanted = engine.multiHeadSelfAttention(x, { heads: 2, projections });
    expect(x.data).toEqual(before);
    const { weight, bias } = projections.output as { weight: Tensor; bias: Tensor };
    const asArrays = { ...projections, output: { weight: nested(weight), bias: nested(bias) } };
    expect(engine.multiHeadSelfAttention(nested(x), { heads: 2, projections: asArrays })).toEqual(wanted);
    using inside = engine.empty(x.shape);
    using matrix = engine.empty(weight.shape);
    inside.data.set(x.data);
    matrix.data.set(weight.data);
    const inWasm = { ...projections, output: { weight: matrix, bias } };
    expect(engine.multiHeadSelfAttention(inside, { heads: 2, projections: inWasm })).toEqual(wanted);
    expect(inside.data).toEqual(before);
    expect(matrix.data).toEqual(weight.data);
    // One tensor as x and as memory.
    expect(engine.crossAttention(inside, inside, { heads: 2, projections: inWasm })).toEqual(wanted);
  });

  it.each(names)("%s writes into out, with and without an output projection", (name) => {
    const random = createRandom(11);
    const x = random.tensor([2, 6, 8]);
    const memory = name === "crossAttention" ? random.tensor([2, 9, 8]) : undefined;
    const heads = name === "selfAttention" ? {} : { heads: 2 };
    for (const projections of [{}, { output: linear(random, 5, 8, true) }, { value: linear(random, 4, 8, true) }]) {
      const options = { ...heads, projections };
      const { output } = call(engine, name, x, memory, options);
      const array = new Float32Array(output.data.length).fill(7);
      expect(call(engine, name, x, memory, { ...options, out: array }).output.data).toBe(array);
      expect(array).toEqual(output.data);
      const dense = { data: array.fill(7), shape: output.shape };
      expect(call(engine, name, x, memory, { ...options, out: dense }).output).toBe(dense);
      expect(array).toEqual(output.data);
      using inside = engine.empty(output.shape);
      inside.data.fill(7);
      expect(call(engine, name, x, memory, { ...options, out: inside }).output).toBe(inside);
      expect(inside.data).toEqual(output.data);
      expect(() => call(engine, name, x, memory, { ...options, out: new Float32Array(array.length + 1) })).toThrow(
        RangeError,
      );
      expect(() => call(engine, name, x, memory, { ...options, out: x.data })).toThrow(RangeError);
    }
  });

  it("out may be none of the projections", () => {
    const random = createRandom(12);
    const x = random.tensor([4, 4]);
    for (const name of ["query", "key", "value", "output"] as const) {
      const projection = linear(random, 4, 4, false);
      const call = () => engine.selfAttention(x, { projections: { [name]: projection }, out: projection.weight.data });
      expect(call).toThrow(RangeError);
    }
  });

  it("padding that is NaN reaches nothing, through any projection", () => {
    const random = createRandom(13);
    for (const L of [1, 2, 40]) {
      const [x, memory] = [random.tensor([2, L, 8]), random.tensor([2, 20, 8])];
      const spoilt = {
        shape: memory.shape,
        data: memory.data.map((y, i) => (Math.floor(i / 8) % 20 >= 11 ? Number.NaN : y)),
      };
      for (const bias of [false, true]) {
        const projections = {
          key: linear(random, 8, 8, bias),
          value: linear(random, 8, 8, bias),
          output: linear(random, 8, 8, bias),
        };
        const options = { heads: 2, projections, keyLengths: [11, 4] };
        const wanted = engine.crossAttention(x, memory, options);
        const got = engine.crossAttention(x, spoilt, options);
        expect(got.output.data.every(Number.isFinite)).toBe(true);
        const allowed = attentionTolerance(referenceMultiHead(x, memory, options));
        expectSame("output", got.output, wanted.output, { ...allowed.output, rtol: 2 });
      }
    }
  });

  it("sizes of zero", () => {
    const random = createRandom(14);
    for (const shape of [
      [0, 4],
      [0, 3, 4],
      [2, 0, 4],
    ]) {
      const x = random.tensor(shape);
      expectMechanism(engine, "selfAttention", x, undefined, {});
      expectMechanism(engine, "multiHeadSelfAttention", x, undefined, {
        heads: 2,
        projections: { output: linear(random, 3, 4, true) },
      });
      expectMechanism(engine, "maskedMultiHeadSelfAttention", x, undefined, { heads: 4 });
    }
    // No memory: nothing to attend to, and the output projection's bias is all there is.
    const x = random.tensor([2, 3, 4]);
    const projections = { output: linear(random, 5, 4, true) };
    expectMechanism(engine, "crossAttention", x, random.tensor([2, 0, 4]), { projections });
    expectMechanism(engine, "crossAttention", random.tensor([2, 0, 4]), x, { heads: 2, projections });
    // No width: all logits are 0.
    expectMechanism(engine, "selfAttention", random.tensor([3, 0]), undefined, {});
    expectMechanism(engine, "selfAttention", x, undefined, {
      projections: { query: linear(random, 0, 4, true), key: linear(random, 0, 4, false) },
    });
    expectMechanism(engine, "selfAttention", x, undefined, {
      projections: { value: linear(random, 0, 4, false), output: linear(random, 3, 0, true) },
    });
    expectMechanism(engine, "multiHeadSelfAttention", x, undefined, {
      heads: 2,
      projections: { output: linear(random, 0, 4, true) },
    });
  });
});
