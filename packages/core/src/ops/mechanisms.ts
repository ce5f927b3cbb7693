// The four mechanisms: project, split over heads, attend, concatenate, project. Splitting and concatenating move
// nothing: [B, L, E] is [B, L, H, D] read in place.
import type { Engine } from "../engine/engine.ts";
import { Frame } from "../engine/frame.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import { denseStrides } from "../plan/layout.ts";
import { checkLogits, checkResult, defaultScale } from "../plan/logits.ts";
import { checkMechanism } from "../plan/mechanism.ts";
import { checkSegments } from "../plan/segments.ts";
import { checkOut } from "../plan/tensors.ts";
import { checkBoolean, checkCount, checkOptions } from "../plan/values.ts";
import type {
  AttentionResult,
  CrossAttentionFunction,
  CrossAttentionOptions,
  MultiHeadSelfAttentionFunction,
  SelfAttentionFunction,
} from "../types.ts";
import { requestAttend, runAttend, takeResult } from "./attend.ts";
import { projectionScratch, requestProjection, runProjection } from "./project.ts";

/** Everything the four have in common; `other` undefined = x attends to itself. `heads` undefined = one, with no axis for it. */
function attendProjected(
  engine: Engine,
  api: string,
  x: unknown,
  other: { readonly memory: unknown } | undefined,
  options: Partial<CrossAttentionOptions>,
): AttentionResult {
  const mechanism = checkMechanism(api, x, other, options);
  const { rank, sizes, axes, projections } = mechanism;
  const { B, H, G, L, S, D, Dv } = sizes;
  const segments = checkSegments(api, options.segments, sizes);
  const logits = checkLogits(api, options, sizes, axes, { scale: defaultScale(D), segments });
  const result = checkResult(api, options, H);
  const { query, key, value, output } = projections;
  const width = output ? output.outputs : H * Dv;
  const length = B * L * width;
  const weights = [query, key, value, output].flatMap((p) => [p?.weight.data, p?.bias?.data]);
  const out = checkOut(api, options.out, length, [
    mechanism.x.data,
    mechanism.memory.data,
    logits.mask?.data,
    logits.bias?.data,
    ...weights,
  ]);

  const plan: AttentionPlan = {
    sizes,
    axes,
    logits,
    result,
    query: denseStrides("BLHD", H, L, D),
    key: denseStrides("BLHD", G, S, D),
    value: denseStrides("BLHD", G, S, Dv),
    output: denseStrides("BLHD", H, L, Dv),
    dtype: "f32",
    scales: undefined,
    segments,
    maskedValue: Number.NEGATIVE_INFINITY,
  };
  const frame = new Frame(engine.memory, api);
  const xSlot = frame.input("x", mechanism.x);
  const memorySlot = mechanism.memory.data === mechanism.x.data ? xSlot : frame.input("memory", mechanism.memory);
  const y = frame.output(length, out);
  const slots = {
    query: query && requestProjection(frame, query, B * L),
    key: key && requestProjection(frame, key, B * S),
    value: value && requestProjection(frame, value, B * S),
    output: output && requestProjection(frame, output, B * L, y),
    heads: output ? frame.output(B * L * H * Dv) : y,
    product: frame.space(
      Math.max(
        projectionScratch(engine, query, B * L),
        projectionScratch(engine, key, B * S),
        projectionScratch(engine, value, B * S),
        projectionScratch(engine, output, B * L),
      ),
    ),
    attend: requestAttend(engine, frame, plan),
  };
  frame.open();

  const [from, to] = [frame.at(xSlot), frame.at(memorySlot)];
  const q = query && slots.query ? runProjection(engine, frame, query, slots.query, from, B * L, slots.product) : from;
  const k = key && slots.key ? runProjection(engine, frame, key, slots.key, to, B * S, slots.product) : to;
  const v = value && slots.value ? runProjection(engine, frame, value, slots.value, to, B * S, slots.product) : to;
  const concatenated = frame.at(slots.heads);
  runAttend(engine, frame, plan, slots.attend, q, k, v, concatenated);
  if (output && slots.output) runProjection(engine, frame, output, slots.output, concatenated, B * L, slots.product);

  const shape = rank === 3 ? [B, L, width] : [L, width];
  return takeResult(frame, plan, slots.attend, frame.result(y, shape, out));
}

export function makeSelfAttention(engine: Engine): SelfAttentionFunction {
  const api = "selfAttention";
  const selfAttention = (x: unknown, given?: CrossAttentionOptions): AttentionResult => {
    engine.assertLive(api);
    const options = checkOptions<CrossAttentionOptions>(api, given);
    return attendProjected(engine, api, x, undefined, { ...options, heads: undefined, keyValueHeads: undefined });
  };
  return selfAttention as SelfAttentionFunction;
}

function makeMultiHead(engine: Engine, api: string, causal: boolean): MultiHeadSelfAttentionFunction {
  const multiHead = (x: unknown, given: CrossAttentionOptions): AttentionResult => {
    engine.assertLive(api);
    const options = checkOptions<CrossAttentionOptions>(api, given);
    const heads = checkCount(api, "heads", options.heads, 1);
    checkBoolean(api, "causal", options.causal);
    return attendProjected(engine, api, x, undefined, { ...options, heads, ...(causal && { causal }) });
  };
  return multiHead as MultiHeadSelfAttentionFunction;
}

export const makeMultiHeadSelfAttention = (engine: Engine): MultiHeadSelfAttentionFunction =>
  makeMultiHead(engine, "multiHeadSelfAttention", false);

/** The decoder's: causal always. */
export const makeMaskedMultiHeadSelfAttention = (engine: Engine): MultiHeadSelfAttentionFunction =>
  makeMultiHead(engine, "maskedMultiHeadSelfAttention", true);

export function makeCrossAttention(engine: Engine): CrossAttentionFunction {
  const api = "crossAttention";
  const crossAttention = (x: unknown, memory: unknown, given?: CrossAttentionOptions): AttentionResult => {
    engine.assertLive(api);
    return attendProjected(engine, api, x, { memory }, checkOptions<CrossAttentionOptions>(api, given));
  };
  return crossAttention as CrossAttentionFunction;
}
