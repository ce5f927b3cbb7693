// Small builders that keep the tests' numbers readable. Asserts nothing.

import type { NumericArray } from "../src/index.ts";

type Nested = number | readonly Nested[];

/** Nested rows as an array with a shape; rows must be even. */
export function array(values: Nested): NumericArray {
  if (typeof values === "number") return { data: [values], shape: [] };
  const rows = values.map(array);
  return { data: rows.flatMap((row) => Array.from(row.data)), shape: [rows.length, ...(rows[0]?.shape ?? [])] };
}

/** An array filled with one number, or with what a function gives for each index. */
export function filled(shape: readonly number[], value: number | ((index: number) => number)): NumericArray {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { data: Array.from({ length }, (_, i) => (typeof value === "number" ? value : value(i))), shape };
}

/** n×n ones on the diagonal. */
export function identity(n: number): NumericArray {
  return filled([n, n], (i) => (i % (n + 1) === 0 ? 1 : 0));
}

/** [B,H,L,D] → [B,L,H,D], and back. */
export function swapTokensAndHeads({ data, shape }: NumericArray): NumericArray {
  const [B = 0, H = 0, L = 0, D = 0] = shape;
  const swapped: number[] = new Array(data.length);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let l = 0; l < L; l++)
        for (let d = 0; d < D; d++)
          swapped[((b * L + l) * H + h) * D + d] = Number(data[((b * H + h) * L + l) * D + d]);
  return { data: swapped, shape: [B, L, H, D] };
}

/** Indices start … end-1 of one axis. */
export function slice({ data, shape }: NumericArray, axis: number, start: number, end: number): NumericArray {
  const inner = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const extent = Number(shape[axis]);
  const kept = Array.from(data).filter((_, i) => {
    const index = Math.floor(i / inner) % extent;
    return index >= start && index < end;
  });
  return { data: kept, shape: shape.map((size, i) => (i === axis ? end - start : size)) };
}

/** Every head `times` times in a row: [B,G,S,D] → [B,G·times,S,D]. */
export function repeatHeads({ data, shape }: NumericArray, times: number): NumericArray {
  const [B = 0, G = 0, S = 0, D = 0] = shape;
  const repeated: number[] = [];
  for (let b = 0; b < B; b++)
    for (let g = 0; g < G; g++)
      for (let t = 0; t < times; t++)
        repeated.push(...Array.from(data).slice((b * G + g) * S * D, (b * G + g + 1) * S * D));
  return { data: repeated, shape: [B, G * times, S, D] };
}

/** Rows of scores as a drawing: x = attended, . = hidden (-Infinity). */
export function drawing({ data, shape }: NumericArray): string[] {
  const width = Number(shape[shape.length - 1]);
  const marks = Array.from(data, (score) => (score === -Infinity ? "." : "x"));
  return Array.from({ length: marks.length / width }, (_, row) => marks.slice(row * width, (row + 1) * width).join(""));
}
