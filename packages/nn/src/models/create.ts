// A model out of a config and weights, at once or as they arrive.
import { type Attention, createAttention } from "@attn/core";
import { checkOptions, wrongChoice, wrongKind } from "@attn/core/engine";
import { Kernel } from "../engine/kernel.ts";
import { checkDtype } from "../engine/packed.ts";
import type { LoadOptions, Model, ModelConfig, ModelOptions, StateDict, WeightSource } from "../types.ts";
import { readSources } from "../weights/sources.ts";
import type { Architecture, Stack } from "./architecture.ts";
import { DecoderModel } from "./decoder.ts";
import { EncoderModel } from "./encoder.ts";
import { EncoderDecoderModel } from "./encoder-decoder.ts";
import { readConfig } from "./families.ts";
import { StackAt } from "./forward.ts";
import { HeadAt } from "./head.ts";
import type { Loaded } from "./model.ts";
import { Parameters } from "./parameters.ts";
import type { Decoding } from "./sequence.ts";

/** A model whose parameters are still to come. */
interface Begun extends Omit<Loaded, "stacks"> {
  readonly architecture: Architecture;
  readonly cacheDtype: Decoding["cacheDtype"];
  readonly abandon: () => void;
}

function begin(api: string, config: ModelConfig, given: ModelOptions | undefined): Begun {
  const options = checkOptions<ModelOptions>(api, given);
  const architecture = readConfig(api, config);
  const dtype = options.dtype === "auto" ? "auto" : checkDtype(api, options.dtype, 'be "f32", "f16", "int8" or "auto"');
  const { cacheDtype = "f32" } = options;
  if (cacheDtype !== "f32" && cacheDtype !== "f16" && cacheDtype !== "int8")
    throw wrongChoice(api, "cacheDtype", 'be "f32", "f16" or "int8"', cacheDtype);
  const { maximumBytes } = options;
  if (options.engine && maximumBytes !== undefined)
    throw wrongKind(api, "maximumBytes", "be absent beside an engine, which has its own", maximumBytes);
  const own: Attention | undefined = options.engine ? undefined : createAttention({ maximumBytes });
  const kernel = Kernel.of(api, options.engine ?? own);
  const parameters = new Parameters(api, kernel, architecture, dtype);
  const abandon = (): void => (own ? own.dispose() : parameters.release());
  return { config: structuredClone(config), kernel, parameters, own, architecture, cacheDtype, abandon };
}

function finish(begun: Begun): Model {
  const { kernel, parameters, architecture, cacheDtype } = begun;
  const placed = parameters.finish();
  const at = (stack: Stack) => new StackAt(kernel, stack, placed);
  if (architecture.kind === "encoder") {
    const stack = at(architecture.encoder);
    return new EncoderModel({ ...begun, stacks: [stack] }, stack);
  }
  const { generation } = architecture;
  const head = new HeadAt(kernel, architecture.head, generation, placed);
  const decoder = at(architecture.decoder);
  if (architecture.kind === "decoder")
    return new DecoderModel({ ...begun, stacks: [decoder] }, decoder, head, generation, cacheDtype);
  const encoder = at(architecture.encoder);
  return new EncoderDecoderModel(
    { ...begun, stacks: [encoder, decoder] },
    encoder,
    decoder,
    head,
    generation,
    cacheDtype,
  );
}

export function createModel(config: ModelConfig, weights: StateDict, options?: ModelOptions): Model {
  const api = "createModel";
  if (!(weights instanceof Map) && typeof (weights as { entries?: unknown } | undefined)?.entries !== "function")
    throw wrongKind(api, "weights", "be a Map of tensors, as readSafetensors gives", weights);
  const begun = begin(api, config, options);
  try {
    begun.parameters.read(weights);
    return finish(begun);
  } catch (error) {
    begun.abandon();
    throw error;
  }
}

export async function loadModel(
  config: ModelConfig,
  weights: WeightSource | readonly WeightSource[],
  options?: LoadOptions,
): Promise<Model> {
  const api = "loadModel";
  const begun = begin(api, config, options);
  try {
    await readSources(api, "weights", weights, begun.parameters, options);
    return finish(begun);
  } catch (error) {
    begun.abandon();
    throw error;
  }
}
