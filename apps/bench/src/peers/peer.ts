// What a peer is to the harness: ways to solve a case, each of which prepares once and runs often.
import type { Case, Inputs } from "../cases.ts";

/** A case made ready: inputs are where the library wants them, sessions made, code compiled. Only run is timed. */
export interface Runner {
  /** Computes once; whatever it returns, or resolves to, is a result that JavaScript could go on with. */
  run(): unknown;
  /** A result of run as numbers in the reference's order: [H, L, D], or [N, N]. Not timed. */
  output(result: unknown): Float32Array;
  dispose?(): void | Promise<void>;
}

export interface Way {
  /** The operator, or the calls, that it takes; printed. */
  readonly name: string;
  /** How the problem is posed, where rows compare such forms: a variant, a cache's dtype, past inputs or joined keys. */
  readonly form?: string;
  /** Loads the library, too: what it takes in a fresh process is measured as well. */
  prepare(given: Case, inputs: Inputs): Promise<Runner>;
}

export interface Peer {
  /** The npm package, or what stands in for one. */
  readonly name: string;
  /** All ways that are worth trying, the likeliest first; a sentence where the library cannot do this. */
  ways(given: Case): readonly Way[] | string;
}
