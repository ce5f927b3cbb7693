// @attn/core/engine, as the packages built on it use it: an engine's memory, other kernel modules on it, and attention by
// addresses. The second module is assembled here, byte by byte.
import { readFileSync } from "node:fs";
import { attentionTolerance, compare, createRandom, referenceAttention } from "@attn/conformance";
import { type Attention, createAttention, selfAttention, type Tensor } from "@attn/core";
import * as door from "@attn/core/engine";
import { describe, expect, it } from "vitest";
import { engines } from "./helpers.ts";

const API = "negate";
const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve("@attn/kernel/package.json")), "utf8")) as {
  version: string;
};

interface NegateExports {
  /** to = -from, one number. */
  negate_f32(to: number, from: number): void;
}

/** (module (import "env" "memory" (memory 0)) (func (export "negate_f32") (param i32 i32) …)), and its section "attn". */
function assembled(section: string): WebAssembly.Module {
  const text = (s: string): number[] => [s.length, ...new TextEncoder().encode(s)];
  const part = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  return new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...part(1, 1, 0x60, 2, 0x7f, 0x7f, 0),
      ...part(2, 1, ...text("env"), ...text("memory"), 2, 0, 0),
      ...part(3, 1, 0),
      ...part(7, 1, ...text("negate_f32"), 0, 0),
      // local.get 0, local.get 1, f32.load, f32.neg, f32.store, end
      ...part(10, 1, 13, 0, 0x20, 0, 0x20, 1, 0x2a, 2, 0, 0x8c, 0x38, 2, 0, 0x0b),
      ...part(0, ...text("attn"), ...new TextEncoder().encode(section)),
    ),
  );
}

const compile = (variant: string): WebAssembly.Module => assembled(`negate ${variant} ${version}`);

/** A function as a package on the door would write it: check, place, run, copy. */
function negate(x: unknown, options: { engine?: Attention; out?: Float32Array | Tensor } = {}): Tensor {
  const engine = door.engineOf(API, options.engine);
  engine.assertLive(API);
  const checked = door.checkTensor(API, "x", x);
  const { data, shape, size } = checked;
  const out = door.checkOut(API, options.out, size, [data]);

  const kernel = door.attach<NegateExports>(API, engine, "negate", compile);
  const frame = new door.Frame(engine.memory, API);
  const [from, to] = [frame.input("x", checked), frame.output(size, out)];
  frame.open();

  for (let i = 0; i < size; i++) kernel.negate_f32(frame.at(to) + 4 * i, frame.at(from) + 4 * i);

  return frame.result(to, shape, out);
}

describe("engineOf", () => {
  it("the shared engine is one, whoever asks first", () => {
    expect(door.engineOf(API)).toBe(door.engineOf("another"));
    const before = door.engineOf(API).memory.byteLength;
    selfAttention(createRandom(1).tensor([512, 64]));
    expect(door.engineOf(API).memory.byteLength).toBeGreaterThan(before);
  });

  it.each(engines)("of what createAttention gave: %s", (variant, attention) => {
    const engine = door.engineOf(API, attention);
    expect(engine.variant).toBe(variant);
    expect(engine.memory.byteLength).toBe(attention.byteLength);
    expect(door.engineOf(API, attention)).toBe(engine);
  });

  it("a disposed engine says so, to whoever asks", () => {
    const attention = createAttention();
    attention.dispose();
    expect(() => negate([1], { engine: attention })).toThrow(/^negate: this engine is disposed$/);
  });

  it.each([null, 3, {}, { ...createAttention() }, door.engineOf(API)])("refuses %s", (x) => {
    expect(() => door.engineOf(API, x as Attention)).toThrow(
      /^negate: "engine" must be what createAttention or loadAttention gave, got /,
    );
  });
});

describe("attach", () => {
  it.each(engines)("runs another module on the same memory: %s", (_, engine) => {
    expect(
      negate(
        [
          [1, -2],
          [0, 4],
        ],
        { engine },
      ),
    ).toEqual({ data: Float32Array.of(-1, 2, -0, -4), shape: [2, 2] });
    // Wasm memory in and out: nothing is copied, and the result is the tensor that was given.
    const [inside, target] = [engine.empty([3]), engine.empty([3])];
    inside.data.set([1, 2, 3]);
    expect(negate(inside, { engine, out: target })).toBe(target);
    expect(target.data).toEqual(Float32Array.of(-1, -2, -3));
  });

  it("once an engine, in its variant", () => {
    const asked: string[] = [];
    const counted = (variant: string) => {
      asked.push(variant);
      return compile(variant);
    };
    for (const variant of ["simd", "relaxed"] as const) {
      const engine = door.engineOf(API, createAttention({ variant }));
      const exports = door.attach<NegateExports>(API, engine, "negate", counted);
      expect(door.attach(API, engine, "negate", counted)).toBe(exports);
      expect(exports.negate_f32).toBeTypeOf("function");
    }
    expect(asked).toEqual(["simd", "relaxed"]);
  });

  it.each([
    ["another module", `train simd ${version}`],
    ["another variant", `negate relaxed ${version}`],
    ["another version", "negate simd 99.0.0"],
    ["no words", ""],
  ])("refuses %s", (_, section) => {
    const engine = door.engineOf(API, createAttention({ variant: "simd" }));
    expect(() => door.attach(API, engine, "negate", () => assembled(section))).toThrow(
      new RangeError(`negate: "module" must be "negate simd ${version}" of @attn/kernel, got "${section}"`),
    );
  });

  it("goes on when memory grows", () => {
    const engine = createAttention({ variant: "simd" });
    expect(negate([1], { engine }).data[0]).toBe(-1);
    engine.empty([2 ** 20]);
    expect(negate([2], { engine }).data[0]).toBe(-2);
  });
});

describe("arguments are read with core's errors", () => {
  it.each([
    [
      undefined,
      'TypeError: negate: "x" must be a tensor { data: Float32Array, shape } or a nested array of numbers, got undefined',
    ],
    [[[1], [2, 3]], 'RangeError: negate: "x" must be a regular nested array (dimension 1 is 1), got a row of 2'],
    [
      { data: new Float32Array(1), shape: [2] },
      'RangeError: negate: "x.data" must have 2 elements for shape [2], got 1',
    ],
  ])("%j", (x, message) => {
    let thrown: unknown;
    try {
      negate(x);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toBe(message);
  });

  it("out may not overlap", () => {
    const data = Float32Array.of(1, 2);
    expect(() => negate({ data, shape: [2] }, { out: data })).toThrow(
      'negate: "out" must not overlap an input, got memory of one',
    );
  });
});

describe("Allocation", () => {
  it("stays while memory grows and calls come and go, and is given back once", () => {
    const attention = createAttention({ variant: "simd" });
    const engine = door.engineOf(API, attention);
    const weight = new door.Allocation(engine, API, 4 * 1000, {});
    engine.memory.f32.fill(7, weight.start >> 2, (weight.start >> 2) + 1000);
    attention.empty([2 ** 20]);
    attention.selfAttention(createRandom(2).tensor([64, 64]));
    expect(engine.memory.f32.subarray(weight.start >> 2, (weight.start >> 2) + 1000)).toEqual(
      new Float32Array(1000).fill(7),
    );
    expect(weight.released).toBe(false);
    weight.release();
    weight.release();
    expect(weight.released).toBe(true);
    expect(new door.Allocation(engine, API, 4 * 1000, {}).start).toBe(weight.start);
  });

  it("past the ceiling is core's RangeError under the caller's name", () => {
    const engine = door.engineOf(API, createAttention({ maximumBytes: 2 ** 20 }));
    expect(() => new door.Allocation(engine, API, 2 ** 21, {})).toThrow(
      /^negate: this call needs \d+ bytes of wasm memory; "maximumBytes" allows 1048576$/,
    );
  });
});

describe.each(engines)("attention by addresses, %s", (_, attention) => {
  const random = createRandom(77);
  const [B, H, G, L, S, D, Dv] = [2, 4, 2, 5, 9, 8, 12];
  const sizes = { B, H, G, L, S, D, Dv };
  const axes = { batch: true, head: true };

  // Tokens of [B, L, H·D | G·D | G·Dv] behind each other, as one projection of all three would leave them.
  it("reads query, key and value where they lie, under any strides", () => {
    const engine = door.engineOf(API, attention);
    const width = G * D + G * Dv;
    const packed = random.tensor([B, S, width]);
    const query = random.tensor([B, H, L, D]);
    const options = { causal: true, align: "bottom-right" } as const;
    const logits = door.checkLogits(API, options, sizes, axes, { scale: door.defaultScale(D) });
    const result = door.checkResult(API, { returnWeights: true, returnLse: true }, H);
    const plan: door.AttentionPlan = {
      sizes,
      axes,
      logits,
      result,
      query: door.denseStrides("BHLD", H, L, D),
      key: { batch: S * width * 4, head: D * 4, token: width * 4 },
      value: { batch: S * width * 4, head: Dv * 4, token: width * 4 },
      output: door.denseStrides("BHLD", H, L, Dv),
      dtype: "f32",
      scales: undefined,
      segments: undefined,
      maskedValue: Number.NEGATIVE_INFINITY,
    };
    const frame = new door.Frame(engine.memory, API);
    const [q, kv, o] = [
      frame.input("query", door.checkTensor(API, "query", query)),
      frame.input("x", door.checkTensor(API, "x", packed)),
      frame.output(B * H * L * Dv),
    ];
    const slots = door.requestAttend(engine, frame, plan);
    const other = door.requestAttend(engine, frame, {
      ...plan,
      sizes: { ...sizes, L: 1 },
      logits: { ...logits, queryOffset: undefined },
    });
    frame.open();
    const [key, value] = [frame.at(kv), frame.at(kv) + G * D * 4];
    door.runAttend(engine, frame, plan, slots, frame.at(q), key, value, frame.at(o));
    const got = door.takeResult(frame, plan, slots, frame.result(o, [B, H, L, Dv]));
    expect(other).not.toEqual(slots);

    const pick = (offset: number, size: number): Tensor => ({
      data: Float32Array.from({ length: B * G * S * size }, (_, i) => {
        const [b, g, s, d] = [
          Math.floor(i / (G * S * size)),
          Math.floor(i / (S * size)) % G,
          Math.floor(i / size) % S,
          i % size,
        ];
        return packed.data[(b * S + s) * width + offset + g * size + d] as number;
      }),
      shape: [B, G, S, size],
    });
    const expected = referenceAttention(query, pick(0, D), pick(G * D, Dv), options);
    const allowed = attentionTolerance(expected);
    expect(compare(got.output.data, expected.output.data, allowed.output)).toBeUndefined();
    expect(compare((got.weights as Tensor).data, expected.weights.data, allowed.weights)).toBeUndefined();
    expect(compare((got.lse as Tensor).data, expected.lse.data, allowed.lse)).toBeUndefined();
  });
});
