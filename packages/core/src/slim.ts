// @attn/core/slim: the same without a kernel inside, for those who host simd.wasm or relaxed.wasm themselves.
import { checkEngine } from "./check/engine.ts";
import { makeEngine } from "./make.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "createAttention";

export { loadAttention } from "./load.ts";
export { tensor } from "./tensor.ts";
export type * from "./types.ts";

/**
 * An engine on a module of @attn/kernel, or on its bytes. What is fetched goes to `loadAttention`.
 *
 * @throws TypeError for what is neither; RangeError for a module that is not of this package and version; Error where it
 * needs relaxed SIMD and the runtime lacks it.
 */
export function createAttention(options: EngineOptions & { module: NonNullable<EngineOptions["module"]> }): Attention {
  const plan = checkEngine(API, options);
  return makeEngine({ api: API, argument: "module" }, plan, options?.module);
}
