// Whether a peer's result is the right one, before it is timed: against the float64 reference of @attn/conformance, in
// full for small workloads and in sampled rows for large ones. Knows no library, and leaves models to verify-models.ts.
import {
  attentionTolerance,
  compare,
  createRandom,
  dotTolerance,
  referenceAttention,
  referenceMatmul,
} from "@attn/conformance";
import {
  type AttentionInputs,
  type AttentionWorkload,
  type DecodeWorkload,
  type Inputs,
  isModelWorkload,
  type MatmulInputs,
  type Workload,
} from "../workloads.ts";
import { type Agreement, modelAgreement } from "./verify-models.ts";

const SAMPLED_HEADS = 3;
const SAMPLED_ROWS = 8;

/** 0, the last, and others between; all where there are no more than `count`. */
function sample(n: number, count: number): number[] {
  if (n <= count) return Array.from({ length: n }, (_, i) => i);
  const random = createRandom(n);
  const chosen = new Set([0, n - 1]);
  while (chosen.size < count) chosen.add(random.integer(1, n - 2));
  return [...chosen].sort((a, b) => a - b);
}

/** Rows of `width` numbers, side by side in one array. */
function rowsOf<T extends Float32Array | Uint8Array>(data: T, indices: readonly number[], width: number): T {
  const out = data.slice(0, indices.length * width) as T;
  indices.forEach((from, to) => {
    out.set(data.subarray(from * width, (from + 1) * width), to * width);
  });
  return out;
}

function checkAttention(
  workload: AttentionWorkload | DecodeWorkload,
  { query, key, value, mask, bias }: AttentionInputs,
  output: Float32Array,
): string | undefined {
  const { H, G, D } = workload;
  const [L, S] = workload.kind === "decode" ? [1, workload.T] : [workload.L, workload.L];
  const causal = workload.kind === "attention" && workload.causal;
  if (output.length !== H * L * D) return `got ${output.length} numbers, expected ${H * L * D}`;
  if (!output.every(Number.isFinite)) return "got numbers that are not finite";
  const rows = sample(L, SAMPLED_ROWS);
  const visible = causal
    ? {
        data: Uint8Array.from({ length: rows.length * S }, (_, i) =>
          i % S <= (rows[Math.floor(i / S)] as number) ? 1 : 0,
        ),
        shape: [rows.length, S],
      }
    : mask && { data: rowsOf(mask.data, rows, S), shape: [rows.length, S] };
  const added = bias && { data: rowsOf(bias.data, rows, S), shape: [rows.length, S] };
  for (const h of sample(H, SAMPLED_HEADS)) {
    const g = Math.floor((h * G) / H);
    const queries = rowsOf(query.data.subarray(h * L * D, (h + 1) * L * D), rows, D);
    const keys = (x: Float32Array) => ({ data: x.subarray(g * S * D, (g + 1) * S * D), shape: [S, D] });
    const reference = referenceAttention({ data: queries, shape: [rows.length, D] }, keys(key.data), keys(value.data), {
      mask: visible,
      bias: added,
    });
    const got = rowsOf(output.subarray(h * L * D, (h + 1) * L * D), rows, D);
    const found = compare(got, reference.output.data, attentionTolerance(reference).output);
    if (found) return `head ${h}, rows ${rows}: ${found}`;
  }
  return undefined;
}

function checkMatmul(N: number, { a, b }: MatmulInputs, output: Float32Array): string | undefined {
  if (output.length !== N * N) return `got ${output.length} numbers, expected ${N * N}`;
  const rows = sample(N, SAMPLED_ROWS);
  const reference = referenceMatmul({ data: rowsOf(a.data, rows, N), shape: [rows.length, N] }, b);
  const found = compare(rowsOf(output, rows, N), reference.data, { rtol: dotTolerance(N), scale: reference.condition });
  return found && `rows ${rows}: ${found}`;
}

/** Whether the result agrees with the reference, as far as float32 can; a quantised one, as far as 8 bits can. */
export function agreement(workload: Workload, inputs: Inputs, output: Float32Array, quantized = false): Agreement {
  if (isModelWorkload(workload)) return modelAgreement(workload, inputs, output, quantized);
  const wrong =
    workload.kind === "matmul"
      ? checkMatmul(workload.N, inputs as MatmulInputs, output)
      : checkAttention(workload, inputs as AttentionInputs, output);
  return { wrong };
}
