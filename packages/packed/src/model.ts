// A tiny model that every runtime computes in variant "simd": the same bits are expected everywhere.
import { createAttention } from "@attn/core";
import { createModel, type Decoder, readSafetensors, type WeightDtype } from "@attn/nn";
import type { Result } from "./cases.ts";
import { tinyLlama } from "./tiny.ts";

const { config, weights } = tinyLlama(40);
const prompt = [1, 17, 3, 22, 39, 8];
const dtypes: readonly WeightDtype[] = ["f32", "f16", "int8"];

/** A module with `result`: the model's logits after a prompt, in each type of weights, and a text. */
export const modelModule: string = `import { createAttention } from "@attn/core";
import { createModel, readSafetensors } from "@attn/nn";
const weights = readSafetensors(Uint8Array.from(atob("${Buffer.from(weights).toString("base64")}"), (x) => x.charCodeAt(0)));
const prompt = ${JSON.stringify(prompt)};
const engine = createAttention({ variant: "simd" });
let first;
const outputs = ${JSON.stringify(dtypes)}.map((dtype) => {
  const model = createModel(${JSON.stringify(config)}, weights, { dtype, engine });
  const logits = Array.from(model.logits(prompt).data);
  first ??= globalThis.performance?.now() ?? NaN;
  return [...logits, ...model.generate(prompt, { maximumTokens: 12, stop: [], temperature: 1, seed: 1 })];
});
export const result = { model: true, variant: engine.variant, first, outputs };
`;

/** What is wrong with its numbers; undefined where each bit is as it is here. */
export function modelDisagreement({ outputs }: Result): string | undefined {
  const engine = createAttention({ variant: "simd" });
  try {
    for (const [i, dtype] of dtypes.entries()) {
      const model = createModel(config, readSafetensors(weights), { dtype, engine }) as Decoder;
      const text = model.generate(prompt, { maximumTokens: 12, stop: [], temperature: 1, seed: 1 });
      const expected = [...model.logits(prompt).data, ...text];
      const got = outputs[i] ?? [];
      const at = expected.findIndex((x, j) => !Object.is(x, got[j]));
      if (at >= 0 || got.length !== expected.length)
        return `a model in ${dtype}: number ${at} must be ${expected[at]}, to the bit, got ${got[at]}`;
    }
    return undefined;
  } finally {
    engine.dispose();
  }
}
