// @tensorflow/tfjs-core on its wasm backend, with SIMD, on one thread. It has no attention that this backend can run, so
// the calls are put together here: softmax(q·kᵀ)·v from matMul, transpose, softmax and add. Tensors lie in its wasm memory
// before the clock starts; the result is read back. tidy must not return the numbers: it would walk through all of them.
import type { Tensor } from "@attn/core";
import type * as tfjs from "@tensorflow/tfjs-core";
import { heads } from "../layouts.ts";
import type { AttentionInputs, AttentionWorkload, DecodeWorkload, MatmulInputs, SentenceInputs } from "../workloads.ts";
import { notCompared, type Peer, type Runner, type Strategy } from "./peer.ts";
import { sentences } from "./tfjs-use-lite.ts";

type Tf = typeof tfjs;

async function load(): Promise<Tf> {
  const tf = await import("@tensorflow/tfjs-core");
  const { setThreadsCount } = await import("@tensorflow/tfjs-backend-wasm");
  setThreadsCount(1);
  if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend did not start");
  return tf;
}

function runner(tf: Tf, compute: () => tfjs.Tensor): Runner {
  const run = () => {
    const result = tf.tidy(compute);
    const data = result.dataSync();
    result.dispose();
    return data;
  };
  return { run, output: (result) => result as Float32Array };
}

/** What is added to the logits, [L, S]: hidden pairs get -Infinity. */
function addedTo(
  workload: AttentionWorkload | DecodeWorkload,
  { mask, bias }: AttentionInputs,
): Float32Array | undefined {
  if (bias) return bias.data;
  if (mask) return Float32Array.from(mask.data, (keep) => (keep ? 0 : -Infinity));
  if (workload.kind === "decode" || !workload.causal) return undefined;
  const { L } = workload;
  return Float32Array.from({ length: L * L }, (_, i) => (i % L > Math.floor(i / L) ? -Infinity : 0));
}

type AttentionSetup = (tf: Tf, workload: AttentionWorkload | DecodeWorkload, inputs: AttentionInputs) => Runner;

/**
 * All heads in one batched matMul. Grouped keys are tiled first: where only the inner of two batch axes is to be
 * broadcast, matMul gives wrong numbers without a word.
 */
const batched: AttentionSetup = (tf, workload, inputs) => {
  const { H, G, D } = workload;
  const tensor = ({ data, shape: [, h, l, d] }: Tensor) => tf.tensor3d(data, [h, l, d] as [number, number, number]);
  const [query, key, value] = [tensor(inputs.query), tensor(inputs.key), tensor(inputs.value)];
  const [L, S] = [query.shape[1], key.shape[1]];
  const added = addedTo(workload, inputs);
  const mask = added && tf.tensor2d(added, [L, S]);
  const ungrouped = (x: tfjs.Tensor3D): tfjs.Tensor3D =>
    H === G ? x : tf.reshape(tf.tile(tf.expandDims(x, 1), [1, H / G, 1, 1]), [H, S, D]);
  return runner(tf, () => {
    const logits = tf.matMul(tf.mul(query, 1 / Math.sqrt(D)), ungrouped(key), false, true);
    return tf.matMul(tf.softmax(mask ? tf.add(logits, mask) : logits), ungrouped(value));
  });
};

/** One head after the other: only a batch of 1 whose right side is not transposed reaches its fast matrix product. */
const byHead: AttentionSetup = (tf, workload, inputs) => {
  const { H, G, D } = workload;
  const tensors = (x: Tensor) => heads(x).map((data) => tf.tensor2d(data, [data.length / D, D]));
  const [queries, keys, values] = [tensors(inputs.query), tensors(inputs.key), tensors(inputs.value)];
  const [L, S] = [queries[0]?.shape[0] ?? 0, keys[0]?.shape[0] ?? 0];
  const added = addedTo(workload, inputs);
  const mask = added && tf.tensor2d(added, [L, S]);
  return runner(tf, () => {
    const transposed = keys.map((key) => tf.transpose(key));
    const outputs = queries.map((query, h) => {
      const g = Math.floor((h * G) / H);
      const logits = tf.matMul(tf.mul(query, 1 / Math.sqrt(D)), transposed[g] as tfjs.Tensor2D);
      return tf.matMul(tf.softmax(mask ? tf.add(logits, mask) : logits), values[g] as tfjs.Tensor2D);
    });
    return tf.concat(outputs, 0);
  });
};

const attentionStrategy = (name: string, setup: AttentionSetup, mode?: string): Strategy => ({
  name,
  ...(mode && { mode }),
  prepare: async (workload, inputs) =>
    setup(await load(), workload as AttentionWorkload | DecodeWorkload, inputs as AttentionInputs),
});

/** A right side that is kept is packed once: the backend knows it again by its tensor. */
const matmulStrategy = (mode: string, kept: boolean): Strategy => ({
  name: "matMul",
  mode,
  prepare: async (_, inputs) => {
    const tf = await load();
    const { a, b } = inputs as MatmulInputs;
    const tensor = ({ data, shape }: Tensor) => tf.tensor2d(data, shape as [number, number]);
    const [x, y] = [tensor(a), tensor(b)];
    return runner(tf, () => (kept ? tf.matMul(x, y) : tf.matMul(tensor(a), tensor(b))));
  },
});

export const peer: Peer = {
  name: "@tensorflow/tfjs-backend-wasm",
  strategies(workload) {
    if (workload.kind === "matmul")
      return [matmulStrategy("operands kept", true), matmulStrategy("operands handed in", false)];
    if (workload.kind === "decode") return [attentionStrategy("batched matMul", batched, "joined keys")];
    if (workload.kind === "sentences")
      return [
        { name: "its own graph", prepare: async (_, inputs) => sentences(await load(), inputs as SentenceInputs) },
      ];
    if (workload.kind !== "attention") return notCompared;
    const single = attentionStrategy("matMul by head", byHead);
    // The batched product is a plain loop: at larger sizes it is far behind, and slow to try.
    return workload.L > 128 ? [single] : [attentionStrategy("batched matMul", batched), single];
  },
};
