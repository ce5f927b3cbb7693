// What an engine is made with; the module is looked at when it is instantiated.
import type { EngineSettings } from "../engine/engine.ts";
import { wrongChoice } from "../engine/errors.ts";
import { checkRuntime } from "../engine/runtime.ts";
import type { EngineOptions } from "../types.ts";
import { checkCount, checkOptions } from "./values.ts";

/** A page of wasm memory, the least that an engine holds. */
const PAGE = 65536;

/** Also that this runtime can run any engine at all. */
export function checkEngine(api: string, given: EngineOptions | undefined): EngineSettings {
  const { variant = "auto", maximumBytes } = checkOptions<EngineOptions>(api, given);
  if (variant !== "auto" && variant !== "simd" && variant !== "relaxed")
    throw wrongChoice(api, "variant", 'be "auto", "simd" or "relaxed"', variant);
  const unbounded = maximumBytes === undefined || maximumBytes === Number.POSITIVE_INFINITY;
  const ceiling = unbounded ? undefined : checkCount(api, "maximumBytes", maximumBytes, PAGE);
  checkRuntime(api);
  return { variant, maximumBytes: ceiling };
}
