// Numbers of a file as float32: every half, and each type at odd addresses.
import type { StoredDtype } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { BYTES, toFloat32 } from "../src/weights/dtypes.ts";

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
