// The kernel by itself, on the memory that a call of @attn/core or @attn/nn has left behind: what a call takes beyond it is
// the binding's share. A measure for the binding: its output is not looked at.
import { type Attention, createAttention } from "@attn/core";
import { createWeight, linear } from "@attn/nn";
import type { AttentionInputs, Inputs, LinearInputs } from "../workloads.ts";
import { attend } from "./attn.ts";
import { notCompared, type Peer, type Strategy } from "./peer.ts";

type Kernel = (argumentBlock: number) => void;

/** Calls `act` and returns the last call of an export that happened in it; the instance is caught as it is made. */
function caughtCall(name: "attention_f32" | "linear_f32", act: () => void): () => void {
  const { Instance } = WebAssembly;
  let last: (() => void) | undefined;
  class Caught extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      const real = this.exports[name] as Kernel | undefined;
      if (!real) return;
      const caught: Kernel = (argumentBlock) => {
        last = () => real(argumentBlock);
        last();
      };
      Object.defineProperty(this, "exports", { value: { ...this.exports, [name]: caught } });
    }
  }
  WebAssembly.Instance = Caught;
  try {
    act();
  } finally {
    WebAssembly.Instance = Instance;
  }
  if (!last) throw new Error(`the binding called no kernel export of the name ${name}`);
  return last;
}

const strategy = (
  name: "attention_f32" | "linear_f32",
  call: (engine: Attention, inputs: Inputs) => void,
): Strategy => ({
  name,
  prepare: async (_, inputs) => {
    const run = caughtCall(name, () => call(createAttention({ variant: "relaxed" }), inputs));
    return { run, output: () => new Float32Array() };
  },
});

export const peer: Peer = {
  name: "kernel alone",
  strategies: (workload) =>
    workload.kind === "attention"
      ? [
          strategy("attention_f32", (engine, inputs) => {
            attend(engine, workload, inputs as AttentionInputs).run();
          }),
        ]
      : workload.kind === "linear"
        ? [
            strategy("linear_f32", (engine, inputs) => {
              const { x, weight } = inputs as LinearInputs;
              linear(x, { weight: createWeight(weight, { engine }) });
            }),
          ]
        : notCompared,
};
