// What a user's project imports; compiled under the settings that projects have, not run.
import {
  createModel,
  type Decoder,
  type Encoder,
  type LoadOptions,
  loadModel,
  type Model,
  type ModelConfig,
  quantize,
  readSafetensors,
  type StateDict,
  type StoredTensor,
  type Tokens,
  writeSafetensors,
} from "@attn/nn";

const config: ModelConfig = { model_type: "bert", hidden_size: 12 };
const weights: StateDict = readSafetensors(new Uint8Array(8));
export const model: Model = createModel(config, weights, { dtype: "int8", maximumBytes: 2 ** 20 });
export const options: LoadOptions = { onProgress: ({ loadedBytes, totalBytes }) => void [loadedBytes, totalBytes] };
export const loaded: Promise<Model> = loadModel(config, ["a.safetensors", new ArrayBuffer(8)], options);
export const vectors: Float32Array = (model as Encoder).embed([[1, 2], Int32Array.of(3)], { pooling: "cls" }).data;
export function* text(decoder: Decoder, prompt: Tokens): Generator<number> {
  yield* decoder.generate(prompt, { temperature: 0.7, seed: 1 });
}
const { values, scales }: { values: StoredTensor; scales: StoredTensor } = quantize([[1, 2]]);
export const bytes: Uint8Array = writeSafetensors(
  new Map([
    ["w", values],
    ["w.scale", scales],
  ] as const),
);
model.dispose();
