// The package's own module where it cannot be had, and engines without it: what each error says is missing and what to do.
import { readFileSync } from "node:fs";
import { createAttention } from "@attn/core";
import * as slim from "@attn/core/slim";
import { afterEach, describe, expect, it, vi } from "vitest";

const bytes = (variant: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`))));
const x = [
  [1, 0],
  [0, 1],
];

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** createAttention of a package that has compiled nothing yet. */
async function fresh(): Promise<typeof createAttention> {
  vi.resetModules();
  return (await import("@attn/core")).createAttention;
}

/** WebAssembly as a runtime has it that refuses to compile. */
const stubbed = (validate: (bytes: BufferSource) => boolean) =>
  vi.stubGlobal("WebAssembly", {
    ...Object.fromEntries(
      Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)]),
    ),
    validate,
    Module: class {
      constructor() {
        throw new WebAssembly.CompileError("Wasm code generation disallowed by embedder");
      }
    },
  });

describe("createAttention", () => {
  it("without WebAssembly", async () => {
    const createAttention = await fresh();
    vi.stubGlobal("WebAssembly", undefined);
    expect(() => createAttention()).toThrow(/^createAttention: this runtime does not support WebAssembly; Chrome 91/);
  });

  it("without SIMD", async () => {
    const createAttention = await fresh();
    stubbed(() => false);
    expect(() => createAttention()).toThrow(
      /^createAttention: this runtime does not support WebAssembly SIMD; Chrome 91/,
    );
  });

  it("where a policy forbids to compile", async () => {
    const createAttention = await fresh();
    stubbed(WebAssembly.validate);
    expect(() => createAttention()).toThrow(
      /^createAttention: this runtime refuses to compile WebAssembly \(Wasm code generation disallowed by embedder\): .*'wasm-unsafe-eval'.*"workerd" or "edge-light"/,
    );
  });

  it("the probe for SIMD is valid where SIMD is", () => {
    // This runtime has it: the refusal above must not be taken for its absence.
    expect(createAttention({ variant: "simd" }).variant).toBe("simd");
  });
});

describe("@attn/core/slim", () => {
  it.each(["simd", "relaxed"] as const)("runs on %s.wasm, compiled or as bytes", (variant) => {
    using own = createAttention({ variant });
    for (const module of [bytes(variant), new WebAssembly.Module(bytes(variant))]) {
      using engine = slim.createAttention({ module });
      expect(engine.variant).toBe(variant);
      expect(engine.selfAttention(x).output.data).toEqual(own.selfAttention(x).output.data);
    }
  });

  it("says that it has no kernel of its own", () => {
    const call = slim.createAttention as (options?: object) => unknown;
    for (const options of [undefined, {}, { module: undefined }, { variant: "simd" }]) {
      expect(() => call(options)).toThrow(TypeError);
      expect(() => call(options)).toThrow(
        'createAttention: "module" must be a WebAssembly.Module or its bytes, got undefined',
      );
    }
  });
});
