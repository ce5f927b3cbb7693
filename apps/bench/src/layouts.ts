// Rearranging arrays between the orders that libraries want. Knows shapes; computes nothing.
import type { Tensor } from "@attn/core";

/** [A, B, C] → [B, A, C], of rows C long. */
function swapped(data: Float32Array, A: number, B: number, C: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let a = 0; a < A; a++)
    for (let b = 0; b < B; b++) out.set(data.subarray((a * B + b) * C, (a * B + b + 1) * C), (b * A + a) * C);
  return out;
}

const dimensions = ({ shape }: Tensor): [number, number, number] => {
  const [, H, L, D] = shape as [number, number, number, number];
  return [H, L, D];
};

/** [1, H, L, D] → [1, L, H, D]. */
export function tokensFirst(x: Tensor): Tensor {
  const [H, L, D] = dimensions(x);
  return { data: swapped(x.data, H, L, D), shape: [1, L, H, D] };
}

/** The numbers of [1, L, H, D] in the order [1, H, L, D]. */
export const headsFirst = (data: Float32Array, H: number, L: number, D: number): Float32Array => swapped(data, L, H, D);

/** Tokens from … to-1 of [1, H, L, D]. */
export function tokens(x: Tensor, from: number, to: number): Tensor {
  const [H, L, D] = dimensions(x);
  const n = to - from;
  const data = new Float32Array(H * n * D);
  for (let h = 0; h < H; h++) data.set(x.data.subarray((h * L + from) * D, (h * L + to) * D), h * n * D);
  return { data, shape: [1, H, n, D] };
}

/** [N, K] → [K, N]. */
export function transposed<Data extends Float32Array | Int8Array>({
  data,
  shape,
}: {
  readonly data: Data;
  readonly shape: readonly number[];
}): { data: Data; shape: readonly number[] } {
  const [N, K] = shape as [number, number];
  const out = data.slice() as Data;
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) out[k * N + n] = data[n * K + k] as number;
  return { data: out, shape: [K, N] };
}

/** One array a head. */
export function heads(x: Tensor): Float32Array[] {
  const [H, L, D] = dimensions(x);
  return Array.from({ length: H }, (_, h) => x.data.subarray(h * L * D, (h + 1) * L * D));
}
