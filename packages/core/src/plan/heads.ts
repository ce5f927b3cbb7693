// Query, key and value as batch × heads × length × size in either layout, and that they go together.
import { counted, wrongChoice, wrongValue } from "../engine/errors.ts";
import { shapeText } from "../shape.ts";
import { denseStrides, type Strides } from "./layout.ts";
import { checkTensor } from "./tensors.ts";

/** Query, key, value or output as [B, H, L, D], whatever the layout. */
export interface Heads {
  readonly data: Float32Array;
  readonly size: number;
  readonly rank: number;
  readonly B: number;
  readonly H: number;
  readonly L: number;
  readonly D: number;
  readonly strides: Strides;
}

/** A tensor read as batch × heads × length × size, with absent axes as 1, in either layout. */
export function checkHeads(api: string, argument: string, x: unknown, layout: "BHLD" | "BLHD"): Heads {
  const { data, shape, size } = checkTensor(api, argument, x);
  const rank = shape.length;
  if (rank < 2 || rank > 4) {
    const forms = layout === "BHLD" ? "be [L, D], [H, L, D] or [B, H, L, D]" : "be [L, D], [L, H, D] or [B, L, H, D]";
    throw wrongValue(api, argument, forms, shapeText(shape));
  }
  const D = shape[rank - 1] as number;
  const B = rank === 4 ? (shape[0] as number) : 1;
  const inner = shape[rank - 2] as number;
  const outer = rank === 2 ? 1 : (shape[rank - 3] as number);
  const headsFirst = layout === "BHLD" || rank === 2;
  const H = headsFirst ? outer : inner;
  const L = headsFirst ? inner : outer;
  return { data, size, rank, B, H, L, D, strides: denseStrides(layout, H, L, D) };
}

export function checkLayout(api: string, layout: unknown): "BHLD" | "BLHD" {
  if (layout === undefined || layout === "BHLD" || layout === "BLHD") return layout ?? "BHLD";
  throw wrongChoice(api, "layout", 'be "BHLD" or "BLHD"', layout);
}

/** That key (and value, where there is one) go with query. */
export function checkPair(api: string, query: Heads, key: Heads, value: Heads | undefined): void {
  const same = (argument: string, what: string, got: number, expected: number, like: string): void => {
    if (got !== expected) throw wrongValue(api, argument, `have ${what} ${expected}, like ${like}`, `${got}`);
  };
  same("key", "rank", key.rank, query.rank, "query");
  if (value) same("value", "rank", value.rank, query.rank, "query");
  same("key", "batch size", key.B, query.B, "query");
  same("key", "head size", key.D, query.D, "query");
  checkGroups(api, "key", query.H, key.H);
  if (!value) return;
  same("value", "batch size", value.B, query.B, "query");
  if (value.H !== key.H) throw wrongValue(api, "value", `have ${counted(key.H, "head")}, like key`, `${value.H}`);
  same("value", "length", value.L, key.L, "key");
}

export function checkGroups(api: string, argument: string, H: number, G: number): void {
  if (G === 0 ? H !== 0 : H % G !== 0)
    throw wrongValue(api, argument, `have a number of heads that divides ${H}, the query's`, `${G}`);
}
