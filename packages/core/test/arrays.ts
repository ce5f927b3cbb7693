// Moves elements of tensors and masks about: pick, join, swap axes, nest. Computes nothing, and knows no attention.
import type { MaskTensor, NestedNumbers, Tensor } from "@attn/core";

type Dense = Tensor | MaskTensor;

/** 0 … n-1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The slices `indices` along an axis (negative: from the right), in that order; one may come twice. */
export function gather<T extends Dense>(x: T, axis: number, indices: readonly number[]): T {
  const at = axis < 0 ? x.shape.length + axis : axis;
  const outer = sizeOf(x.shape.slice(0, at));
  const inner = sizeOf(x.shape.slice(at + 1));
  const extent = x.shape[at] as number;
  const data = new (x.data.constructor as typeof Float32Array)(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    indices.forEach((index, i) => {
      const from = (o * extent + index) * inner;
      data.set(x.data.subarray(from, from + inner), (o * indices.length + i) * inner);
    });
  }
  return { data, shape: x.shape.with(at, indices.length) } as unknown as T;
}

/** Slices from … to-1 along an axis. */
export function slice<T extends Dense>(x: T, axis: number, from: number, to: number): T {
  return gather(
    x,
    axis,
    range(to - from).map((i) => i + from),
  );
}

/** Tensors one after the other along an axis. */
export function join(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts as [Tensor];
  const at = axis < 0 ? first.shape.length + axis : axis;
  const outer = sizeOf(first.shape.slice(0, at));
  const inner = sizeOf(first.shape.slice(at + 1));
  const extent = parts.reduce((sum, part) => sum + (part.shape[at] as number), 0);
  const data = new Float32Array(outer * extent * inner);
  let to = 0;
  for (const part of parts) {
    const length = (part.shape[at] as number) * inner;
    for (let o = 0; o < outer; o++) data.set(part.data.subarray(o * length, (o + 1) * length), o * extent * inner + to);
    to += length;
  }
  return { data, shape: first.shape.with(at, extent) };
}

/** [..., H, L, D] → [..., L, H, D], and back. */
export function swapHeads(x: Tensor): Tensor {
  const [D, inner, outer] = [...x.shape].reverse() as [number, number, number];
  const lead = x.shape.slice(0, -3);
  const data = new Float32Array(x.data.length);
  for (let b = 0; b < sizeOf(lead); b++)
    for (let i = 0; i < outer; i++)
      for (let j = 0; j < inner; j++) {
        const from = ((b * outer + i) * inner + j) * D;
        data.set(x.data.subarray(from, from + D), ((b * inner + j) * outer + i) * D);
      }
  return { data, shape: [...lead, inner, outer, D] };
}

/** The same numbers as nested arrays. A dimension of 0 before the last would be lost. */
export function nested({ data, shape }: Tensor): NestedNumbers {
  if (shape.length <= 1) return [...data];
  const [n = 0, ...rest] = shape;
  const size = sizeOf(rest);
  return range(n).map((i) => nested({ data: data.subarray(i * size, (i + 1) * size), shape: rest }));
}

/** Every element times a number. */
export const times = (x: Tensor, by: number): Tensor => ({ data: x.data.map((y) => y * by), shape: x.shape });
