// Seeded random numbers for test cases: the same seed gives the same numbers on every machine. Not for secrets.

/** All draws of one generator come from one sequence, so their order matters. */
export interface Random {
  /** Real number in [low, high). Default [0, 1). */
  uniform(low?: number, high?: number): number;
  /** Normally distributed real number. Default mean 0, deviation 1. */
  normal(mean?: number, deviation?: number): number;
  /** Whole number from low to high, both inclusive. */
  integer(low: number, high: number): number;
  /** `count` whole numbers from low to high, both inclusive. */
  integers(count: number, low: number, high: number): number[];
  /** One of the items, each as likely; throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** Normal numbers rounded to float32: what the API takes, and what the reference must then read too. */
  tensor(shape: readonly number[], deviation?: number): { data: Float32Array; shape: readonly number[] };
}

/** 2³²/φ, odd: a step that visits every 32-bit state once (Steele, Lea & Flood, "Fast splittable PRNGs", 2014). */
const golden = 0x9e3779b9;

/**
 * A 32-bit SplitMix: the state is a counter in steps of `golden`, the output the counter put through MurmurHash3's
 * finalizer. Period 2³²; a draw of uniform has 32 random bits.
 */
export function createRandom(seed: number): Random {
  let state = seed | 0;

  function bits(): number {
    state = (state + golden) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }

  function uniform(low = 0, high = 1): number {
    return low + (high - low) * (bits() / 2 ** 32);
  }

  /** Box & Muller, 1958; the logarithm's argument lies in (0, 1]. */
  function normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * uniform());
  }

  function integer(low: number, high: number): number {
    return low + Math.floor(uniform() * (high - low + 1));
  }

  function integers(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => integer(low, high));
  }

  function pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("pick: the list is empty");
    return items[integer(0, items.length - 1)] as T;
  }

  function tensor(shape: readonly number[], deviation = 1): { data: Float32Array; shape: readonly number[] } {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { data: Float32Array.from({ length: size }, () => normal(0, deviation)), shape };
  }

  return { uniform, normal, integer, integers, pick, tensor };
}
