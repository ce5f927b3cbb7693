// Packed sequences: a kernel call for each, on its own queries and keys where they lie. What the kernel leaves without gaps
// (weights, scores, lse) is moved from there to its place among all of them.
import type { Engine } from "../engine/engine.ts";
import type { Frame, Slot } from "../engine/frame.ts";
import { ARGUMENTS } from "../engine/memory.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import type { Segment } from "../plan/segments.ts";
import { type Addresses, scratchOf, writeArguments } from "./arguments.ts";

/** What one sequence leaves, until it is moved. */
export interface PackedSlots {
  readonly weights: Slot | undefined;
  readonly scores: Slot | undefined;
  readonly lse: Slot | undefined;
  readonly scratch: Slot;
}

/** The plan of one sequence. */
const alone = (plan: AttentionPlan, { L, S }: Segment): AttentionPlan => ({
  ...plan,
  sizes: { ...plan.sizes, L, S },
  segments: undefined,
});

export function requestPacked(
  engine: Engine,
  frame: Frame,
  plan: AttentionPlan,
  segments: readonly Segment[],
): PackedSlots {
  const { sizes, result } = plan;
  let [pairs, queries, scratch] = [0, 0, 0];
  for (const segment of segments) {
    pairs = Math.max(pairs, segment.L * segment.S);
    queries = Math.max(queries, segment.L);
    scratch = Math.max(scratch, scratchOf(engine, alone(plan, segment)));
  }
  return {
    weights: result.weights === "none" ? undefined : frame.output((result.weights === "mean" ? 1 : sizes.H) * pairs),
    scores: result.scores ? frame.output(sizes.H * pairs) : undefined,
    lse: result.lse ? frame.output(sizes.H * queries) : undefined,
    scratch: frame.space(scratch),
  };
}

/** `to` is where all of them have their place, `slots` where one leaves its own. */
export function runPacked(
  engine: Engine,
  frame: Frame,
  plan: AttentionPlan,
  segments: readonly Segment[],
  slots: PackedSlots,
  to: Addresses,
): void {
  const { memory, kernel } = engine;
  const { f32 } = memory;
  const { sizes, query, key, value, output, logits, result } = plan;
  const { H, L, S } = sizes;
  const { mask, bias } = logits;
  const [weights, scores, lse] = [frame.at(slots.weights), frame.at(slots.scores), frame.at(slots.lse)];
  const heads = result.weights === "mean" ? 1 : H;
  if (weights) f32.fill(0, to.weights >>> 2, (to.weights >>> 2) + heads * L * S);
  if (scores) f32.fill(plan.maskedValue, to.scores >>> 2, (to.scores >>> 2) + H * L * S);

  /** The rows of all heads, as long as the sequence has keys. */
  const move = (segment: Segment, from: number, target: number, count: number): void => {
    for (let h = 0; h < count; h++) {
      for (let i = 0; i < segment.L; i++) {
        const source = (from >>> 2) + (h * segment.L + i) * segment.S;
        f32.copyWithin((target >>> 2) + (h * L + segment.query + i) * S + segment.key, source, source + segment.S);
      }
    }
  };

  segments.forEach((segment, n) => {
    const { query: i, key: j } = segment;
    if (segment.L === 0) return;
    writeArguments(memory, alone(plan, segment), {
      ...to,
      query: to.query + i * query.token,
      key: to.key + j * key.token,
      value: to.value && to.value + j * value.token,
      output: to.output && to.output + i * output.token,
      queryOffsets: to.queryOffsets && to.queryOffsets + 4 * n,
      keyLengths: to.keyLengths && to.keyLengths + 4 * n,
      mask: mask ? to.mask + i * mask.strides[2] + j * mask.strides[3] : 0,
      bias: bias ? to.bias + 4 * (i * bias.strides[2] + j * bias.strides[3]) : 0,
      weights,
      scores,
      lse,
      scratch: frame.at(slots.scratch),
    });
    kernel.attention_f32(ARGUMENTS);
    if (weights) move(segment, weights, to.weights, heads);
    if (scores) move(segment, scores, to.scores, H);
    for (let h = 0; lse && h < H; h++) {
      const source = (lse >>> 2) + h * segment.L;
      f32.copyWithin((to.lse >>> 2) + h * L + i, source, source + segment.L);
    }
  });
}
