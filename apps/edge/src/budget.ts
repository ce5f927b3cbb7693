// The memory that requests hold while they wait for their clients: bodies that arrive, answers that are being taken. What is
// computed in between is one request's at a time, and bounded by its own limits. Counts bytes; holds none itself.
import { Failure } from "./failure.ts";
import { limits } from "./limits.ts";

export interface Reservation {
  /** Counts `bytes` instead of what it counted; false where they do not fit beside the others', and then nothing changed. */
  resize(bytes: number): boolean;
  /** Counts nothing any more. Idempotent. */
  release(): void;
}

export class Budget {
  #held = 0;

  /** A reservation of nothing yet, which its owner releases whatever happens. */
  reserve(): Reservation {
    let mine = 0;
    return {
      resize: (bytes) => {
        const others = this.#held - mine;
        const maximum = limits.heldBytes - (bytes > limits.smallBytes ? limits.keptForSmall : 0);
        if (bytes > mine && others + bytes > maximum) return false;
        this.#held = others + bytes;
        mine = bytes;
        return true;
      },
      release: () => {
        this.#held -= mine;
        mine = 0;
      },
    };
  }
}

/** What a request is told that does not fit now. */
export const busy = (): Failure =>
  new Failure(503, "too many large requests are in progress; try again in a second", { "retry-after": "1" });
