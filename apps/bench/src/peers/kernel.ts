// The kernel of @attn/core by itself, on the memory that a call has left behind: what a call takes beyond it is the
// binding's share. A measure for the binding: its output is not looked at.
import { createAttention } from "@attn/core";
import type { AttentionInputs } from "../workloads.ts";
import { attend } from "./attn.ts";
import type { Peer } from "./peer.ts";

type Kernel = (argumentBlock: number) => void;

/** Calls `act` and returns the last call of the kernel that happened in it; the instance is caught as it is made. */
function caughtCall(act: () => void): (() => void) | undefined {
  const { Instance } = WebAssembly;
  let last: (() => void) | undefined;
  class Caught extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      const real = this.exports.attention_f32 as Kernel;
      const attention_f32: Kernel = (argumentBlock) => {
        last = () => real(argumentBlock);
        last();
      };
      Object.defineProperty(this, "exports", { value: { ...this.exports, attention_f32 } });
    }
  }
  WebAssembly.Instance = Caught;
  try {
    act();
  } finally {
    WebAssembly.Instance = Instance;
  }
  return last;
}

export const peer: Peer = {
  name: "kernel alone",
  strategies: (workload) =>
    workload.kind === "attention"
      ? [
          {
            name: "",
            prepare: async (_, inputs) => {
              const run = caughtCall(() => {
                attend(createAttention({ variant: "relaxed" }), workload, inputs as AttentionInputs).run();
              });
              if (!run) throw new Error("@attn/core called no kernel export of the name attention_f32");
              return { run, output: () => new Float32Array() };
            },
          },
        ]
      : "only for attention",
};
