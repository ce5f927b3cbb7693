// scores(): the dot products before any softmax.
import { type Attend, requestAttend, runAttend } from "./attend.ts";
import { axesOf, checkHeads, checkLayout, checkPair, withAxes } from "./check/heads.ts";
import { checkLogits, checkMaskedValue } from "./check/logits.ts";
import { checkOptions } from "./check/values.ts";
import type { Engine } from "./engine.ts";
import { wrongValue } from "./errors.ts";
import { Frame } from "./frame.ts";
import type { ScoresFunction, ScoresOptions, Tensor } from "./types.ts";

const API = "scores";
const NONE = { batch: 0, head: 0, token: 0 };

export function makeScores(engine: Engine): ScoresFunction {
  return (q, k, given): Tensor => {
    engine.assertLive(API);
    const options = checkOptions<ScoresOptions>(API, given);
    const layout = checkLayout(API, options.layout);
    const query = checkHeads(API, "query", q, layout);
    const key = checkHeads(API, "key", k, layout);
    const { rank } = query;
    if (key.rank !== rank) throw wrongValue(API, "key", `of rank ${rank} as query`, `rank ${key.rank}`);
    checkPair(API, query, key, undefined);
    const { B, H, L, D } = query;
    const sizes = { B, H, G: key.H, L, S: key.L, D, Dv: 0 };
    const axes = axesOf(rank);
    const logits = checkLogits(API, options, sizes, axes, { scale: 1 });
    const maskedValue = checkMaskedValue(API, options.maskedValue);

    const call: Attend = {
      sizes,
      axes,
      logits,
      result: { sinks: undefined, weights: "none", scores: true, lse: false },
      query: query.strides,
      key: key.strides,
      value: NONE,
      stored: undefined,
      output: NONE,
      maskedValue,
    };
    const frame = new Frame(engine.memory, API);
    const inputs = [frame.input("query", query.data), frame.input("key", key.data)] as const;
    const slots = requestAttend(engine, frame, call);
    frame.open();

    runAttend(engine, frame, call, slots, frame.at(inputs[0]), frame.at(inputs[1]), 0, 0);

    return { data: frame.take(slots.scores as number, B * H * L * key.L), shape: withAxes(axes, B, H, L, key.L) };
  };
}
