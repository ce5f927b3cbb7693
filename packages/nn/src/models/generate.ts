// Text token by token: what is asked for, checked before the first token, and the loop. Knows sequences and filters.
import { checkCount, wrongKind, wrongValue } from "@attn/core/engine";
import { createSampler, type Sampler } from "../decoding/sampling.ts";
import type { GenerateOptions, StartOptions } from "../types.ts";
import type * as Data from "./architecture.ts";
import { checkCapacity, type Decoding, WasmSequence } from "./sequence.ts";

export interface GeneratePlan {
  /** One to go on with; it is its owner's. */
  readonly sequence: WasmSequence | undefined;
  /** How to start one where there is none. */
  readonly start: StartOptions & { readonly capacity: number };
  readonly maximumTokens: number;
  readonly stop: ReadonlySet<number>;
  readonly suppressed: readonly number[];
  readonly sample: Sampler;
  readonly processLogits: GenerateOptions["processLogits"];
}

/** Tokens that end a text: as given, or the config's. */
export function checkStop(api: string, given: unknown, { stop }: Data.Generation, V: number): readonly number[] {
  if (given === undefined) return stop;
  const list = typeof given === "number" ? [given] : given;
  if (!Array.isArray(list)) throw wrongKind(api, "stop", "be a token or a list of tokens", given);
  for (const [i, id] of list.entries())
    if (!Number.isInteger(id) || id < 0 || id >= V)
      throw wrongValue(api, `stop[${i}]`, `be an integer from 0 to ${V - 1}, a token of this vocabulary`, id);
  return list;
}

/** A sequence to go on with, where one is given: of this model, and started with options of its own. */
function checkSequence(api: string, decoding: Decoding, options: GenerateOptions): WasmSequence | undefined {
  const { sequence } = options;
  if (sequence === undefined) return undefined;
  if (!WasmSequence.isOf(decoding, sequence))
    throw wrongKind(api, "sequence", "be what this model's start() gave", sequence);
  for (const name of ["capacity", "returnWeights", "headMask"] as const)
    if (options[name] !== undefined)
      throw wrongKind(api, name, "be absent beside a sequence, which was started with its own", options[name]);
  return sequence;
}

/** `prompt`: the tokens that come next, or first. */
export function checkGenerate(
  api: string,
  decoding: Decoding,
  generation: Data.Generation,
  prompt: Int32Array,
  options: GenerateOptions,
): GeneratePlan {
  const { maximumTokens, capacity: given, processLogits } = options;
  if (prompt.length === 0) throw wrongValue(api, "prompt", "have at least one token", "none");
  if (maximumTokens !== undefined) checkCount(api, "maximumTokens", maximumTokens, 0);
  if (processLogits !== undefined && typeof processLogits !== "function")
    throw wrongKind(api, "processLogits", "be a function", processLogits);
  // The last token is yielded and never appended.
  const wanted = maximumTokens === undefined ? undefined : Math.max(1, prompt.length + maximumTokens - 1);
  const sequence = checkSequence(api, decoding, options);
  const capacity = sequence?.capacity ?? checkCapacity(api, given ?? wanted, decoding);
  const held = sequence?.length ?? 0;
  const room = capacity - held;
  if (prompt.length > room) {
    const what = held > 0 ? `what is left of capacity ${capacity}` : "the capacity";
    throw wrongValue(api, "prompt", `have at most ${room} tokens, ${what}`, `${prompt.length}`);
  }
  return {
    sequence,
    start: { ...options, capacity },
    maximumTokens: Math.min(maximumTokens ?? Number.POSITIVE_INFINITY, room - prompt.length + 1),
    stop: new Set(checkStop(api, options.stop, generation, decoding.head.size)),
    suppressed: generation.suppressed,
    sample: createSampler(api, options),
    processLogits,
  };
}

/** break, return or throw ends it and frees the memory of a sequence that was started for it. */
export function* generateFrom(
  api: string,
  plan: GeneratePlan,
  prompt: Int32Array,
  start: (options: StartOptions) => WasmSequence,
): Generator<number, void, undefined> {
  if (plan.maximumTokens < 1) return;
  const sequence = plan.sequence ?? start(plan.start);
  try {
    const tokens = [...sequence.tokens, ...prompt];
    let next: Int32Array | number = prompt;
    for (let count = 0; count < plan.maximumTokens; count++) {
      const id: number = sequence.read(api, next, (view) => {
        // processLogits is the caller's code, and may keep what it is given.
        const logits = plan.processLogits ? view.slice() : view;
        for (const token of plan.suppressed) logits[token] = Number.NEGATIVE_INFINITY;
        plan.processLogits?.(logits, tokens);
        return plan.sample(logits, tokens);
      });
      if (plan.stop.has(id)) return;
      tokens.push(id);
      next = id;
      yield id;
    }
  } finally {
    if (!plan.sequence) sequence.dispose();
  }
}
