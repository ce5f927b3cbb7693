// What a layer knows of a Weight: where it lies and on which kernel. A weight says so of itself when it is made; so a layer
// does not need the code that makes one.
import type { Allocation } from "@attn/core/engine";
import type { Weight } from "../types.ts";
import type { Kernel, Packed } from "./kernel.ts";

interface Registered {
  readonly kernel: Kernel;
  readonly packed: Packed;
  readonly allocation: Allocation;
}

/** Every weight there is. */
export const weights: WeakMap<Weight, Registered> = new WeakMap();

export const isWeight = (x: unknown): boolean => weights.has(x as Weight);

/** Where the weight that x is lies, and its kernel; undefined where x is no weight. */
export function packedWeight(api: string, argument: string, x: unknown): Registered | undefined {
  const found = weights.get(x as Weight);
  if (!found) {
    if (Object.prototype.toString.call(x) !== "[object Weight]") return undefined;
    const got = "a Proxy of one (markRaw in Vue), or one of another copy of @attn/nn";
    throw new TypeError(`${api}: "${argument}" must be the Weight itself, got ${got}`);
  }
  found.kernel.engine.assertLive(api);
  if (found.allocation.released) throw new Error(`${api}: "${argument}" is a weight that is disposed`);
  return found;
}
