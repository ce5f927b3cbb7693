// What the functions of an engine share: its memory, its instance of the kernel, and whether it is alive.
import type { KernelExports } from "@attn/kernel/interface";
import type { Memory } from "./memory.ts";

/** What the functions of an engine share. After dispose there is no memory and no kernel: `assertLive` comes first. */
export interface Engine {
  readonly live: boolean;
  readonly memory: Memory;
  readonly kernel: KernelExports;
  /** Error where the engine is disposed. */
  assertLive(api: string): void;
}
