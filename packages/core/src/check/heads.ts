// Query, key and value as batch × heads × length × size in either layout, and that they go together.
import { shapeText, wrongChoice, wrongValue } from "../errors.ts";
import { checkTensor } from "./tensors.ts";

/** Strides in elements, and the sizes they go with, of query, key, value or output, whatever the layout. */
export interface Heads {
  readonly data: Float32Array;
  readonly B: number;
  readonly H: number;
  readonly L: number;
  readonly D: number;
  readonly batchStride: number;
  readonly headStride: number;
  readonly stride: number;
}

/** The axes that weights have: a batch axis, a head axis, both or neither, before [L, S]. */
export interface Axes {
  readonly batch: boolean;
  readonly head: boolean;
}

/** A tensor read as batch × heads × length × size, with absent axes as 1, in either layout. */
export function checkHeads(
  api: string,
  argument: string,
  x: unknown,
  layout: "BHLD" | "BLHD",
): { heads: Heads; rank: number } {
  const { data, shape } = checkTensor(api, argument, x);
  const rank = shape.length;
  if (rank < 2 || rank > 4) {
    const forms = layout === "BHLD" ? "[L, D], [H, L, D] or [B, H, L, D]" : "[L, D], [L, H, D] or [B, L, H, D]";
    throw wrongValue(api, argument, forms, shapeText(shape));
  }
  const D = shape[rank - 1] as number;
  const B = rank === 4 ? (shape[0] as number) : 1;
  if (layout === "BLHD" && rank > 2) {
    const L = shape[rank - 3] as number;
    const H = shape[rank - 2] as number;
    return { rank, heads: { data, B, H, L, D, batchStride: L * H * D, headStride: D, stride: H * D } };
  }
  const L = shape[rank - 2] as number;
  const H = rank === 2 ? 1 : (shape[rank - 3] as number);
  return { rank, heads: { data, B, H, L, D, batchStride: H * L * D, headStride: L * D, stride: D } };
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
