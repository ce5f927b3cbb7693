// The Universal Sentence Encoder lite as it is published: tfjs's own graph of it, on its wasm backend. Texts go in as a sparse
// matrix of token ids; inside they are padded to the longest.
import type * as tfjs from "@tensorflow/tfjs-core";
import { readModel } from "../use-lite.ts";
import type { SentenceInputs } from "../workloads.ts";
import type { Runner } from "./peer.ts";

export async function sentences(tf: typeof tfjs, { texts }: SentenceInputs): Promise<Runner> {
  const { loadGraphModel } = await import("@tensorflow/tfjs-converter");
  const model = await loadGraphModel({ load: async () => readModel() as tfjs.io.ModelArtifacts });
  const indices = tf.tensor2d(
    texts.flatMap((ids, i) => ids.map((_, t) => [i, t])),
    [texts.flat().length, 2],
    "int32",
  );
  const values = tf.tensor1d(texts.flat(), "int32");
  return {
    run: async () => {
      const result = (await model.executeAsync({ indices, values })) as tfjs.Tensor;
      const data = result.dataSync();
      result.dispose();
      return data;
    },
    output: (result) => result as Float32Array,
    dispose: () => {
      model.dispose();
    },
  };
}
