// A block of wasm memory that lives longer than a call. Knows who frees it: dispose, or, where that was forgotten, the
// garbage collector.
import type { Engine } from "./engine.ts";

interface Held {
  /** Not its memory: a disposed engine lets that go, whoever still holds a block of it. */
  readonly engine: Engine;
  readonly start: number;
  readonly bytes: number;
}

const give = ({ engine, start, bytes }: Held): void => {
  if (engine.live) engine.memory.release(start, bytes);
};
const forgotten = /* @__PURE__ */ new FinalizationRegistry<Held>(give);

export class Allocation {
  /** Byte address, a multiple of 64. It stays where it is when memory grows. */
  readonly start: number;
  #held: Held | undefined;

  /** `bytes` for the object `owner`, wanted by `api`; freed when `owner` is collected, if not before. */
  constructor(engine: Engine, api: string, bytes: number, owner: object) {
    this.start = engine.memory.allocate(api, bytes);
    this.#held = { engine, start: this.start, bytes };
    forgotten.register(owner, this.#held, this);
  }

  get released(): boolean {
    return this.#held === undefined;
  }

  /** Idempotent. */
  release(): void {
    if (!this.#held) return;
    const held = this.#held;
    this.#held = undefined;
    forgotten.unregister(this);
    give(held);
  }
}
