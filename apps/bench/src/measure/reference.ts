// Models in float64, out of the layers of @attn/conformance: what every library's results are held against. Slow, and so
// called once for a workload.
import {
  type NumericArray,
  type RealArray,
  referenceActivation,
  referenceAttention,
  referenceGatedFeedForward,
  referenceLayerNorm,
  referenceLinear,
  referenceRmsNorm,
  referenceRope,
  referenceTransformerEncoderLayer,
} from "@attn/conformance";
import type { Tensor } from "@attn/core";
import type { Checkpoint, DecoderShape, EncoderShape } from "../models.ts";
import { EPS, HEADS, LENGTH, type NormWeights, sinusoids, type UseLiteWeights, WIDTH } from "../use-lite.ts";

const at = ({ tensors }: Checkpoint, name: string): Tensor => tensors.get(name) as Tensor;
const rowsOf = (count: number, width: number, number: (row: number, column: number) => number): RealArray => ({
  data: Float64Array.from({ length: count * width }, (_, i) => number(Math.floor(i / width), i % width)),
  shape: [count, width],
});

const plus = (x: RealArray, y: RealArray): RealArray => ({
  data: x.data.map((value, i) => value + (y.data[i] as number)),
  shape: x.shape,
});

/** [L, H·D] → [H, L, D] */
function headsFirst({ data, shape }: RealArray, D: number): RealArray {
  const [L, width] = shape as [number, number];
  const from = (i: number): number => (Math.floor(i / D) % L) * width + Math.floor(i / (L * D)) * D + (i % D);
  return { data: data.map((_, i) => data[from(i)] as number), shape: [width / D, L, D] };
}

/** [H, L, D] → [L, H·D] */
function rowsFirst({ data, shape }: RealArray): RealArray {
  const [H, L, D] = shape as [number, number, number];
  return rowsOf(L, H * D, (t, e) => data[Math.floor(e / D) * L * D + t * D + (e % D)] as number);
}

/** One below the other. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const data = new Float32Array(tensors.reduce((sum, { data }) => sum + data.length, 0));
  let length = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, length);
    length += tensor.data.length;
  }
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  return { data, shape: [rows, ...(tensors[0]?.shape.slice(1) ?? [])] };
}

/** PyTorch's names of layer i's parameters. */
function encoderLayer(checkpoint: Checkpoint, i: number): Record<string, Tensor> {
  const get = (name: string): Tensor => at(checkpoint, `encoder.layer.${i}.${name}`);
  const joined = (kind: string): Tensor =>
    stacked(["query", "key", "value"].map((name) => get(`attention.self.${name}.${kind}`)));
  const both = (to: string, from: string) => ({
    [`${to}.weight`]: get(`${from}.weight`),
    [`${to}.bias`]: get(`${from}.bias`),
  });
  return {
    "self_attn.in_proj_weight": joined("weight"),
    "self_attn.in_proj_bias": joined("bias"),
    ...both("self_attn.out_proj", "attention.output.dense"),
    ...both("norm1", "attention.output.LayerNorm"),
    ...both("linear1", "intermediate.dense"),
    ...both("linear2", "output.dense"),
    ...both("norm2", "output.LayerNorm"),
  };
}

/** BERT: the mean of the text's rows, of length 1. */
export function referenceEmbedding(
  checkpoint: Checkpoint,
  { E, N, H }: EncoderShape,
  text: readonly number[],
): Float64Array {
  const [words, positions, types] = ["word", "position", "token_type"].map(
    (name) => at(checkpoint, `embeddings.${name}_embeddings.weight`).data,
  ) as [Float32Array, Float32Array, Float32Array];
  const sums = rowsOf(text.length, E, (t, e) =>
    [words[(text[t] as number) * E + e], positions[t * E + e], types[e]].reduce<number>(
      (sum, x) => sum + (x as number),
      0,
    ),
  );
  const norm = (kind: string): Tensor => at(checkpoint, `embeddings.LayerNorm.${kind}`);
  let x: RealArray = referenceLayerNorm(sums, { weight: norm("weight"), bias: norm("bias"), eps: 1e-12 });
  for (let i = 0; i < N; i++)
    x = referenceTransformerEncoderLayer(x, encoderLayer(checkpoint, i), {
      heads: H,
      activation: "gelu",
      eps: 1e-12,
    }).output;
  const mean = new Float64Array(E);
  x.data.forEach((value, i) => {
    mean[i % E] = (mean[i % E] as number) + value / text.length;
  });
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
}

/** The Universal Sentence Encoder lite, as use-lite.ts has it. */
export function referenceSentence(weights: UseLiteWeights, ids: readonly number[]): Float64Array {
  const text = ids.slice(0, LENGTH);
  const L = text.length;
  const { table, layers, dense } = weights;
  const positions = sinusoids(weights, L);
  const E = table.shape[1] as number;
  const norm = (x: RealArray, parameters: NormWeights): RealArray => referenceLayerNorm(x, { ...parameters, eps: EPS });
  let x = rowsOf(
    L,
    E,
    (t, e) => 2 * (table.data[(text[t] as number) * E + e] as number) + (positions[t * E + e] as number),
  );
  for (const { norm: first, shortcut, query, key, value, output, feedForwardNorm, up, down } of layers) {
    const y = norm(x, first);
    const width = y.shape[1] as number;
    const [q, k, v] = [query, key, value].map((part) => headsFirst(referenceLinear(y, part), width / HEADS));
    const attended = referenceAttention(q as RealArray, k as RealArray, v as RealArray).output;
    const sum = plus(referenceLinear(rowsFirst(attended), output), shortcut ? referenceLinear(x, shortcut) : x);
    const inner = referenceActivation("relu", referenceLinear(norm(sum, feedForwardNorm), up));
    x = plus(sum, referenceLinear(inner, down));
  }
  const mean = rowsOf(1, WIDTH, (_, e) => {
    let total = 0;
    for (let t = 0; t < L; t++) total += x.data[t * WIDTH + e] as number;
    return total / L;
  });
  const vector = referenceLinear(mean, dense).data.map(Math.tanh);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Llama: logits of some tokens of the vocabulary behind all of `text`. */
export function referenceLogits(
  checkpoint: Checkpoint,
  { E, N, H, G }: DecoderShape,
  text: readonly number[],
  vocabulary: readonly number[],
): Float64Array {
  const D = E / H;
  const table = at(checkpoint, "model.embed_tokens.weight").data;
  const rowOf = (ids: readonly number[]): RealArray =>
    rowsOf(ids.length, E, (t, e) => table[(ids[t] as number) * E + e] as number);
  const norm = (x: NumericArray, name: string): RealArray =>
    referenceRmsNorm(x, { weight: at(checkpoint, `${name}.weight`), eps: 1e-5 });
  const L = text.length;
  let x = rowOf(text);
  for (let i = 0; i < N; i++) {
    const layer = `model.layers.${i}`;
    const project = (y: NumericArray, name: string): RealArray =>
      referenceLinear(y, { weight: at(checkpoint, `${layer}.${name}.weight`) });
    const y = norm(x, `${layer}.input_layernorm`);
    const turned = (name: string): RealArray =>
      referenceRope(headsFirst(project(y, `self_attn.${name}_proj`), D), { style: "half" });
    const repeated = ({ data }: RealArray): RealArray => ({
      data: Float64Array.from({ length: H * L * D }, (_, i) => {
        const head = Math.floor(i / (L * D));
        return data[Math.floor((head * G) / H) * L * D + (i % (L * D))] as number;
      }),
      shape: [H, L, D],
    });
    const values = headsFirst(project(y, "self_attn.v_proj"), D);
    const { output } = referenceAttention(turned("q"), repeated(turned("k")), repeated(values), { causal: true });
    x = plus(x, project(rowsFirst(output), "self_attn.o_proj"));
    const [gate, up, down] = ["gate", "up", "down"].map((name) => at(checkpoint, `${layer}.mlp.${name}_proj.weight`));
    const inner = norm(x, `${layer}.post_attention_layernorm`);
    x = plus(
      x,
      referenceGatedFeedForward(inner, { gate: gate as Tensor, up: up as Tensor, down: down as Tensor }, "silu"),
    );
  }
  const last = { data: norm(x, "model.norm").data.subarray((L - 1) * E), shape: [1, E] };
  return referenceLinear(last, { weight: rowOf(vocabulary) }).data;
}
