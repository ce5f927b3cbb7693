// What a peer is to the harness: strategies for a workload, each of which prepares once and runs often.
import type { Inputs, Workload } from "../workloads.ts";

/** A workload made ready: inputs are where the library wants them, sessions made, code compiled. Only run is timed. */
export interface Runner {
  /** Computes once; whatever it returns, or resolves to, is a result that JavaScript could go on with. */
  run(): unknown;
  /** A result of run as numbers in the reference's order: [H, L, D], [N, N], a text's vector, logits. Not timed. */
  output(result: unknown): Float32Array;
  dispose?(): void | Promise<void>;
}

export interface Strategy {
  /** The operator, or the calls, that it takes; printed. */
  readonly name: string;
  /** Where benchmarks compare such modes: a variant, a cache's dtype, past inputs or joined keys. */
  readonly mode?: string;
  /** Weights are int8, and what they are multiplied by is rounded as well: see {@link Agreement}. */
  readonly quantized?: true;
  /** Of loading: the file of weights that is in hand before the clock starts. */
  file?(inputs: Inputs): Uint8Array;
  /** Loads the library, too: what it takes in a fresh process is measured as well. */
  prepare(workload: Workload, inputs: Inputs, file: Uint8Array): Promise<Runner>;
}

/** Why a library has no strategy where none was written. */
export const notCompared = "is not compared here";

export interface Peer {
  /** The npm package, or what stands in for one. */
  readonly name: string;
  /** All strategies that are worth trying, the likeliest first; a sentence where the library cannot do this. */
  strategies(workload: Workload): readonly Strategy[] | string;
}
