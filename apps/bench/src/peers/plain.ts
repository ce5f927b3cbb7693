// Plain JavaScript: loops over typed arrays, nothing else. The softmax is fused where that is natural (one row at a time,
// scores in one small array), rows are reused while they are in cache; no SIMD, no wasm.
import {
  type AttentionInputs,
  type AttentionWorkload,
  type DecodeWorkload,
  type Inputs,
  isModelWorkload,
  type MatmulInputs,
  type Workload,
} from "../workloads.ts";
import { notCompared, type Peer, type Runner } from "./peer.ts";

/** Attention of one query to the first `count` keys; `row` has room for their scores. */
function attendRow(
  query: Float32Array,
  q: number,
  key: Float32Array,
  value: Float32Array,
  kv: number,
  count: number,
  D: number,
  row: Float64Array,
  mask: Uint8Array | undefined,
  bias: Float32Array | undefined,
  added: number,
  output: Float32Array,
  sums: Float64Array,
): void {
  const scale = 1 / Math.sqrt(D);
  let largest = -Infinity;
  for (let j = 0; j < count; j++) {
    let dot = 0;
    if (mask && mask[added + j] === 0) dot = -Infinity;
    else {
      const k = kv + j * D;
      for (let d = 0; d < D; d++) dot += (query[q + d] as number) * (key[k + d] as number);
      dot *= scale;
      if (bias) dot += bias[added + j] as number;
    }
    row[j] = dot;
    if (dot > largest) largest = dot;
  }
  let total = 0;
  sums.fill(0);
  for (let j = 0; j < count; j++) {
    const weight = Math.exp((row[j] as number) - largest);
    total += weight;
    const v = kv + j * D;
    for (let d = 0; d < D; d++) sums[d] = (sums[d] as number) + weight * (value[v + d] as number);
  }
  for (let d = 0; d < D; d++) output[q + d] = (sums[d] as number) / total;
}

function attend(workload: AttentionWorkload | DecodeWorkload, inputs: AttentionInputs): Runner {
  const { H, G, D } = workload;
  const [L, S] = workload.kind === "decode" ? [1, workload.T] : [workload.L, workload.L];
  const causal = workload.kind === "attention" && workload.causal === true;
  const [query, key, value] = [inputs.query.data, inputs.key.data, inputs.value.data];
  const [mask, bias] = [inputs.mask?.data, inputs.bias?.data];
  const row = new Float64Array(S);
  const sums = new Float64Array(D);
  const run = (): Float32Array => {
    const output = new Float32Array(query.length);
    for (let h = 0; h < H; h++) {
      const kv = Math.floor((h * G) / H) * S * D;
      for (let i = 0; i < L; i++) {
        const count = causal ? i + 1 : S;
        attendRow(query, (h * L + i) * D, key, value, kv, count, D, row, mask, bias, i * S, output, sums);
      }
    }
    return output;
  };
  return { run, output: (result) => result as Float32Array };
}

function matmul(N: number, { a, b }: MatmulInputs): Runner {
  const run = (): Float32Array => {
    const output = new Float32Array(N * N);
    // In this order the innermost loop runs along rows of b and of the output.
    for (let i = 0; i < N; i++) {
      for (let k = 0; k < N; k++) {
        const x = a.data[i * N + k] as number;
        for (let j = 0; j < N; j++)
          output[i * N + j] = (output[i * N + j] as number) + x * (b.data[k * N + j] as number);
      }
    }
    return output;
  };
  return { run, output: (result) => result as Float32Array };
}

export const peer: Peer = {
  name: "plain JavaScript",
  strategies: (workload) =>
    isModelWorkload(workload)
      ? notCompared
      : [
          {
            name: "loops",
            ...(workload.kind === "decode" && { mode: "joined keys" }),
            prepare: async (_: Workload, inputs: Inputs) =>
              workload.kind === "matmul"
                ? matmul(workload.N, inputs as MatmulInputs)
                : attend(workload, inputs as AttentionInputs),
          },
        ],
};
