// scores(): the logits alone, against the float64 reference, and what hidden ones read as. That they are those of
// attention() is invariants.test.ts's matter.
import { createRandom, logitTolerance, referenceScores, type ScoresReferenceOptions } from "@attn/conformance";
import type { Attention, ScoresOptions, Tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { nested, swapHeads } from "./arrays.ts";
import { engines, expectSame, randomMask } from "./helpers.ts";

type Options = Omit<ScoresOptions, "mask" | "bias"> & { mask?: ReturnType<typeof randomMask>; bias?: Tensor };

function expectScores(engine: Attention, query: Tensor, key: Tensor, options: Options = {}): void {
  const expected = referenceScores(query, key, options as ScoresReferenceOptions);
  const allowed = { rtol: logitTolerance(expected.logitTerms, 1), scale: expected.sensitivity };
  expectSame("scores", engine.scores(query, key, options), expected, allowed);
}

describe.each(engines)("scores, %s", (_, engine) => {
  it("are the dot products: scale 1 unless it is said", () => {
    const query = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    expect(
      engine.scores(query, [
        [1, 0],
        [0, 1],
        [10, 100],
      ]).data,
    ).toEqual(Float32Array.of(1, 2, 210, 3, 4, 430));
    expect(engine.scores(query, query, { scale: 0.5 }).data).toEqual(Float32Array.of(2.5, 5.5, 5.5, 12.5));
  });

  it("rows, keys and sizes across tiles and blocks", () => {
    const random = createRandom(1);
    for (const L of [1, 3, 4, 5, 6, 7, 13, 97]) {
      for (const [S, D] of [
        [1, 7],
        [8, 1],
        [9, 4],
        [257, 8],
        [33, 65],
        [7, 257],
      ] as const)
        expectScores(engine, random.tensor([L, D]), random.tensor([S, D]));
    }
  });

  it("ranks, batches, grouped heads and layouts", () => {
    const random = createRandom(2);
    for (const [H, G, L] of [
      [1, 1, 5],
      [4, 2, 1],
      [6, 1, 9],
    ] as const) {
      const [query, key] = [random.tensor([2, H, L, 8]), random.tensor([2, G, 20, 8])];
      expectScores(engine, query, key);
      expectScores(engine, swapHeads(query), swapHeads(key), { layout: "BLHD" });
      expectScores(engine, random.tensor([H, L, 8]), random.tensor([G, 20, 8]));
    }
  });

  it("every option, with hidden scores as -Infinity, 0 or any number", () => {
    const random = createRandom(3);
    const [B, H, S] = [2, 2, 300];
    for (const L of [1, 2, 7]) {
      const [query, key] = [random.tensor([B, H, L, 8]), random.tensor([B, H, S, 8])];
      const bias = random.tensor([H, L, S]);
      const cases: Options[] = [
        { scale: -2 },
        { softcap: 3 },
        { causal: true, align: 270 },
        { causal: true, align: "top-left" },
        { causal: true, align: -1 },
        { window: { left: 3, right: 1 }, align: 250 },
        { mask: randomMask(random, [B, H, L, S], 0.5) },
        { mask: randomMask(random, [L, 1], 0.5) },
        { bias },
        { bias: { data: bias.data.map((x) => (x > 0 ? -Infinity : x)), shape: bias.shape } },
        { alibi: true, align: "bottom-right" },
        { keyLengths: [0, 257] },
        { keyLengths: [290, 3], causal: true, align: "bottom-right", softcap: 2, bias },
      ];
      for (const options of cases) {
        for (const maskedValue of [undefined, 0, -1e9, Number.NaN, Infinity])
          expectScores(engine, query, key, { ...options, maskedValue });
      }
    }
  });

  it("NaN in hidden keys reaches nothing, in the others their scores", () => {
    const random = createRandom(4);
    for (const L of [1, 9]) {
      const [query, key] = [random.tensor([L, 6]), random.tensor([40, 6])];
      key.data.fill(Number.NaN, 30 * 6);
      for (const options of [{ keyLengths: [30] }, { causal: true, align: 29 - L }, {}] as Options[])
        for (const maskedValue of [-Infinity, 0]) expectScores(engine, query, key, { ...options, maskedValue });
    }
  });

  it("nested arrays, wasm memory and sizes of zero", () => {
    const random = createRandom(5);
    const [query, key] = [random.tensor([2, 3, 4]), random.tensor([2, 5, 4])];
    const wanted = engine.scores(query, key);
    expect(engine.scores(nested(query), nested(key))).toEqual(wanted);
    using inside = engine.empty(query.shape);
    inside.data.set(query.data);
    expect(engine.scores(inside, key)).toEqual(wanted);
    for (const [L, S, D] of [
      [0, 3, 2],
      [3, 0, 2],
      [3, 3, 0],
      [0, 0, 0],
    ] as const)
      expectScores(engine, random.tensor([L, D]), random.tensor([S, D]), { causal: true, align: 0, maskedValue: 0 });
  });
});
