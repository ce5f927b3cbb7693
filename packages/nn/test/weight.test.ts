// createWeight(): from whatever, in every dtype, on engines of both variants; what memory it takes and gives back.
import { createRandom } from "@attn/conformance";
import { createAttention, type Tensor } from "@attn/core";
import {
  createWeight,
  embedding,
  linear,
  quantize,
  type StoredDtype,
  type StoredTensor,
  type WeightDtype,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import { engines, sizeOf, stored } from "./layers.ts";

const DTYPES: readonly WeightDtype[] = ["f32", "f16", "int8"];
const MEGABYTE = 2 ** 20;

/** What a weight holds: its rows. */
const rowsOf = (weight: Parameters<typeof embedding>[1], rows: number): Tensor =>
  embedding(
    Array.from({ length: rows }, (_, i) => i),
    weight,
  );

/** Numbers that every type of this kind holds exactly, as bytes of that type. */
const makers: Readonly<Record<StoredDtype, (values: readonly number[]) => ArrayBufferView<ArrayBuffer>>> = {
  F64: (x) => Float64Array.from(x),
  F32: (x) => Float32Array.from(x),
  // 0, 1, 2 … as halves, by their bits.
  F16: (x) =>
    Uint16Array.from(x, (v) =>
      v === 0 ? 0 : ((Math.floor(Math.log2(v)) + 15) << 10) | ((v / 2 ** Math.floor(Math.log2(v)) - 1) * 1024),
    ),
  BF16: (x) => new Uint16Array(Float32Array.from(x).buffer).filter((_, i) => i % 2 === 1),
  I64: (x) => BigInt64Array.from(x, BigInt),
  I32: (x) => Int32Array.from(x),
  I16: (x) => Int16Array.from(x),
  I8: (x) => Int8Array.from(x),
  U8: (x) => Uint8Array.from(x),
  BOOL: (x) => Uint8Array.from(x),
};

describe.each(engines)("%s", (_, engine) => {
  const random = createRandom(3);

  describe.each(DTYPES)("%s", (dtype) => {
    it.each([
      [0, 0],
      [0, 5],
      [5, 0],
      [1, 1],
      [7, 3],
      [8, 128],
      [9, 129],
      [17, 513],
      // More rows than are copied at a time, and rows longer than that.
      [3000, 40],
      [3, 70_001],
    ])("[%i, %i]: shape, dtype and byteLength, and the same from wherever it comes", (rows, columns) => {
      const x = random.tensor([rows, columns]);
      using weight = createWeight(x, { dtype, engine });
      expect(weight.shape).toEqual([rows, columns]);
      expect(weight.dtype).toBe(dtype);
      const least = rows * columns * { f32: 4, f16: 2, int8: 1 }[dtype];
      expect(weight.byteLength).toBeGreaterThanOrEqual(least);
      expect(weight.byteLength).toBeLessThan(least + 8 * 4 * (columns + 1) + 4 * (rows + 8) + 2 * rows + 128);
      const held = rowsOf(weight, rows);

      const placed = engine.empty(x.shape);
      placed.data.set(x.data);
      const others = [placed, stored(x), ...(rows * columns > 0 && rows < 100 ? [nestedOf(x)] : [])];
      for (const other of others) {
        using again = createWeight(other, { dtype, engine });
        expect(rowsOf(again, rows).data).toEqual(held.data);
      }
      placed.dispose();
    });
  });

  it.each(Object.keys(makers) as StoredDtype[])("a tensor of a file in %s, aligned or not", (dtype) => {
    const most = dtype === "BOOL" ? 2 : 128;
    const values = Array.from({ length: 9 * 33 }, (_, i) => (i * 37) % most);
    const { buffer } = makers[dtype](values);
    const whole = new Uint8Array(buffer);
    const shifted = new Uint8Array(whole.length + 3).subarray(3);
    shifted.set(whole);
    for (const bytes of [whole, shifted, Buffer.from(whole)]) {
      const tensor: StoredTensor = { dtype, shape: [9, 33], bytes };
      using weight = createWeight(tensor, { engine });
      expect([...rowsOf(weight, 9).data]).toEqual(values);
      using half = createWeight(tensor, { engine, dtype: "f16" });
      expect([...rowsOf(half, 9).data]).toEqual(values);
    }
    expect(whole).toEqual(new Uint8Array(makers[dtype](values).buffer));
  });

  it("I8 of a file stays as it is in int8; quantize and createWeight round alike", () => {
    const tensor: StoredTensor = {
      dtype: "I8",
      shape: [2, 3],
      bytes: new Uint8Array(Int8Array.of(-127, 3, 0, 5, 1, -2).buffer),
    };
    using exact = createWeight(tensor, { engine, dtype: "int8" });
    expect([...rowsOf(exact, 2).data]).toEqual([-127, 3, 0, 5, 1, -2]);
    const x = random.tensor([11, 70]);
    const { values, scales } = quantize(x);
    const [whole, factors] = [new Int8Array(values.bytes.buffer), new Float32Array(scales.bytes.buffer)];
    using weight = createWeight(x, { engine, dtype: "int8" });
    expect(rowsOf(weight, 11).data).toEqual(
      Float32Array.from(whole, (value, i) => value * Number(factors[Math.floor(i / 70)])),
    );
  });

  it("a tensor in this engine's memory, where making the weight makes that grow", () => {
    using own = createAttention({ variant: engine.variant });
    const x = own.empty([500, 300]);
    x.data.set(random.tensor([500, 300]).data);
    const before = own.byteLength;
    using weight = createWeight(x, { engine: own });
    expect(own.byteLength).toBeGreaterThan(before);
    expect(rowsOf(weight, 500).data).toEqual(x.data);
    // Its bytes as those of a tensor of a file, of types that are packed as they are, and not.
    const bytes = () => new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);
    using again = createWeight({ dtype: "F32", shape: [500, 300], bytes: bytes() }, { engine: own });
    expect(rowsOf(again, 500).data).toEqual(x.data);
    const expected = Float32Array.from(new Int32Array(x.data.buffer, x.data.byteOffset, x.data.length));
    using whole = createWeight({ dtype: "I32", shape: [500, 300], bytes: bytes() }, { engine: own });
    expect(rowsOf(whole, 500).data).toEqual(expected);
  });

  it("a view of a tensor that is disposed is refused", () => {
    const x = engine.empty([3, 4]);
    const { data } = x;
    x.dispose();
    expect(() => createWeight({ data, shape: [3, 4] }, { engine })).toThrow(
      'createWeight: "weight" must lie in a tensor that is not disposed',
    );
  });

  it("lives on its own engine: its calls run there", () => {
    const x = random.tensor([4, 6]);
    using own = createAttention({ variant: engine.variant });
    using weight = createWeight(random.tensor([5, 6]), { engine: own });
    linear(x, { weight });
    own.dispose();
    expect(() => linear(x, { weight })).toThrow("linear: this engine is disposed");
    expect(() => weight.dispose()).not.toThrow();
  });

  it("gives its memory back: by dispose, twice as once, and by `using`", () => {
    using own = createAttention({ variant: engine.variant });
    const make = () => createWeight(random.tensor([200, 300]), { engine: own });
    make().dispose();
    const { byteLength } = own;
    for (let i = 0; i < 50; i++) {
      const weight = make();
      weight.dispose();
      weight.dispose();
      using _ = make();
    }
    // Two of them at once, of which there was one before.
    expect(own.byteLength).toBeLessThanOrEqual(byteLength + 2 ** 16);
  });

  it("what does not fit is a RangeError that leaves the engine as it was", () => {
    using own = createAttention({ variant: engine.variant, maximumBytes: MEGABYTE });
    using kept = createWeight(random.tensor([8, 8]), { engine: own });
    const held = rowsOf(kept, 8);
    const { byteLength } = own;
    const large = { data: new Float32Array(600_000), shape: [600, 1000] };
    expect(() => createWeight(large, { engine: own })).toThrow(
      /^createWeight: this call needs \d+ bytes of wasm memory; "maximumBytes" allows 1048576$/,
    );
    expect(own.byteLength).toBe(byteLength);
    expect(rowsOf(kept, 8)).toEqual(held);
    // Memory for the weight itself, but none for packing it: that is given back.
    const wide = { data: new Float32Array(110_000), shape: [1, 110_000] };
    for (let i = 0; i < 3; i++) expect(() => createWeight(wide, { engine: own, dtype: "int8" })).toThrow(RangeError);
    expect(rowsOf(kept, 8)).toEqual(held);
    using _ = createWeight(random.tensor([100, 100]), { engine: own });
  });
});

it("runs on the engine that all functions share, where none is given", () => {
  using weight = createWeight([
    [1, 2],
    [3, 4],
  ]);
  expect(linear([[1, 1]], { weight, bias: [10, 20] }).data).toEqual(Float32Array.of(13, 27));
});

it.each([
  ["f32", [2 ** 31 - 1, 0]],
  ["f32", [0, 2 ** 31 - 1]],
] as const)("without a number, in %s, it may be of any shape: %j", (dtype, shape) => {
  using weight = createWeight({ data: new Float32Array(0), shape }, { dtype });
  expect(weight.shape).toEqual(shape);
  expect(weight.byteLength).toBeLessThan(1024);
});

it("scales that no memory holds are a RangeError", () => {
  const shape = [2 ** 31 - 1, 0];
  expect(() => createWeight({ data: new Float32Array(0), shape }, { dtype: "f16" })).toThrow(RangeError);
});

it("its tag says what it is", () => {
  using weight = createWeight([[1]]);
  expect(Object.prototype.toString.call(weight)).toBe("[object Weight]");
});

function nestedOf({ data, shape }: Tensor): number[][] {
  const [rows = 0, columns = 0] = shape;
  expect(data.length).toBe(sizeOf(shape));
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}
