// createAttention: one memory, one instance of the kernel, and the functions bound to them. Knows what an engine has
// and when it ends; each function is in a file of its own.
import type { KernelExports } from "@attn/kernel";
import { makeAttention } from "./attention.ts";
import { makeCreateKvCache } from "./cache.ts";
import { checkMaximumBytes, checkOptions } from "./check/values.ts";
import { makeEmpty } from "./empty.ts";
import { instantiate } from "./instance.ts";
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
import type { Attention, EngineOptions } from "./types.ts";

/** What the functions of an engine share. */
export interface Engine {
  readonly memory: Memory;
  readonly kernel: KernelExports;
  /** Error where the engine is disposed. */
  assertLive(api: string): void;
}

/**
 * An engine of its own: its own memory, a chosen variant, a module that you loaded yourself. It is synchronous, and
 * works in every runtime.
 *
 * @throws Error where variant "relaxed" is asked for and the runtime lacks it; RangeError for a module that is not of
 * this package and version, or a ceiling below what an engine needs.
 */
export function createAttention(given?: EngineOptions): Attention {
  const options = checkOptions<EngineOptions>("createAttention", given);
  let memory: Memory | undefined = new Memory(checkMaximumBytes("createAttention", options.maximumBytes));
  const { variant, kernel } = instantiate(options.variant, options.module, memory.wasm);
  const assertLive = (api: string): void => {
    if (!memory) throw new Error(`${api}: this engine is disposed`);
  };
  const engine: Engine = {
    get memory() {
      return memory as Memory;
    },
    kernel,
    assertLive,
  };
  const dispose = (): void => {
    memory = undefined;
  };
  return {
    variant,
    get byteLength() {
      return memory?.byteLength ?? 0;
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
