// From logits to a token: filters, and a draw from what they leave. Knows no model.
import { wrongKind, wrongValue } from "@attn/core/engine";
import { exp } from "./exp.ts";
import { createGenerator } from "./random.ts";

export interface SamplingOptions {
  readonly temperature?: number | undefined;
  readonly topK?: number | undefined;
  readonly topP?: number | undefined;
  readonly minP?: number | undefined;
  readonly repetitionPenalty?: number | undefined;
  readonly seed?: number | undefined;
}

/** The next token, from logits [V] that it may write into and the tokens before. */
export type Sampler = (logits: Float32Array, tokens: readonly number[]) => number;

function check(api: string, name: string, x: unknown, expected: string, valid: (x: number) => boolean): void {
  if (x === undefined) return;
  if (typeof x !== "number") throw wrongKind(api, name, "be a number", x);
  if (!valid(x)) throw wrongValue(api, name, expected, x);
}

/** @throws TypeError, RangeError for an option that cannot be. */
export function createSampler(api: string, options: SamplingOptions): Sampler {
  const { temperature = 0, repetitionPenalty = 1, seed } = options;
  const isShare = (x: number): boolean => x >= 0 && x <= 1;
  check(api, "temperature", temperature, "be finite and at least 0", (x) => x >= 0 && x < Number.POSITIVE_INFINITY);
  check(api, "topK", options.topK, "be an integer of at least 0, where 0 is all", (x) => Number.isInteger(x) && x >= 0);
  check(api, "topP", options.topP, "be from 0 to 1", isShare);
  check(api, "minP", options.minP, "be from 0 to 1", isShare);
  check(
    api,
    "repetitionPenalty",
    repetitionPenalty,
    "be finite and above 0",
    (x) => x > 0 && x < Number.POSITIVE_INFINITY,
  );
  check(api, "seed", seed, "be finite", Number.isFinite);

  const random = createGenerator(seed ?? Math.floor(Math.random() * 2 ** 53));
  let filter: Filter | undefined;
  return (logits, tokens) => {
    penalize(logits, tokens, repetitionPenalty);
    if (temperature === 0) return largest(api, logits);
    if (filter?.weights.length !== logits.length) filter = new Filter(api, logits.length);
    const total = filter.run(logits, options);
    return draw(filter.weights, total * random());
  };
}

/** Of tokens that were there before, each once: divides what is above 0, multiplies what is below (Keskar et al. 2019). */
export function penalize(logits: Float32Array, tokens: Iterable<number>, penalty: number): void {
  if (penalty === 1) return;
  for (const id of new Set(tokens)) {
    const logit = logits[id];
    if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/** Where the largest is, the first of equals. */
export function largest(api: string, logits: Float32Array): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit > most) {
      most = logit;
      best = id;
    } else if (Number.isNaN(logit)) throw wrongValue(api, `logits[${id}]`, "be a number", logit);
  }
  if (best < 0) throw wrongValue(api, "logits", "be above -Infinity for at least one token", logits);
  return best;
}

/** The first whose weight, added to all before it, passes `at`. */
function draw(weights: Float64Array, at: number): number {
  let last = 0;
  let sum = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id] as number;
    if (weight === 0) continue;
    sum += weight;
    if (sum > at) return id;
    last = id;
  }
  return last;
}

/** The orders of 32-bit keys that a selection looks at, from the top: how far down, and how many there are. */
const DIGITS = [
  [21, 2048],
  [10, 2048],
  [0, 1024],
] as const;

/**
 * Hugging Face's filters in its order: temperature → topK → topP → minP. What is left are weights [V], probabilities but for a
 * common factor. Nothing is sorted: a threshold is found digit by digit, in time that grows with V alone.
 */
export class Filter {
  readonly #api: string;
  readonly weights: Float64Array;
  /** The logits as whole numbers of the same order. */
  readonly #keys: Uint32Array;
  readonly #bins = new Float64Array(2048);

  constructor(api: string, V: number) {
    this.#api = api;
    this.weights = new Float64Array(V);
    this.#keys = new Uint32Array(V);
  }

  /** Sets the weights, and returns their sum. */
  run(logits: Float32Array, { temperature = 1, topK = 0, topP = 1, minP = 0 }: SamplingOptions): number {
    const { weights } = this;
    const V = weights.length;
    const most = logits[largest(this.#api, logits)] as number;
    const chosen = topK > 0 && topK < V;
    if (chosen || topP < 1) this.#setKeys(logits);
    // Every key is at least 0, and the powers of those below the k-th need not be known.
    const kth = chosen ? this.#threshold(topK, () => 1).key : 0;
    for (let id = 0; id < V; id++) {
      const logit = logits[id] as number;
      if ((this.#keys[id] as number) < kth) weights[id] = 0;
      else weights[id] = logit === most ? 1 : exp((logit - most) / temperature);
    }
    if (topP < 1) {
      const target = topP * sum(weights);
      const { key, above } = this.#threshold(target, (id) => weights[id] as number);
      // Of equals the first are kept, and one at least.
      let mass = above === 0 ? -1 : above;
      for (let id = 0; id < V; id++) {
        const own = this.#keys[id] as number;
        if (own > key) continue;
        if (own < key || mass >= target) weights[id] = 0;
        else mass = Math.max(mass, 0) + (weights[id] as number);
      }
    }
    if (minP > 0) for (let id = 0; id < V; id++) if ((weights[id] as number) < minP) weights[id] = 0;
    return sum(weights);
  }

  #setKeys(logits: Float32Array): void {
    const bits = new Uint32Array(logits.buffer, logits.byteOffset, logits.length);
    for (let id = 0; id < bits.length; id++) {
      const own = bits[id] as number;
      // Negative numbers are turned about; -0 is 0.
      this.#keys[id] = own > 0x80000000 ? ~own : own | 0x80000000;
    }
  }

  /** The largest key at which all from it up have a mass of `target`, and the mass above it alone. */
  #threshold(target: number, mass: (id: number) => number): { key: number; above: number } {
    const [keys, bins] = [this.#keys, this.#bins];
    let [key, known, above] = [0, 0, 0];
    for (const [shift, size] of DIGITS) {
      bins.fill(0);
      for (let id = 0; id < keys.length; id++) {
        const own = keys[id] as number;
        const bin = (own >>> shift) & (size - 1);
        if (((own ^ key) & known) === 0) bins[bin] = (bins[bin] as number) + mass(id);
      }
      let digit = size - 1;
      while (digit > 0 && (bins[digit] === 0 || above + (bins[digit] as number) < target))
        above += bins[digit--] as number;
      key = (key | (digit << shift)) >>> 0;
      known |= (size - 1) << shift;
    }
    return { key, above };
  }
}

function sum(weights: Float64Array): number {
  let total = 0;
  for (let id = 0; id < weights.length; id++) total += weights[id] as number;
  return total;
}
