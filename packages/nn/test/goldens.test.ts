// Models with goldens, made by others or by independent float64 code: once by the float64 reference, so that what an Architecture
// says is right before any kernel runs it, and once in wasm memory. The models are no part of this repository: ATTN_MODELS names
// their folder; without it nothing is tested.
import { existsSync, readdirSync } from "node:fs";
import { readSafetensors, type StateDict } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { searchBeams } from "../src/decoding/beams.ts";
import { createSampler, Filter, penalize, type SamplingOptions } from "../src/decoding/sampling.ts";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { ComparedModel } from "./compared.ts";
import { hasModels, models, readModelFile, readModelJson } from "./files.ts";
import { type Matrix, ReferenceModel } from "./reference.ts";

/** Goldens have seven digits; float32 may lose 1e-5. A wrong gelu or eps is off by 2e-4. */
const by = [
  { name: "float64", Model: ReferenceModel, tolerance: 1e-6 },
  { name: "wasm", Model: ComparedModel, tolerance: 1e-5 },
] as const;

type Tested = ReferenceModel | ComparedModel;
type Nested = number | readonly Nested[];
interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const flatten = (x: unknown): number[] => {
  if (typeof x === "number") return [x];
  if (x instanceof Float64Array || x instanceof Float32Array) return [...x];
  if (Array.isArray(x)) return x.flatMap(flatten);
  return [...(x as Golden).data];
};

describe.each(by)("models with goldens, $name", ({ Model, tolerance }) => {
  function expectClose(got: unknown, golden: Nested | Golden | Float32Array | undefined, name: string): void {
    const [a, b] = [flatten(got), flatten(golden)];
    expect(a.length, name).toBe(b.length);
    const scale = b.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
    const worst = a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);
    expect(worst / scale, name).toBeLessThanOrEqual(tolerance);
  }

  const filesOf = (folder: string, names?: readonly string[]): StateDict[] =>
    (
      names ??
      readdirSync(new URL(folder, models)).filter(
        (name) => name.endsWith(".safetensors") && name !== "partials.safetensors",
      )
    ).map((name) => readSafetensors(readModelFile(`${folder}${name}`)));
  const load = (folder: string, changes: { config?: string; files?: readonly string[] } = {}): Tested =>
    new Model(readModelJson(`${folder}${changes.config ?? "config.json"}`), filesOf(folder, changes.files));
  const foldersOf = (folder: string): string[] =>
    hasModels
      ? readdirSync(new URL(folder, models)).filter((name) =>
          existsSync(new URL(`${folder}${name}/goldens.json`, models)),
        )
      : [];

  /** Tokens that a decoder begins with: a prompt, or the start of a text about a source. */
  interface Begun {
    readonly model: Tested;
    readonly prompt: readonly number[];
    readonly memory?: Matrix | undefined;
  }
  const begin = (model: Tested, given: { prompt?: readonly number[]; source?: readonly number[] }): Begun => {
    if (given.prompt) return { model, prompt: given.prompt };
    const { architecture } = model;
    if (architecture.kind !== "encoder-decoder") throw new Error("no source");
    return {
      model,
      prompt: [architecture.generation.start as number],
      memory: model.encode(given.source as number[]).output,
    };
  };
  const lastLogits = ({ model, memory }: Begun, tokens: readonly number[]): Float32Array =>
    Float32Array.from(model.logits(tokens, memory).at(-1) as Float64Array);

  /** That the sampler takes these tokens, one after the other, and then a stop where it is said. */
  function expectText(
    begun: Begun,
    tokens: readonly number[],
    options: SamplingOptions,
    stops?: readonly number[],
  ): void {
    const all = [...begun.prompt, ...tokens];
    const logits = begun.model.logits(all, begun.memory);
    const sample = createSampler("generate", options);
    const suppressed = suppressedBy(begun.model);
    const take = (length: number): number => {
      const row = Float32Array.from(logits[length - 1] as Float64Array);
      for (const id of suppressed) row[id] = Number.NEGATIVE_INFINITY;
      return sample(row, all.slice(0, length));
    };
    expect(tokens.map((_, i) => take(begun.prompt.length + i))).toEqual(tokens);
    if (stops) expect(stops).toContain(take(all.length));
  }
  const suppressedBy = ({ architecture }: Tested): readonly number[] =>
    architecture.kind === "encoder" ? [] : architecture.generation.suppressed;
  const stopsOf = ({ architecture }: Tested): readonly number[] =>
    architecture.kind === "encoder" ? [] : architecture.generation.stop;

  /** Probabilities [V] after the filters. */
  function distribution(begun: Begun, { repetitionPenalty = 1, ...options }: SamplingOptions): Float64Array {
    const logits = lastLogits(begun, begun.prompt);
    penalize(logits, begun.prompt, repetitionPenalty);
    const filter = new Filter("generate", logits.length);
    const total = filter.run(logits, options);
    return filter.weights.map((x) => x / total);
  }

  interface BeamCase {
    readonly beams: number;
    readonly lengthPenalty: number;
    readonly maximumTokens: number;
  }
  function search(begun: Begun, options: BeamCase) {
    let live: (readonly number[])[] = [begun.prompt];
    const stop = stopsOf(begun.model);
    return searchBeams(
      "search",
      lastLogits(begun, begun.prompt),
      (parents, tokens) => {
        live = parents.map((parent, i) => [...(live[parent] as number[]), tokens[i] as number]);
        return Float32Array.from(live.flatMap((tokens) => [...lastLogits(begun, tokens)]));
      },
      { ...options, stop, suppressed: suppressedBy(begun.model) },
    );
  }

  describe.runIf(hasModels)("families", () => {
    interface Goldens {
      readonly kind: string;
      readonly headMask?: number[][];
      readonly sequences: {
        ids: number[];
        tokenTypes?: number[];
        output: Nested;
        outputHeadMasked: Nested;
        weightsFirst?: Nested;
        weightsLast?: Nested;
        hidden1?: Nested;
      }[];
      readonly prompt?: number[];
      readonly source?: number[];
      readonly logits: Nested;
      readonly weightsLast?: Nested;
      readonly lastLogitsHeadMasked?: Nested;
      readonly memory: Nested;
      readonly target: number[];
      readonly crossLast: Nested;
      readonly greedy?: number[];
      readonly greedyStopped?: boolean;
      readonly "greedyPenalty1.3"?: number[];
      readonly sampling?: { options: SamplingOptions; probabilities: number[] }[];
      readonly beams3?: { maximumTokens: number; lengthPenalty: number; best: number[]; score: number };
    }
    const goldens = (name: string) => readModelJson<Goldens>(`families/${name}/goldens.json`);

    it.each(foldersOf("families/"))("%s", (name) => {
      const model = load(`families/${name}/`);
      const golden = goldens(name);
      const { headMask } = golden;
      if (golden.kind === "encoder") {
        for (const { ids, tokenTypes: types, ...expected } of golden.sequences) {
          const pass = model.encode(ids, { types });
          expectClose(pass.output, expected.output, "output");
          expectClose(model.encode(ids, { types, headMask }).output, expected.outputHeadMasked, "outputHeadMasked");
          if (!expected.hidden1) continue;
          expectClose(pass.self[0], expected.weightsFirst, "weightsFirst");
          expectClose(pass.self.at(-1), expected.weightsLast, "weightsLast");
          expectClose(pass.hidden[1], expected.hidden1, "hidden1");
        }
        return;
      }
      const { prompt } = golden;
      if (prompt) {
        const pass = model.decode(prompt);
        expectClose(model.project(pass.output), golden.logits, "logits");
        if (golden.weightsLast) expectClose(pass.self.at(-1), golden.weightsLast, "weightsLast");
        if (headMask)
          expectClose(
            model.logits(prompt, undefined, { headMask }).at(-1),
            golden.lastLogitsHeadMasked,
            "lastLogitsHeadMasked",
          );
      } else {
        const memory = model.encode(golden.source as number[]).output;
        expectClose(memory, golden.memory, "memory");
        const pass = model.decode(golden.target, memory);
        expectClose(model.project(pass.output), golden.logits, "logits");
        expectClose(pass.cross.at(-1), golden.crossLast, "crossLast");
      }
      const begun = begin(model, golden);
      if (golden.greedy) expectText(begun, golden.greedy, {}, golden.greedyStopped ? stopsOf(model) : undefined);
      const penalised = golden["greedyPenalty1.3"];
      if (penalised) expectText(begun, penalised, { repetitionPenalty: 1.3 });
      for (const { options, probabilities } of golden.sampling ?? [])
        expectClose(distribution(begun, options), probabilities, JSON.stringify(options));
      if (golden.beams3) {
        const [best] = search(begun, { beams: 3, ...golden.beams3 });
        expect(best?.tokens).toEqual(golden.beams3.best);
        expectClose([best?.score], [golden.beams3.score], "score");
      }
    });
  });

  describe.runIf(hasModels)("more families", () => {
    interface Text {
      readonly prompt?: number[];
      readonly source?: number[];
      readonly tokens: number[];
      readonly repetitionPenalty?: number;
    }
    interface Masked {
      readonly mask: number[][];
      readonly sequence?: number;
      readonly output: Golden;
    }
    interface Goldens {
      readonly batch?: number[][];
      readonly tokenTypes?: number[][];
      readonly output: Golden[];
      readonly hidden: { sequence: number; states: Golden[] };
      readonly weights: { sequence: number; layers: Record<string, Golden> };
      readonly headMask: Masked & { fractional?: Masked; lastLogits: Golden; encoderOutput: Golden };
      readonly withoutTokenTypes?: { sequence: number; output: Golden };
      readonly prompt?: number[];
      readonly source?: number[];
      readonly target: number[];
      readonly logits: Golden;
      readonly encoderOutput: Golden;
      readonly encoderWeights: { layers: Record<string, Golden> };
      readonly selfWeights: Golden;
      readonly crossWeights: Golden;
      readonly long: { source: number[]; target: number[]; encoderOutput: Golden; lastLogits: Golden };
      readonly greedy?: Text;
      readonly greedyPenalty?: Text;
      readonly stop?: Text;
      readonly sampling?: {
        prompt?: number[];
        source?: number[];
        cases: { options: SamplingOptions; kept: number[]; probabilities: number[] }[];
      };
      readonly beams?: {
        cases: { source: number[]; options: BeamCase; results: { tokens: number[]; score: number }[] }[];
      };
    }

    function expectGoldens(model: Tested, golden: Goldens): void {
      const { headMask } = golden;
      if (golden.batch) {
        const types = (i: number) => golden.tokenTypes?.[i];
        for (const [i, ids] of golden.batch.entries())
          expectClose(model.encode(ids, { types: types(i) }).output, golden.output[i], `output ${i}`);
        const ids = golden.batch[1] as number[];
        const pass = model.encode(ids, { types: types(1) });
        expect([golden.hidden.sequence, golden.weights.sequence, headMask.sequence]).toEqual([1, 1, 1]);
        for (const [n, state] of golden.hidden.states.entries()) expectClose(pass.hidden[n], state, `hidden ${n}`);
        for (const [n, weights] of Object.entries(golden.weights.layers))
          expectClose(pass.self[Number(n)], weights, `weights ${n}`);
        for (const { mask, output } of [headMask, headMask.fractional as Masked])
          expectClose(model.encode(ids, { types: types(1), headMask: mask }).output, output, "head mask");
        if (golden.withoutTokenTypes)
          expectClose(model.encode(ids).output, golden.withoutTokenTypes.output, "without token types");
        return;
      }
      if (golden.prompt) {
        const pass = model.decode(golden.prompt);
        expectClose(model.project(pass.output), golden.logits, "logits");
        for (const [n, weights] of Object.entries(golden.weights.layers))
          expectClose(pass.self[Number(n)], weights, `weights ${n}`);
        const masked = model.logits(golden.prompt, undefined, { headMask: headMask.mask });
        expectClose(masked.at(-1), headMask.lastLogits, "head mask");
      } else {
        const { source = [], target, long } = golden;
        const encoded = model.encode(source);
        expectClose(encoded.output, golden.encoderOutput, "encoderOutput");
        for (const [n, weights] of Object.entries(golden.encoderWeights.layers))
          expectClose(encoded.self[Number(n)], weights, `encoder weights ${n}`);
        expectClose(model.encode(source, { headMask: headMask.mask }).output, headMask.encoderOutput, "head mask");
        const pass = model.decode(target, encoded.output);
        expectClose(model.project(pass.output), golden.logits, "logits");
        expectClose(pass.self[0], golden.selfWeights, "selfWeights");
        expectClose(pass.cross.at(-1), golden.crossWeights, "crossWeights");
        const memory = model.encode(long.source).output;
        expectClose(memory, long.encoderOutput, "long encoderOutput");
        expectClose(model.logits(long.target, memory).at(-1), long.lastLogits, "long lastLogits");
      }
      const { greedy, greedyPenalty, stop, sampling, beams } = golden;
      if (greedy) expectText(begin(model, greedy), greedy.tokens, {});
      if (greedyPenalty) expectText(begin(model, greedyPenalty), greedyPenalty.tokens, greedyPenalty);
      if (stop) expectText(begin(model, stop), stop.tokens, {}, stopsOf(model));
      if (sampling) {
        const begun = begin(model, sampling);
        for (const { options, kept, probabilities } of sampling.cases) {
          const got = distribution(begun, options);
          const name = JSON.stringify(options);
          expect(
            [...got.keys()].filter((id) => (got[id] as number) > 0),
            name,
          ).toEqual(kept);
          expectClose(
            kept.map((id) => got[id] as number),
            probabilities,
            name,
          );
        }
      }
      for (const { source, options, results } of beams?.cases ?? []) {
        const got = search(begin(model, { source }), options);
        expect(got.map(({ tokens }) => tokens)).toEqual(results.map(({ tokens }) => tokens));
        expectClose(
          got.map(({ score }) => score),
          results.map(({ score }) => score),
          JSON.stringify(options),
        );
      }
    }

    it.each(foldersOf("families-more/"))("%s", (name) =>
      expectGoldens(load(`families-more/${name}/`), readModelJson(`families-more/${name}/goldens.json`)),
    );

    interface Variant {
      readonly name: string;
      readonly files: string[];
      readonly config: string;
      readonly goldens: string;
    }
    interface Fault {
      readonly file: string;
      readonly config: string;
      readonly names: string[];
    }
    const { variants, faults } = hasModels
      ? readModelJson<{ variants: Variant[]; faults: Fault[] }>("families-more/variants.json")
      : { variants: [], faults: [] };
    it("has its variants", () => expect([variants.length, faults.length]).toEqual([12, 1]));

    it.each(variants.map((x) => [x.name, x] as const))("%s", (name, { config, files, goldens }) => {
      const folder = `families-more/variants/${name}/`;
      expectGoldens(load(folder, { config, files }), readModelJson(folder + goldens));
    });

    it.each(faults)("$file names all that is wrong", ({ file, config, names }) => {
      const make = () => new Model(readModelJson(`families-more/${config}`), filesOf("families-more/", [file]));
      expect(make).toThrow(`got ${names.length} tensors that do not`);
      for (const name of names) expect(make).toThrow(name);
    });

    interface Switched {
      readonly model: string;
      readonly set: Record<string, unknown>;
      readonly drop: string[];
      readonly expect: "right" | "refused" | "right or refused";
      readonly note: string;
      readonly tokens?: number[];
      readonly source: number[];
      readonly target: number[];
      readonly output?: Golden;
      readonly logits?: Golden;
    }
    const cases = hasModels ? readModelJson<{ cases: Switched[] }>("families-more/configs.json").cases : [];
    it("has other switches", () => expect(cases.length).toBe(45));
    it.each(cases.map((x) => [`${x.model}: ${x.note}`, x] as const))(
      "%s",
      (_, { model: name, set, drop, tokens, ...x }) => {
        const folder = `families-more/${name}/`;
        const config: Record<string, unknown> = { ...readModelJson<object>(`${folder}config.json`), ...set };
        for (const key of drop) delete config[key];
        const make = () => new Model(config, filesOf(folder));
        if (x.expect === "refused") {
          expect(make).toThrow(/^createModel: "(config|weights)/);
          return;
        }
        let model: Tested;
        try {
          model = make();
        } catch (error) {
          expect([x.expect, (error as Error).message]).toEqual([
            "right or refused",
            expect.stringMatching(/^createModel: "config/),
          ]);
          return;
        }
        if (x.output) expectClose(model.encode(tokens as number[]).output, x.output, "output");
        else
          expectClose(
            (tokens ? model.logits(tokens) : model.logits(x.target, model.encode(x.source).output)).at(-1),
            x.logits,
            "logits",
          );
      },
    );
  });

  describe.runIf(hasModels)("stories260K", () => {
    interface Goldens {
      readonly story: { ids: number[] };
      readonly logits: { positions: number[] };
      readonly prompts: { ids: number[]; continuation: number[] }[];
    }
    it.each([
      ["stories260K", ""],
      ["stories260K-f32-sharded", ""],
      ["stories260K-f16", "f16."],
      ["stories260K-bf16", "bf16."],
    ])("%s has these logits", (folder, copy) => {
      const { story, logits } = readModelJson<Goldens>("goldens/stories260K.json");
      const rows = toFloat32({ dtype: "F32", bytes: readModelFile(`goldens/stories260K.${copy}logits.f32`) });
      const got = load(`${folder}/`).logits(story.ids.slice(0, 201));
      for (const [i, position] of logits.positions.entries())
        expectClose(got[position], rows.subarray(512 * i, 512 * (i + 1)), `position ${position}`);
    });

    it("tells its story, and goes on from prompts", () => {
      const { story, prompts } = readModelJson<Goldens>("goldens/stories260K.json");
      const model = load("stories260K/");
      expectText({ model, prompt: [1] }, story.ids.slice(1), {});
      for (const { ids, continuation } of prompts) expectText({ model, prompt: ids }, continuation, {});
    });
  });

  describe.runIf(hasModels)("aren-transliteration", () => {
    interface Word {
      readonly ids: number[];
      readonly target: string;
      readonly lastLogits: number[];
      readonly crossLastLayerHead0: Nested;
    }
    const words = hasModels ? readModelJson<Word[]>("goldens/aren-transliteration.json") : [];
    it.each(words)("$target", ({ ids, target, lastLogits, crossLastLayerHead0 }) => {
      const model = load("aren-transliteration/");
      const letters = readModelJson<string[]>("aren-transliteration/target_vocabulary.json");
      const begun = begin(model, { source: ids });
      const tokens = [...target].map((letter) => letters.indexOf(letter));
      expectText(begun, tokens, {}, stopsOf(model));
      const pass = model.decode([...begun.prompt, ...tokens], begun.memory);
      expectClose(model.project(pass.output).at(-1), lastLogits, "lastLogits");
      expectClose(pass.cross.at(-1)?.[0], crossLastLayerHead0, "cross");
    });
  });

  describe.runIf(hasModels)("gpt-nano-sort", () => {
    it.each([0, 1, 2])("has these intermediates, sequence %d", (n) => {
      const model = load("gpt-nano-sort/");
      const partials = readSafetensors(readModelFile("gpt-nano-sort/partials.safetensors"));
      const partial = (name: string): Float32Array => {
        const tensor = partials.get(name);
        if (!tensor) throw new Error(`there is no ${name}`);
        const all = toFloat32(tensor);
        return all.subarray((n * all.length) / 3, ((n + 1) * all.length) / 3);
      };
      const pass = model.decode(partial("idx"));
      expectClose(pass.hidden[0], partial("x"), "x");
      expectClose(pass.self[0], partial("attSm"), "attSm");
      for (const i of [0, 1]) expectClose(pass.hidden[i + 1], partial(`block${i}`), `block${i}`);
      expectClose(pass.hidden.at(-1), partial("ln_f"), "ln_f");
      expectClose(model.project(pass.output), partial("lm_head"), "lm_head");
    });
  });

  describe.runIf(hasModels)("samplers", () => {
    interface Sampler {
      readonly note: string;
      readonly logits: Golden;
      readonly tokens: number[];
      readonly options: SamplingOptions;
      readonly probabilities: Golden;
    }
    const samplers = hasModels ? readModelJson<{ samplers: Sampler[] }>("families-more/layers.json").samplers : [];
    it("are there", () => expect(samplers.length).toBe(13));
    it.each(samplers)("$note", ({ logits, tokens, options, probabilities }) => {
      const given = Float32Array.from(logits.data);
      penalize(given, tokens, options.repetitionPenalty ?? 1);
      const filter = new Filter("generate", given.length);
      const total = filter.run(given, options);
      expectClose(
        filter.weights.map((x) => x / total),
        probabilities,
        "probabilities",
      );
      expect([...filter.weights].map((x) => x > 0)).toEqual(probabilities.data.map((x) => x > 0));
    });
  });
});
