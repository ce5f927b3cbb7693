// The functions of an engine, bound to it: what createAttention gives. Each function is in a file of its own under ops/.
import type { Engine } from "./engine/engine.ts";
import { makeAttention } from "./ops/attention.ts";
import { makeCreateKvCache } from "./ops/cache.ts";
import { makeEmpty } from "./ops/empty.ts";
import { makeMatmul } from "./ops/matmul.ts";
import {
  makeCrossAttention,
  makeMaskedMultiHeadSelfAttention,
  makeMultiHeadSelfAttention,
  makeSelfAttention,
} from "./ops/mechanisms.ts";
import { makeMergeAttention } from "./ops/merge.ts";
import { makeScores } from "./ops/scores.ts";
import { makeSoftmax } from "./ops/softmax.ts";
import type { Attention } from "./types.ts";

/** The engine behind each public object. */
export const engines: WeakMap<Attention, Engine> = new WeakMap<Attention, Engine>();

export function bind(engine: Engine): Attention {
  const dispose = (): void => engine.dispose();
  const attention: Attention = {
    variant: engine.variant,
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
  engines.set(attention, engine);
  return attention;
}
