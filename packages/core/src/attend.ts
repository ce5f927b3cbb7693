// One attention inside a frame: from a plan and addresses to the kernel's argument block, and from its memory to
// results. Shared by attention, scores and the mechanisms; checks nothing.
import { fields } from "@attn/kernel/interface";
import { type Axes, type Strides, withAxes } from "./check/heads.ts";
import type { LogitPlan, ResultPlan } from "./check/logits.ts";
import type { Engine } from "./engine.ts";
import type { Frame, Slot } from "./frame.ts";
import { ARGUMENTS } from "./memory.ts";
import type { AttentionResult, Tensor } from "./types.ts";

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

/** How key and value are stored, with the kernel's number for it. */
export const FORMATS = { f32: 0, f16: 1, int8: 2, f16Finite: 3 } as const;

/** Where a cache keeps the scales of its tokens, and how it stores them. */
export interface Stored {
  readonly format: number;
  readonly keyScales: number;
  readonly valueScales: number;
  readonly scales: Strides;
}

export interface Attend {
  readonly sizes: Sizes;
  readonly axes: Axes;
  readonly logits: LogitPlan;
  readonly result: ResultPlan;
  readonly query: Strides;
  readonly key: Strides;
  readonly value: Strides;
  readonly output: Strides;
  /** Only for a cache. */
  readonly stored: Stored | undefined;
  readonly maskedValue?: number;
}

export interface AttendSlots {
  readonly positions: Slot | undefined;
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

/** The word of a field in the argument block. */
const word = (field: keyof typeof fields): number => (ARGUMENTS + fields[field]) >> 2;
const SIZES = word("batch");
const WEIGHTS_MODE = word("weightsMode");
const QUERY = word("query");
const SCALE = word("scale");
const MASKED_VALUE = word("maskedValue");

const weightsLength = ({ B, H, L, S }: Sizes, mode: ResultPlan["weights"]): number =>
  mode === "mean" ? B * L * S : B * H * L * S;
const scoresLength = ({ B, H, L, S }: Sizes): number => B * H * L * S;
const lseLength = ({ B, H, L }: Sizes): number => B * H * L;

function writeSizes(i32: Int32Array, { B, H, G, L, S, D, Dv }: Sizes, format: number = FORMATS.f32): void {
  let at = SIZES;
  i32[at++] = B;
  i32[at++] = H;
  i32[at++] = G;
  i32[at++] = L;
  i32[at++] = S;
  i32[at++] = D;
  i32[at++] = Dv;
  i32[at] = format;
}

/** Requests what an attention needs beside query, key, value and output. */
export function requestAttend(engine: Engine, frame: Frame, { sizes, logits, result, stored }: Attend): AttendSlots {
  const { i32 } = engine.memory;
  writeSizes(i32, sizes, stored?.format);
  i32[WEIGHTS_MODE] = result.weights === "mean" ? 1 : 0;
  const scratch = engine.kernel.attention_f32_scratch(ARGUMENTS) >>> 0;
  const input = (argument: string, data: Float32Array | Uint8Array | Int32Array | undefined) =>
    data ? frame.input(argument, data) : undefined;
  return {
    positions: input("align", logits.positions),
    keyLengths: input("keyLengths", logits.keyLengths),
    slopes: input("alibi", logits.slopes),
    sinks: input("sinks", result.sinks),
    mask: input("mask", logits.mask?.data),
    bias: input("bias", logits.bias?.data),
    weights: result.weights === "none" ? undefined : frame.output(weightsLength(sizes, result.weights)),
    scores: result.scores ? frame.output(scoresLength(sizes)) : undefined,
    lse: result.lse ? frame.output(lseLength(sizes)) : undefined,
    scratch: frame.space(scratch),
  };
}

/** Runs the kernel, whose argument block has the sizes since the slots were requested. `value` and `output` are 0 where only scores are wanted. */
export function runAttend(
  engine: Engine,
  frame: Frame,
  call: Attend,
  slots: AttendSlots,
  query: number,
  key: number,
  value: number,
  output: number,
): void {
  const { i32, f32 } = engine.memory;
  const { logits, stored } = call;
  let at = QUERY;
  const place = (address: number, { batch, head, token }: Strides): void => {
    i32[at++] = address;
    i32[at++] = batch;
    i32[at++] = head;
    i32[at++] = token;
  };
  place(query, call.query);
  place(key, call.key);
  place(value, call.value);
  i32[at++] = stored?.keyScales ?? 0;
  i32[at++] = stored?.valueScales ?? 0;
  i32[at++] = stored?.scales.batch ?? 0;
  i32[at++] = stored?.scales.head ?? 0;
  place(output, call.output);
  f32[SCALE] = logits.scale;
  f32[SCALE + 1] = logits.softcap;
  at = SCALE + 2;
  i32[at++] = logits.left;
  i32[at++] = logits.right;
  i32[at++] = frame.at(slots.positions);
  i32[at++] = frame.at(slots.keyLengths);
  i32[at++] = frame.at(slots.slopes);
  i32[at++] = frame.at(slots.sinks);
  i32[at++] = frame.at(slots.mask);
  for (let i = 0; i < 4; i++) i32[at++] = logits.mask?.strides[i] ?? 0;
  i32[at++] = frame.at(slots.bias);
  for (let i = 0; i < 4; i++) i32[at++] = (logits.bias?.strides[i] ?? 0) * 4;
  i32[at++] = frame.at(slots.weights);
  at++; // weightsMode
  i32[at++] = frame.at(slots.scores);
  f32[MASKED_VALUE] = call.maskedValue ?? Number.NEGATIVE_INFINITY;
  at++;
  i32[at++] = frame.at(slots.lse);
  i32[at++] = frame.at(slots.scratch);
  engine.kernel.attention_f32(ARGUMENTS);
}

/** Copies weights, scores and lse out, and joins them to the output. */
export function takeResult(
  frame: Frame,
  { sizes, axes, result }: Attend,
  slots: AttendSlots,
  output: Tensor,
): AttentionResult {
  const { B, H, L, S } = sizes;
  const out: { output: Tensor; weights?: Tensor; scores?: Tensor; lse?: Tensor } = { output };
  if (slots.weights !== undefined) {
    const axesOfWeights = result.weights === "mean" ? { batch: axes.batch, head: false } : axes;
    out.weights = {
      data: frame.take(slots.weights, weightsLength(sizes, result.weights)),
      shape: withAxes(axesOfWeights, B, H, L, S),
    };
  }
  if (slots.scores !== undefined)
    out.scores = { data: frame.take(slots.scores, scoresLength(sizes)), shape: withAxes(axes, B, H, L, S) };
  if (slots.lse !== undefined)
    out.lse = { data: frame.take(slots.lse, lseLength(sizes)), shape: withAxes(axes, B, H, L) };
  return out;
}

/** The tensor at `out` (a tensor keeps its own data getter), or the fresh data, with this shape. */
export function resultTensor(
  data: Float32Array,
  shape: readonly number[],
  out: Float32Array | Tensor | undefined,
): Tensor {
  if (out === undefined || ArrayBuffer.isView(out)) return { data, shape };
  const target = out as Tensor;
  const same = target.shape.length === shape.length && target.shape.every((n, i) => n === shape[i]);
  if (same) return target;
  return {
    get data() {
      return target.data;
    },
    shape,
  };
}
