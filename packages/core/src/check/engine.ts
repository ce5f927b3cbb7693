// What an engine is made with; the module is looked at when it is instantiated.
import { wrongChoice } from "../errors.ts";
import { checkRuntime } from "../runtime.ts";
import type { EngineOptions } from "../types.ts";
import { checkCount, checkOptions } from "./values.ts";

export interface EnginePlan {
  readonly variant: "auto" | "simd" | "relaxed";
  readonly maximumBytes: number | undefined;
}

/** A page of wasm memory, the least that an engine holds. */
const PAGE = 65536;

/** Also that this runtime can run any engine at all. */
export function checkEngine(api: string, given: EngineOptions | undefined): EnginePlan {
  const { variant = "auto", maximumBytes } = checkOptions<EngineOptions>(api, given);
  if (variant !== "auto" && variant !== "simd" && variant !== "relaxed")
    throw wrongChoice(api, "variant", '"auto", "simd" or "relaxed"', variant);
  const unbounded = maximumBytes === undefined || maximumBytes === Number.POSITIVE_INFINITY;
  const plan = { variant, maximumBytes: unbounded ? undefined : checkCount(api, "maximumBytes", maximumBytes, PAGE) };
  checkRuntime(api);
  return plan;
}
