// The four projections of a mechanism: where their weights come from. Knows widths and seeds; nothing of words.
import { normals } from "./random.ts";
import { rounded } from "./sequence.ts";

export const projectionNames = ["query", "key", "value", "output"] as const;
export type ProjectionName = (typeof projectionNames)[number];

/** [out, in]: a row for each number that comes out, as PyTorch's nn.Linear stores it. */
export type Weight = readonly (readonly number[])[];
/** All four, each [E, E]. */
export type Weights = Readonly<Record<ProjectionName, Weight>>;

/** Identity: none, Q = K = V = x. Random: normal numbers over √E, drawn from a seed. */
export type Projections =
  | { readonly kind: "identity" }
  | { readonly kind: "random"; readonly seed: number }
  | { readonly kind: "hand"; readonly weights: Weights };

export const identity = (width: number): number[][] =>
  Array.from({ length: width }, (_, i) => Array.from({ length: width }, (_, j) => (i === j ? 1 : 0)));

/** The weights that projections stand for, where vectors are this wide. */
export function weightsOf(projections: Projections, width: number): Weights {
  const eye = identity(width);
  switch (projections.kind) {
    case "identity":
      return { query: eye, key: eye, value: eye, output: eye };
    case "random": {
      const normal = normals(projections.seed);
      const draw = (): number[][] => eye.map((row) => row.map(() => rounded(normal() / Math.sqrt(width))));
      return { query: draw(), key: draw(), value: draw(), output: draw() };
    }
    case "hand":
      return projections.weights;
  }
}

/** Those by hand are cut, or go on as the identity. */
export function withProjectionWidth(projections: Projections, width: number): Projections {
  if (projections.kind !== "hand") return projections;
  const fitted = (weight: Weight): number[][] =>
    identity(width).map((row, i) => row.map((otherwise, j) => weight[i]?.[j] ?? otherwise));
  const { query, key, value, output } = projections.weights;
  return {
    kind: "hand",
    weights: { query: fitted(query), key: fitted(key), value: fitted(value), output: fitted(output) },
  };
}

/** One number changed: the projections are by hand from then on. */
export function withWeight(
  projections: Projections,
  width: number,
  name: ProjectionName,
  row: number,
  column: number,
  value: number,
): Projections {
  const weights = weightsOf(projections, width);
  const changed = weights[name].map((numbers, i) => (i === row ? numbers.with(column, value) : numbers));
  return { kind: "hand", weights: { ...weights, [name]: changed } };
}
