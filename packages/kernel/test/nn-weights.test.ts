// Packed weights as the bare exports make and read them: every source and format, in pieces, transposed, across all edges.
import { acrossTile, compare, createRandom, referenceQuantize } from "@attn/conformance";
import { weightFormats } from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import { variants } from "./arena.ts";
import { type Format, formats, nnArena, pack, unpack } from "./nn.ts";

/** Across the edges of a panel, of a block of 128 steps, and of one of 512 numbers of int8. */
const WIDTHS = [0, 1, 2, 7, 127, 128, 129, 257, 511, 512, 513, 1030];
const HEIGHTS = acrossTile(8);

/** Every f16 once, and the numbers that they are. */
const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The nearest number of 11 bits to each, halves to even: what f16 keeps of a row that has no numbers much smaller. */
function toHalf(x: number): number {
  if (x === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
  const [floor, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) * unit;
}

describe.each(variants)("weights, %s", (variant) => {
  const arena = nnArena(variant);
  const random = createRandom(3);

  it.each(formats)("%s: what is packed is read back, and nothing else is written", (format) => {
    for (const N of HEIGHTS) {
      for (const K of WIDTHS) {
        arena.reset();
        const { data } = random.tensor([N, K]);
        const packed = pack(arena, format, Float32Array.from(data), [N, K]);
        const got = unpack(arena, packed).data;
        if (format === "F32") expect(got).toEqual(data);
        if (format === "F16") expect(got).toEqual(Float32Array.from(data, toHalf));
        if (format === "INT8") {
          // Whole steps, and the nearest one: where two are as near, f32 and float64 may take either.
          const { scales } = referenceQuantize({ data, shape: [N, K] });
          const steps = data.map((_, i) => Number(scales.data[Math.floor(i / K)]));
          expect(compare(got, data, { rtol: 0.5 + 1e-4, scale: steps })).toBeUndefined();
          const codes = Float64Array.from(got, (x, i) => x / Number(steps[i]));
          expect(compare(codes, codes.map(Math.round), { atol: 1e-5 })).toBeUndefined();
        }
        arena.expectGuards();
      }
    }
  });

  it.each(formats)("%s: rows packed one by one, by threes and all at once are the same bytes", (format) => {
    const [N, K] = [21, 300];
    const { data } = random.tensor([N, K]);
    const bytes = [N, 3, 1].map((rowsAtOnce) => {
      arena.reset();
      const { weight, scales } = pack(arena, format, Float32Array.from(data), [N, K], { rowsAtOnce });
      const size = arena.kernel.weight_bytes(weightFormats[format], N, K);
      return [...new Uint8Array(arena.memory.buffer, weight, size), ...arena.f32(scales || weight, 24)];
    });
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).toEqual(bytes[0]);
  });

  it.each(formats)("%s: columns that fill up the last panel are zeros", (format) => {
    const [N, K] = [3, 5];
    arena.reset();
    const { data } = random.tensor([N, K]);
    const packed = pack(arena, format, Float32Array.from(data), [N, K]);
    const whole = unpack(arena, { ...packed, shape: [8, K] }).data as Float32Array;
    expect(whole.slice(N * K)).toEqual(new Float32Array(5 * K));
  });

  it.each(formats)("%s: a source [K, N] is packed by its strides", (format) => {
    const [N, K] = [9, 130];
    const { data } = random.tensor([N, K]);
    const turned = Float32Array.from({ length: N * K }, (_, i) => Number(data[(i % N) * K + Math.floor(i / N)]));
    arena.reset();
    const plain = unpack(arena, pack(arena, format, Float32Array.from(data), [N, K])).data;
    arena.reset();
    expect(unpack(arena, pack(arena, format, turned, [N, K], { transposed: true })).data).toEqual(plain);
    arena.expectGuards();
  });

  it("all f16 are read exactly, at an odd address too", () => {
    const finite = halves.filter((bits) => Number.isFinite(halfValue(bits)));
    const [N, K] = [finite.length / 64, 64];
    const expected = Float32Array.from(finite, halfValue);
    for (const format of ["F32", "F16"] as const) {
      arena.reset();
      const packed = pack(arena, format, finite, [N, K], { source: "F16" });
      expect(unpack(arena, packed).data).toEqual(expected);
    }
    arena.reset();
    const shifted = new Uint8Array(finite.byteLength + 1);
    shifted.set(new Uint8Array(finite.buffer, 0, finite.byteLength), 1);
    const from = arena.put(shifted) + 1;
    const weight = arena.space(4 * N * K);
    const scratch = arena.space(arena.kernel.pack_weight_scratch(K));
    arena.kernel.pack_weight(weightFormats.F32, weight, 0, N, K, 0, N, 1, from, 2 * K, 2, 0, scratch);
    expect(unpack(arena, { format: "F32", weight, scales: 0, shape: [N, K] }).data).toEqual(expected);
  });

  it("f16 keeps rows of any magnitude, since each has a power of two of its own", () => {
    for (const magnitude of [1e-30, 1e-7, 1, 1e5, 1e30]) {
      const [N, K] = [3, 40];
      const data = Float32Array.from({ length: N * K }, () => magnitude * random.uniform(0.01, 1));
      arena.reset();
      const got = unpack(arena, pack(arena, "F16", data, [N, K])).data;
      expect(compare(got, data, { rtol: 2 ** -11 })).toBeUndefined();
    }
  });

  it("bf16 is the upper half of an f32", () => {
    const [N, K] = [5, 33];
    const { data } = random.tensor([N, K]);
    const upper = new Uint16Array(Float32Array.from(data).buffer).filter((_, i) => i % 2 === 1);
    const expected = new Float32Array(Uint32Array.from(upper, (x) => x << 16).buffer);
    arena.reset();
    expect(unpack(arena, pack(arena, "F32", upper, [N, K], { source: "BF16" })).data).toEqual(expected);
    arena.reset();
    expect(unpack(arena, pack(arena, "F16", upper, [N, K], { source: "BF16" })).data).toEqual(expected);
  });

  it.each(formats)("int8 with scales becomes %s; to int8 it goes as it is, whatever its largest is", (format) => {
    const [N, K] = [10, 77];
    const values = Int8Array.from(random.integers(N * K, -50, 50));
    const scales = Float32Array.from({ length: N }, () => random.uniform(0.001, 0.1));
    const exact = Float64Array.from(values, (x, i) => x * Number(scales[Math.floor(i / K)]));
    arena.reset();
    const got = unpack(arena, pack(arena, format, values, [N, K], { source: "INT8", sourceScales: scales })).data;
    expect(compare(got, exact, { rtol: format === "F16" ? 2 ** -11 + 2 ** -24 : 2 ** -24 })).toBeUndefined();
    arena.expectGuards();
  });

  it.each(["F16", "INT8"] satisfies Format[])(
    "%s: a row that is not finite reads as NaN, others as they are",
    (format) => {
      const [N, K] = [9, 20];
      const data = Float32Array.from(random.tensor([N, K]).data);
      const good = [0, 1, 3, 4, 6, 7, 8];
      data[2 * K + 3] = Number.NaN;
      data[5 * K + 19] = -Infinity;
      arena.reset();
      const got = unpack(arena, pack(arena, format, data, [N, K])).data as Float32Array;
      for (const n of good) expect(got.slice(n * K, n * K + K).every(Number.isFinite)).toBe(true);
      for (const n of [2, 5]) expect(got.slice(n * K, n * K + K).every(Number.isNaN)).toBe(true);
    },
  );

  it("f32 keeps what is not finite", () => {
    const data = Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 1);
    arena.reset();
    expect(unpack(arena, pack(arena, "F32", data, [1, 5])).data).toEqual(data);
  });

  it.each(formats)(
    "embed_f32 of %s: rows in any order, times a factor, added to what is there, with gaps",
    (format) => {
      const [N, K] = [11, 130];
      const ids = [10, 0, 3, 3, 8];
      arena.reset();
      const packed = pack(arena, format, Float32Array.from(random.tensor([N, K]).data), [N, K]);
      const table = unpack(arena, packed).data;
      const before = random.tensor([ids.length, K]).data;
      const stride = 4 * (K + 3);
      const y = arena.space(stride * (ids.length - 1) + 4 * K);
      for (let i = 0; i < ids.length; i++)
        new Float32Array(arena.memory.buffer, y + i * stride, K).set(
          Float32Array.from(before).subarray(i * K, i * K + K),
        );
      const at = arena.put(Int32Array.from(ids));
      const code = weightFormats[format];
      arena.kernel.embed_f32(y, stride, at, ids.length, code, packed.weight, packed.scales, N, K, 3, 1);
      for (const [i, id] of ids.entries()) {
        const expected = Float32Array.from({ length: K }, (_, k) =>
          Math.fround(Number(before[i * K + k]) + Math.fround(3 * Number(table[id * K + k]))),
        );
        expect(arena.f32(y + i * stride, K)).toEqual(expected);
        // What lies between rows is still the arena's pattern.
        if (i < ids.length - 1) expect(arena.f32(y + i * stride + 4 * K, 3).every(Number.isNaN)).toBe(true);
      }
      arena.expectGuards();
    },
  );
});
