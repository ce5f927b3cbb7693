// onnxruntime-web's WebAssembly backend, on one thread.
import { loadWeb } from "../../onnxruntime/index.js";
import { isModelWorkload } from "../workloads.ts";
import { onnxStrategies, type Runtime } from "./onnxruntime.ts";
import { modelStrategies } from "./onnxruntime-models.ts";
import type { Peer } from "./peer.ts";

async function load(): Promise<Runtime> {
  const { env, InferenceSession, Tensor } = await loadWeb();
  env.wasm.numThreads = 1;
  env.logLevel = "error";
  return { Tensor, createSession: (model) => InferenceSession.create(model, { executionProviders: ["wasm"] }) };
}

export const peer: Peer = {
  name: "onnxruntime-web",
  strategies: (workload) =>
    isModelWorkload(workload) ? modelStrategies(workload, load) : onnxStrategies(workload, load, { grouped: false }),
};
