// Seeded random numbers: one seed gives the same on every machine. Not for secrets.

/** 2³²/φ, odd: SplitMix's step (Steele, Lea & Flood 2014). */
const STEP = 0x9e3779b9;

/**
 * Numbers of [0, 1) with 53 random bits each, by xoshiro128** (Blackman & Vigna 2021, "Scrambled linear pseudorandom number
 * generators"): two outputs a number, the upper 27 bits of the first before the upper 26 of the second. Its four words are
 * the first outputs of a 32-bit SplitMix, with MurmurHash3's finaliser, that starts at the lower word of the seed's float64
 * bits and has the upper word added to each state.
 */
export function createGenerator(seed: number): () => number {
  const [low, high] = new Uint32Array(Float64Array.of(seed).buffer) as unknown as [number, number];
  let counter = low;
  const word = (): number => {
    counter = (counter + STEP) | 0;
    let z = (counter + high) | 0;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  const next = xoshiro128([word(), word(), word(), word()]);
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) * 2 ** -53;
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** The generator itself: unsigned 32-bit words from a state of four, not all of them 0. */
export function xoshiro128([a, b, c, d]: [number, number, number, number]): () => number {
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}
