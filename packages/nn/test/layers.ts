// What the tests of layers share: the ways to give a layer its parameters, and one comparison. Holds no cases.
import { type CompareOptions, compare, type NumericArray } from "@attn/conformance";
import { type Attention, createAttention, type Tensor } from "@attn/core";
import { createWeight, type StoredTensor, type Weight, type WeightDtype } from "@attn/nn";
import { expect } from "vitest";

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export type Given = Tensor | StoredTensor | Weight;

/** A tensor as a file has it, at an address that no view of floats may have. */
export function stored({ data, shape }: Tensor): StoredTensor {
  const bytes = new Uint8Array(data.byteLength + 1).subarray(1);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { dtype: "F32", shape, bytes };
}

/** Engines of both variants. */
export const engines: [variant: "simd" | "relaxed", engine: Attention][] = [
  ["simd", createAttention({ variant: "simd" })],
  ["relaxed", createAttention({ variant: "relaxed" })],
];

type Parameters = Record<string, Tensor | undefined>;

/** Runs a call with its parameters given in one way. */
export type Way = <R>(parameters: Parameters, call: (given: Record<string, Given>) => R) => R;

const converted = (parameters: Parameters, convert: (x: Tensor) => Given): Record<string, Given> =>
  Object.fromEntries(Object.entries(parameters).flatMap(([name, x]) => (x ? [[name, convert(x)]] : [])));

/** Matrices as Weights on an engine, disposed at the end; everything else as it is. */
export const asWeights =
  (engine: Attention, dtype: WeightDtype = "f32"): Way =>
  (parameters, call) => {
    const weights: Weight[] = [];
    try {
      return call(
        converted(parameters, (x) => {
          if (x.shape.length !== 2) return x;
          const weight = createWeight(x, { engine, dtype });
          weights.push(weight);
          return weight;
        }),
      );
    } finally {
      for (const weight of weights) weight.dispose();
    }
  };

/** On the engine that all functions share, and on one of each variant. */
export const ways: [name: string, way: Way][] = [
  ["tensors", (parameters, call) => call(converted(parameters, (x) => x))],
  ["tensors of a file", (parameters, call) => call(converted(parameters, stored))],
  ...engines.map(([variant, engine]): [string, Way] => [`weights, ${variant}`, asWeights(engine)]),
];

/** That a tensor is the expected one, within what is allowed. */
export function expectTensor(
  what: string,
  got: Tensor | undefined,
  expected: NumericArray,
  allowed: CompareOptions,
): void {
  expect(got?.shape, `${what}: shape`).toEqual(expected.shape);
  expect(compare(got?.data ?? [], expected.data, allowed), what).toBeUndefined();
}
