// attention(): softmax(q·kᵀ·scale)·v over given keys and values, or over a cache.
import { type Attend, denseStrides, requestAttend, resultTensor, runAttend, stridesOf, takeResult } from "./attend.ts";
import { type AttachedCache, attachedCache } from "./cache.ts";
import { axesOf, checkGroups, checkHeads, checkLayout, checkPair, type Heads } from "./check/heads.ts";
import { checkLogits, checkResult, defaultScale } from "./check/logits.ts";
import { checkOut } from "./check/tensors.ts";
import { checkOptions } from "./check/values.ts";
import type { Engine } from "./engine.ts";
import { shapeText, wrongValue } from "./errors.ts";
import { Frame } from "./frame.ts";
import type { AttentionFunction, AttentionOptions, AttentionResult, Layout } from "./types.ts";

const API = "attention";

/** The output's shape for a query of this rank and layout. */
function outputShape(layout: Layout, rank: number, { B, H, L }: Heads, Dv: number): number[] {
  if (rank === 2) return [L, Dv];
  const inner = layout === "BHLD" ? [H, L, Dv] : [L, H, Dv];
  return rank === 4 ? [B, ...inner] : inner;
}

function attendKeys(
  engine: Engine,
  q: unknown,
  k: unknown,
  v: unknown,
  given: AttentionOptions | undefined,
): AttentionResult {
  const options = checkOptions<AttentionOptions>(API, given);
  const layout = checkLayout(API, options.layout);
  const { heads: query, rank } = checkHeads(API, "query", q, layout);
  const { heads: key, rank: keyRank } = checkHeads(API, "key", k, layout);
  const { heads: value, rank: valueRank } = checkHeads(API, "value", v, layout);
  if (keyRank !== rank) throw wrongValue(API, "key", `of rank ${rank} as query`, `rank ${keyRank}`);
  if (valueRank !== rank) throw wrongValue(API, "value", `of rank ${rank} as query`, `rank ${valueRank}`);
  checkPair(API, query, key, value);
  const { B, H, L, D } = query;
  const sizes = { B, H, G: key.H, L, S: key.L, D, Dv: value.D };
  const axes = axesOf(rank);
  const logits = checkLogits(API, options, sizes, axes, { scale: defaultScale(D) });
  const result = checkResult(API, options, H);
  const length = B * H * L * value.D;
  const out = checkOut(API, options.out, length, [
    query.data,
    key.data,
    value.data,
    logits.mask?.data,
    logits.bias?.data,
  ]);

  const call: Attend = {
    sizes,
    axes,
    logits,
    result,
    query: stridesOf(query),
    key: stridesOf(key),
    value: stridesOf(value),
    output: denseStrides(layout, H, L, value.D),
  };
  const frame = new Frame(engine.memory, API);
  const inputs = [
    frame.input("query", query.data),
    frame.input("key", key.data),
    frame.input("value", value.data),
  ] as const;
  const output = frame.output(length, out);
  const slots = requestAttend(engine, frame, call);
  frame.open();

  runAttend(
    engine,
    frame,
    call,
    slots,
    frame.at(inputs[0]),
    frame.at(inputs[1]),
    frame.at(inputs[2]),
    frame.at(output),
  );

  const data = frame.take(output, length, out);
  return takeResult(frame, call, slots, resultTensor(data, outputShape(layout, rank, query, value.D), options.out));
}

function attendCache(
  engine: Engine,
  q: unknown,
  cache: AttachedCache,
  given: AttentionOptions | undefined,
): AttentionResult {
  const options = checkOptions<AttentionOptions>(API, given);
  const layout = checkLayout(API, options.layout);
  const { heads: query, rank } = checkHeads(API, "query", q, layout);
  const { B, G, D, Dv } = cache.sizes;
  if (rank < 3)
    throw wrongValue(API, "query", "of rank 4, or 3 with a cache of batch 1", shapeText([query.L, query.D]));
  if (query.B !== B) throw wrongValue(API, "query", `of batch ${B} as the cache`, `${query.B}`);
  if (query.D !== D) throw wrongValue(API, "query", `of head size ${D} as the cache`, `${query.D}`);
  const { H, L } = query;
  checkGroups(API, "cache", H, G);
  const sizes = { B, H, G, L, S: cache.length, D, Dv };
  const axes = axesOf(rank);
  const logits = checkLogits(API, options, sizes, axes, { scale: defaultScale(D), align: "bottom-right" });
  const result = checkResult(API, options, H);
  const length = B * H * L * Dv;
  const out = checkOut(API, options.out, length, [query.data, logits.mask?.data, logits.bias?.data]);

  const call: Attend = {
    sizes,
    axes,
    logits,
    result,
    query: stridesOf(query),
    ...cache.strides,
    output: denseStrides(layout, H, L, Dv),
  };
  const frame = new Frame(engine.memory, API);
  const input = frame.input("query", query.data);
  const output = frame.output(length, out);
  const slots = requestAttend(engine, frame, call);
  frame.open();

  runAttend(engine, frame, call, slots, frame.at(input), cache.key, cache.value, frame.at(output));

  const data = frame.take(output, length, out);
  return takeResult(frame, call, slots, resultTensor(data, outputShape(layout, rank, query, Dv), options.out));
}

export function makeAttention(engine: Engine): AttentionFunction {
  const attention = (query: unknown, second: unknown, third?: unknown, fourth?: unknown): AttentionResult => {
    engine.assertLive(API);
    const cache = attachedCache(API, engine, second);
    return cache
      ? attendCache(engine, query, cache, third as AttentionOptions | undefined)
      : attendKeys(engine, query, second, third, fourth as AttentionOptions | undefined);
  };
  return attention as AttentionFunction;
}
