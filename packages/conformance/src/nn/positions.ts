// What tells a transformer where a token stands, in float64: rotary and sinusoidal positions, T5's relative bias.

import { at, checkArray, type NumericArray, type RealArray } from "../array.ts";

export interface RopeReferenceOptions {
  /** "half": dimension i turns with i + dimensions/2. "interleaved": 2i turns with 2i + 1. */
  style: "half" | "interleaved";
  /** The position of row 0, or one for each row [L]. Default 0. */
  positions?: number | ArrayLike<number> | undefined;
  /** Default 10000. */
  theta?: number | undefined;
  /** How many leading dimensions turn; even. Default D. */
  dimensions?: number | undefined;
  /** Radians a position for each pair; default theta^(-2i/dimensions). For scaled variants. */
  frequencies?: ArrayLike<number> | undefined;
}

/**
 * Rotary positions (Su et al. 2021) of x [..., L, D]: the pair (a, b) turns by φ = position·theta^(-2i/dimensions) into
 * (a·cos φ - b·sin φ, b·cos φ + a·sin φ). condition is |a| + |b|, or |x| where nothing turns.
 */
export function referenceRope(
  x: NumericArray,
  { style, positions = 0, theta = 10000, dimensions, frequencies }: RopeReferenceOptions,
): RealArray & { readonly condition: Float64Array } {
  checkArray("x", x);
  const [L, D] = [at(x.shape, x.shape.length - 2), at(x.shape, x.shape.length - 1)];
  const turning = dimensions ?? D;
  if (turning % 2 !== 0 || turning > D) throw new RangeError(`${turning} of ${D} dimensions cannot turn in pairs`);
  const data = Float64Array.from(x.data);
  const condition = data.map(Math.abs);
  for (let row = 0; row * D < data.length; row++) {
    const token = row % L;
    const position = typeof positions === "number" ? positions + token : at(positions, token);
    for (let i = 0; i < turning / 2; i++) {
      const angle = position * (frequencies ? at(frequencies, i) : theta ** ((-2 * i) / turning));
      const first = row * D + (style === "half" ? i : 2 * i);
      const second = style === "half" ? first + turning / 2 : first + 1;
      const [a, b] = [at(x.data, first), at(x.data, second)];
      data[first] = a * Math.cos(angle) - b * Math.sin(angle);
      data[second] = b * Math.cos(angle) + a * Math.sin(angle);
      condition[first] = Math.abs(a) + Math.abs(b);
      condition[second] = Math.abs(a) + Math.abs(b);
    }
  }
  return { data, shape: x.shape, condition };
}

/**
 * Sinusoidal positions (Vaswani et al. 2017), [length, width]: pair i is sin and cos of position·theta^(-2i/width), side
 * by side ("interleaved") or as all sines, then all cosines ("halves"). With an odd width there is one more sine.
 * @param start position of row 0
 */
export function referenceSinusoidalPositions(
  length: number,
  width: number,
  {
    style = "interleaved",
    start = 0,
    theta = 10000,
  }: { style?: "interleaved" | "halves" | undefined; start?: number | undefined; theta?: number | undefined } = {},
): RealArray {
  const data = new Float64Array(length * width);
  const sines = Math.ceil(width / 2);
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < width; column++) {
      const isSine = style === "interleaved" ? column % 2 === 0 : column < sines;
      const pair = style === "interleaved" ? Math.floor(column / 2) : isSine ? column : column - sines;
      const angle = (start + row) * theta ** ((-2 * pair) / width);
      data[row * width + column] = isSine ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return { data, shape: [length, width] };
}

export interface RelativeBiasOptions {
  /** Whether keys after the query have buckets of their own; else they share that of distance 0. */
  bidirectional: boolean;
  /** Default 32. */
  buckets?: number | undefined;
  /** Distances from here on share the last bucket. Default 128. */
  maximumDistance?: number | undefined;
}

/**
 * T5's bucket of a key at `relative` = key's position - query's (Raffel et al. 2020). Each side has half of the buckets
 * (causal: the past has all); half of those are distances 0, 1, 2 …, the rest grow by a constant factor up to
 * maximumDistance.
 */
export function relativeBucket(
  relative: number,
  { bidirectional, buckets = 32, maximumDistance = 128 }: RelativeBiasOptions,
): number {
  const side = bidirectional ? buckets / 2 : buckets;
  const first = bidirectional && relative > 0 ? side : 0;
  const distance = bidirectional ? Math.abs(relative) : Math.max(-relative, 0);
  const exact = side / 2;
  if (distance < exact) return first + distance;
  const share = Math.log(distance / exact) / Math.log(maximumDistance / exact);
  return first + Math.min(side - 1, exact + Math.floor(share * (side - exact)));
}

/** The bias on logits of T5: table [buckets, H] → [H, L, S], query i at position start + i, key j at j. */
export function referenceRelativeBias(
  table: NumericArray,
  L: number,
  S: number,
  options: RelativeBiasOptions & { start?: number | undefined },
): RealArray {
  checkArray("table", table);
  const H = at(table.shape, 1);
  const data = new Float64Array(H * L * S);
  for (let h = 0; h < H; h++)
    for (let i = 0; i < L; i++)
      for (let j = 0; j < S; j++)
        data[(h * L + i) * S + j] = at(table.data, relativeBucket(j - i - (options.start ?? 0), options) * H + h);
  return { data, shape: [H, L, S] };
}
