// A block of wasm memory that lives longer than a call. Knows who frees it: dispose, or, where that was forgotten, the
// garbage collector.
import type { Memory } from "./memory.ts";

interface Held {
  readonly memory: Memory;
  readonly start: number;
  readonly bytes: number;
}

const forgotten = new FinalizationRegistry<Held>(({ memory, start, bytes }) => memory.release(start, bytes));

export class Holding {
  readonly start: number;
  #held: Held | undefined;

  /** `bytes` for the object `owner`, wanted by `api`. */
  constructor(memory: Memory, api: string, bytes: number, owner: object) {
    this.start = memory.allocate(api, bytes);
    this.#held = { memory, start: this.start, bytes };
    forgotten.register(owner, this.#held, this);
  }

  get released(): boolean {
    return this.#held === undefined;
  }

  /** Idempotent. */
  release(): void {
    if (!this.#held) return;
    const { memory, start, bytes } = this.#held;
    this.#held = undefined;
    forgotten.unregister(this);
    memory.release(start, bytes);
  }
}
