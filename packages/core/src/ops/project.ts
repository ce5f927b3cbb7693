// Linear projections as steps of a mechanism: y = x·weightᵀ + bias, from address to address.
import type { Engine } from "../engine/engine.ts";
import type { Frame, Slot } from "../engine/frame.ts";
import type { Projection } from "../plan/mechanism.ts";

export interface ProjectionSlots {
  readonly weight: Slot;
  readonly bias: Slot | undefined;
  readonly y: Slot;
}

/** Requests room for a projection of `rows` rows; `y` where the result goes, if it is already known. */
export function requestProjection(frame: Frame, projection: Projection, rows: number, y?: Slot): ProjectionSlots {
  return {
    weight: frame.input(`projections.${projection.name}.weight`, projection.weight),
    bias: projection.bias && frame.input(`projections.${projection.name}.bias`, projection.bias),
    y: y ?? frame.output(rows * projection.outputs),
  };
}

/** Bytes that running it takes beside its slots, which one projection after another may use. */
export function projectionScratch(engine: Engine, projection: Projection | undefined, rows: number): number {
  return projection ? engine.kernel.matmul_f32_scratch(rows, projection.outputs, projection.inputs) >>> 0 : 0;
}

/** Runs it on the rows at `x`; returns the address of the result. */
export function runProjection(
  engine: Engine,
  frame: Frame,
  projection: Projection,
  slots: ProjectionSlots,
  x: number,
  rows: number,
  scratch: Slot,
): number {
  const { inputs, outputs } = projection;
  const y = frame.at(slots.y);
  if (slots.bias !== undefined) {
    const [to, from] = [y >>> 2, frame.at(slots.bias) >>> 2];
    for (let r = 0; outputs > 0 && r < rows; r++) engine.memory.f32.copyWithin(to + r * outputs, from, from + outputs);
  }
  engine.kernel.matmul_f32(
    y,
    x,
    frame.at(slots.weight),
    rows,
    outputs,
    inputs,
    1,
    slots.bias === undefined ? 0 : 1,
    frame.at(scratch),
  );
  return y;
}
