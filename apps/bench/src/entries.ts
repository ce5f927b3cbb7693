// Pieces that rows are made of: targets, and entries that pose a case to someone.
import type { AttentionCase, Case, DecodeCase, Stored } from "./cases.ts";
import type { Entry, Target } from "./row.ts";

// ------------------------------------------------------------------------------------------------------- targets

export const ratio = (text: string, limit: number, slow: string, fast: string): Target => ({
  text,
  bound: "at least",
  limit,
  unit: "×",
  got: ({ of }) => of(slow) / of(fast),
});

export const within = (text: string, limit: number, of: string, from: string): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "×",
  got: (figures) => figures.of(of) / figures.of(from),
});

export const ofPeak = (percent: number, key = "relaxed"): Target => ({
  text: `of the 128-bit FMA peak`,
  bound: "at least",
  limit: percent,
  unit: "%",
  got: ({ peakShare }) => 100 * peakShare(key),
});

// ------------------------------------------------------------------------------------------------------- entries

export const peak = (given: Case): Entry => ({
  key: "peak",
  peer: "machine",
  form: "fused multiply-add",
  case: given,
  label: "fused multiply-add",
});
export const peakWithout = (given: Case): Entry => ({
  key: "peak without",
  peer: "machine",
  form: "multiply, add",
  case: given,
  label: "multiply, then add",
});
export const ours = (given: Case, form = "relaxed", key = form, label = form): Entry => ({
  key,
  peer: "attn",
  form,
  case: given,
  label,
});
export const web = (given: Case, key = "web"): Entry => ({ key, peer: "onnxruntimeWeb", case: given });
export const tfjs = (given: Case): Entry => ({ key: "tfjs", peer: "tfjs", case: given });
export const jax = (given: Case): Entry => ({ key: "jax", peer: "jax", case: given });
export const plain = (given: Case): Entry => ({ key: "plain", peer: "plain", case: given });
export const native = (given: Case, form?: string): Entry => ({
  key: form ? `native ${form}` : "native",
  peer: "onnxruntimeNode",
  case: given,
  native: true,
  ...(form && { form }),
});

export const everyone = (given: Case): Entry[] => [
  peak(given),
  peakWithout(given),
  ours(given),
  ours(given, "simd"),
  web(given),
  tfjs(given),
  jax(given),
  plain(given),
];
export const attention = (L: number, more: Partial<AttentionCase> = {}): AttentionCase => ({
  work: "attention",
  H: 12,
  G: 12,
  D: 64,
  ...more,
  L,
});
export const reading = (given: DecodeCase, stored: Stored): Entry => ({
  key: `read ${stored}`,
  peer: "machine",
  form: `read ${stored}`,
  case: given,
  label: `reading the ${stored} cache once`,
});
export const posed = (entry: Entry, form: string): Entry => ({
  ...entry,
  key: `${entry.key} ${form}`,
  form,
  label: form,
});
export const micro = (text: string, limit: number, got: Target["got"]): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "µs",
  got,
});
