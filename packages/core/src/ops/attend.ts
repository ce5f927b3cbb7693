// One attention inside a frame, from a plan and addresses: what it needs beside query, key, value and output, the
// kernel's call, and its results. Shared by attention, scores and the mechanisms; checks nothing.
import type { Engine } from "../engine/engine.ts";
import type { Frame, Input, Slot } from "../engine/frame.ts";
import { ARGUMENTS } from "../engine/memory.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import { withAxes } from "../plan/layout.ts";
import { sizeOf } from "../shape.ts";
import type { AttentionResult, Tensor } from "../types.ts";
import { scratchOf, writeArguments } from "./arguments.ts";
import { type PackedSlots, requestPacked, runPacked } from "./packed.ts";

/** Slots of what an attention reads and writes beside query, key, value and output. */
export interface AttendSlots {
  readonly queryOffsets: Slot | undefined;
  readonly keyLengths: Slot | undefined;
  readonly slopes: Slot | undefined;
  readonly sinks: Slot | undefined;
  readonly mask: Slot | undefined;
  readonly bias: Slot | undefined;
  readonly weights: Slot | undefined;
  readonly scores: Slot | undefined;
  readonly lse: Slot | undefined;
  readonly scratch: Slot;
  readonly packed: PackedSlots | undefined;
}

type Results = "weights" | "scores" | "lse";

/** Shapes of the results that the plan asks for. */
function shapesOf({ sizes: { B, H, L, S }, axes, result }: AttentionPlan): Record<Results, number[] | undefined> {
  const { weights, scores, lse } = result;
  return {
    weights:
      weights === "none"
        ? undefined
        : withAxes(weights === "mean" ? { batch: axes.batch, head: false } : axes, B, H, L, S),
    scores: scores ? withAxes(axes, B, H, L, S) : undefined,
    lse: lse ? withAxes(axes, B, H, L) : undefined,
  };
}

/** Whether there is nothing to compute; other sizes may be as large as numbers are then, and nobody counts to them. */
const isEmpty = ({ sizes: { B, H, L, Dv }, result: { weights, scores, lse } }: AttentionPlan): boolean =>
  B * H * L * Dv === 0 && weights === "none" && !scores && !lse;

/** Requests what an attention needs beside query, key, value and output. */
export function requestAttend(engine: Engine, frame: Frame, plan: AttentionPlan): AttendSlots {
  const { logits, result, segments } = plan;
  const { weights, scores, lse } = shapesOf(plan);
  const { B, H } = plan.sizes;
  const packed = segments && requestPacked(engine, frame, plan, segments);
  const input = (argument: string, x: Input | undefined) => x && frame.input(argument, x);
  const output = (shape: number[] | undefined) => shape && frame.output(sizeOf(shape));
  return {
    queryOffsets: logits.queryOffset && frame.space(4 * (segments ? segments.length : B)),
    keyLengths: input("keyLengths", logits.keyLengths),
    slopes: logits.slope && frame.space(4 * H),
    sinks: input("sinks", result.sinks),
    mask: input("mask", logits.mask),
    bias: input("bias", logits.bias),
    weights: output(weights),
    scores: output(scores),
    lse: output(lse),
    scratch: frame.space(segments || isEmpty(plan) ? 0 : scratchOf(engine, plan)),
    packed,
  };
}

/** Runs the kernel on query, key, value and output at these addresses; value and output 0 where only scores are wanted. */
export function runAttend(
  engine: Engine,
  frame: Frame,
  plan: AttentionPlan,
  slots: AttendSlots,
  query: number,
  key: number,
  value: number,
  output: number,
): void {
  const { memory, kernel } = engine;
  const { sizes, logits, segments } = plan;
  if (isEmpty(plan)) return;
  fill(memory.i32, frame.at(slots.queryOffsets), segments ? segments.length : sizes.B, logits.queryOffset);
  fill(memory.f32, frame.at(slots.slopes), sizes.H, logits.slope);
  const addresses = {
    query,
    key,
    value,
    output,
    queryOffsets: frame.at(slots.queryOffsets),
    keyLengths: frame.at(slots.keyLengths),
    slopes: frame.at(slots.slopes),
    sinks: frame.at(slots.sinks),
    mask: frame.at(slots.mask),
    bias: frame.at(slots.bias),
    weights: frame.at(slots.weights),
    scores: frame.at(slots.scores),
    lse: frame.at(slots.lse),
    scratch: frame.at(slots.scratch),
  };
  if (segments && slots.packed) {
    runPacked(engine, frame, plan, segments, slots.packed, addresses);
  } else {
    writeArguments(memory, plan, addresses);
    kernel.attention_f32(ARGUMENTS);
  }
}

function fill(to: Int32Array | Float32Array, address: number, n: number, value: ((i: number) => number) | undefined) {
  if (!value) return;
  const start = address >>> 2;
  for (let i = 0; i < n; i++) to[start + i] = value(i);
}

/** Copies weights, scores and lse out, and joins them to the output. */
export function takeResult(frame: Frame, plan: AttentionPlan, slots: AttendSlots, output: Tensor): AttentionResult {
  const shapes = shapesOf(plan);
  const out: { output: Tensor } & { [K in Results]?: Tensor } = { output };
  for (const name of ["weights", "scores", "lse"] as const) {
    const [slot, shape] = [slots[name], shapes[name]];
    if (slot !== undefined && shape) out[name] = frame.result(slot, shape);
  }
  return out;
}
