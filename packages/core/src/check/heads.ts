// Query, key and value as batch × heads × length × size in either layout, and that they go together.
import { shapeText, wrongChoice, wrongValue } from "../errors.ts";
import { checkTensor } from "./tensors.ts";

/** Bytes between batch elements, heads and tokens. */
export interface Strides {
  readonly batch: number;
  readonly head: number;
  readonly token: number;
}

/** Query, key, value or output as [B, H, L, D], whatever the layout. */
export interface Heads {
  readonly data: Float32Array;
  readonly rank: number;
  readonly B: number;
  readonly H: number;
  readonly L: number;
  readonly D: number;
  readonly strides: Strides;
}

/** Strides of f32 [B, H, L, D], or [B, L, H, D] for "BLHD". */
export function denseStrides(layout: "BHLD" | "BLHD", H: number, L: number, D: number): Strides {
  const row = D * 4;
  return layout === "BHLD"
    ? { batch: H * L * row, head: L * row, token: row }
    : { batch: L * H * row, head: row, token: H * row };
}

/** The axes that weights have: a batch axis, a head axis, both or neither, before [L, S]. */
export interface Axes {
  readonly batch: boolean;
  readonly head: boolean;
}

/** A tensor read as batch × heads × length × size, with absent axes as 1, in either layout. */
export function checkHeads(api: string, argument: string, x: unknown, layout: "BHLD" | "BLHD"): Heads {
  const { data, shape } = checkTensor(api, argument, x);
  const rank = shape.length;
  if (rank < 2 || rank > 4) {
    const forms = layout === "BHLD" ? "[L, D], [H, L, D] or [B, H, L, D]" : "[L, D], [L, H, D] or [B, L, H, D]";
    throw wrongValue(api, argument, forms, shapeText(shape));
  }
  const D = shape[rank - 1] as number;
  const B = rank === 4 ? (shape[0] as number) : 1;
  const inner = shape[rank - 2] as number;
  const outer = rank === 2 ? 1 : (shape[rank - 3] as number);
  const headsFirst = layout === "BHLD" || rank === 2;
  const H = headsFirst ? outer : inner;
  const L = headsFirst ? inner : outer;
  return { data, rank, B, H, L, D, strides: denseStrides(layout, H, L, D) };
}

/** Axes of a query of this rank. */
export const axesOf = (rank: number): Axes => ({ batch: rank === 4, head: rank >= 3 });

/** The shape of something with these axes, before its own dimensions. */
export function withAxes(axes: Axes, B: number, H: number, ...rest: number[]): number[] {
  return [...(axes.batch ? [B] : []), ...(axes.head ? [H] : []), ...rest];
}

export function checkLayout(api: string, layout: unknown): "BHLD" | "BLHD" {
  if (layout === undefined || layout === "BHLD" || layout === "BLHD") return layout ?? "BHLD";
  throw wrongChoice(api, "layout", '"BHLD" or "BLHD"', layout);
}

/** That key (and value, where there is one) go with query. */
export function checkPair(api: string, query: Heads, key: Heads, value: Heads | undefined): void {
  if (key.B !== query.B) throw wrongValue(api, "key", `of batch ${query.B} as query`, `${key.B}`);
  if (key.D !== query.D) throw wrongValue(api, "key", `of head size ${query.D} as query`, `${key.D}`);
  checkGroups(api, "key", query.H, key.H);
  if (!value) return;
  if (value.B !== query.B) throw wrongValue(api, "value", `of batch ${query.B} as query`, `${value.B}`);
  if (value.H !== key.H) throw wrongValue(api, "value", `of ${key.H} heads as key`, `${value.H}`);
  if (value.L !== key.L) throw wrongValue(api, "value", `of length ${key.L} as key`, `${value.L}`);
}

export function checkGroups(api: string, argument: string, H: number, G: number): void {
  if (G === 0 ? H !== 0 : H % G !== 0)
    throw wrongValue(api, argument, `of a number of heads that divides ${H}, the query's`, `${G}`);
}
