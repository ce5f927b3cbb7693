// Writing files, and int8 weights.
import { createRandom, referenceQuantize } from "@attn/conformance";
import type { StoredDtype } from "@attn/nn";
import { quantize, readSafetensors, type StoredTensor, writeSafetensors } from "@attn/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BYTES, toFloat32 } from "../src/weights/dtypes.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("writeSafetensors", () => {
  it("sorts by alignment, then by name, and begins the data at a multiple of 8", () => {
    const stored = (dtype: StoredDtype, ...bytes: number[]): StoredTensor => ({
      dtype,
      shape: [bytes.length / (BYTES.get(dtype) as number)],
      bytes: Uint8Array.from(bytes),
    });
    const file = writeSafetensors(
      new Map<string, StoredTensor>([
        ["z", stored("U8", 1)],
        ["b", stored("F16", 2, 3)],
        ["a", stored("F16", 4, 5)],
        ["\u{1f917}", stored("F16", 6, 7)],
        ["\uffff", stored("F16", 8, 9)],
        ["l", stored("I64", 10, 11, 12, 13, 14, 15, 16, 17)],
      ]),
      { format: "pt" },
    );
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(text(file.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"l":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},"b":{"dtype":"F16","shape":[1],"data_offsets":[10,12]},"\uffff":{"dtype":"F16","shape":[1],"data_offsets":[12,14]},"\u{1f917}":{"dtype":"F16","shape":[1],"data_offsets":[14,16]},"z":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}',
    );
    expect(length % 8).toBe(0);
    expect([...file.subarray(8 + length)]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 4, 5, 2, 3, 8, 9, 6, 7, 1]);
  });

  it("stores a tensor as F32, also one that lies within a longer buffer", () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const read = readSafetensors(writeSafetensors(new Map([["a", { data, shape: [2, 1] }]])));
    expect(read.get("a")).toMatchObject({ dtype: "F32", shape: [2, 1] });
    expect(toFloat32(read.get("a") as StoredTensor)).toEqual(Float32Array.of(1, 2));
  });

  it("no tensors make a file, too", () => expect(readSafetensors(writeSafetensors(new Map())).size).toBe(0));

  it("is read back bit by bit, whatever the names and shapes", () => {
    const name = fc.string({ unit: "binary" }).filter((x) => x !== "__metadata__");
    const tensor = fc
      .record({
        dtype: fc.constantFrom(...(BYTES.keys() as Iterable<StoredDtype>)),
        shape: fc.array(fc.nat(3), { maxLength: 4 }),
        seed: fc.nat(),
      })
      .map(({ dtype, shape, seed }): StoredTensor => {
        const random = createRandom(seed);
        const size = shape.reduce((product, length) => product * length, BYTES.get(dtype) as number);
        return { dtype, shape, bytes: Uint8Array.from(random.integers(size, 0, 255)) };
      });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, tensor)),
        fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
        (list, metadata) => {
          const tensors = new Map(list);
          expect(new Map([...readSafetensors(writeSafetensors(tensors, metadata))].sort())).toEqual(
            new Map([...tensors].sort()),
          );
        },
      ),
      { numRuns: Number(process.env.ATTN_RUNS ?? 100) },
    );
  });

  const good: StoredTensor = { dtype: "F32", shape: [1], bytes: new Uint8Array(4) };
  it.each<[string, unknown, unknown, typeof Error, string]>([
    ["no map", {}, undefined, TypeError, '"tensors" must be a Map of tensors by name, got an object'],
    ["a reserved name", new Map([["__metadata__", good]]), undefined, RangeError, "other than __metadata__"],
    ["a name that UTF-8 cannot have", new Map([["\ud800", good]]), undefined, RangeError, "names in Unicode"],
    ["a name that is a number", new Map([[1, good]]), undefined, TypeError, "a map from names"],
    ["no tensor", new Map([["a", 1]]), undefined, TypeError, 'tensors.get("a")'],
    ["no bytes", new Map([["a", { dtype: "F32", shape: [1] }]]), undefined, RangeError, 'tensor "a" must have bytes'],
    [
      "an unknown type",
      new Map([["a", { ...good, dtype: "F8" }]]),
      undefined,
      RangeError,
      'tensor "a" must have a dtype of',
    ],
    [
      "a fraction in a shape",
      new Map([["a", { ...good, shape: [0.5] }]]),
      undefined,
      RangeError,
      "shape of non-negative integers",
    ],
    [
      "another length",
      new Map([["a", { ...good, shape: [2] }]]),
      undefined,
      RangeError,
      'tensor "a" must have 8 bytes for F32 [2], got 4',
    ],
    ["metadata that are numbers", new Map(), { a: 1 }, TypeError, '"metadata.a" must be a string'],
  ])("refuses %s", (_, tensors, metadata, kind, message) => {
    const call = () => writeSafetensors(tensors as Map<string, StoredTensor>, metadata as Record<string, string>);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe("quantize", () => {
  it("rows of int8 with one scale each, max|x| / 127", () => {
    const { values, scales } = quantize([
      [1, -2, 0.5],
      [0, 0, 0],
    ]);
    expect(values).toEqual({
      dtype: "I8",
      shape: [2, 3],
      bytes: new Uint8Array(Int8Array.of(64, -127, 32, 0, 0, 0).buffer),
    });
    expect(scales).toMatchObject({ dtype: "F32", shape: [2] });
    expect(toFloat32(scales)).toEqual(Float32Array.of(2 / 127, 0));
  });

  it("is the reference's, bit by bit, where a quotient is not near a half", () => {
    const weight = createRandom(8).tensor([64, 65]);
    const { values, scales } = quantize(weight);
    const expected = referenceQuantize(weight);
    expect(toFloat32(values)).toEqual(Float32Array.from(expected.values.data));
    expect(toFloat32(scales)).toEqual(expected.scales.data);
  });

  it("rounds halves to the even number", () => {
    const { values } = quantize([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]]);
    expect([...toFloat32(values)]).toEqual([127, 0, 2, 2, 0, -2, -2]);
  });

  it("is within half a scale of each number, in any dimensions", () => {
    const random = createRandom(7);
    const weight = random.tensor([3, 4, 17]);
    const { values, scales } = quantize(weight);
    expect([values.shape, scales.shape]).toEqual([
      [3, 4, 17],
      [3, 4],
    ]);
    const [x, s] = [toFloat32(values), toFloat32(scales)];
    for (let i = 0; i < x.length; i++) {
      const scale = s[Math.floor(i / 17)] as number;
      expect(Math.abs((x[i] as number) * scale - (weight.data[i] as number))).toBeLessThanOrEqual(scale * 0.500001);
    }
  });

  it("of the smallest numbers stays within int8", () => {
    const { values } = quantize([[1e-45, 2e-43, -2e-43]]);
    expect(Math.max(...toFloat32(values).map(Math.abs))).toBeLessThanOrEqual(127);
  });

  it.each([
    [[1, 2], "[..., N, K]"],
    [[[1, Number.NaN]], "finite, got NaN in row 0"],
    [[[1], [Number.POSITIVE_INFINITY]], "in row 1"],
  ])("refuses %j", (weight, message) => {
    expect(() => quantize(weight as number[][])).toThrow(RangeError);
    expect(() => quantize(weight as number[][])).toThrow(message);
  });
});
