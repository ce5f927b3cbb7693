// Tensors as labelled matrices, which is what both the terminal and the page draw. Knows shapes and labels; no colour,
// no DOM.
import type { Tensor } from "@attn/core";

/** What the columns stand for: words of a sequence, or the features of a vector. */
export type ColumnKind = "words" | "features";

export interface Matrix {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly columnKind: ColumnKind;
  readonly values: readonly (readonly number[])[];
  /** Whether a mask hides this cell; absent where there is no mask. */
  readonly hidden?: readonly (readonly boolean[])[];
}

/** The matrices in the last two dimensions, one for each index of those in front. -0 reads as 0. */
function planes(tensor: Tensor): number[][][] {
  const columns = tensor.shape.at(-1) ?? 1;
  const rows = tensor.shape.at(-2) ?? 1;
  const count = tensor.shape.slice(0, -2).reduce((product, dimension) => product * dimension, 1);
  const cell = (plane: number, i: number, j: number): number =>
    (tensor.data[(plane * rows + i) * columns + j] as number) + 0;
  return Array.from({ length: count }, (_, plane) =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => cell(plane, i, j))),
  );
}

/** [..., L, S] as one matrix for each head, a row for each word that asks, a column for each that is asked. */
export const wordMatrices = (tensor: Tensor, rows: readonly string[], columns: readonly string[]): Matrix[] =>
  planes(tensor).map((values) => ({ rows, columns, columnKind: "words", values }));

/** [L, E] as a matrix whose columns are features, counted from 1. */
export function featureMatrix(tensor: Tensor, rows: readonly string[]): Matrix {
  const columns = Array.from({ length: tensor.shape.at(-1) ?? 0 }, (_, i) => String(i + 1));
  return { rows, columns, columnKind: "features", values: planes(tensor)[0] ?? [] };
}

/** Marks what softmax was not shown: the cells whose score is -Infinity. */
export function hiddenByScore(matrices: readonly Matrix[], scores: Tensor): Matrix[] {
  const scored = planes(scores);
  return matrices.map((matrix, head) => ({
    ...matrix,
    hidden: matrix.values.map((row, i) => row.map((_, j) => scored[head]?.[i]?.[j] === Number.NEGATIVE_INFINITY)),
  }));
}

/** [H, L, S] as [L, S, H]: head last, as the notebook stores it. */
export function headLast(tensor: Tensor): Tensor {
  const [H, L, S] = tensor.shape as [number, number, number];
  const data = new Float32Array(tensor.data.length);
  for (let h = 0; h < H; h++) {
    for (let cell = 0; cell < L * S; cell++) data[cell * H + h] = tensor.data[h * L * S + cell] as number;
  }
  return { data, shape: [L, S, H] };
}
