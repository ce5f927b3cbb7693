// What an engine is made with; the module is looked at when it is instantiated.
import { wrongChoice } from "../errors.ts";
import type { EngineOptions } from "../types.ts";
import { checkCount, checkOptions } from "./values.ts";

export interface EnginePlan {
  readonly variant: "auto" | "simd" | "relaxed";
  readonly maximumBytes: number | undefined;
}

/** A page of wasm memory, the least that an engine holds. */
const PAGE = 65536;

export function checkEngine(api: string, given: EngineOptions | undefined): EnginePlan {
  const { variant = "auto", maximumBytes } = checkOptions<EngineOptions>(api, given);
  if (variant !== "auto" && variant !== "simd" && variant !== "relaxed")
    throw wrongChoice(api, "variant", '"auto", "simd" or "relaxed"', variant);
  if (maximumBytes === undefined || maximumBytes === Number.POSITIVE_INFINITY)
    return { variant, maximumBytes: undefined };
  return { variant, maximumBytes: checkCount(api, "maximumBytes", maximumBytes, PAGE) };
}
