// What benchmarks are made of: targets, and cases that give a workload to a peer.

import type { Case, Target } from "./benchmark.ts";
import type { DecodeWorkload, Stored, Workload } from "./workloads.ts";

// ------------------------------------------------------------------------------------------------------- targets

export const speedup = (text: string, limit: number, slow: string, fast: string): Target => ({
  text,
  bound: "at least",
  limit,
  unit: "×",
  got: ({ of }) => of(slow) / of(fast),
});

export const atMost = (text: string, limit: number, of: string, from: string): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "×",
  got: (metrics) => metrics.of(of) / metrics.of(from),
});

export const ofRoofline = (percent: number, key = "relaxed"): Target => ({
  text: `of the 128-bit FMA peak`,
  bound: "at least",
  limit: percent,
  unit: "%",
  got: ({ peakShare }) => 100 * peakShare(key),
});

// ------------------------------------------------------------------------------------------------------- cases

export const peak = (workload: Workload): Case => ({
  key: "peak",
  peer: "roofline",
  mode: "fused multiply-add",
  workload,
  label: "fused multiply-add",
});
export const peakWithout = (workload: Workload): Case => ({
  key: "peak without",
  peer: "roofline",
  mode: "multiply, add",
  workload,
  label: "multiply, then add",
});
export const ours = (workload: Workload, mode = "relaxed", key = mode, label = mode): Case => ({
  key,
  peer: "attn",
  mode,
  workload,
  label,
});
export const web = (workload: Workload, key = "web"): Case => ({ key, peer: "onnxruntimeWeb", workload });
export const tfjs = (workload: Workload): Case => ({ key: "tfjs", peer: "tfjs", workload });
export const jax = (workload: Workload): Case => ({ key: "jax", peer: "jax", workload });
export const plain = (workload: Workload): Case => ({ key: "plain", peer: "plain", workload });
export const native = (workload: Workload, mode?: string): Case => ({
  key: mode ? `native ${mode}` : "native",
  peer: "onnxruntimeNode",
  workload,
  native: true,
  ...(mode && { mode }),
});

export const everyone = (workload: Workload): Case[] => [
  peak(workload),
  peakWithout(workload),
  ours(workload),
  ours(workload, "simd"),
  web(workload),
  tfjs(workload),
  jax(workload),
  plain(workload),
];
export const reading = (workload: DecodeWorkload, stored: Stored): Case => ({
  key: `read ${stored}`,
  peer: "roofline",
  mode: `read ${stored}`,
  workload,
  label: `reading the ${stored} cache once`,
});
export const inMode = (item: Case, mode: string): Case => ({
  ...item,
  key: `${item.key} ${mode}`,
  mode,
  label: mode,
});
export const microseconds = (text: string, limit: number, got: Target["got"]): Target => ({
  text,
  bound: "at most",
  limit,
  unit: "µs",
  got,
});
