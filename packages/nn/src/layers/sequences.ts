// Rows that layers take: [L, E], or a batch of them [B, L, E]; and heads that their width is split over. Knows shapes only.
import { type AttentionPlan, checkCount, checkTensor, shapeText, wrongValue } from "@attn/core/engine";
import type { Numbers } from "./parameters.ts";

/** Rows [L, E], or of a batch [B, L, E]. */
export interface Sequences extends Numbers {
  readonly rank: number;
  readonly B: number;
  readonly L: number;
  readonly E: number;
}

export function checkSequences(api: string, name: string, x: unknown, letters: string): Sequences {
  const checked = checkTensor(api, name, x);
  const { shape } = checked;
  const rank = shape.length;
  if (rank !== 2 && rank !== 3) throw wrongValue(api, name, `be [${letters}] or [B, ${letters}]`, shapeText(shape));
  const [L, E] = shape.slice(-2) as [number, number];
  return { ...checked, name, rank, B: rank === 3 ? (shape[0] as number) : 1, L, E };
}

/** That others have the rank and the batch of the first. */
export function checkTogether(api: string, first: Sequences, other: Sequences): void {
  const { name, rank, B } = other;
  if (rank !== first.rank) throw wrongValue(api, name, `have rank ${first.rank}, like ${first.name}`, `${rank}`);
  if (B !== first.B) throw wrongValue(api, name, `have batch size ${first.B}, like ${first.name}`, `${B}`);
}

/** A number of heads that divides the width. */
export function checkHeadCount(api: string, heads: unknown, E: number): number {
  const H = checkCount(api, "heads", heads, 1);
  if (E % H !== 0) throw wrongValue(api, "heads", `divide ${E}, the width`, H);
  return H;
}

/** Sizes and axes of the attention of such rows. */
export function sizesOf({ rank, B, L, E }: Sequences, S: number, H: number): Pick<AttentionPlan, "sizes" | "axes"> {
  return { sizes: { B, H, G: H, L, S, D: E / H, Dv: E / H }, axes: { batch: rank === 3, head: true } };
}
