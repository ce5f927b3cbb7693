// What every model has: its parameters in memory, and its end. Knows no kind of model.
import type { Engine } from "@attn/core/engine";
import type { Kernel } from "../engine/kernel.ts";
import type { ModelBase, ModelConfig } from "../types.ts";
import type { StackAt } from "./forward.ts";
import type { Parameters } from "./parameters.ts";

/** Parameters that are in memory, and what they are of. */
export interface Loaded {
  readonly config: ModelConfig;
  readonly kernel: Kernel;
  readonly parameters: Parameters;
  /** What else of the model is in memory. */
  readonly stacks: readonly StackAt[];
  /** An engine that is the model's own, and ends with it. */
  readonly own: Engine | undefined;
}

export abstract class LoadedModel implements ModelBase {
  readonly config: ModelConfig;
  readonly byteLength: number;
  readonly parameters: number;
  protected readonly kernel: Kernel;
  readonly #loaded: Loaded;
  #disposed = false;

  constructor(loaded: Loaded) {
    this.#loaded = loaded;
    this.config = loaded.config;
    this.kernel = loaded.kernel;
    this.byteLength = loaded.parameters.byteLength;
    this.parameters = loaded.parameters.count;
  }

  /** Error where the model, or its engine, is disposed. */
  protected assertLive(api: string): void {
    if (this.#disposed) throw new Error(`${api}: this model is disposed`);
    this.kernel.engine.assertLive(api);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { parameters, stacks, own } = this.#loaded;
    if (own) own.dispose();
    for (const part of [parameters, ...stacks]) part.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
