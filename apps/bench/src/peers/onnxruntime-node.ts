// onnxruntime-node's CPU backend, on one thread: native code with all that the processor has, so a mark and no rival.
import { loadNode } from "../../onnxruntime/index.js";
import { onnxWays, type Runtime } from "./onnxruntime.ts";
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
  ways: (given) => onnxWays(given, load, { grouped: true }),
};
