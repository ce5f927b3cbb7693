// The table as data: which cases are posed to whom, and what @attn/core is meant to reach. Measures and prints nothing.
import type { AttentionCase, DecodeCase, MatmulCase } from "./cases.ts";
import {
  attention,
  everyone,
  jax,
  micro,
  native,
  ofPeak,
  ours,
  peak,
  plain,
  posed,
  ratio,
  reading,
  tfjs,
  web,
  within,
} from "./entries.ts";
import type { DownloadRow, Entry, FreshRow, Row, Target, TimedRow } from "./row.ts";

const prefill = (L: number): TimedRow => {
  const given = attention(L);
  return {
    kind: "timed",
    id: `prefill-${L}`,
    title: `prefill, L = ${L}`,
    chart: [{ label: `prefill, L = ${L}` }],
    base: "relaxed",
    entries: [...everyone(given), native(given)],
    targets: [
      ratio("relaxed, of onnxruntime-web", 2.1, "web", "relaxed"),
      ratio("simd, of onnxruntime-web", 1.6, "web", "simd"),
      ...(L === 2048 ? [ofPeak(85)] : []),
    ],
  };
};

const causal = (L: number, times: number): TimedRow => {
  const given = attention(L, { causal: true });
  return {
    kind: "timed",
    id: `causal-${L}`,
    title: `causal, L = ${L}`,
    chart: [{ label: `causal, L = ${L}` }],
    base: "relaxed",
    entries: [...everyone(given), native(given, "Attention"), native(given, "GroupQueryAttention")],
    targets: [ratio("relaxed, of onnxruntime-web", times, "web", "relaxed"), ...(L === 2048 ? [ofPeak(80)] : [])],
  };
};

const masked = (L: number): TimedRow => {
  const [free, keep, bias] = [
    attention(L),
    attention(L, { masked: "keep" }),
    attention(L, { masked: "bias" }),
  ] as const;
  return {
    kind: "timed",
    id: `masked-${L}`,
    title: `masked, L = ${L}`,
    chart: [{ label: `keep-mask, L = ${L}`, form: "keep-mask" }],
    base: "keep-mask",
    entries: [
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
      within("keep-mask, of unmasked", 1.15, "keep-mask", "unmasked"),
      within("bias, of unmasked", 1.15, "bias", "unmasked"),
    ],
  };
};

const headSizes = (L: number): TimedRow => {
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
    base: "D = 64",
    entries: [
      peak(attention(L)),
      ...sizes.map((D) => ours(attention(L, { D }), "relaxed", `D = ${D}`, `relaxed, D = ${D}`)),
      ...sizes.map((D) => ({ ...web(attention(L, { D }), `web D = ${D}`), label: `D = ${D}` })),
    ],
    targets: [asMuch(32), asMuch(80), asMuch(128)],
  };
};

const grouped = (L: number): TimedRow => {
  const given = attention(L, { H: 32, G: 8, D: 128, causal: true });
  const ungrouped = { ...given, G: given.H };
  return {
    kind: "timed",
    id: `grouped-${L}`,
    title: `32 heads on 8, D = 128, causal, L = ${L}`,
    chart: [{ label: `32 heads on 8, causal, L = ${L}` }],
    base: "relaxed",
    entries: [
      ...everyone(given),
      ours(ungrouped, "relaxed", "ungrouped", "relaxed, 32 heads on 32"),
      native(given, "Attention"),
      native(given, "GroupQueryAttention"),
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

const decode = (T: number): TimedRow => {
  const given: DecodeCase = { work: "decode", H: 12, G: 12, T, D: 64 };
  return {
    kind: "timed",
    id: `decode-${T}`,
    title: `decode, T = ${T}`,
    chart: [
      { label: `decode, T = ${T}, past inputs`, form: "past inputs" },
      { label: `decode, T = ${T}, joined keys`, form: "joined keys" },
    ],
    base: "relaxed",
    entries: [
      reading(given, "f32"),
      ours(given),
      ours(given, "simd"),
      posed(web(given), "past inputs"),
      posed(web(given), "joined keys"),
      posed(tfjs(given), "joined keys"),
      posed(jax(given), "joined keys"),
      posed(plain(given), "joined keys"),
      posed(native(given), "past inputs"),
      posed(native(given), "joined keys"),
    ],
    targets: [
      ratio("of onnxruntime-web with past inputs", 15, "web past inputs", "relaxed"),
      within("of reading the cache once", 1.6, "relaxed", "read f32"),
    ],
  };
};

const decodeStored = (T: number): TimedRow => {
  const given: DecodeCase = { work: "decode", H: 12, G: 12, T, D: 64 };
  return {
    kind: "timed",
    id: `decode-${T}`,
    title: `decode, T = ${T}, by the cache's format`,
    chart: [],
    base: "relaxed",
    entries: [
      reading(given, "f32"),
      reading(given, "f16"),
      reading(given, "int8"),
      ours(given, "relaxed", "relaxed", "relaxed, f32 cache"),
      ours(given, "f16 cache", "f16 cache", "relaxed, f16 cache"),
      ours(given, "int8 cache", "int8 cache", "relaxed, int8 cache"),
      posed(web(given), "past inputs"),
      posed(web(given), "joined keys"),
      posed(native(given), "past inputs"),
    ],
    targets: [ratio("int8, of f32", 1.5, "relaxed", "int8 cache"), ratio("f16, of f32", 1.2, "relaxed", "f16 cache")],
  };
};

/** A call so small that what surrounds the products is all there is. */
const tiny = (
  given: AttentionCase,
  { id, title, label }: { id: string; title: string; label: string },
  targets: readonly Target[],
): TimedRow => ({
  kind: "timed",
  id,
  title,
  chart: [{ label }],
  base: "relaxed",
  entries: [
    ours(given),
    ours(given, "nested arrays", "nested arrays", "relaxed, nested arrays"),
    { key: "kernel", peer: "kernel", case: given, label: "relaxed" },
    web(given),
    tfjs(given),
    jax(given),
    plain(given),
    native(given),
  ],
  targets: [...targets, within("nested arrays, of a Float32Array", 2, "nested arrays", "relaxed")],
});

const small = (): TimedRow =>
  tiny(
    attention(8, { H: 2, G: 2, D: 16 }),
    { id: "small-8", title: "small call, L = 8, H = 2, D = 16", label: "small call, L = 8" },
    [
      ratio("of onnxruntime-web's run()", 5, "web", "relaxed"),
      ratio("of plain loops", 2, "plain", "relaxed"),
      micro("the binding's share", 2, ({ of }) => 1000 * (of("relaxed") - of("kernel"))),
    ],
  );

const notebook = (): TimedRow =>
  tiny(
    attention(3, { H: 1, G: 1, D: 3, identity: true }),
    { id: "notebook-3", title: "the notebook's 3×3", label: "the notebook's 3×3" },
    [micro("a call", 1.5, ({ of }) => 1000 * of("relaxed"))],
  );

const matmul = (N: number): TimedRow => {
  const given: MatmulCase = { work: "matmul", N };
  return {
    kind: "timed",
    id: `matmul-${N}`,
    title: `matmul, ${N}`,
    base: "relaxed",
    chart: [{ label: `matmul, ${N}` }],
    entries: [
      ...everyone(given).filter(({ peer }) => peer !== "tfjs"),
      // As @attn/core and ONNX Runtime take them, and as tfjs has them at its best.
      posed(tfjs(given), "operands handed in"),
      posed(tfjs(given), "operands kept"),
      native(given),
    ],
    targets: [
      ratio("relaxed, of onnxruntime-web", 1.5, "web", "relaxed"),
      ratio("relaxed, of tfjs-wasm with operands handed in", 1.5, "tfjs operands handed in", "relaxed"),
      ratio("relaxed, of tfjs-wasm with operands kept", 1.5, "tfjs operands kept", "relaxed"),
    ],
  };
};

const firstResult = (): FreshRow => {
  const given = attention(8, { H: 2, G: 2, D: 16 });
  return {
    kind: "first result",
    id: "first-result",
    title: "loading and first result in a fresh process, L = 8",
    chart: [{ label: "first result, with loading" }],
    base: "first",
    entries: [{ key: "first", peer: "firstUse", case: given }, web(given), tfjs(given), jax(given), native(given)],
    targets: [ratio("of onnxruntime-web", 30, "web", "first")],
  };
};

const firstCall = (): FreshRow => {
  const given = attention(1024);
  return {
    kind: "first call",
    id: "first-call",
    title: "first call against a warm one, L = 1024",
    chart: [],
    base: "first",
    entries: [
      { key: "first", peer: "firstUse", case: given, label: "first call" },
      { key: "warm", peer: "firstUse", case: given, label: "warm, the same process" },
      { ...web(given, "web first"), label: "first call" },
      { ...web(given, "web warm"), label: "warm, the same process" },
    ],
    targets: [within("of a warm one", 1.3, "first", "warm")],
  };
};

const memory = (): FreshRow => {
  const single = (L: number) => attention(L, { H: 1, G: 1 });
  const mine = (L: number): Entry => ({ key: `L = ${L}`, peer: "firstUse", case: single(L), label: `L = ${L}` });
  const theirs = (L: number): Entry => ({ ...web(single(L), `web L = ${L}`), label: `L = ${L}` });
  return {
    kind: "memory",
    id: "memory",
    title: "wasm memory held after a call, H = 1, D = 64",
    chart: [],
    base: "L = 16384",
    entries: [...[2048, 4096, 8192, 16384].map(mine), ...[2048, 4096].map(theirs)],
    targets: [
      { text: "at L = 16384", bound: "at most", limit: 32, unit: "MiB", got: ({ of }) => of("L = 16384") / 2 ** 20 },
      // Linear: twice the length takes no more than twice the memory.
      within("at L = 16384, of L = 8192", 2, "L = 16384", "L = 8192"),
    ],
  };
};

const download = (): DownloadRow => ({
  kind: "download",
  id: "download",
  title: "download before a first attention, minified and gzipped",
  chart: [],
  base: "attn",
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
  targets: [{ text: "with its kernel", bound: "at most", limit: 25, unit: "KB", got: ({ of }) => of("attn") / 1000 }],
});

export const rows: readonly Row[] = [
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
];
