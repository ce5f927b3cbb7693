// One attention inside a frame, from a plan and addresses: what it needs beside query, key, value and output, the
// kernel's call, and its results. Shared by attention, scores and the mechanisms; checks nothing.
import type { Engine } from "../engine/engine.ts";
import type { Frame, Slot } from "../engine/frame.ts";
import { ARGUMENTS } from "../engine/memory.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import { withAxes } from "../plan/layout.ts";
import { sizeOf } from "../shape.ts";
import type { AttentionResult, Tensor } from "../types.ts";
import { writeArguments, writeSizes } from "./arguments.ts";

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

/** Requests what an attention needs beside query, key, value and output. */
export function requestAttend(engine: Engine, frame: Frame, plan: AttentionPlan): AttendSlots {
  const { logits, result } = plan;
  const { weights, scores, lse } = shapesOf(plan);
  writeSizes(engine.memory, plan);
  const scratch = engine.kernel.attention_f32_scratch(ARGUMENTS) >>> 0;
  const input = (argument: string, data: Float32Array | Uint8Array | Int32Array | undefined) =>
    data && frame.input(argument, data);
  const output = (shape: number[] | undefined) => shape && frame.output(sizeOf(shape));
  return {
    queryOffsets: input("align", logits.queryOffsets),
    keyLengths: input("keyLengths", logits.keyLengths),
    slopes: input("alibi", logits.slopes),
    sinks: input("sinks", result.sinks),
    mask: input("mask", logits.mask?.data),
    bias: input("bias", logits.bias?.data),
    weights: output(weights),
    scores: output(scores),
    lse: output(lse),
    scratch: frame.space(scratch),
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
  writeArguments(engine.memory, plan, {
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
  });
  engine.kernel.attention_f32(ARGUMENTS);
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
