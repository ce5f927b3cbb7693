// Numbers of a file as float32, and halves of them: every half, and each type at odd addresses.
import { createRandom } from "@attn/conformance";
import type { StoredDtype } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { BYTES, toFloat32, toHalf } from "../src/weights/dtypes.ts";

/** binary16 by its definition. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

it("each of the 65,536 halves", () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const got = toFloat32({ dtype: "F16", bytes: new Uint8Array(bits.buffer) });
  expect(got).toEqual(Float32Array.from(bits, half));
  expect(Object.is(got[0x8000], -0)).toBe(true);
});

it("each of the 65,536 bfloats is the float whose upper half it is", () => {
  const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const got = toFloat32({ dtype: "BF16", bytes: new Uint8Array(bits.buffer) });
  const upper = new Uint32Array(got.buffer).map((x) => x >>> 16);
  // A signalling NaN may become a quiet one on its way.
  expect([...upper.keys()].filter((i) => upper[i] !== i && !Number.isNaN(got[i]))).toEqual([]);
});

describe("a float as a half", () => {
  const halves = (from: Float32Array): [halves: Uint16Array, wrong: number] => {
    const out = new Uint16Array(from.length);
    return [out, toHalf(from, out)];
  };
  /** What the runtime makes of them. */
  const expected = (from: Float32Array) => new Uint16Array(new Float16Array(from).buffer);

  it("is itself where it is one, NaN among them", () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i).filter(
      (i) => (i & 0x7c00) !== 0x7c00 || !(i & 1023),
    );
    const [got, wrong] = halves(toFloat32({ dtype: "F16", bytes: new Uint8Array(bits.buffer) }));
    expect(wrong).toBe(-1);
    expect(got).toEqual(bits);
    const [[nan = 0], none] = halves(Float32Array.of(Number.NaN));
    expect([half(nan), none]).toEqual([Number.NaN, -1]);
  });

  it("is the nearest, the even one of two that are as near", () => {
    // Between each finite half and the next: the middle, and the floats around it.
    const middles = Uint32Array.from({ length: 0x7bff }, (_, i) => {
      return new Uint32Array(Float32Array.of((half(i) + half(i + 1)) / 2).buffer)[0] as number;
    });
    for (const sign of [0, 0x80000000])
      for (const off of [-1, 0, 1]) {
        const from = new Float32Array(middles.map((bits) => (sign | (bits + off)) >>> 0).buffer);
        expect(halves(from)).toEqual([expected(from), -1]);
      }
    const any = createRandom(7).tensor([20_000], 2 ** -12).data;
    expect(halves(any)).toEqual([expected(any), -1]);
  });

  it("is none from 65520 on, unless it is endless", () => {
    const below = new Float32Array(Uint32Array.of(0x477fefff).buffer)[0] as number;
    const [got, wrong] = halves(Float32Array.of(below, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
    expect([...got, wrong]).toEqual([0x7bff, 0xfc00, 0x7c00, -1]);
    expect(halves(Float32Array.of(1, 65519, -65520, 1))[1]).toBe(2);
    expect(halves(Float32Array.of(1, 3e38))[1]).toBe(1);
  });
});

describe("every type, aligned and not", () => {
  const cases: [StoredDtype, ArrayBufferView & { buffer: ArrayBufferLike }, number[]][] = [
    ["F64", Float64Array.of(1.5, -1e300, 0.1), [1.5, Number.NEGATIVE_INFINITY, Math.fround(0.1)]],
    ["F32", Float32Array.of(1.5, -0, 2 ** -149), [1.5, -0, 2 ** -149]],
    ["F16", Uint16Array.of(0x3c00, 0xc000, 0x0001), [1, -2, 2 ** -24]],
    ["BF16", Uint16Array.of(0x3f80, 0xc000, 0x7f80), [1, -2, Number.POSITIVE_INFINITY]],
    ["I64", BigInt64Array.of(-1n, 2n ** 53n, 7n), [-1, 2 ** 53, 7]],
    ["I32", Int32Array.of(-1, 2 ** 31 - 1, 7), [-1, 2 ** 31, 7]],
    ["I16", Int16Array.of(-1, 32_767, 7), [-1, 32_767, 7]],
    ["I8", Int8Array.of(-128, 127, 7), [-128, 127, 7]],
    ["U8", Uint8Array.of(0, 255, 7), [0, 255, 7]],
    ["BOOL", Uint8Array.of(0, 1, 255), [0, 1, 1]],
  ];
  it("is in the table", () => expect(cases.map(([dtype]) => dtype).sort()).toEqual([...BYTES.keys()].sort()));

  it.each(cases)("%s", (dtype, array, expected) => {
    for (let shift = 0; shift < 8; shift++) {
      const apart = new Uint8Array(shift + array.byteLength);
      apart.set(new Uint8Array(array.buffer), shift);
      for (const bytes of [apart.subarray(shift), Buffer.from(apart.buffer, shift)]) {
        expect([...toFloat32({ dtype, bytes })], `at ${shift}`).toEqual(expected);
        const out = new Float32Array(5).subarray(1, 4);
        expect(toFloat32({ dtype, bytes }, out)).toBe(out);
        expect([...new Float32Array(out.buffer)]).toEqual([0, ...expected, 0]);
      }
    }
  });
});
