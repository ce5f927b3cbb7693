// Geometry: sizes, axes, and the strides of what lies in memory. Computes; checks nothing and reads no data.

/** B, H, G, L, S, D and Dv of one attention. */
export interface Sizes {
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly L: number;
  readonly S: number;
  readonly D: number;
  readonly Dv: number;
}

/** Bytes between batch elements, heads and tokens. */
export interface Strides {
  readonly batch: number;
  readonly head: number;
  readonly token: number;
}

/** The axes that weights have: a batch axis, a head axis, both or neither, before [L, S]. */
export interface Axes {
  readonly batch: boolean;
  readonly head: boolean;
}

/** Of what is absent. */
export const NO_STRIDES: Strides = { batch: 0, head: 0, token: 0 };

/** Strides of f32 [B, H, L, D], or [B, L, H, D] for "BLHD". */
export function denseStrides(layout: "BHLD" | "BLHD", H: number, L: number, D: number): Strides {
  const row = D * 4;
  return layout === "BHLD"
    ? { batch: H * L * row, head: L * row, token: row }
    : { batch: L * H * row, head: row, token: H * row };
}

/** Axes of a query of this rank. */
export const axesOf = (rank: number): Axes => ({ batch: rank === 4, head: rank >= 3 });

/** The shape of something with these axes, before its own dimensions. */
export function withAxes(axes: Axes, B: number, H: number, ...rest: number[]): number[] {
  return [...(axes.batch ? [B] : []), ...(axes.head ? [H] : []), ...rest];
}

/** Strides in elements of a shape broadcast from the right to `full`, 0 where it is repeated; undefined where it does not. */
export function broadcastStrides(shape: readonly number[], full: readonly number[]): number[] | undefined {
  const skip = full.length - shape.length;
  if (skip < 0 || shape.some((n, i) => n !== 1 && n !== full[skip + i])) return undefined;
  const strides = full.map(() => 0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i] as number;
    if (n !== 1) strides[skip + i] = stride;
    stride *= n;
  }
  return strides;
}

/** Where, in elements, index `i` over `shape` lies under strides. */
export function offsetOf(i: number, shape: readonly number[], strides: readonly number[]): number {
  let at = 0;
  let rest = i;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    at += (rest % n) * (strides[axis] as number);
    rest = Math.floor(rest / n);
  }
  return at;
}
