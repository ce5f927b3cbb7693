// @attn/nn as its README has it: weights packed once, texts of any lengths packed together, files as they come.
import type { Attention } from "@attn/core";
import type { Decoder, Encoder, StateDict } from "@attn/nn";
import type { Checkpoint, WeightDtype } from "../models.ts";
import { safetensors } from "../models.ts";
import type {
  EmbedInputs,
  Inputs,
  LinearInputs,
  LoadWorkload,
  ModelWorkload,
  SentenceInputs,
  TokenInputs,
} from "../workloads.ts";
import { UseLite } from "./nn-use-lite.ts";
import { notCompared, type Peer, type Runner, type Strategy } from "./peer.ts";

type Nn = typeof import("@attn/nn");
type Variant = Attention["variant"];

const dataOf = (result: unknown): Float32Array => (result as { data: Float32Array }).data;

/** Tensors as a file has them. */
const stateOf = ({ tensors }: Checkpoint): StateDict =>
  new Map(
    [...tensors].map(([name, { data, shape }]) => [
      name,
      { dtype: "F32", shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) },
    ]),
  );

function embed(model: Encoder, { texts }: EmbedInputs): Runner {
  return { run: () => model.embed(texts, { normalize: true }), output: dataOf };
}

/** Appends the token and forgets it again, so that every step is the same. */
function nextToken(model: Decoder, { held, next }: TokenInputs): Runner {
  const sequence = model.start({ capacity: held.length + 1 });
  sequence.append(held);
  const run = () => {
    const logits = sequence.append(next);
    sequence.truncate(held.length);
    return logits;
  };
  return { run, output: dataOf, dispose: () => sequence.dispose() };
}

const variants: readonly Variant[] = ["relaxed", "simd"];
const dtypes: readonly WeightDtype[] = ["f32", "int8"];

/** `f32`, `f32 simd`, `int8`, `int8 simd`: relaxed SIMD is what a user gets where the runtime has it. */
const modeOf = (dtype: WeightDtype, variant: Variant): string => (variant === "simd" ? `${dtype} simd` : dtype);

function strategies(make: (nn: Nn, engine: Attention, inputs: Inputs, dtype: WeightDtype) => Runner): Strategy[] {
  return dtypes.flatMap((dtype) =>
    variants.map((variant) => ({
      name: "",
      mode: modeOf(dtype, variant),
      ...(dtype === "int8" && { quantized: true }),
      prepare: async (_: ModelWorkload, inputs: Inputs) => {
        const [{ createAttention }, nn] = await Promise.all([import("@attn/core"), import("@attn/nn")]);
        const engine = createAttention({ variant });
        const runner = make(nn, engine, inputs, dtype);
        return {
          ...runner,
          dispose: () => {
            runner.dispose?.();
            engine.dispose();
          },
        };
      },
    })),
  );
}

/** f32 alone: that is what its vectors were published with. */
const sentenceStrategies = (): Strategy[] =>
  strategies((nn, engine, inputs) => {
    const { weights, texts } = inputs as SentenceInputs;
    const model = new UseLite(nn, engine, weights);
    return { run: () => model.embed(texts), output: (result) => result as Float32Array };
  }).filter(({ quantized }) => !quantized);

/** Bytes as a network brings them. */
const PIECE = 65536;

function streamOf(file: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      // What comes from elsewhere takes turns of the event loop, in which others may look.
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(file.slice(at, at + PIECE));
      at += PIECE;
      if (at >= file.length) controller.close();
    },
  });
}

function loadStrategies({ stored }: LoadWorkload): Strategy[] {
  const strategy = (
    mode: string,
    dtype: WeightDtype,
    source: (file: Uint8Array) => Parameters<Nn["loadModel"]>[1],
  ): Strategy => ({
    name: "",
    mode,
    ...(dtype === "int8" && { quantized: true }),
    file: (inputs) => safetensors((inputs as EmbedInputs).checkpoint, stored),
    prepare: async (_, inputs, file) => {
      const { loadModel } = await import("@attn/nn");
      const { checkpoint, texts } = inputs as EmbedInputs;
      const model = (await loadModel(checkpoint.config, source(file), { dtype })) as Encoder;
      return { ...embed(model, { checkpoint, texts }), dispose: () => model.dispose() };
    },
  });
  return [
    strategy("bytes", stored, (file) => file),
    ...dtypes.map((dtype) => strategy(`stream as ${dtype}`, dtype, streamOf)),
  ];
}

export const peer: Peer = {
  name: "@attn/nn",
  strategies(workload) {
    if (workload.kind === "embed")
      return strategies(({ createModel }, engine, inputs, dtype) => {
        const { checkpoint } = inputs as EmbedInputs;
        const model = createModel(checkpoint.config, stateOf(checkpoint), { engine, dtype }) as Encoder;
        return embed(model, inputs as EmbedInputs);
      });
    if (workload.kind === "token")
      return strategies(({ createModel }, engine, inputs, dtype) => {
        const { checkpoint } = inputs as TokenInputs;
        const model = createModel(checkpoint.config, stateOf(checkpoint), { engine, dtype }) as Decoder;
        return nextToken(model, inputs as TokenInputs);
      });
    if (workload.kind === "linear")
      return strategies(({ createWeight, linear }, engine, inputs, dtype) => {
        const { x, weight } = inputs as LinearInputs;
        const parameters = { weight: createWeight(weight, { engine, dtype }) };
        return { run: () => linear(x, parameters), output: dataOf };
      });
    if (workload.kind === "sentences") return sentenceStrategies();
    if (workload.kind === "load") return loadStrategies(workload);
    return notCompared;
  },
};
