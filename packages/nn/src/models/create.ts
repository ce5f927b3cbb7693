// A model out of a config and weights, at once or as they arrive.
import { checkOptions, createEngine, wrongChoice, wrongKind } from "@attn/core/engine";
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
  const own = options.engine === undefined ? createEngine(api, { maximumBytes }) : undefined;
  const kernel = own ? Kernel.on(api, own) : Kernel.of(api, options.engine);
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

/**
 * A model out of a config.json of Hugging Face and weights that are in memory, at once.
 *
 * Names of tensors may have or lack the family's usual prefix; weights may be F32, F16, BF16, F64, or I8 with a tensor of scales
 * [rows] named name + ".scale". Tensors that files of the family carry beside what is needed are passed over. The weights are
 * copied: nothing of `weights` is needed afterwards.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { createModel, readSafetensors } from "@attn/nn";
 *
 * const config = JSON.parse(await readFile("config.json", "utf8"));
 * using model = createModel(config, readSafetensors(await readFile("model.safetensors")), { dtype: "int8" });
 * // An encoder here: sequences of token ids in, one vector for each out.
 * if (model.kind !== "encoder") throw new Error("the config says otherwise");
 * const vectors = model.embed([[2, 17, 8, 3], [2, 9, 3]], { pooling: "mean", normalize: true });
 * console.log(vectors.shape); // → [2, 384]
 * ```
 * @throws RangeError that names every tensor which is missing, unused or of another shape or type than the config says, in one
 * sentence; RangeError where a key of the config cannot be, contradicts another, or would change the result and is not known to
 * the family, or where memory does not suffice. TypeError for an argument of the wrong kind. Memory that was taken is given back.
 */
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

/**
 * A model out of a config.json and files of weights as they arrive, one behind the other: addresses, responses, streams or
 * bytes. Tensors go into wasm memory row by row, in the type that is asked for; a file is never in memory as a whole.
 *
 * An address is fetched as any other. In Node, a file on the disk is a stream:
 * `Readable.toWeb(createReadStream("model.safetensors"))`.
 *
 * @example
 * ```ts
 * import { type Encoder, loadModel } from "@attn/nn";
 *
 * const files = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main";
 * const config = await (await fetch(`${files}/config.json`)).json();
 * using model = (await loadModel(config, `${files}/model.safetensors`, { dtype: "int8" })) as Encoder;
 * console.log(model.embed([[2, 17, 8, 3]]).shape); // → [1, 384]
 * ```
 * @throws (rejects) as createModel; Error where an address does not answer, or answers with a page or anything but 2xx, and
 * what a stream itself fails with; RangeError where a file is not in the format, ends early, or has a tensor that another file has
 * too; the signal's reason when it aborts. What is still open is cancelled then, and memory given back.
 */
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
