// What a cache's formats make of numbers, written apart from the kernel: from float64 arithmetic, not from bits.
// f16 is IEEE 754 binary16; int8 is symmetric with one float32 scale a token and head.
import type { KvCacheOptions, Tensor } from "@attn/core";

export type Format = NonNullable<KvCacheOptions["dtype"]>;
export const formats: readonly Format[] = ["f32", "f16", "int8"];

/** To the nearest whole number, halves to the even one. */
function nearest(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The nearest binary16 number: 10 bits of fraction, 2⁻²⁴ the smallest, Infinity from 65520 on. */
export function half(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), -14);
  const unit = 2 ** (exponent - 10);
  const rounded = nearest(Math.abs(x) / unit) * unit;
  return Math.sign(x) * (rounded > 65504 ? Infinity : rounded);
}

/** A row of numbers as int8 and back: code·scale, scale = max|x|/127. Any number that is not finite makes all NaN. */
export function quantised(row: Float32Array): Float32Array {
  const scale = Math.fround(row.reduce((max, x) => Math.max(max, Math.abs(x)), 0) / 127);
  if (!Number.isFinite(scale)) return row.map(() => Number.NaN);
  return row.map((x) => (scale === 0 ? 0 : nearest(x / scale) * scale));
}

const rows = ({ data, shape }: Tensor, each: (row: Float32Array) => Float32Array): Tensor => {
  const width = shape.at(-1) as number;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += width) out.set(each(data.subarray(i, i + width)), i);
  return { data: out, shape };
};

/** Keys or values [..., T, D] as a cache of this format gives them back. */
export function asStored(x: Tensor, format: Format): Tensor {
  if (format === "f32") return x;
  return rows(x, format === "f16" ? (row) => row.map(half) : quantised);
}

/**
 * The same numbers moved so far from halfway between two int8 codes that no rounding of the division decides which
 * of them it is.
 */
export function awayFromTies(x: Tensor): Tensor {
  return rows(x, (row) => {
    const unit = row.reduce((max, y) => Math.max(max, Math.abs(y)), 0) / 127;
    return row.map((y) => (Math.abs((Math.abs(y / unit) % 1) - 0.5) < 1e-3 ? y + 0.1 * unit * Math.sign(-y) : y));
  });
}
