// The same attention in plain JavaScript, twice: as loops over typed arrays, and as it is written first, with map and
// reduce. For the page's comparison of times; both are held against the kernel by a test.
import type { Rows, Trace } from "./trace.ts";

/** [H, L, S] weights and [L, E] output. */
export interface Plain {
  readonly weights: readonly number[];
  readonly output: readonly number[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** As a first reading of the formula has it. */
export function naive({ x, memory, settings, headSize, scale, hidden, weightsOf }: Trace): Plain {
  const project = (rows: Rows, weight: Rows) =>
    rows.map((row) => weight.map((w) => sum(w.map((a, i) => a * (row[i] ?? 0)))));
  const [Q, K, V] = [
    project(x.vectors, weightsOf.query),
    project(memory.vectors, weightsOf.key),
    project(memory.vectors, weightsOf.value),
  ];
  const heads = Array.from({ length: settings.heads }, (_, head) => {
    const part = (row: readonly number[]) => row.slice(head * headSize, (head + 1) * headSize);
    const [values, keys] = [V.map(part), K.map(part)];
    const weights = Q.map(part).map((q, i) => {
      const logits = keys.map((k, j) => (hidden[i]?.[j] ? -Infinity : scale * sum(k.map((a, d) => a * (q[d] ?? 0)))));
      const largest = Math.max(...logits);
      const powers = logits.map((logit) => (largest === -Infinity ? 0 : Math.exp(logit - largest)));
      const total = sum(powers) || 1;
      return powers.map((power) => power / total);
    });
    const mixed = weights.map((row) =>
      (values[0] ?? []).map((_, d) => sum(row.map((w, j) => w * (values[j]?.[d] ?? 0)))),
    );
    return { weights, mixed };
  });
  const joined = Q.map((_, i) => heads.flatMap(({ mixed }) => mixed[i] ?? []));
  return { weights: heads.flatMap(({ weights }) => weights.flat()), output: project(joined, weightsOf.output).flat() };
}

/** rows [n, width] · weightᵀ [width, width]. */
function projectInto(out: Float32Array, rows: Float32Array, weight: Float32Array, n: number, width: number): void {
  for (let i = 0; i < n; i++) {
    for (let o = 0; o < width; o++) {
      let total = 0;
      for (let k = 0; k < width; k++) total += (rows[i * width + k] as number) * (weight[o * width + k] as number);
      out[i * width + o] = total;
    }
  }
}

const flat = (rows: Rows): Float32Array => Float32Array.from(rows.flat());

/** As one writes it when it is to be fast: typed arrays and loops. The arrays are made beforehand. */
export function makeTyped({ x, memory, settings, headSize: D, scale, hidden, weightsOf }: Trace): () => Plain {
  const [L, S, E, H] = [x.words.length, memory.words.length, settings.heads * D, settings.heads];
  const [a, b] = [flat(x.vectors), flat(memory.vectors)];
  const [wq, wk, wv, wo] = [flat(weightsOf.query), flat(weightsOf.key), flat(weightsOf.value), flat(weightsOf.output)];
  const [Q, K, V] = [new Float32Array(L * E), new Float32Array(S * E), new Float32Array(S * E)];
  const isHidden = Uint8Array.from(hidden.flat(), Number);
  return () => {
    const [weights, joined, output] = [new Float32Array(H * L * S), new Float32Array(L * E), new Float32Array(L * E)];
    projectInto(Q, a, wq, L, E);
    projectInto(K, b, wk, S, E);
    projectInto(V, b, wv, S, E);
    for (let h = 0; h < H; h++) {
      for (let i = 0; i < L; i++) {
        const row = (h * L + i) * S;
        let largest = -Infinity;
        for (let j = 0; j < S; j++) {
          let dot = 0;
          for (let d = 0; d < D; d++) dot += (Q[i * E + h * D + d] as number) * (K[j * E + h * D + d] as number);
          const logit = isHidden[i * S + j] ? -Infinity : dot * scale;
          weights[row + j] = logit;
          if (logit > largest) largest = logit;
        }
        let total = 0;
        for (let j = 0; j < S; j++) {
          const power = largest === -Infinity ? 0 : Math.exp((weights[row + j] as number) - largest);
          weights[row + j] = power;
          total += power;
        }
        const by = total > 0 ? 1 / total : 0;
        for (let j = 0; j < S; j++) {
          const weight = (weights[row + j] as number) * by;
          weights[row + j] = weight;
          for (let d = 0; d < D; d++)
            joined[i * E + h * D + d] =
              (joined[i * E + h * D + d] as number) + weight * (V[j * E + h * D + d] as number);
        }
      }
    }
    projectInto(output, joined, wo, L, E);
    return { weights: weights as unknown as number[], output: output as unknown as number[] };
  };
}
