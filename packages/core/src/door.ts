// @attn/core/engine: the one internal door, for packages that compute on an engine's memory beside it. Not for users:
// what is here changes with any version, and the packages that use it are released together with this one.
//
//   const engine = engineOf(API, options.engine);          // whose memory, and is it alive
//   const x = checkTensor(API, "x", given);                // check, with the errors that core gives
//   const kernel = attach<NnExports>(API, engine, "nn", compile);
//   const frame = new Frame(engine.memory, API);           // place
//   const [from, to] = [frame.input("x", x), frame.output(x.size)];
//   frame.open();
//   kernel.gelu_f32(frame.at(to), frame.at(from), x.size); // run
//   return frame.result(to, x.shape);                      // copy
//
// Attention by addresses is an AttentionPlan (checkLogits and checkResult give the larger parts), requestAttend before
// the frame is opened, runAttend and takeResult behind.
//
// One frame is open at a time: opening the next gives its memory away. What is to last longer, weights say, is an
// Allocation. Views (memory.f32 …) die when memory grows; addresses stay.
import { engines } from "./bind.ts";
import type { Engine } from "./engine/engine.ts";
import { wrongKind } from "./engine/errors.ts";
import { isObject } from "./plan/values.ts";
import { sharedEngine } from "./shared.ts";
import type { Attention } from "./types.ts";

/**
 * The engine behind a public object, or the one that the package's functions share, which is made where there is none
 * yet. A disposed engine is one, too: `assertLive` says whether it is.
 *
 * @throws TypeError where `attention` is not what createAttention or loadAttention of this copy of the package gave.
 */
export function engineOf(api: string, attention?: Attention): Engine {
  if (attention === undefined) return sharedEngine(api);
  const engine = engines.get(attention);
  if (!engine) {
    const similar = isObject(attention) && typeof attention.createKvCache === "function";
    const more = similar ? " of another copy of @attn/core, or a Proxy (markRaw in Vue)" : "";
    throw wrongKind(api, "engine", "be what createAttention or loadAttention gave", attention, more);
  }
  return engine;
}

export { Allocation } from "./engine/allocation.ts";
export { attach } from "./engine/attach.ts";
export type { Engine } from "./engine/engine.ts";
export { counted, describe, wrongChoice, wrongKind, wrongValue } from "./engine/errors.ts";
export { Frame, type Input, type Out, type Slot } from "./engine/frame.ts";
export type { Memory } from "./engine/memory.ts";
export type { FetchResponse, UrlObject } from "./globals.ts";
export { type AttendSlots, requestAttend, runAttend, takeResult } from "./ops/attend.ts";
export { type PlacedTokens, TokenStore } from "./ops/cache.ts";
export { type CachedTokens, cachedTokens } from "./ops/cached.ts";
export type { AttentionPlan, Scales, StoredDtype } from "./plan/attention.ts";
export type { CacheSizes } from "./plan/cache.ts";
export { checkHeads, checkLayout, checkPair, type Heads } from "./plan/heads.ts";
export { type Axes, axesOf, denseStrides, NO_STRIDES, type Sizes, type Strides, withAxes } from "./plan/layout.ts";
export {
  type Broadcast,
  checkLogits,
  checkResult,
  defaultScale,
  type LogitContext,
  type LogitPlan,
  type ResultPlan,
} from "./plan/logits.ts";
export type { Checked } from "./plan/nested.ts";
export { checkSegments, type Segment } from "./plan/segments.ts";
export { checkBroadcast, checkMask, checkOut, checkShape, checkTensor } from "./plan/tensors.ts";
export {
  checkBoolean,
  checkCount,
  checkFinite,
  checkLength,
  checkList,
  checkOptions,
  isObject,
  isRecord,
} from "./plan/values.ts";
export { sameShape, shapeText, sizeOf } from "./shape.ts";
export { createEngine } from "./shared.ts";
