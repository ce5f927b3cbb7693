// The table of @attn/nn as data: linear layers, encoders, decoders, loading. Measures and prints nothing.

import type { Case, FreshBenchmark, Metrics, Target, TimedBenchmark } from "./benchmark.ts";
import { atMost, inMode, ours, peak, speedup, tfjs, web } from "./cases.ts";
import {
  bytesOfNumber,
  type DecoderName,
  decoderMatrices,
  decoders,
  type EncoderName,
  encoderNumbers,
  encoders,
  type WeightDtype,
} from "./models.ts";
import type {
  EmbedWorkload,
  LinearWorkload,
  LoadWorkload,
  SentenceWorkload,
  TokenWorkload,
  Workload,
} from "./workloads.ts";

const nn = (workload: Workload, mode: string, key = mode): Case => ({ key, peer: "nn", mode, workload, label: mode });
/** onnxruntime-web with weights in int8, as transformers.js has them by default. */
const q8 = (workload: Workload, mode = "int8"): Case => ({
  ...inMode(web(workload), mode),
  key: "web int8",
  label: "q8",
});

const cosine = (key: string, limit: number): Target => ({
  text: "cosine of int8 and the reference, the worst row",
  bound: "at least",
  limit,
  unit: "",
  got: (metrics) => metrics.cosine(key),
});

/** Layers of MiniLM and of BERT: [in, out]. */
const shapes = [
  [384, 384],
  [384, 1536],
  [1536, 384],
  [768, 768],
  [768, 3072],
  [3072, 768],
] as const;

/** One case of `who` for each shape, as `who 384→1536`; those of others are compared with ours of the same shape. */
const eachShape = (M: number, who: string, make: (workload: LinearWorkload) => Case, against?: string): Case[] =>
  shapes.map(([K, N]) => ({
    ...make({ kind: "linear", M, K, N }),
    key: `${who} ${K}→${N}`,
    label: `${who}, ${K} → ${N}`,
    against: `${against ?? who} ${K}→${N}`,
  }));

/** The least of all shapes. */
const worst = (got: (metrics: Metrics, shape: string) => number) => (metrics: Metrics) =>
  Math.min(...shapes.map(([K, N]) => got(metrics, `${K}→${N}`)));

const atEach = (text: string, limit: number, slow: string, fast: string): Target => ({
  text: `${text}, the worst of six shapes`,
  bound: "at least",
  limit,
  unit: "×",
  got: worst(({ of }, shape) => of(`${slow} ${shape}`) / of(`${fast} ${shape}`)),
});

const linear = (M: number): TimedBenchmark => ({
  kind: "timed",
  id: `linear-${M}`,
  title: `linear layers, f32, ${M} rows`,
  chart: [],
  baseline: "f32 384→384",
  cases: [
    peak({ kind: "linear", M, K: 384, N: 384 }),
    ...eachShape(M, "f32", (workload) => nn(workload, "f32")),
    ...eachShape(M, "kernel", (workload) => ({ key: "", peer: "kernel", workload }), "f32"),
    ...eachShape(M, "web", (workload) => inMode(web(workload), "f32"), "f32"),
    ...(M === 8 ? eachShape(M, "matmul", (workload) => ours(workload), "f32") : []),
  ],
  targets: [
    atEach("of onnxruntime-web's MatMul", 1.9, "web", "f32"),
    ...(M === 8 ? [atEach("of @attn/core's matmul", 2, "matmul", "f32")] : []),
    ...(M < 16
      ? []
      : [
          {
            text: "of the 128-bit FMA peak, the worst of six shapes",
            bound: "at least",
            limit: 90,
            unit: "%",
            got: worst(({ peakShare }, shape) => 100 * peakShare(`f32 ${shape}`)),
          } satisfies Target,
        ]),
  ],
});

const linearInt8 = (M: number): TimedBenchmark => ({
  kind: "timed",
  id: `linear-int8-${M}`,
  title: `linear layers, int8, ${M} rows`,
  chart: [],
  baseline: "f32 384→384",
  cases: [
    peak({ kind: "linear", M, K: 384, N: 384 }),
    ...["f32", "f32 simd"].flatMap((mode) => eachShape(M, mode, (workload) => nn(workload, mode))),
    ...eachShape(M, "int8", (workload) => nn(workload, "int8"), "f32"),
    ...eachShape(M, "int8 simd", (workload) => nn(workload, "int8 simd"), "f32 simd"),
    ...eachShape(M, "q8", (workload) => inMode(web(workload), "int8"), "int8"),
  ],
  targets: [
    atEach("relaxed, of f32", 1.5, "f32", "int8"),
    atEach("simd, of f32", 1.5, "f32 simd", "int8 simd"),
    atEach("of onnxruntime-web's q8", M < 64 ? 1.4 : 1.2, "q8", "int8"),
    {
      text: "error, the worst of six shapes",
      bound: "at most",
      limit: 1,
      unit: "%",
      got: (metrics) => -worst(({ error }, shape) => -100 * error(`int8 ${shape}`))(metrics),
    },
    {
      text: "cosine of the worst row, outlier channels among them",
      bound: "at least",
      limit: 0.9999,
      unit: "",
      got: worst(({ cosine }, shape) => cosine(`int8 ${shape}`)),
    },
  ],
});

const embed = (model: EncoderName, L: number): TimedBenchmark => {
  const workload: EmbedWorkload = { kind: "embed", model, lengths: [L] };
  return {
    kind: "timed",
    id: `embed-${L}`,
    title: `${model}, a text of ${L} tokens`,
    chart: [],
    baseline: "f32",
    cases: [
      peak(workload),
      nn(workload, "f32"),
      nn(workload, "f32 simd"),
      inMode(web(workload), "f32"),
      nn(workload, "int8"),
      nn(workload, "int8 simd"),
      q8(workload),
    ],
    targets: [
      speedup("f32, of onnxruntime-web's f32", 1.7, "web f32", "f32"),
      speedup("int8, of onnxruntime-web's q8", 1.2, "web int8", "int8"),
      cosine("int8", 0.999),
    ],
  };
};

/** 5 to 256 tokens, none twice, in no order: as texts come. */
const mixedLengths: readonly number[] = Array.from(
  { length: 32 },
  (_, i) => 5 + Math.round((((i * 11) % 32) * 251) / 31),
);

const embedMany = (model: EncoderName): TimedBenchmark => {
  const workload: EmbedWorkload = { kind: "embed", model, lengths: mixedLengths };
  return {
    kind: "timed",
    id: "embed-mixed",
    title: `${model}, 32 texts of 5 to 256 tokens`,
    chart: [],
    baseline: "f32",
    cases: [
      peak(workload),
      nn(workload, "f32"),
      nn(workload, "int8"),
      inMode(web(workload), "f32, padded"),
      inMode(web(workload), "f32, one by one"),
      inMode(web(workload), "int8, padded"),
      inMode(web(workload), "int8, one by one"),
    ],
    targets: [
      speedup("f32, of onnxruntime-web's f32 with padding", 2.5, "web f32, padded", "f32"),
      speedup("int8, of onnxruntime-web's q8 with padding", 2.5, "web int8, padded", "int8"),
    ],
  };
};

const sentences = (count: number): TimedBenchmark => {
  const workload: SentenceWorkload = { kind: "sentences", count };
  return {
    kind: "timed",
    id: `use-lite-${count}`,
    title: `Universal Sentence Encoder lite, ${count === 1 ? "a sentence" : `${count} sentences`}`,
    chart: [],
    baseline: "f32",
    cases: [peak(workload), nn(workload, "f32"), nn(workload, "f32 simd"), tfjs(workload)],
    targets: [speedup("of tfjs-wasm", 3, "tfjs", "f32")],
  };
};

const token = (model: DecoderName, held: number): TimedBenchmark => {
  const workload: TokenWorkload = { kind: "token", model, held };
  const reading = (dtype: "f32" | "int8"): Case => ({
    key: `read ${dtype}`,
    peer: "roofline",
    mode: `read ${dtype}`,
    workload,
    label: `reading the ${dtype} weights once`,
  });
  const asFast = (dtype: "f32" | "int8"): Target => ({
    text: `${dtype}, of the speed of reading its weights once`,
    bound: "at least",
    limit: 0.75,
    unit: "×",
    got: ({ of }) => of(`read ${dtype}`) / of(dtype),
  });
  return {
    kind: "timed",
    id: `token-${model.toLowerCase()}`,
    title: `${model}, ${Math.round(decoderMatrices(decoders[model]) / 1e6)} million weights, one more token`,
    chart: [],
    baseline: "f32",
    cases: [
      reading("f32"),
      reading("int8"),
      nn(workload, "f32"),
      nn(workload, "f32 simd"),
      nn(workload, "int8"),
      nn(workload, "int8 simd"),
    ],
    targets: [asFast("f32"), asFast("int8"), speedup("int8, of f32", 1.7, "f32", "int8")],
  };
};

const fileOf = (model: EncoderName, stored: "f32" | "int8"): LoadWorkload => ({
  kind: "load",
  model,
  stored,
  length: 8,
});

const load = (model: EncoderName): FreshBenchmark => {
  const workload = fileOf(model, "int8");
  return {
    kind: "first result",
    id: "load",
    title: `${model} int8: file to first vector, fresh process`,
    chart: [],
    baseline: "bytes",
    cases: [nn(workload, "bytes"), web(workload)],
    targets: [{ text: "with importing", bound: "at most", limit: 120, unit: "ms", got: ({ of }) => of("bytes") }],
  };
};

const loadMemory = (model: EncoderName): FreshBenchmark => {
  const [f32, int8] = [fileOf(model, "f32"), fileOf(model, "int8")];
  const beyond = (dtype: WeightDtype): Target => ({
    text: `${dtype}, beyond its weights`,
    bound: "at most",
    limit: 16,
    unit: "MiB",
    got: ({ of }) => (of(dtype) - bytesOfNumber[dtype] * encoderNumbers(encoders[model])) / 2 ** 20,
  });
  return {
    kind: "peak memory",
    id: "load-memory",
    title: `${model}: peak memory while loading`,
    chart: [],
    baseline: "f32",
    cases: [
      { ...nn(f32, "stream as f32", "f32"), label: "f32 from a stream" },
      { ...nn(f32, "stream as int8", "int8"), label: "int8 from a stream of f32" },
      { ...nn(int8, "stream as int8", "int8 file"), label: "int8 from a stream of int8" },
      { ...web(f32, "web f32"), label: "f32 from bytes" },
      { ...web(int8, "web int8"), label: "q8 from bytes" },
    ],
    targets: [beyond("f32"), beyond("int8")],
  };
};

/** Without what a library takes by itself. */
const heldMemory = (model: EncoderName): FreshBenchmark => {
  const workload = fileOf(model, "f32");
  return {
    kind: "memory",
    id: "model-memory",
    title: `${model}: wasm memory held after a first vector`,
    chart: [],
    baseline: "f32",
    cases: [nn(workload, "stream as f32", "f32"), nn(workload, "stream as int8", "int8"), web(workload, "web f32")],
    targets: [atMost("int8, of f32", 0.27, "int8", "f32")],
  };
};

const model = "all-MiniLM-L6-v2";

export const modelBenchmarks: readonly (TimedBenchmark | FreshBenchmark)[] = [
  ...[8, 16, 32, 64, 128].map(linear),
  ...[16, 128].map(linearInt8),
  embed(model, 16),
  embed(model, 128),
  embedMany(model),
  sentences(1),
  sentences(20),
  token("stories15M", 8),
  token("SmolLM2-135M", 8),
  load(model),
  loadMemory(model),
  heldMemory(model),
];
