// attention_f32 called as the bare export, as an embedder calls it: the argument block by its published offsets, inputs
// and outputs between guard bytes. What its options mean is tested through @attn/core.
import { acrossTile, attentionTolerance, compare, createRandom, referenceAttention } from "@attn/conformance";
import { fields, type KernelExports } from "@attn/kernel";
import { describe, expect, it } from "vitest";
import { Arena, variants } from "./arena.ts";

type Arguments = Partial<Record<Exclude<keyof typeof fields, "size">, number>>;
const FLOATS = new Set(["scale", "softcap", "maskedValue"]);

function call(arena: Arena, values: Arguments): void {
  const block = arena.put(new Int32Array(fields.size / 4));
  const view = new DataView(arena.memory.buffer, block);
  const write = (given: Arguments): void => {
    for (const [name, x] of Object.entries(given)) {
      const at = fields[name as keyof typeof fields];
      if (FLOATS.has(name)) view.setFloat32(at, x, true);
      else view.setInt32(at, x, true);
    }
  };
  write(values);
  const kernel: KernelExports = arena.kernel;
  const bytes = kernel.attention_f32_scratch(block) >>> 0;
  write({ scratch: arena.space(bytes) });
  kernel.attention_f32(block);
}

describe.each(variants)("attention_f32, %s", (variant) => {
  const arena = new Arena(variant);
  const random = createRandom(1);

  const attend = (H: number, G: number, L: number, S: number, D: number, Dv: number, causal: boolean): void => {
    arena.reset();
    const [query, key, value] = [random.tensor([H, L, D]), random.tensor([G, S, D]), random.tensor([G, S, Dv])];
    const at = {
      output: arena.space(4 * H * L * Dv),
      weights: arena.space(4 * H * L * S),
      scores: arena.space(4 * H * L * S),
      lse: arena.space(4 * H * L),
    };
    call(arena, {
      batch: 1,
      heads: H,
      keyValueHeads: G,
      queryLength: L,
      keyLength: S,
      headSize: D,
      valueSize: Dv,
      query: arena.put(query.data),
      queryHeadStride: L * D * 4,
      queryStride: D * 4,
      key: arena.put(key.data),
      keyHeadStride: S * D * 4,
      keyStride: D * 4,
      value: arena.put(value.data),
      valueHeadStride: S * Dv * 4,
      valueStride: Dv * 4,
      outputHeadStride: L * Dv * 4,
      outputStride: Dv * 4,
      scale: 0.25,
      left: -1,
      right: causal ? 0 : -1,
      maskedValue: -Infinity,
      ...at,
    });
    const expected = referenceAttention(query, key, value, { scale: 0.25, causal, align: 0 });
    const allowed = attentionTolerance(expected);
    expect(compare(arena.f32(at.output, H * L * Dv), expected.output.data, allowed.output), "output").toBeUndefined();
    expect(
      compare(arena.f32(at.weights, H * L * S), expected.weights.data, allowed.weights),
      "weights",
    ).toBeUndefined();
    expect(compare(arena.f32(at.scores, H * L * S), expected.scores.data, allowed.scores), "scores").toBeUndefined();
    expect(compare(arena.f32(at.lse, H * L), expected.lse.data, allowed.lse), "lse").toBeUndefined();
    arena.expectGuards();
  };

  it.each([...new Set([...acrossTile(4), ...acrossTile(6), 97])])("%i query rows", (L) => {
    for (const S of [1, 9, 70]) for (const causal of [false, true]) attend(2, 1, L, S, 8, 5, causal);
  });

  it.each([0, 1, 7, 8, 9, 255, 256, 257, 513, 2048, 2049, 4100])("%i keys", (S) => {
    for (const L of [1, 7]) for (const causal of [false, true]) attend(1, 1, L, S, 4, 9, causal);
  });

  it.each([0, 1, 3, 4, 5, 31, 32, 33, 255, 256, 257])("head sizes %i", (D) => {
    for (const L of [1, 7]) {
      attend(1, 1, L, 11, D, 6, false);
      attend(1, 1, L, 11, 6, D, false);
    }
  });
});
