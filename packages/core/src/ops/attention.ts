// attention(): softmax(q·kᵀ·scale)·v over given keys and values, or over a cache.
import type { Engine } from "../engine/engine.ts";
import { wrongValue } from "../engine/errors.ts";
import { Frame } from "../engine/frame.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import { checkGroups, checkHeads, checkLayout, checkPair, type Heads } from "../plan/heads.ts";
import { axesOf, denseStrides } from "../plan/layout.ts";
import { checkLogits, checkResult, defaultScale } from "../plan/logits.ts";
import { checkSegments } from "../plan/segments.ts";
import { checkOut } from "../plan/tensors.ts";
import { checkOptions } from "../plan/values.ts";
import { shapeText } from "../shape.ts";
import type { AttentionFunction, AttentionOptions, AttentionResult, Layout } from "../types.ts";
import { requestAttend, runAttend, takeResult } from "./attend.ts";
import { type CachedTokens, cachedTokens } from "./cached.ts";

const API = "attention";

/** The output's shape for a query of this rank and layout. */
function outputShape(layout: Layout, rank: number, { B, H, L }: Heads, Dv: number): number[] {
  if (rank === 2) return [L, Dv];
  const inner = layout === "BHLD" ? [H, L, Dv] : [L, H, Dv];
  return rank === 4 ? [B, ...inner] : inner;
}

/** Keys and values: tensors of this call, or what a cache holds in wasm memory. */
interface Source extends Pick<AttentionPlan, "key" | "value" | "dtype" | "scales"> {
  readonly G: number;
  readonly S: number;
  readonly Dv: number;
  /** Key and value to be placed, or the addresses where they are. */
  readonly data: readonly [key: Heads, value: Heads] | undefined;
  readonly addresses: readonly [key: number, value: number];
  /** What align defaults to where L ≠ S. */
  readonly align: "bottom-right" | undefined;
}

function fromTensors(k: unknown, v: unknown, query: Heads, layout: Layout): Source {
  const key = checkHeads(API, "key", k, layout);
  const value = checkHeads(API, "value", v, layout);
  checkPair(API, query, key, value);
  return {
    G: key.H,
    S: key.L,
    Dv: value.D,
    key: key.strides,
    value: value.strides,
    dtype: "f32",
    scales: undefined,
    data: [key, value],
    addresses: [0, 0],
    align: undefined,
  };
}

function fromCache({ sizes, length, key, value, dtype, scales }: CachedTokens, query: Heads): Source {
  const { B, G, D, Dv } = sizes;
  if (query.rank < 3)
    throw wrongValue(API, "query", "have rank 4, or 3 with a cache of batch 1", shapeText([query.L, query.D]));
  if (query.B !== B) throw wrongValue(API, "query", `have batch size ${B}, like the cache`, `${query.B}`);
  if (query.D !== D) throw wrongValue(API, "query", `have head size ${D}, like the cache`, `${query.D}`);
  checkGroups(API, "cache", query.H, G);
  return {
    G,
    S: length,
    Dv,
    key: key.strides,
    value: value.strides,
    dtype,
    scales,
    data: undefined,
    addresses: [key.address, value.address],
    align: "bottom-right",
  };
}

export function makeAttention(engine: Engine): AttentionFunction {
  const attention = (q: unknown, second: unknown, third?: unknown, fourth?: unknown): AttentionResult => {
    engine.assertLive(API);
    const tokens = cachedTokens(API, engine, second);
    const options = checkOptions<AttentionOptions>(API, (tokens ? third : fourth) as AttentionOptions | undefined);
    const layout = checkLayout(API, options.layout);
    const query = checkHeads(API, "query", q, layout);
    const source = tokens ? fromCache(tokens, query) : fromTensors(second, third, query, layout);
    const { rank, B, H, L, D } = query;
    const { G, S, Dv, data } = source;
    const sizes = { B, H, G, L, S, D, Dv };
    const axes = axesOf(rank);
    if (tokens && options.segments !== undefined)
      throw wrongValue(API, "segments", "be absent with a cache", options.segments);
    const segments = checkSegments(API, options.segments, sizes);
    const logits = checkLogits(API, options, sizes, axes, { scale: defaultScale(D), align: source.align, segments });
    const result = checkResult(API, options, H);
    const length = B * H * L * Dv;
    const out = checkOut(API, options.out, length, [
      query.data,
      data?.[0].data,
      data?.[1].data,
      logits.mask?.data,
      logits.bias?.data,
    ]);

    const plan: AttentionPlan = {
      sizes,
      axes,
      logits,
      result,
      query: query.strides,
      key: source.key,
      value: source.value,
      output: denseStrides(layout, H, L, Dv),
      dtype: source.dtype,
      scales: source.scales,
      segments,
      maskedValue: Number.NEGATIVE_INFINITY,
    };
    const frame = new Frame(engine.memory, API);
    const from = frame.input("query", query);
    const keys = data && frame.input("key", data[0]);
    const values = data && frame.input("value", data[1]);
    const output = frame.output(length, out);
    const slots = requestAttend(engine, frame, plan);
    frame.open();

    const [key, value] = data ? [frame.at(keys), frame.at(values)] : source.addresses;
    runAttend(engine, frame, plan, slots, frame.at(from), key, value, frame.at(output));

    return takeResult(frame, plan, slots, frame.result(output, outputShape(layout, rank, query, Dv), out));
  };
  return attention as AttentionFunction;
}
