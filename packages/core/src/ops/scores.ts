// scores(): the dot products before any softmax.
import type { Engine } from "../engine/engine.ts";
import { Frame } from "../engine/frame.ts";
import type { AttentionPlan } from "../plan/attention.ts";
import { checkHeads, checkLayout, checkPair } from "../plan/heads.ts";
import { axesOf, NO_STRIDES, withAxes } from "../plan/layout.ts";
import { checkLogits, checkMaskedValue } from "../plan/logits.ts";
import { checkOptions } from "../plan/values.ts";
import type { ScoresFunction, ScoresOptions, Tensor } from "../types.ts";
import { requestAttend, runAttend } from "./attend.ts";

const API = "scores";

export function makeScores(engine: Engine): ScoresFunction {
  return (q, k, given): Tensor => {
    engine.assertLive(API);
    const options = checkOptions<ScoresOptions>(API, given);
    const layout = checkLayout(API, options.layout);
    const query = checkHeads(API, "query", q, layout);
    const key = checkHeads(API, "key", k, layout);
    checkPair(API, query, key, undefined);
    const { rank, B, H, L, D } = query;
    const sizes = { B, H, G: key.H, L, S: key.L, D, Dv: 0 };
    const axes = axesOf(rank);
    const logits = checkLogits(API, options, sizes, axes, { scale: 1 });
    const maskedValue = checkMaskedValue(API, options.maskedValue);

    const plan: AttentionPlan = {
      sizes,
      axes,
      logits,
      result: { sinks: undefined, weights: "none", scores: true, lse: false },
      query: query.strides,
      key: key.strides,
      value: NO_STRIDES,
      output: NO_STRIDES,
      dtype: "f32",
      scales: undefined,
      segments: undefined,
      maskedValue,
    };
    const frame = new Frame(engine.memory, API);
    const inputs = [frame.input("query", query), frame.input("key", key)] as const;
    const slots = requestAttend(engine, frame, plan);
    frame.open();

    runAttend(engine, frame, plan, slots, frame.at(inputs[0]), frame.at(inputs[1]), 0, 0);

    return frame.result(slots.scores as number, withAxes(axes, B, H, L, key.L));
  };
}
