// attention(): softmax(q·kᵀ·scale)·v over given keys and values, or over a cache.
import { type Attend, requestAttend, resultTensor, runAttend, takeResult } from "./attend.ts";
import { type AttachedCache, attachedCache } from "./cache.ts";
import {
  axesOf,
  checkGroups,
  checkHeads,
  checkLayout,
  checkPair,
  denseStrides,
  type Heads,
  type Strides,
} from "./check/heads.ts";
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

/** Where keys and values come from: tensors of this call, or a cache in wasm memory. */
interface Source {
  readonly G: number;
  readonly S: number;
  readonly Dv: number;
  readonly key: Strides;
  readonly value: Strides;
  readonly stored: Attend["stored"];
  /** Key and value to be placed, or the addresses where they are. */
  readonly data: readonly [key: Float32Array, value: Float32Array] | undefined;
  readonly addresses: readonly [key: number, value: number];
  /** What align defaults to where L ≠ S. */
  readonly align: { readonly align?: "bottom-right" };
}

function tensors(k: unknown, v: unknown, query: Heads, layout: Layout): Source {
  const { rank } = query;
  const key = checkHeads(API, "key", k, layout);
  const value = checkHeads(API, "value", v, layout);
  if (key.rank !== rank) throw wrongValue(API, "key", `of rank ${rank} as query`, `rank ${key.rank}`);
  if (value.rank !== rank) throw wrongValue(API, "value", `of rank ${rank} as query`, `rank ${value.rank}`);
  checkPair(API, query, key, value);
  return {
    G: key.H,
    S: key.L,
    Dv: value.D,
    key: key.strides,
    value: value.strides,
    stored: undefined,
    data: [key.data, value.data],
    addresses: [0, 0],
    align: {},
  };
}

function tokens(cache: AttachedCache, query: Heads): Source {
  const { B, G, D, Dv } = cache.sizes;
  if (query.rank < 3)
    throw wrongValue(API, "query", "of rank 4, or 3 with a cache of batch 1", shapeText([query.L, query.D]));
  if (query.B !== B) throw wrongValue(API, "query", `of batch ${B} as the cache`, `${query.B}`);
  if (query.D !== D) throw wrongValue(API, "query", `of head size ${D} as the cache`, `${query.D}`);
  checkGroups(API, "cache", query.H, G);
  return {
    G,
    S: cache.length,
    Dv,
    key: cache.strides.key,
    value: cache.strides.value,
    stored: cache.strides.stored,
    data: undefined,
    addresses: [cache.key, cache.value],
    align: { align: "bottom-right" },
  };
}

export function makeAttention(engine: Engine): AttentionFunction {
  const attention = (q: unknown, second: unknown, third?: unknown, fourth?: unknown): AttentionResult => {
    engine.assertLive(API);
    const cache = attachedCache(API, engine, second);
    const options = checkOptions<AttentionOptions>(API, (cache ? third : fourth) as AttentionOptions | undefined);
    const layout = checkLayout(API, options.layout);
    const query = checkHeads(API, "query", q, layout);
    const source = cache ? tokens(cache, query) : tensors(second, third, query, layout);
    const { rank, B, H, L, D } = query;
    const { G, S, Dv, data } = source;
    const sizes = { B, H, G, L, S, D, Dv };
    const axes = axesOf(rank);
    const logits = checkLogits(API, options, sizes, axes, { scale: defaultScale(D), ...source.align });
    const result = checkResult(API, options, H);
    const length = B * H * L * Dv;
    const out = checkOut(API, options.out, length, [
      query.data,
      data?.[0],
      data?.[1],
      logits.mask?.data,
      logits.bias?.data,
    ]);

    const call: Attend = {
      sizes,
      axes,
      logits,
      result,
      query: query.strides,
      key: source.key,
      value: source.value,
      stored: source.stored,
      output: denseStrides(layout, H, L, Dv),
    };
    const frame = new Frame(engine.memory, API);
    const from = frame.input("query", query.data);
    const keys = data && frame.input("key", data[0]);
    const values = data && frame.input("value", data[1]);
    const output = frame.output(length, out);
    const slots = requestAttend(engine, frame, call);
    frame.open();

    const [key, value] = data ? [frame.at(keys), frame.at(values)] : source.addresses;
    runAttend(engine, frame, call, slots, frame.at(from), key, value, frame.at(output));

    const taken = frame.take(output, length, out);
    return takeResult(frame, call, slots, resultTensor(taken, outputShape(layout, rank, query, Dv), options.out));
  };
  return attention as AttentionFunction;
}
