// onnxruntime-node's CPU backend, on one thread: native code with all that the processor has, so a mark and no rival.
import type { InferenceSession as WebSession, Tensor as WebTensor } from "onnxruntime-web";
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
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  // The two packages share their types, each by a copy of its own.
  return {
    Tensor: Tensor as unknown as typeof WebTensor,
    createSession: async (model) => (await InferenceSession.create(model, options)) as unknown as WebSession,
  };
}

export const peer: Peer = {
  name: "onnxruntime-node",
  ways: (given) => onnxWays(given, load, { grouped: true }),
};
