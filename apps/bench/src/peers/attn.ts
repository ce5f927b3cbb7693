// @attn/core as its README has it: plain calls on Float32Arrays, results in fresh arrays.
import type { Attention, AttentionOptions, NestedNumbers, Tensor } from "@attn/core";
import { tokens, transposed } from "../layouts.ts";
import type {
  AttentionInputs,
  AttentionWorkload,
  DecodeWorkload,
  Inputs,
  LinearInputs,
  MatmulInputs,
  Stored,
} from "../workloads.ts";
import { notCompared, type Peer, type Runner, type Strategy } from "./peer.ts";

const outputOf = (result: unknown): Float32Array => (result as { output: Tensor }).output.data;

/** The tensor as arrays in arrays, without the axis of the batch. */
function nested({ data, shape: [, ...shape] }: Tensor): NestedNumbers {
  const build = (from: number, to: number, [n = 1, ...rest]: readonly number[]): NestedNumbers => {
    if (rest.length === 0) return Array.from(data.subarray(from, to));
    const step = (to - from) / n;
    return Array.from({ length: n }, (_, i) => build(from + i * step, from + (i + 1) * step, rest)) as NestedNumbers;
  };
  return build(0, data.length, shape);
}

/** One call of attention; of selfAttention, with one matrix, for the notebook's. */
export function attend(
  functions: Pick<Attention, "attention" | "selfAttention">,
  workload: AttentionWorkload,
  { query, key, value, mask, bias }: AttentionInputs,
  shaped: (x: Tensor) => Tensor | NestedNumbers = (x) => x,
): Runner {
  const { attention, selfAttention } = functions;
  if (workload.identity) {
    const x = shaped({ data: query.data, shape: [1, workload.L, workload.D] });
    return { run: () => selfAttention(x), output: outputOf };
  }
  const options: AttentionOptions = {
    ...(workload.causal && { causal: true }),
    ...(mask && { mask }),
    ...(bias && { bias }),
  };
  const [q, k, v] = [shaped(query), shaped(key), shaped(value)];
  return { run: () => attention(q, k, v, options), output: outputOf };
}

/** Appends the new token, attends, and forgets the token again, so that every step is the same. */
function decode(engine: Attention, { G, T, D }: DecodeWorkload, inputs: AttentionInputs, dtype: Stored): Runner {
  const cache = engine.createKvCache({ heads: G, headSize: D, capacity: T, dtype });
  cache.append(tokens(inputs.key, 0, T - 1), tokens(inputs.value, 0, T - 1));
  const [key, value] = [tokens(inputs.key, T - 1, T), tokens(inputs.value, T - 1, T)];
  const run = () => {
    cache.append(key, value);
    const result = engine.attention(inputs.query, cache);
    cache.truncate(T - 1);
    return result;
  };
  return { run, output: outputOf, dispose: () => cache.dispose() };
}

function matmul(engine: Attention, { a, b }: MatmulInputs): Runner {
  return { run: () => engine.matmul(a, b), output: (result) => (result as Tensor).data };
}

/** The weight as matmul wants it, [K, N]. */
function weightMatmul(engine: Attention, { x, weight }: LinearInputs): Runner {
  return matmul(engine, { a: x, b: transposed(weight) });
}

function strategy(
  mode: string,
  variant: Attention["variant"],
  make: (engine: Attention, inputs: Inputs) => Runner,
  name = "",
): Strategy {
  const prepare: Strategy["prepare"] = async (_, inputs) => {
    const { createAttention } = await import("@attn/core");
    const engine = createAttention({ variant });
    const runner = make(engine, inputs);
    return {
      ...runner,
      dispose: () => {
        runner.dispose?.();
        engine.dispose();
      },
    };
  };
  return { mode, name, prepare };
}

const variants = ["relaxed", "simd"] as const;

export const peer: Peer = {
  name: "@attn/core",
  strategies(workload) {
    if (workload.kind === "matmul")
      return variants.map((variant) =>
        strategy(variant, variant, (engine, inputs) => matmul(engine, inputs as MatmulInputs)),
      );
    if (workload.kind === "decode") {
      const step = (mode: string, variant: (typeof variants)[number], dtype: Stored) =>
        strategy(mode, variant, (engine, inputs) => decode(engine, workload, inputs as AttentionInputs, dtype));
      return [
        ...variants.map((variant) => step(variant, variant, "f32")),
        step("f16 cache", "relaxed", "f16"),
        step("int8 cache", "relaxed", "int8"),
      ];
    }
    if (workload.kind === "linear")
      return variants.map((variant) =>
        strategy(variant, variant, (engine, inputs) => weightMatmul(engine, inputs as LinearInputs), "matmul"),
      );
    if (workload.kind !== "attention") return notCompared;
    const name = workload.identity ? "selfAttention" : "";
    const call = (mode: string, variant: (typeof variants)[number], shaped?: typeof nested) =>
      strategy(mode, variant, (engine, inputs) => attend(engine, workload, inputs as AttentionInputs, shaped), name);
    return [...variants.map((variant) => call(variant, variant)), call("nested arrays", "relaxed", nested)];
  },
};

/** The functions of the package itself, whose engine is made at the first call: what a fresh process begins with. */
export const firstUse: Peer = {
  name: "@attn/core",
  strategies: (workload) =>
    workload.kind === "attention"
      ? [
          {
            name: "",
            prepare: async (_, inputs) => attend(await import("@attn/core"), workload, inputs as AttentionInputs),
          },
        ]
      : "only for attention",
};
