// The engine that the package's functions share, made at the first call of any. Whoever imports one function has that
// one and the engine in the bundle, and none of the others.
import { builtIn } from "./engine/built-in.ts";
import { type Engine, makeEngine } from "./engine/engine.ts";
import { checkEngine } from "./plan/engine.ts";
import type { EngineOptions } from "./types.ts";

let engine: Engine | undefined;

/** An engine on the package's own module, without the functions that createAttention binds to one. */
export function createEngine(api: string, options?: Omit<EngineOptions, "module">): Engine {
  const settings = checkEngine(api, options);
  return makeEngine({ api, argument: "module" }, settings, builtIn(api, settings.variant));
}

/** The shared engine; an error in making it names `api`, the function that was called. */
export function sharedEngine(api: string): Engine {
  engine ??= createEngine(api);
  return engine;
}

/** The function `api` on the shared engine. */
export function shared<F extends (...args: never[]) => unknown>(api: string, make: (engine: Engine) => F): F {
  let bound: F | undefined;
  return ((...args) => {
    bound ??= make(sharedEngine(api));
    return bound(...args);
  }) as F;
}
