// @attn/core/slim: the same without a kernel inside, for those who host simd.wasm or relaxed.wasm themselves.
import { bind } from "./bind.ts";
import { makeEngine } from "./engine/engine.ts";
import { checkEngine } from "./plan/engine.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "createAttention";

export { loadAttention } from "./load.ts";
export { tensor } from "./tensor.ts";
export type * from "./types.ts";

/**
 * An engine on a module of @attn/kernel, or on its bytes. What is fetched goes to `loadAttention`.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { createAttention } from "@attn/core/slim";
 *
 * const module = readFileSync(new URL(import.meta.resolve("@attn/kernel/simd.wasm")));
 * using engine = createAttention({ module });
 * console.log(engine.variant); // → simd
 * ```
 * @throws TypeError for what is neither; RangeError for a module that is not of this package and version; Error where it
 * needs relaxed SIMD and the runtime lacks it.
 */
export function createAttention(options: EngineOptions & { module: NonNullable<EngineOptions["module"]> }): Attention {
  const settings = checkEngine(API, options);
  return bind(makeEngine({ api: API, argument: "module" }, settings, options?.module));
}
