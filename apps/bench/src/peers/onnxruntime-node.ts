// onnxruntime-node's CPU backend, on one thread: native code with all that the processor has, shown for comparison only.
import { loadNode } from "../../onnxruntime/index.js";
import { isModelWorkload } from "../workloads.ts";
import { onnxStrategies, type Runtime } from "./onnxruntime.ts";
import { modelStrategies } from "./onnxruntime-models.ts";
import type { Peer } from "./peer.ts";

const options = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  logSeverityLevel: 3,
} as const;

async function load(): Promise<Runtime> {
  const { InferenceSession, Tensor } = await loadNode();
  return { Tensor, createSession: (model) => InferenceSession.create(model, options) };
}

export const peer: Peer = {
  name: "onnxruntime-node",
  strategies: (workload) =>
    isModelWorkload(workload) ? modelStrategies(workload, load) : onnxStrategies(workload, load, { grouped: true }),
};
