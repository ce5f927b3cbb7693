// createAttention: an engine on the package's own module, or on one that came from the user.
import { builtIn } from "./built-in.ts";
import { checkEngine } from "./check/engine.ts";
import { makeEngine } from "./make.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "createAttention";

/**
 * An engine of its own: its own memory, a chosen variant, a module that you loaded yourself. It is synchronous, and
 * works in every runtime.
 *
 * @throws Error where the runtime lacks WebAssembly SIMD or refuses to compile, or variant "relaxed" is asked for and it
 * lacks that; RangeError for a module that is not of this package and version, or a ceiling below what an engine needs.
 */
export function createAttention(options?: EngineOptions): Attention {
  const plan = checkEngine(API, options);
  const module = options?.module === undefined ? builtIn(API, plan.variant) : options.module;
  return makeEngine({ api: API, argument: "module" }, plan, module);
}
