// @jax-js/jax on its wasm device, every computation under jit. It starts workers where a global Worker is, which
// onnxruntime-web defines: the two need processes of their own. Arrays lie in its memory before the clock starts; the
// result is read back.
import type { Tensor } from "@attn/core";
import type * as jaxjs from "@jax-js/jax";
import { headsFirst, tokensFirst } from "../layouts.ts";
import type { AttentionInputs, AttentionWorkload, DecodeWorkload, MatmulInputs, Workload } from "../workloads.ts";
import { notCompared, type Peer, type Runner, type Strategy } from "./peer.ts";

type Jax = typeof jaxjs;
type Numbers = jaxjs.Array;

async function load(): Promise<Jax> {
  const jax = await import("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return jax;
}

const array = (jax: Jax, { data, shape }: Tensor): Numbers =>
  jax.numpy.array(data as Float32Array<ArrayBuffer>, { shape: [...shape] });

/** Functions consume their arguments: a reference goes in, the array stays. */
const reading = (result: Numbers): unknown => result.dataSync();

/** query, key and value as arrays of its own, rearranged by `shaped`. */
const arrays = (jax: Jax, { query, key, value }: AttentionInputs, shaped: (x: Tensor) => Tensor) =>
  [array(jax, shaped(query)), array(jax, shaped(key)), array(jax, shaped(value))] as const;

/** nn.dotProductAttention, [1, L, H, D]. Grouped keys are repeated in memory first, where `repeat` says so. */
function dotProductAttention(jax: Jax, workload: AttentionWorkload, inputs: AttentionInputs, repeat: boolean): Runner {
  const { H, G, L, D, causal } = workload;
  const { mask, bias } = inputs;
  const [query, key, value] = arrays(jax, inputs, tokensFirst);
  const shape = [1, 1, L, L];
  const keep = mask && Array.from(mask.data, (keep) => keep !== 0);
  const added = keep ? [jax.numpy.array(keep, { shape })] : bias ? [array(jax, { data: bias.data, shape })] : [];
  const attend = jax.jit((q: Numbers, k: Numbers, v: Numbers, ...rest: Numbers[]) =>
    jax.nn.dotProductAttention(q, k, v, {
      ...(causal && { isCausal: true }),
      ...(rest[0] && { [mask ? "mask" : "bias"]: rest[0] }),
    }),
  );
  const ungrouped = (x: Numbers): Numbers => (repeat ? jax.numpy.repeat(x.ref, H / G, 2) : x.ref);
  return {
    run: () => reading(attend(query.ref, ungrouped(key), ungrouped(value), ...added.map((x) => x.ref))),
    output: (result) => headsFirst(result as Float32Array, H, L, D),
  };
}

/** matmul, softmax, matmul on [H, 1, D] and [H, T, D]: for one query quicker than nn.dotProductAttention. */
function joined(jax: Jax, { D }: DecodeWorkload, inputs: AttentionInputs): Runner {
  const { matmul, matrixTranspose } = jax.numpy;
  const [query, key, value] = arrays(jax, inputs, ({ data, shape }) => ({ data, shape: shape.slice(1) }));
  const attend = jax.jit((q: Numbers, k: Numbers, v: Numbers) =>
    matmul(jax.nn.softmax(matmul(q.mul(1 / Math.sqrt(D)), matrixTranspose(k))), v),
  );
  return {
    run: () => reading(attend(query.ref, key.ref, value.ref)),
    output: (result) => result as Float32Array,
  };
}

const strategy = (
  name: string,
  make: (jax: Jax, ...rest: Parameters<Strategy["prepare"]>) => Runner,
  mode?: string,
): Strategy => ({
  name,
  ...(mode && { mode }),
  prepare: async (workload, inputs, file) => make(await load(), workload, inputs, file),
});

export const peer: Peer = {
  name: "@jax-js/jax",
  strategies(workload: Workload) {
    if (workload.kind === "matmul")
      return [
        strategy("matmul", (jax, _, inputs) => {
          const [a, b] = [array(jax, (inputs as MatmulInputs).a), array(jax, (inputs as MatmulInputs).b)];
          const product = jax.jit((x: Numbers, y: Numbers) => jax.numpy.matmul(x, y));
          return { run: () => reading(product(a.ref, b.ref)), output: (result) => result as Float32Array };
        }),
      ];
    if (workload.kind === "decode") {
      if (workload.H !== workload.G) return "grouped decoding is not put together here";
      return [
        strategy(
          "matmul, softmax",
          (jax, _, inputs) => joined(jax, workload, inputs as AttentionInputs),
          "joined keys",
        ),
      ];
    }
    if (workload.kind !== "attention") return notCompared;
    const call = (name: string, repeat: boolean) =>
      strategy(name, (jax, _, inputs) => dotProductAttention(jax, workload, inputs as AttentionInputs, repeat));
    // Grouped keys that it expands inside one kernel make that kernel several times slower.
    return workload.H === workload.G
      ? [call("dotProductAttention", false)]
      : [call("dotProductAttention, keys repeated", true)];
  },
};
