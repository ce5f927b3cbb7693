// The kernel's argument block: writes one attention into it, each word by its name, and asks the kernel what it needs for
// it. Checks nothing.
import { words as at, formats, weightsModes } from "@attn/kernel/interface";
import type { Engine } from "../engine/engine.ts";
import { ARGUMENTS, type Memory } from "../engine/memory.ts";
import type { AttentionPlan } from "../plan/attention.ts";

/** By the kernel's names: its numbers, read at import, would stay in every bundle. */
const DTYPES = { f32: "F32", f16: "F16", int8: "INT8", f16Finite: "F16_FINITE" } as const;

/** Byte addresses of everything that an attention reads and writes; 0 = absent. */
export interface Addresses {
  readonly query: number;
  readonly key: number;
  /** 0: nothing is multiplied with values, for those who want scores alone. */
  readonly value: number;
  readonly output: number;
  readonly queryOffsets: number;
  readonly keyLengths: number;
  readonly slopes: number;
  readonly sinks: number;
  readonly mask: number;
  readonly bias: number;
  readonly weights: number;
  readonly scores: number;
  readonly lse: number;
  readonly scratch: number;
}

/** Bytes of scratch for an attention of these sizes. */
export function scratchOf({ memory, kernel }: Engine, plan: AttentionPlan): number {
  writeSizes(memory, plan);
  return kernel.attention_f32_scratch(ARGUMENTS) >>> 0;
}

/** The part that `attention_f32_scratch` reads. */
function writeSizes({ block: { i32 } }: Memory, { sizes, dtype, result }: AttentionPlan): void {
  i32[at.batch] = sizes.B;
  i32[at.heads] = sizes.H;
  i32[at.keyValueHeads] = sizes.G;
  i32[at.queryLength] = sizes.L;
  i32[at.keyLength] = sizes.S;
  i32[at.headSize] = sizes.D;
  i32[at.valueSize] = sizes.Dv;
  i32[at.format] = formats[DTYPES[dtype]];
  i32[at.weightsMode] = result.weights === "mean" ? weightsModes.MEAN : weightsModes.PER_HEAD;
}

/** All of it. */
export function writeArguments(memory: Memory, plan: AttentionPlan, address: Addresses): void {
  const { i32, f32 } = memory.block;
  const { query, key, value, output, logits, scales } = plan;
  const { mask, bias } = logits;
  writeSizes(memory, plan);

  i32[at.query] = address.query;
  i32[at.queryBatchStride] = query.batch;
  i32[at.queryHeadStride] = query.head;
  i32[at.queryStride] = query.token;
  i32[at.key] = address.key;
  i32[at.keyBatchStride] = key.batch;
  i32[at.keyHeadStride] = key.head;
  i32[at.keyStride] = key.token;
  i32[at.value] = address.value;
  i32[at.valueBatchStride] = value.batch;
  i32[at.valueHeadStride] = value.head;
  i32[at.valueStride] = value.token;
  i32[at.keyScales] = scales?.key ?? 0;
  i32[at.valueScales] = scales?.value ?? 0;
  i32[at.scaleBatchStride] = scales?.strides.batch ?? 0;
  i32[at.scaleHeadStride] = scales?.strides.head ?? 0;
  i32[at.output] = address.output;
  i32[at.outputBatchStride] = output.batch;
  i32[at.outputHeadStride] = output.head;
  i32[at.outputStride] = output.token;

  f32[at.scale] = logits.scale;
  f32[at.softcap] = logits.softcap;
  i32[at.left] = logits.left;
  i32[at.right] = logits.right;
  i32[at.positions] = address.queryOffsets;
  i32[at.keyLengths] = address.keyLengths;
  i32[at.slopes] = address.slopes;
  i32[at.sinks] = address.sinks;
  i32[at.mask] = address.mask;
  i32[at.maskBatchStride] = mask?.strides[0] ?? 0;
  i32[at.maskHeadStride] = mask?.strides[1] ?? 0;
  i32[at.maskQueryStride] = mask?.strides[2] ?? 0;
  i32[at.maskKeyStride] = mask?.strides[3] ?? 0;
  i32[at.bias] = address.bias;
  i32[at.biasBatchStride] = 4 * (bias?.strides[0] ?? 0);
  i32[at.biasHeadStride] = 4 * (bias?.strides[1] ?? 0);
  i32[at.biasQueryStride] = 4 * (bias?.strides[2] ?? 0);
  i32[at.biasKeyStride] = 4 * (bias?.strides[3] ?? 0);

  i32[at.weights] = address.weights;
  i32[at.scores] = address.scores;
  f32[at.maskedValue] = plan.maskedValue;
  i32[at.lse] = address.lse;
  i32[at.scratch] = address.scratch;
}
