// Seeded normal numbers for vectors and projections. An address keeps the seed and not the numbers, so these must stay
// what they are for as long as addresses are shared; a test holds the first of them.

/** 2³²/φ, odd: a counter in such steps meets every 32-bit state once (Steele, Lea & Flood, "Fast splittable PRNGs", 2014). */
const STEP = 0x9e3779b9;

/** The counter of a seed, put through MurmurHash3's finalizer: numbers in [0, 1), with a period of 2³². */
function uniforms(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + STEP) | 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Normal numbers of mean 0 and deviation 1, each from two uniform ones (Box & Muller, 1958). */
export function normals(seed: number): () => number {
  const uniform = uniforms(seed);
  return () => {
    // The logarithm's argument lies in (0, 1].
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  };
}
