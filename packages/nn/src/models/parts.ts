// Parameters and the parts that are made of them, by their names in a checkpoint. Knows no family.
import type { Linear, Norm, Parameter } from "./architecture.ts";

type Names = string | readonly string[];
const list = (names: Names): readonly string[] => (typeof names === "string" ? [names] : names);

/** A vector [size], or a small table, that stays f32. */
export const exact = (names: Names, ...shape: number[]): Parameter => ({
  shape,
  exact: true,
  sources: [{ names: list(names), shape }],
});

/** A matrix or a table of tokens [rows, columns]. */
export const matrix = (names: Names, rows: number, columns: number): Parameter => ({
  shape: [rows, columns],
  exact: false,
  sources: [{ names: list(names), shape: [rows, columns] }],
});

/** Parameters one below the other. */
const stack = (parameters: readonly Parameter[]): Parameter => {
  const [first] = parameters as [Parameter];
  const rows = parameters.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  return { ...first, shape: [rows, ...first.shape.slice(1)], sources: parameters.flatMap(({ sources }) => sources) };
};

/** weight [out, in] and bias [out] under `name`. */
export const linear = (name: string, out: number, from: number, bias = true): Linear => ({
  weight: matrix(`${name}.weight`, out, from),
  bias: bias ? exact(`${name}.bias`, out) : undefined,
});

/** transformers' Conv1D: a linear layer stored [in, out]. */
export const conv1d = (name: string, out: number, from: number): Linear => ({
  weight: { ...matrix([], out, from), sources: [{ names: [`${name}.weight`], shape: [from, out], transposed: true }] },
  bias: exact(`${name}.bias`, out),
});

/** Linear layers of one input, as one that has all their rows. */
export const fused = (...layers: readonly Linear[]): Linear => ({
  weight: stack(layers.map(({ weight }) => weight)),
  bias: layers[0]?.bias && stack(layers.map(({ bias }) => bias as Parameter)),
});

/** weight and bias, which the oldest files call gamma and beta. */
export const layerNorm = (name: string, width: number, eps: number): Norm => ({
  kind: "layer",
  eps,
  weight: exact([`${name}.weight`, `${name}.gamma`], width),
  bias: exact([`${name}.bias`, `${name}.beta`], width),
});

export const rmsNorm = (name: string, width: number, eps: number): Norm => ({
  kind: "rms",
  eps,
  weight: exact(`${name}.weight`, width),
});

/** One for each layer. */
export const layers = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
