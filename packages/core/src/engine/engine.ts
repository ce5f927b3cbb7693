// An engine: one memory and one instance of the kernel on it. Knows what an engine has and when it ends; nothing of what
// is computed on it.
import type { KernelExports, Variant } from "@attn/kernel/interface";
import { instantiate, type Origin } from "./instance.ts";
import { Memory } from "./memory.ts";

/** What the functions of an engine share. After dispose there is no memory and no kernel: `assertLive` comes first. */
export class Engine {
  readonly variant: Variant;
  /** Dropping these lets the collector have the memory, whoever still holds the engine. */
  #parts: { readonly memory: Memory; readonly kernel: KernelExports } | undefined;

  constructor(variant: Variant, memory: Memory, kernel: KernelExports) {
    this.variant = variant;
    this.#parts = { memory, kernel };
  }

  get live(): boolean {
    return this.#parts !== undefined;
  }

  get memory(): Memory {
    return (this.#parts as { memory: Memory }).memory;
  }

  get kernel(): KernelExports {
    return (this.#parts as { kernel: KernelExports }).kernel;
  }

  /** Error where the engine is disposed. */
  assertLive(api: string): void {
    if (!this.#parts) throw new Error(`${api}: this engine is disposed`);
  }

  /** Idempotent. */
  dispose(): void {
    this.#parts = undefined;
  }
}

/** What an engine is made with, checked. */
export interface EngineSettings {
  readonly variant: Variant | "auto";
  /** Ceiling of the wasm memory; undefined = what addresses reach. */
  readonly maximumBytes: number | undefined;
}

/** An engine on a module or its bytes. */
export function makeEngine(origin: Origin, { variant, maximumBytes }: EngineSettings, module: unknown): Engine {
  const memory = new Memory(maximumBytes);
  const instance = instantiate(origin, variant, module, memory.wasm);
  return new Engine(instance.variant, memory, instance.kernel);
}
