// createAttention: an engine on the package's own module, or on one that came from the user.
import { bind } from "./bind.ts";
import { builtIn } from "./engine/built-in.ts";
import { makeEngine } from "./engine/engine.ts";
import { checkEngine } from "./plan/engine.ts";
import type { Attention, EngineOptions } from "./types.ts";

const API = "createAttention";

/**
 * An engine of its own: its own memory, a chosen variant, a module that you loaded yourself. It is synchronous, and
 * works in every runtime.
 *
 * @example
 * ```ts
 * import { createAttention } from "@attn/core";
 *
 * using engine = createAttention({ variant: "simd", maximumBytes: 2 ** 26 }); // the same bits on every machine
 * console.log(engine.softmax([0, 0])); // → [0.5, 0.5]
 * console.log(engine.variant); // → simd
 * ```
 * @throws Error where the runtime lacks WebAssembly SIMD or refuses to compile, or variant "relaxed" is asked for and it
 * lacks that; RangeError for a module that is not of this package and version, or a ceiling below what an engine needs.
 */
export function createAttention(options?: EngineOptions): Attention {
  const settings = checkEngine(API, options);
  const module = options?.module === undefined ? builtIn(API, settings.variant) : options.module;
  return bind(makeEngine({ api: API, argument: "module" }, settings, module));
}
