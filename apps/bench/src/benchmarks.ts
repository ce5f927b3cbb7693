// The table as data: which workloads are given to whom, and what @attn/core is meant to reach. Measures and prints nothing.

import type {
  Benchmark,
  Case,
  DownloadBenchmark,
  FreshBenchmark,
  ScriptBenchmark,
  Target,
  TimedBenchmark,
} from "./benchmark.ts";
import {
  atMost,
  everyone,
  inMode,
  jax,
  microseconds,
  native,
  ofRoofline,
  ours,
  peak,
  plain,
  reading,
  speedup,
  tfjs,
  web,
} from "./cases.ts";
import { type AttentionWorkload, attentionWorkload, type DecodeWorkload, type MatmulWorkload } from "./workloads.ts";

const prefill = (L: number): TimedBenchmark => {
  const workload = attentionWorkload(L);
  return {
    kind: "timed",
    id: `prefill-${L}`,
    title: `prefill, L = ${L}`,
    chart: [{ label: `prefill, L = ${L}` }],
    baseline: "relaxed",
    cases: [...everyone(workload), native(workload)],
    targets: [
      speedup("relaxed, of onnxruntime-web", 2.1, "web", "relaxed"),
      speedup("simd, of onnxruntime-web", 1.6, "web", "simd"),
      ...(L === 2048 ? [ofRoofline(85)] : []),
    ],
  };
};

const causal = (L: number, times: number): TimedBenchmark => {
  const workload = attentionWorkload(L, { causal: true });
  return {
    kind: "timed",
    id: `causal-${L}`,
    title: `causal, L = ${L}`,
    chart: [{ label: `causal, L = ${L}` }],
    baseline: "relaxed",
    cases: [...everyone(workload), native(workload, "Attention"), native(workload, "GroupQueryAttention")],
    targets: [speedup("relaxed, of onnxruntime-web", times, "web", "relaxed"), ...(L === 2048 ? [ofRoofline(80)] : [])],
  };
};

const masked = (L: number): TimedBenchmark => {
  const [free, keep, bias] = [
    attentionWorkload(L),
    attentionWorkload(L, { masked: "keep" }),
    attentionWorkload(L, { masked: "bias" }),
  ] as const;
  return {
    kind: "timed",
    id: `masked-${L}`,
    title: `masked, L = ${L}`,
    chart: [{ label: `keep-mask, L = ${L}`, mode: "keep-mask" }],
    baseline: "keep-mask",
    cases: [
      peak(free),
      ours(free, "relaxed", "unmasked", "relaxed, unmasked"),
      ours(keep, "relaxed", "keep-mask", "relaxed, keep-mask"),
      ours(bias, "relaxed", "bias", "relaxed, bias"),
      { ...web(free, "web unmasked"), label: "unmasked" },
      { ...web(keep, "web keep-mask"), label: "keep-mask" },
      { ...web(bias, "web bias"), label: "bias" },
      { ...tfjs(keep), label: "keep-mask" },
      { ...jax(keep), label: "keep-mask" },
      { ...plain(keep), label: "keep-mask" },
      { ...native(keep), label: "keep-mask" },
    ],
    targets: [
      atMost("keep-mask, of unmasked", 1.15, "keep-mask", "unmasked"),
      atMost("bias, of unmasked", 1.15, "bias", "unmasked"),
    ],
  };
};

const headSizes = (L: number): TimedBenchmark => {
  const sizes = [32, 64, 80, 128] as const;
  const asMuch = (D: number): Target => ({
    text: `share of peak at D = ${D}, of that at D = 64`,
    bound: "at least",
    limit: 0.85,
    unit: "×",
    got: ({ peakShare }) => peakShare(`D = ${D}`) / peakShare("D = 64"),
  });
  return {
    kind: "timed",
    id: `head-sizes-${L}`,
    title: `head sizes, L = ${L}`,
    chart: [],
    baseline: "D = 64",
    cases: [
      peak(attentionWorkload(L)),
      ...sizes.map((D) => ours(attentionWorkload(L, { D }), "relaxed", `D = ${D}`, `relaxed, D = ${D}`)),
      ...sizes.map((D) => ({ ...web(attentionWorkload(L, { D }), `web D = ${D}`), label: `D = ${D}` })),
    ],
    targets: [asMuch(32), asMuch(80), asMuch(128)],
  };
};

const grouped = (L: number): TimedBenchmark => {
  const workload = attentionWorkload(L, { H: 32, G: 8, D: 128, causal: true });
  const ungrouped = { ...workload, G: workload.H };
  return {
    kind: "timed",
    id: `grouped-${L}`,
    title: `32 heads on 8, D = 128, causal, L = ${L}`,
    chart: [{ label: `32 heads on 8, causal, L = ${L}` }],
    baseline: "relaxed",
    cases: [
      ...everyone(workload),
      ours(ungrouped, "relaxed", "ungrouped", "relaxed, 32 heads on 32"),
      native(workload, "Attention"),
      native(workload, "GroupQueryAttention"),
    ],
    targets: [
      {
        text: "operations a second, of ungrouped",
        bound: "at least",
        limit: 1,
        unit: "×",
        got: ({ rate }) => rate("relaxed") / rate("ungrouped"),
      },
    ],
  };
};

const decode = (T: number): TimedBenchmark => {
  const workload: DecodeWorkload = { kind: "decode", H: 12, G: 12, T, D: 64 };
  return {
    kind: "timed",
    id: `decode-${T}`,
    title: `decode, T = ${T}`,
    chart: [
      { label: `decode, T = ${T}, past inputs`, mode: "past inputs" },
      { label: `decode, T = ${T}, joined keys`, mode: "joined keys" },
    ],
    baseline: "relaxed",
    cases: [
      reading(workload, "f32"),
      ours(workload),
      ours(workload, "simd"),
      inMode(web(workload), "past inputs"),
      inMode(web(workload), "joined keys"),
      inMode(tfjs(workload), "joined keys"),
      inMode(jax(workload), "joined keys"),
      inMode(plain(workload), "joined keys"),
      inMode(native(workload), "past inputs"),
      inMode(native(workload), "joined keys"),
    ],
    targets: [
      speedup("of onnxruntime-web with past inputs", 15, "web past inputs", "relaxed"),
      atMost("of reading the cache once", 1.6, "relaxed", "read f32"),
    ],
  };
};

const decodeStored = (T: number): TimedBenchmark => {
  const workload: DecodeWorkload = { kind: "decode", H: 12, G: 12, T, D: 64 };
  return {
    kind: "timed",
    id: `decode-${T}`,
    title: `decode, T = ${T}, by the cache's format`,
    chart: [],
    baseline: "relaxed",
    cases: [
      reading(workload, "f32"),
      reading(workload, "f16"),
      reading(workload, "int8"),
      ours(workload, "relaxed", "relaxed", "relaxed, f32 cache"),
      ours(workload, "f16 cache", "f16 cache", "relaxed, f16 cache"),
      ours(workload, "int8 cache", "int8 cache", "relaxed, int8 cache"),
      inMode(web(workload), "past inputs"),
      inMode(web(workload), "joined keys"),
      inMode(native(workload), "past inputs"),
    ],
    targets: [
      speedup("int8, of f32", 1.5, "relaxed", "int8 cache"),
      speedup("f16, of f32", 1.2, "relaxed", "f16 cache"),
    ],
  };
};

/** A call so small that what surrounds the products is all there is. */
const tiny = (
  workload: AttentionWorkload,
  { id, title, label }: { id: string; title: string; label: string },
  targets: readonly Target[],
): TimedBenchmark => ({
  kind: "timed",
  id,
  title,
  chart: [{ label }],
  baseline: "relaxed",
  cases: [
    ours(workload),
    ours(workload, "nested arrays", "nested arrays", "relaxed, nested arrays"),
    { key: "kernel", peer: "kernel", workload, label: "relaxed" },
    web(workload),
    tfjs(workload),
    jax(workload),
    plain(workload),
    native(workload),
  ],
  targets: [...targets, atMost("nested arrays, of a Float32Array", 2, "nested arrays", "relaxed")],
});

const small = (): TimedBenchmark =>
  tiny(
    attentionWorkload(8, { H: 2, G: 2, D: 16 }),
    { id: "small-8", title: "small call, L = 8, H = 2, D = 16", label: "small call, L = 8" },
    [
      speedup("of onnxruntime-web's run()", 5, "web", "relaxed"),
      speedup("of plain loops", 2, "plain", "relaxed"),
      microseconds("the binding's share", 2, ({ of }) => 1000 * (of("relaxed") - of("kernel"))),
    ],
  );

const notebook = (): TimedBenchmark =>
  tiny(
    attentionWorkload(3, { H: 1, G: 1, D: 3, identity: true }),
    { id: "notebook-3", title: "the notebook's 3×3", label: "the notebook's 3×3" },
    [microseconds("a call", 1.5, ({ of }) => 1000 * of("relaxed"))],
  );

const matmul = (N: number): TimedBenchmark => {
  const workload: MatmulWorkload = { kind: "matmul", N };
  return {
    kind: "timed",
    id: `matmul-${N}`,
    title: `matmul, ${N}`,
    baseline: "relaxed",
    chart: [{ label: `matmul, ${N}` }],
    cases: [
      ...everyone(workload).filter(({ peer }) => peer !== "tfjs"),
      // As @attn/core and ONNX Runtime take them, and as tfjs has them at its best.
      inMode(tfjs(workload), "operands handed in"),
      inMode(tfjs(workload), "operands kept"),
      native(workload),
    ],
    targets: [
      speedup("relaxed, of onnxruntime-web", 1.5, "web", "relaxed"),
      speedup("relaxed, of tfjs-wasm with operands handed in", 1.5, "tfjs operands handed in", "relaxed"),
      speedup("relaxed, of tfjs-wasm with operands kept", 1.5, "tfjs operands kept", "relaxed"),
    ],
  };
};

const firstResult = (): FreshBenchmark => {
  const workload = attentionWorkload(8, { H: 2, G: 2, D: 16 });
  return {
    kind: "first result",
    id: "first-result",
    title: "loading and first result in a fresh process, L = 8",
    chart: [{ label: "first result, with loading" }],
    baseline: "first",
    cases: [
      { key: "first", peer: "firstUse", workload },
      web(workload),
      tfjs(workload),
      jax(workload),
      native(workload),
    ],
    targets: [speedup("of onnxruntime-web", 30, "web", "first")],
  };
};

const firstCall = (): FreshBenchmark => {
  const workload = attentionWorkload(1024);
  return {
    kind: "first call",
    id: "first-call",
    title: "first call against a warm one, L = 1024",
    chart: [],
    baseline: "first",
    cases: [
      { key: "first", peer: "firstUse", workload, label: "first call" },
      { key: "warm", peer: "firstUse", workload, label: "warm, the same process" },
      { ...web(workload, "web first"), label: "first call" },
      { ...web(workload, "web warm"), label: "warm, the same process" },
    ],
    targets: [atMost("of a warm one", 1.3, "first", "warm")],
  };
};

const memory = (): FreshBenchmark => {
  const single = (L: number) => attentionWorkload(L, { H: 1, G: 1 });
  const mine = (L: number): Case => ({ key: `L = ${L}`, peer: "firstUse", workload: single(L), label: `L = ${L}` });
  const theirs = (L: number): Case => ({ ...web(single(L), `web L = ${L}`), label: `L = ${L}` });
  return {
    kind: "memory",
    id: "memory",
    title: "wasm memory held after a call, H = 1, D = 64",
    chart: [],
    baseline: "L = 16384",
    cases: [...[2048, 4096, 8192, 16384].map(mine), ...[2048, 4096].map(theirs)],
    targets: [
      { text: "at L = 16384", bound: "at most", limit: 32, unit: "MiB", got: ({ of }) => of("L = 16384") / 2 ** 20 },
      // Linear: twice the length takes no more than twice the memory.
      atMost("at L = 16384, of L = 8192", 2, "L = 16384", "L = 8192"),
    ],
  };
};

const download = (): DownloadBenchmark => ({
  kind: "download",
  id: "download",
  title: "download before a first attention, minified and gzipped",
  chart: [],
  baseline: "attn",
  downloads: [
    { key: "attn", name: "@attn/core", code: 'export { attention } from "@attn/core";' },
    { key: "jax", name: "@jax-js/jax", code: 'export { init, nn, numpy } from "@jax-js/jax";' },
    {
      key: "tfjs",
      name: "@tensorflow/tfjs-backend-wasm",
      code: `import "@tensorflow/tfjs-backend-wasm";
        export { add, concat, matMul, mul, setBackend, softmax, tensor2d, transpose } from "@tensorflow/tfjs-core";`,
      fetched: ["@tensorflow/tfjs-backend-wasm", "dist/tfjs-backend-wasm-simd.wasm"],
    },
    {
      key: "web",
      name: "onnxruntime-web",
      code: 'export { InferenceSession, Tensor } from "onnxruntime-web/wasm";',
      fetched: ["onnxruntime-web", "dist/ort-wasm-simd-threaded.wasm"],
    },
  ],
  targets: [{ text: "with its kernel", bound: "at most", limit: 25, unit: "KiB", got: ({ of }) => of("attn") / 1024 }],
});

const page = (): ScriptBenchmark => ({
  kind: "script",
  id: "page",
  title: "the demo's page in Chromium: 128 words, masked self-attention",
  chart: [],
  baseline: "loadToFirstPaint",
  folder: "apps/demo",
  script: "scripts/measure.ts",
  parameters: (rounds) => ["--runs", String(rounds)],
  labels: {
    loadToFirstPaint: "from the navigation to the first paint",
    keyToScreen: "from a key to the screen",
    pictureToScreen: "from new values, L × L, to the screen",
  },
  targets: [],
});

const pictures = (): ScriptBenchmark => ({
  kind: "script",
  id: "pictures",
  title: "pictures of @attn/viz: causal, with labels",
  chart: [],
  baseline: "svg.8²",
  folder: "packages/viz",
  script: "scripts/bench.ts",
  parameters: () => ["--json"],
  labels: { svg: "heatmap and toSvg", element: "<attn-heatmap> in Chromium" },
  targets: [],
});

export const benchmarks: readonly Benchmark[] = [
  ...[512, 1024, 2048].map(prefill),
  causal(512, 3.6),
  causal(2048, 4.2),
  masked(512),
  headSizes(512),
  grouped(512),
  decode(512),
  decode(2048),
  decodeStored(8192),
  small(),
  notebook(),
  ...[256, 512, 1024].map(matmul),
  firstResult(),
  firstCall(),
  memory(),
  download(),
  page(),
  pictures(),
];
