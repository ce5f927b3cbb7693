// The table as data: which cases are posed to whom, and what @attn/core is meant to reach. Measures and prints nothing.
import {
  type AttentionCase,
  type Case,
  cacheBytes,
  type DecodeCase,
  flopsOf,
  type MatmulCase,
  type Stored,
} from "./cases.ts";
import { PEAK_FLOPS } from "./peak.ts";
import type { PeerId } from "./peers/index.ts";

/** One line of a row: a case posed to a peer, in the way or ways of one form. */
export interface Entry {
  /** What targets call it; unique in its row. */
  readonly key: string;
  readonly peer: PeerId;
  /** Left out: the quickest of all ways that the peer has. */
  readonly form?: string;
  readonly case: Case;
  /** Printed behind the peer's name. */
  readonly label?: string;
  /** Native code: printed as a mark. */
  readonly native?: true;
}

/** What a target may ask of a row's figures; NaN where there is none. */
export interface Figures {
  /** Median, in milliseconds or bytes. */
  of(key: string): number;
  /** Share of the measured peak of 128-bit fused multiply-adds. */
  peakShare(key: string): number;
  /** Floating-point operations a millisecond. */
  rate(key: string): number;
}

export interface Target {
  readonly text: string;
  readonly bound: "at least" | "at most";
  readonly limit: number;
  readonly unit: "×" | "%" | "µs" | "MiB" | "KB";
  got(figures: Figures): number;
}

/** A line of the chart: the row's base beside what others make of it, or only of what is posed in one form. */
export interface ChartLine {
  readonly label: string;
  readonly form?: string;
}

interface Common {
  readonly id: string;
  readonly title: string;
  /** The line that the others are compared with. */
  readonly base: string;
  readonly chart: readonly ChartLine[];
  readonly targets: readonly Target[];
}

/** Entries are timed in turn, round after round. */
export interface TimedRow extends Common {
  readonly kind: "timed";
  readonly entries: readonly Entry[];
}

/** Each sample is a process of its own: the time to its first result, its first call, the wasm memory it holds then. */
export interface FreshRow extends Common {
  readonly kind: "first result" | "first call" | "memory";
  readonly entries: readonly Entry[];
}

/** What a page imports and fetches before it can attend. */
export interface Download {
  readonly key: string;
  readonly name: string;
  readonly code: string;
  /** A package, and the file in it that is fetched when the code runs. */
  readonly fetched?: readonly [string, string];
}

export interface DownloadRow extends Common {
  readonly kind: "download";
  readonly downloads: readonly Download[];
}

export type Row = TimedRow | FreshRow | DownloadRow;

// ------------------------------------------------------------------------------------------------------- targets

const ratio = (text: string, limit: number, slow: string, fast: string): Target => ({
  text,
  bound: "at least",
  limit,
  unit: "×",
  got: ({ of }) => of(slow) / of(fast),
});

const within = (text: string, limit: number, of: string, from: string): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "×",
  got: (figures) => figures.of(of) / figures.of(from),
});

const ofPeak = (percent: number, key = "relaxed"): Target => ({
  text: `of the 128-bit FMA peak`,
  bound: "at least",
  limit: percent,
  unit: "%",
  got: ({ peakShare }) => 100 * peakShare(key),
});

// ------------------------------------------------------------------------------------------------------- entries

const peak = (given: Case): Entry => ({
  key: "peak",
  peer: "machine",
  form: "fused multiply-add",
  case: given,
  label: "fused multiply-add",
});
const peakWithout = (given: Case): Entry => ({
  key: "peak without",
  peer: "machine",
  form: "multiply, add",
  case: given,
  label: "multiply, then add",
});
const ours = (given: Case, form = "relaxed", key = form, label = form): Entry => ({
  key,
  peer: "attn",
  form,
  case: given,
  label,
});
const web = (given: Case, key = "web"): Entry => ({ key, peer: "onnxruntimeWeb", case: given });
const tfjs = (given: Case): Entry => ({ key: "tfjs", peer: "tfjs", case: given });
const jax = (given: Case): Entry => ({ key: "jax", peer: "jax", case: given });
const plain = (given: Case): Entry => ({ key: "plain", peer: "plain", case: given });
const native = (given: Case, form?: string): Entry => ({
  key: form ? `native ${form}` : "native",
  peer: "onnxruntimeNode",
  case: given,
  native: true,
  ...(form && { form }),
});

const everyone = (given: Case): Entry[] => [
  peak(given),
  peakWithout(given),
  ours(given),
  ours(given, "simd"),
  web(given),
  tfjs(given),
  jax(given),
  plain(given),
];

// ---------------------------------------------------------------------------------------------------------- rows

const attention = (L: number, more: Partial<AttentionCase> = {}): AttentionCase => ({
  work: "attention",
  H: 12,
  G: 12,
  D: 64,
  ...more,
  L,
});

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

const reading = (given: DecodeCase, stored: Stored): Entry => ({
  key: `read ${stored}`,
  peer: "machine",
  form: `read ${stored}`,
  case: given,
  label: `reading the ${stored} cache once`,
});
const posed = (entry: Entry, form: string): Entry => ({ ...entry, key: `${entry.key} ${form}`, form, label: form });

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

const micro = (text: string, limit: number, got: Target["got"]): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "µs",
  got,
});

const small = (): TimedRow => {
  const given = attention(8, { H: 2, G: 2, D: 16 });
  return {
    kind: "timed",
    id: "small-8",
    title: "small call, L = 8, H = 2, D = 16",
    chart: [{ label: "small call, L = 8" }],
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
    targets: [
      ratio("of onnxruntime-web's run()", 5, "web", "relaxed"),
      ratio("of plain loops", 2, "plain", "relaxed"),
      micro("the binding's share", 2, ({ of }) => 1000 * (of("relaxed") - of("kernel"))),
      within("nested arrays, of a Float32Array", 2, "nested arrays", "relaxed"),
    ],
  };
};

const notebook = (): TimedRow => {
  const given = attention(3, { H: 1, G: 1, D: 3, identity: true });
  return {
    kind: "timed",
    id: "notebook-3",
    title: "the notebook's 3×3",
    chart: [{ label: "the notebook's 3×3" }],
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
    targets: [
      micro("a call", 1.5, ({ of }) => 1000 * of("relaxed")),
      within("nested arrays, of a Float32Array", 2, "nested arrays", "relaxed"),
    ],
  };
};

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

/** Floating-point operations of one call; 0 for a mark that has none to speak of. */
export function operations({ peer, form, case: given }: Entry): number {
  if (peer !== "machine") return flopsOf(given);
  return form?.startsWith("read ") ? 0 : PEAK_FLOPS;
}

/** What a target sees, from medians by key. */
export function figuresOf(row: Row, of: Figures["of"]): Figures {
  const entries = row.kind === "download" ? [] : row.entries;
  const rate = (key: string): number => {
    const entry = entries.find((entry) => entry.key === key);
    return entry ? operations(entry) / of(key) : Number.NaN;
  };
  return { of, rate, peakShare: (key) => rate(key) / rate("peak") };
}

/** The bytes that a reading mark reads; undefined for any other entry. */
export function bytesRead({ peer, form, case: given }: Entry): number | undefined {
  if (peer !== "machine" || given.work !== "decode" || !form?.startsWith("read ")) return undefined;
  return cacheBytes(given, form.slice("read ".length) as Stored);
}
