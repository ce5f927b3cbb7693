// ONNX Runtime, in WebAssembly or native: one-node models of its attention operators. Which of the two runs, and with
// what settings, is for the files that call this. All sessions run on one thread.
import type { MaskTensor, Tensor } from "@attn/core";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { headsFirst, tokens, tokensFirst } from "../layouts.ts";
import { type Node, nodeModel, type Value } from "../onnx.ts";
import type {
  AttentionInputs,
  AttentionWorkload,
  CoreWorkload,
  DecodeWorkload,
  Inputs,
  MatmulInputs,
} from "../workloads.ts";
import type { Runner, Strategy } from "./peer.ts";

/** What the two packages have in common, and how to make a session. */
export interface Runtime {
  readonly Tensor: typeof OrtTensor;
  createSession(model: Uint8Array): Promise<InferenceSession>;
}

const CONTRIB = "com.microsoft";

/** The inputs and outputs of one node, with the tensors that are fed. */
class Graph {
  readonly feeds: Record<string, OrtTensor> = {};
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  float(name: string, { data, shape }: Tensor): Value {
    this.feeds[name] = new this.#runtime.Tensor("float32", data, [...shape]);
    return { name, type: "float32", shape };
  }

  bool(name: string, { data, shape }: MaskTensor): Value {
    this.feeds[name] = new this.#runtime.Tensor("bool", data, [...shape]);
    return { name, type: "bool", shape };
  }

  int(name: string, value: number, shape: readonly number[]): Value {
    this.feeds[name] = new this.#runtime.Tensor("int32", Int32Array.of(value), [...shape]);
    return { name, type: "int32", shape };
  }

  /** `output` makes of the output Y what the reference has. */
  async runner(node: Node, output: (data: Float32Array) => Float32Array = (data) => data): Promise<Runner> {
    const session = await this.#runtime.createSession(nodeModel(node));
    return {
      run: () => session.run(this.feeds),
      output: (result) => output((result as { Y: OrtTensor }).Y.data as Float32Array),
      dispose: () => session.release(),
    };
  }
}

const float = (name: string, shape: readonly (number | string)[]): Value => ({ name, type: "float32", shape });

/** [1, H, L, D] → [1, L, H·D]. */
function flat(x: Tensor): Tensor {
  const [, H, L, D] = x.shape as [number, number, number, number];
  return { data: tokensFirst(x).data, shape: [1, L, H * D] };
}

/** Operator Attention of opset 24 on [1, H, L, D]. */
function attention(graph: Graph, { H, L, D, causal }: AttentionWorkload, inputs: AttentionInputs): Promise<Runner> {
  const { query, key, value, mask, bias } = inputs;
  const added = mask ? graph.bool("M", mask) : bias ? graph.float("M", bias) : undefined;
  return graph.runner({
    operator: "Attention",
    inputs: [graph.float("Q", query), graph.float("K", key), graph.float("V", value), ...(added ? [added] : [])],
    outputs: [float("Y", [1, H, L, D])],
    ints: causal ? { is_causal: 1 } : {},
  });
}

/** MultiHeadAttention of the contrib operators, on [1, L, H·D]. Its only mask of pairs is a bias. */
function multiHeadAttention(
  graph: Graph,
  { H, L, D, causal }: AttentionWorkload,
  inputs: AttentionInputs,
): Promise<Runner> {
  const { query, key, value, mask, bias } = inputs;
  const added: Tensor | undefined = mask
    ? { data: Float32Array.from(mask.data, (keep) => (keep ? 0 : -Infinity)), shape: [1, 1, ...mask.shape] }
    : bias && { data: bias.data, shape: [1, 1, ...bias.shape] };
  return graph.runner(
    {
      operator: "MultiHeadAttention",
      domain: CONTRIB,
      inputs: [
        graph.float("Q", flat(query)),
        graph.float("K", flat(key)),
        graph.float("V", flat(value)),
        ...(added ? [undefined, undefined, graph.float("M", added)] : []),
      ],
      outputs: [float("Y", [1, L, H * D])],
      ints: { num_heads: H, ...(causal && { unidirectional: 1 }) },
    },
    (data) => headsFirst(data, H, L, D),
  );
}

/** GroupQueryAttention of the contrib operators: causal always, and it always hands the keys on as a cache. */
function groupQueryAttention(
  graph: Graph,
  { H, G, L, D }: AttentionWorkload,
  inputs: AttentionInputs,
): Promise<Runner> {
  return graph.runner(
    {
      operator: "GroupQueryAttention",
      domain: CONTRIB,
      inputs: [
        graph.float("Q", flat(inputs.query)),
        graph.float("K", flat(inputs.key)),
        graph.float("V", flat(inputs.value)),
        undefined,
        undefined,
        graph.int("last", L - 1, [1]),
        graph.int("total", L, [1]),
      ],
      outputs: [float("Y", [1, L, H * D]), float("K1", [1, G, L, D]), float("V1", [1, G, L, D])],
      ints: { num_heads: H, kv_num_heads: G },
    },
    (data) => headsFirst(data, H, L, D),
  );
}

/** T-1 past tokens and a new one; the operators return the T tokens joined, as the next step's past. */
function decodePast(
  graph: Graph,
  operator: "Attention" | "MultiHeadAttention" | "GroupQueryAttention",
  { H, G, T, D }: DecodeWorkload,
  { query, key, value }: AttentionInputs,
): Promise<Runner> {
  const shaped = (x: Tensor): Tensor => (operator === "Attention" ? x : flat(x));
  const fresh = [
    graph.float("Q", shaped(query)),
    graph.float("K", shaped(tokens(key, T - 1, T))),
    graph.float("V", shaped(tokens(value, T - 1, T))),
  ];
  graph.float("PK", tokens(key, 0, T - 1));
  graph.float("PV", tokens(value, 0, T - 1));
  // Lengths go by name: GroupQueryAttention infers T-1 tokens for its outputs, and warns of each result that has T.
  const past = [float("PK", [1, G, "P", D]), float("PV", [1, G, "P", D])];
  const joined = [float("K1", [1, G, "T", D]), float("V1", [1, G, "T", D])];
  if (operator === "Attention")
    return graph.runner({
      operator,
      inputs: [...fresh, undefined, ...past],
      outputs: [float("Y", [1, H, 1, D]), ...joined],
    });
  return graph.runner({
    operator,
    domain: CONTRIB,
    inputs:
      operator === "MultiHeadAttention"
        ? [...fresh, undefined, undefined, undefined, ...past]
        : [...fresh, ...past, graph.int("last", T - 1, [1]), graph.int("total", T, [1])],
    outputs: [float("Y", [1, 1, H * D]), ...joined],
    ints: { num_heads: H, ...(operator === "GroupQueryAttention" && { kv_num_heads: G }) },
  });
}

/** The T tokens handed over as they lie, which nobody who decodes has without a copy: the operator at its best. */
function decodeJoined(
  graph: Graph,
  operator: "Attention" | "MultiHeadAttention",
  { H, D }: DecodeWorkload,
  { query, key, value }: AttentionInputs,
): Promise<Runner> {
  const keys = [graph.float("K", key), graph.float("V", value)];
  return operator === "Attention"
    ? graph.runner({ operator, inputs: [graph.float("Q", query), ...keys], outputs: [float("Y", [1, H, 1, D])] })
    : graph.runner({
        operator,
        domain: CONTRIB,
        inputs: [graph.float("Q", flat(query)), ...keys],
        outputs: [float("Y", [1, 1, H * D])],
        ints: { num_heads: H },
      });
}

function matmul(graph: Graph, N: number, { a, b }: MatmulInputs): Promise<Runner> {
  return graph.runner({
    operator: "MatMul",
    inputs: [graph.float("A", a), graph.float("B", b)],
    outputs: [float("Y", [N, N])],
  });
}

/**
 * The operators that can do a workload. GroupQueryAttention is left out of prefill where `grouped` is false: in WebAssembly
 * it is many times slower than the others.
 */
export function onnxStrategies(
  workload: CoreWorkload,
  load: () => Promise<Runtime>,
  { grouped }: { grouped: boolean },
): Strategy[] {
  const strategy = (
    name: string,
    build: (graph: Graph, inputs: Inputs) => Promise<Runner>,
    mode: string = name,
  ): Strategy => ({
    name,
    mode,
    prepare: async (_, inputs) => build(new Graph(await load()), inputs),
  });
  if (workload.kind === "matmul")
    return [strategy("MatMul", (graph, inputs) => matmul(graph, workload.N, inputs as MatmulInputs))];
  if (workload.kind === "decode") {
    const { H, G } = workload;
    const past = (["Attention", "MultiHeadAttention", "GroupQueryAttention"] as const)
      .filter((operator) => H === G || operator !== "MultiHeadAttention")
      .map((operator) =>
        strategy(
          operator,
          (graph, inputs) => decodePast(graph, operator, workload, inputs as AttentionInputs),
          "past inputs",
        ),
      );
    const joined = (["Attention", "MultiHeadAttention"] as const)
      .filter((operator) => H === G || operator !== "MultiHeadAttention")
      .map((operator) =>
        strategy(
          operator,
          (graph, inputs) => decodeJoined(graph, operator, workload, inputs as AttentionInputs),
          "joined keys",
        ),
      );
    return [...past, ...joined];
  }
  const strategies = [strategy("Attention", (graph, inputs) => attention(graph, workload, inputs as AttentionInputs))];
  if (workload.H === workload.G)
    strategies.push(
      strategy("MultiHeadAttention", (graph, inputs) => multiHeadAttention(graph, workload, inputs as AttentionInputs)),
    );
  if (workload.causal && grouped)
    strategies.push(
      strategy("GroupQueryAttention", (graph, inputs) =>
        groupQueryAttention(graph, workload, inputs as AttentionInputs),
      ),
    );
  return strategies;
}
