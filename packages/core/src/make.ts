// An engine: one memory, one instance of the kernel, and the functions bound to them. Knows what an engine has and when
// it ends; each function is in a file of its own.
import type { KernelExports } from "@attn/kernel/interface";
import { makeAttention } from "./attention.ts";
import { makeCreateKvCache } from "./cache.ts";
import type { EnginePlan } from "./check/engine.ts";
import { makeEmpty } from "./empty.ts";
import type { Engine } from "./engine.ts";
import { instantiate, type Origin } from "./instance.ts";
import { makeMatmul } from "./matmul.ts";
import {
  makeCrossAttention,
  makeMaskedMultiHeadSelfAttention,
  makeMultiHeadSelfAttention,
  makeSelfAttention,
} from "./mechanisms.ts";
import { Memory } from "./memory.ts";
import { makeMergeAttention } from "./merge.ts";
import { makeScores } from "./scores.ts";
import { makeSoftmax } from "./softmax.ts";
import type { Attention } from "./types.ts";

/** The engine of a checked plan, on a module or its bytes. */
export function makeEngine(origin: Origin, plan: EnginePlan, module: unknown): Attention {
  const memory = new Memory(plan.maximumBytes);
  const { variant, kernel } = instantiate(origin, plan.variant, module, memory.wasm);
  // Dropping these lets the collector have the memory, whoever still holds the engine.
  let held: { readonly memory: Memory; readonly kernel: KernelExports } | undefined = { memory, kernel };
  const parts = () => held as { readonly memory: Memory; readonly kernel: KernelExports };
  const engine: Engine = {
    get live() {
      return held !== undefined;
    },
    get memory() {
      return parts().memory;
    },
    get kernel() {
      return parts().kernel;
    },
    assertLive(api) {
      if (!held) throw new Error(`${api}: this engine is disposed`);
    },
  };
  return bind(engine, variant, () => {
    held = undefined;
  });
}

/** The functions of an engine. Apart from `makeEngine`, so that no closure of theirs holds its memory. */
function bind(engine: Engine, variant: Attention["variant"], dispose: () => void): Attention {
  return {
    variant,
    get byteLength() {
      return engine.live ? engine.memory.byteLength : 0;
    },
    attention: makeAttention(engine),
    scores: makeScores(engine),
    mergeAttention: makeMergeAttention(engine),
    selfAttention: makeSelfAttention(engine),
    multiHeadSelfAttention: makeMultiHeadSelfAttention(engine),
    maskedMultiHeadSelfAttention: makeMaskedMultiHeadSelfAttention(engine),
    crossAttention: makeCrossAttention(engine),
    matmul: makeMatmul(engine),
    softmax: makeSoftmax(engine),
    createKvCache: makeCreateKvCache(engine),
    empty: makeEmpty(engine),
    dispose,
    [Symbol.dispose]: dispose,
  };
}
