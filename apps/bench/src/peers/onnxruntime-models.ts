// ONNX Runtime on linear layers and BERT, f32 and dynamically quantised ("q8"). Weights are the graphs' own: packed when a
// session is made. Several texts are padded to the longest, as a batch is elsewhere, or run one by one.
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { encoders, type WeightDtype } from "../models.ts";
import { type AttentionForm, encoderModel, linearModel } from "../onnx-models.ts";
import type { EmbedInputs, EmbedWorkload, Inputs, LinearInputs, LoadWorkload, ModelWorkload } from "../workloads.ts";
import type { Runtime } from "./onnxruntime.ts";
import { notCompared, type Runner, type Strategy } from "./peer.ts";

const forms: readonly AttentionForm[] = ["MultiHeadAttention", "MatMul, Softmax"];
const dtypes: readonly WeightDtype[] = ["f32", "int8"];

const resultOf = (result: unknown): Float32Array => (result as { Y: OrtTensor }).Y.data as Float32Array;

async function linear(runtime: Runtime, { x, weight }: LinearInputs, dtype: WeightDtype): Promise<Runner> {
  const session = await runtime.createSession(linearModel(x.shape[0] as number, weight, dtype));
  const feeds = { X: new runtime.Tensor("float32", x.data, [...x.shape]) };
  return { run: () => session.run(feeds), output: resultOf, dispose: () => session.release() };
}

/** Texts of one length, or padded to it with id 0. */
function feedsOf(
  { Tensor }: Runtime,
  texts: readonly (readonly number[])[],
  padded: boolean,
): Record<string, OrtTensor> {
  const [B, L] = [texts.length, Math.max(...texts.map(({ length }) => length))];
  const ids = new BigInt64Array(B * L);
  const mask = new Float32Array(B * L);
  for (const [b, text] of texts.entries())
    for (const [t, id] of text.entries()) {
      ids[b * L + t] = BigInt(id);
      mask[b * L + t] = 1;
    }
  return {
    ids: new Tensor("int64", ids, [B, L]),
    positions: new Tensor(
      "int64",
      BigInt64Array.from({ length: L }, (_, t) => BigInt(t)),
      [L],
    ),
    ...(padded && { mask: new Tensor("float32", mask, [B, L]) }),
  };
}

function embedTogether(
  runtime: Runtime,
  session: InferenceSession,
  texts: EmbedInputs["texts"],
  padded: boolean,
): Runner {
  const feeds = feedsOf(runtime, texts, padded);
  return { run: () => session.run(feeds), output: resultOf, dispose: () => session.release() };
}

function embedOneByOne(runtime: Runtime, session: InferenceSession, texts: EmbedInputs["texts"]): Runner {
  const feeds = texts.map((text) => feedsOf(runtime, [text], false));
  return {
    run: async () => {
      const results: Float32Array[] = [];
      for (const each of feeds) results.push(resultOf(await session.run(each)));
      return results;
    },
    output: (results) => Float32Array.from((results as Float32Array[]).flatMap((vector) => [...vector])),
    dispose: () => session.release(),
  };
}

function embedStrategies(workload: EmbedWorkload, load: () => Promise<Runtime>): Strategy[] {
  const shape = encoders[workload.model];
  const one = workload.lengths.length === 1;
  const strategy = (dtype: WeightDtype, form: AttentionForm, way?: "padded" | "one by one"): Strategy => ({
    name: form,
    mode: way ? `${dtype}, ${way}` : dtype,
    ...(dtype === "int8" && { quantized: true }),
    prepare: async (_, inputs) => {
      const { checkpoint, texts } = inputs as EmbedInputs;
      const runtime = await load();
      const padded = way === "padded";
      const session = await runtime.createSession(encoderModel(checkpoint, shape, { dtype, form, padded }));
      return way === "one by one"
        ? embedOneByOne(runtime, session, texts)
        : embedTogether(runtime, session, texts, padded);
    },
  });
  return dtypes.flatMap((dtype) =>
    forms.flatMap((form) =>
      one ? [strategy(dtype, form)] : [strategy(dtype, form, "padded"), strategy(dtype, form, "one by one")],
    ),
  );
}

function loadStrategy({ model, stored }: LoadWorkload, load: () => Promise<Runtime>): Strategy {
  return {
    name: "",
    mode: "bytes",
    ...(stored === "int8" && { quantized: true }),
    file: (inputs) =>
      encoderModel((inputs as EmbedInputs).checkpoint, encoders[model], {
        dtype: stored,
        form: "MultiHeadAttention",
        padded: false,
      }),
    prepare: async (_, inputs, file) => {
      const runtime = await load();
      return embedTogether(runtime, await runtime.createSession(file), (inputs as EmbedInputs).texts, false);
    },
  };
}

export function modelStrategies(workload: ModelWorkload, load: () => Promise<Runtime>): Strategy[] | string {
  if (workload.kind === "embed") return embedStrategies(workload, load);
  if (workload.kind === "load") return [loadStrategy(workload, load)];
  if (workload.kind !== "linear") return notCompared;
  return dtypes.map((dtype) => ({
    name: dtype === "f32" ? "MatMul" : "MatMulInteger",
    mode: dtype,
    ...(dtype === "int8" && { quantized: true }),
    prepare: async (_: ModelWorkload, inputs: Inputs) => linear(await load(), inputs as LinearInputs, dtype),
  }));
}
