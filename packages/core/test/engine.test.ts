// Engines: which variant they run, from what module, apart from one another, and that they end. What their functions
// compute and refuse is the other files' matter.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import * as core from "@attn/core";
import { type Attention, createAttention, type EngineOptions, type Tensor } from "@attn/core";
import { afterEach, describe, expect, it, vi } from "vitest";

const t = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.7)),
  shape,
});
const bytesOf = (variant: "simd" | "relaxed"): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`))));
const bits = (engine: Attention): number[] => [
  ...new Uint32Array(engine.attention(t(3, 37, 19), t(3, 300, 19), t(3, 300, 11)).output.data.buffer),
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe("variants", () => {
  it("auto is relaxed where the runtime has it", () => {
    expect(createAttention().variant).toBe("relaxed");
    expect(createAttention({}).variant).toBe("relaxed");
    expect(createAttention({ variant: undefined }).variant).toBe("relaxed");
    expect(createAttention({ variant: "auto" }).variant).toBe("relaxed");
    expect(createAttention({ variant: "relaxed" }).variant).toBe("relaxed");
    expect(createAttention({ variant: "simd" }).variant).toBe("simd");
  });

  it("auto is simd where the runtime has no relaxed SIMD; relaxed is an Error there that says so", () => {
    const relaxed = new WebAssembly.Module(bytesOf("relaxed"));
    // False for the probe of relaxed SIMD alone, known by its opcode.
    vi.spyOn(WebAssembly, "validate").mockImplementation((bytes) => !(bytes as Uint8Array).includes(0x85));
    expect(createAttention().variant).toBe("simd");
    expect(createAttention({ variant: "auto" }).variant).toBe("simd");
    for (const options of [{ variant: "relaxed" }, { module: relaxed }] as const) {
      const call = () => createAttention(options);
      expect(call).toThrow(/^createAttention: this runtime does not support .*relaxed SIMD.*"(variant|auto)"/);
      expect(call).not.toThrow(RangeError);
      expect(call).not.toThrow(TypeError);
    }
  });

  it.each(["simd", "relaxed"] as const)("%s gives the same bits on two engines and in two calls", (variant) => {
    const [one, other] = [createAttention({ variant }), createAttention({ variant })];
    const expected = bits(one);
    expect(bits(one)).toEqual(expected);
    other.softmax(t(1000));
    expect(bits(other)).toEqual(expected);
  });

  it("say the same within float32", () => {
    const [simd, relaxed] = (["simd", "relaxed"] as const).map((variant) =>
      createAttention({ variant }).matmul(t(40, 70), t(70, 30)),
    );
    for (let i = 0; i < 1200; i++) expect(simd?.data[i]).toBeCloseTo(relaxed?.data[i] as number, 4);
  });
});

describe("module", () => {
  const expected = {
    simd: bits(createAttention({ variant: "simd" })),
    relaxed: bits(createAttention({ variant: "relaxed" })),
  };

  /** The bytes as a view that begins and ends inside its buffer. */
  function inside(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 10);
    return larger.subarray(10, 10 + bytes.length);
  }

  const forms: [form: string, make: (bytes: Uint8Array<ArrayBuffer>) => unknown][] = [
    ["a module", (bytes) => new WebAssembly.Module(bytes)],
    ["a Uint8Array", (bytes) => bytes],
    ["a Uint8Array inside a buffer", inside],
    ["an ArrayBuffer", (bytes) => bytes.buffer],
    ["a DataView", (bytes) => new DataView(bytes.buffer)],
    ["a Buffer", (bytes) => Buffer.from(bytes)],
    ["a module of another realm", (bytes) => runInNewContext("new WebAssembly.Module(bytes)", { bytes })],
    ["a Uint8Array of another realm", (bytes) => runInNewContext("Uint8Array.from(bytes)", { bytes })],
    ["an ArrayBuffer of another realm", (bytes) => runInNewContext("Uint8Array.from(bytes).buffer", { bytes })],
    ["a module that was cloned", (bytes) => structuredClone(new WebAssembly.Module(bytes))],
  ];
  describe.each(["simd", "relaxed"] as const)("%s", (variant) => {
    it.each(forms)("given as %s", (_, make) => {
      const engine = createAttention({ module: make(bytesOf(variant)) as NonNullable<EngineOptions["module"]> });
      expect(engine.variant).toBe(variant);
      expect(bits(engine)).toEqual(expected[variant]);
    });

    it("may be said beside it", () => {
      for (const said of [variant, "auto", undefined] as const) {
        expect(createAttention({ module: bytesOf(variant), variant: said }).variant).toBe(variant);
      }
    });

    it("one serves many engines", () => {
      const module = new WebAssembly.Module(bytesOf(variant));
      const [one, other] = [createAttention({ module }), createAttention({ module })];
      one.dispose();
      expect(bits(other)).toEqual(expected[variant]);
    });
  });

  it("the package's own is compiled once for all engines", () => {
    createAttention({ variant: "simd" });
    const compile = vi.spyOn(WebAssembly, "Module");
    createAttention({ variant: "simd" });
    expect(compile).not.toHaveBeenCalled();
  });
});

describe("an engine", () => {
  it("has plain functions, which work apart from it", () => {
    const {
      attention,
      scores,
      mergeAttention,
      selfAttention,
      multiHeadSelfAttention,
      maskedMultiHeadSelfAttention,
      crossAttention,
      matmul,
      softmax,
      createKvCache,
      empty,
      dispose,
    } = createAttention();
    const x = t(3, 4);
    const { output, lse } = attention(x, x, x, { returnLse: true });
    expect(output.shape).toEqual([3, 4]);
    expect(scores(x, x).shape).toEqual([3, 3]);
    expect(mergeAttention([{ output, lse }]).output.shape).toEqual([3, 4]);
    expect(selfAttention(x).output.shape).toEqual([3, 4]);
    expect(multiHeadSelfAttention(x, { heads: 2 }).output.shape).toEqual([3, 4]);
    expect(maskedMultiHeadSelfAttention(x, { heads: 2 }).output.shape).toEqual([3, 4]);
    expect(crossAttention(x, t(5, 4)).output.shape).toEqual([3, 4]);
    expect(matmul(x, t(4, 2)).shape).toEqual([3, 2]);
    expect(softmax(x).shape).toEqual([3, 4]);
    const cache = createKvCache({ heads: 1, headSize: 4, capacity: 3 });
    cache.append(t(1, 3, 4), t(1, 3, 4));
    expect(attention(t(1, 1, 4), cache).output.shape).toEqual([1, 1, 4]);
    expect(empty([2]).data.length).toBe(2);
    dispose();
    expect(() => softmax(x)).toThrow("softmax: this engine is disposed");
  });

  it("has what the type says, and no more", () => {
    const names = Object.keys(core).filter((name) => !["createAttention", "loadAttention", "tensor"].includes(name));
    expect(Object.keys(createAttention()).sort()).toEqual(
      [...names, "byteLength", "dispose", "empty", "variant"].sort(),
    );
  });

  it("has memory of its own, from the start", () => {
    const [one, other] = [createAttention(), createAttention()];
    expect(one.byteLength).toBeGreaterThan(0);
    expect(one.byteLength).toBeLessThanOrEqual(65536);
    const { byteLength } = other;
    const tensor = one.empty([100_000]);
    expect(one.byteLength).toBeGreaterThanOrEqual(65536 + 400_000 - 65536);
    expect(one.byteLength % 65536).toBe(0);
    expect(tensor.data.buffer.byteLength).toBe(one.byteLength);
    expect(other.byteLength).toBe(byteLength);
  });

  it("can be told how much: maximumBytes", () => {
    const engine = createAttention({ maximumBytes: 2 ** 20 });
    expect(() => engine.empty([2 ** 20])).toThrow(RangeError);
    expect(engine.empty([2 ** 17]).data.length).toBe(2 ** 17);
    expect(createAttention({ maximumBytes: 2 ** 40 }).softmax(t(4)).shape).toEqual([4]);
    expect(createAttention({ maximumBytes: 65536 }).softmax(t(4)).shape).toEqual([4]);
  });

  it("does not know what another does, nor that it ends", () => {
    const [one, other] = [createAttention({ variant: "simd" }), createAttention({ variant: "simd" })];
    const [x, y] = [one.empty([4]), other.empty([4])];
    x.data.fill(1);
    y.data.fill(2);
    one.softmax(x, { out: one.empty([4]) });
    other.matmul(t(50, 50), t(50, 50));
    expect([...x.data]).toEqual([1, 1, 1, 1]);
    expect([...y.data]).toEqual([2, 2, 2, 2]);
    one.dispose();
    expect([...y.data]).toEqual([2, 2, 2, 2]);
    expect(other.softmax(y).data[0]).toBe(0.25);
  });

  it("dispose: once is as good as twice, and using does it", () => {
    const engine = createAttention();
    expect(engine.byteLength).toBeGreaterThan(0);
    engine.dispose();
    engine.dispose();
    engine[Symbol.dispose]();
    expect(engine.byteLength).toBe(0);
    expect(() => engine.softmax(t(4))).toThrow(/^softmax: this engine is disposed$/);

    let used: Attention;
    {
      using another = createAttention();
      used = another;
      using tensor = used.empty([4]);
      using cache = used.createKvCache({ heads: 1, headSize: 1, capacity: 1 });
      expect([tensor.data.length, cache.capacity]).toEqual([4, 1]);
    }
    expect(() => used.softmax(t(4))).toThrow(/^softmax: this engine is disposed$/);
  });

  it("dispose ends the caches and tensors that live on it, in whichever order they are disposed of", () => {
    const engine = createAttention();
    const [tensor, cache] = [engine.empty([4]), engine.createKvCache({ heads: 1, headSize: 1, capacity: 1 })];
    engine.dispose();
    expect(() => tensor.data).toThrow(/disposed/);
    expect(() => cache.append(t(1, 1, 1), t(1, 1, 1))).toThrow(/^KvCache\.append: this engine is disposed$/);
    expect(() => cache.truncate(0)).toThrow(/^KvCache\.truncate: this engine is disposed$/);
    tensor.dispose();
    cache.dispose();
    engine.dispose();
  });

  it("refuses after dispose before it looks at what it was given", () => {
    const engine = createAttention();
    engine.dispose();
    const { attention, empty } = engine as unknown as Record<"attention" | "empty", () => unknown>;
    expect(attention).toThrow(/^attention: this engine is disposed$/);
    expect(empty).toThrow(/^empty: this engine is disposed$/);
  });
});

describe("the shared engine", () => {
  /** Runs a script in a process of its own, in which whatever compiles or instantiates is noted. */
  function run(script: string): unknown {
    const code = `
      const noted = [];
      for (const name of ["Module", "Instance", "Memory"]) {
        const original = WebAssembly[name];
        WebAssembly[name] = new Proxy(original, { construct(target, args) { noted.push(name); return new target(...args); } });
      }
      for (const name of ["compile", "instantiate", "validate"]) {
        const original = WebAssembly[name];
        WebAssembly[name] = (...args) => { noted.push(name); return original(...args); };
      }
      ${script}
      console.log(JSON.stringify(noted));`;
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", code], options));
  }

  it("is not made by importing the package, nor by tensor()", () => {
    expect(run(`await import("@attn/core");`)).toEqual([]);
    expect(run(`const { tensor } = await import("@attn/core"); tensor([[1, 2]]);`)).toEqual([]);
  });

  it("is made at the first call, once", () => {
    const first = `const { softmax, attention, createKvCache } = await import("@attn/core"); softmax([1, 2]);`;
    const made = run(first) as string[];
    expect(made.filter((name) => name === "Module")).toHaveLength(1);
    expect(made.filter((name) => name === "Memory")).toHaveLength(1);
    expect(
      run(
        `${first} softmax([1]); attention([[1]], [[1]], [[1]]); createKvCache({ heads: 1, headSize: 1, capacity: 1 });`,
      ),
    ).toEqual(made);
  });

  it("is apart from those of createAttention", () => {
    const own = createAttention();
    const cache = core.createKvCache({ heads: 1, headSize: 2, capacity: 2 });
    cache.append(t(1, 2, 2), t(1, 2, 2));
    expect(() => own.attention(t(1, 1, 2), cache)).toThrow(/^attention: "cache" must be a cache of this engine/);
    own.dispose();
    expect(core.attention(t(1, 1, 2), cache).output.shape).toEqual([1, 1, 2]);
    cache.dispose();
  });

  it("gives the bits that an engine of the same variant gives", () => {
    const inputs = [t(2, 9, 8), t(2, 30, 8), t(2, 30, 8)] as const;
    expect([...core.attention(...inputs).output.data]).toEqual([...createAttention().attention(...inputs).output.data]);
  });
});
