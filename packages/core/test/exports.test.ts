// The names that the package exports, and what an engine has. A change here is a change of the public API.
import * as core from "@attn/core";
import * as door from "@attn/core/engine";
import * as slim from "@attn/core/slim";
import { describe, expect, it } from "vitest";
import { engines } from "./helpers.ts";

describe("@attn/core", () => {
  it("exports these names", () => {
    expect(Object.keys(core).toSorted()).toMatchInlineSnapshot(`
      [
        "attention",
        "createAttention",
        "createKvCache",
        "crossAttention",
        "loadAttention",
        "maskedMultiHeadSelfAttention",
        "matmul",
        "mergeAttention",
        "multiHeadSelfAttention",
        "scores",
        "selfAttention",
        "softmax",
        "tensor",
      ]
    `);
  });

  it("slim exports what needs no kernel inside", () => {
    expect(Object.keys(slim).toSorted()).toEqual(["createAttention", "loadAttention", "tensor"]);
    expect(slim.tensor).toBe(core.tensor);
  });

  it("engine, the internal door, exports these names", () => {
    expect(Object.keys(door).toSorted()).toMatchInlineSnapshot(`
      [
        "Allocation",
        "Frame",
        "NO_STRIDES",
        "TokenStore",
        "attach",
        "axesOf",
        "cachedTokens",
        "checkBoolean",
        "checkBroadcast",
        "checkCount",
        "checkFinite",
        "checkHeads",
        "checkLayout",
        "checkLength",
        "checkList",
        "checkLogits",
        "checkMask",
        "checkOptions",
        "checkOut",
        "checkPair",
        "checkResult",
        "checkSegments",
        "checkShape",
        "checkTensor",
        "counted",
        "createEngine",
        "defaultScale",
        "denseStrides",
        "describe",
        "engineOf",
        "isObject",
        "isRecord",
        "requestAttend",
        "runAttend",
        "sameShape",
        "shapeText",
        "sizeOf",
        "takeResult",
        "withAxes",
        "wrongChoice",
        "wrongKind",
        "wrongValue",
      ]
    `);
  });

  it("exports functions only", () => {
    for (const [name, value] of Object.entries(core)) expect(value, name).toBeTypeOf("function");
  });
});

describe.each(engines)("an engine, %s", (variant, engine) => {
  it("has these members", () => {
    const members = Reflect.ownKeys(engine).map((key) => [String(key), typeof Reflect.get(engine, key)]);
    expect(Object.fromEntries(members.sort())).toMatchInlineSnapshot(`
      {
        "Symbol(Symbol.dispose)": "function",
        "attention": "function",
        "byteLength": "number",
        "createKvCache": "function",
        "crossAttention": "function",
        "dispose": "function",
        "empty": "function",
        "maskedMultiHeadSelfAttention": "function",
        "matmul": "function",
        "mergeAttention": "function",
        "multiHeadSelfAttention": "function",
        "scores": "function",
        "selfAttention": "function",
        "softmax": "function",
        "variant": "string",
      }
    `);
  });

  it("is of the variant that was asked for", () => expect(engine.variant).toBe(variant));

  it("has functions that need no engine in front of them", () => {
    const { softmax, selfAttention } = engine;
    expect(softmax([0, 0]).data).toEqual(Float32Array.of(0.5, 0.5));
    expect(selfAttention([[1], [1]]).output.data).toEqual(Float32Array.of(1, 1));
  });
});
