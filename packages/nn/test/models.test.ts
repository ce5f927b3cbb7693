// Models in wasm memory against the float64 reference that the goldens hold: every family, in both variants, by every way that
// leads to the same numbers.
import { createRandom } from "@attn/conformance";
import { type Attention, createAttention, type Tensor } from "@attn/core";
import {
  createModel,
  type Decoder,
  type Encoder,
  type EncoderDecoder,
  type ModelConfig,
  type ModelOptions,
  quantize,
  type StateDict,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { ReferenceModel } from "./reference.ts";
import { tinyConfig, tinyConfigs, tinyWeights } from "./tiny.ts";

const engines = { simd: createAttention({ variant: "simd" }), relaxed: createAttention({ variant: "relaxed" }) };
const variants = ["simd", "relaxed"] as const;
const names = Object.keys(tinyConfigs);

type Rows = Iterable<Iterable<number>>;

/** Largest difference, over the largest number where that is above 1. */
function distance({ data }: Pick<Tensor, "data">, expected: Rows): number {
  const flat = [...expected].flatMap((row) => [...row]);
  expect(data.length).toBe(flat.length);
  const scale = flat.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  // A NaN is as far as can be.
  return (
    flat.reduce(
      (most, x, i) => Math.max(most, Math.abs(x - (data[i] as number)) || 0, Number.isNaN(data[i]) ? 1 : 0),
      0,
    ) / scale
  );
}
/** What float32 loses in a few layers; a wrong eps is 2e-4. */
const F32 = 1e-5;

interface Case {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: StateDict;
  readonly reference: ReferenceModel;
  /** Ids of a sequence that the side takes. */
  ids(side: "encoder" | "decoder", length: number): number[];
  create<M>(options?: ModelOptions): M;
}
function caseOf(name: string, engine: Attention | undefined, seed = 1): Case {
  const config = tinyConfig(name) as ModelConfig;
  const weights = tinyWeights(name, seed);
  const reference = new ReferenceModel(config, weights);
  const random = createRandom(seed + 7);
  return {
    name,
    config,
    weights,
    reference,
    ids(side, length) {
      const stack = (
        reference.architecture as unknown as Record<string, { embedding: { tokens: { shape: number[] } } }>
      )[side];
      return random.integers(length, 0, (stack?.embedding.tokens.shape[0] as number) - 1);
    },
    create: <M>(options: ModelOptions = {}) => createModel(config, weights, { engine, ...options }) as M,
  };
}
const kindOf = (name: string): string => new ReferenceModel(tinyConfig(name), tinyWeights(name)).architecture.kind;
const ofKind = (kind: string): string[] => names.filter((name) => kindOf(name) === kind);

describe.each(variants)("models, %s", (variant) => {
  const engine = engines[variant];

  describe.each(ofKind("encoder"))("%s", (name) => {
    const it_ = caseOf(name, engine);
    const model = it_.create<Encoder>();
    const { reference } = it_;
    const batch = [5, 1, 0, 17, 24].map((length) => it_.ids("encoder", length));

    it("encodes a packed batch as each text alone, with weights and hidden states of every layer", () => {
      const { output, weights, hidden } = model.encode(batch, { returnWeights: true, returnHidden: true });
      for (const [i, ids] of batch.entries()) {
        const pass = reference.encode(ids);
        expect(distance(output[i] as Tensor, pass.output)).toBeLessThan(F32);
        expect(hidden?.[i]?.length).toBe(pass.hidden.length);
        for (const [n, rows] of pass.hidden.entries())
          expect(distance(hidden?.[i]?.[n] as Tensor, rows)).toBeLessThan(F32);
        for (const [n, heads] of pass.self.entries()) {
          const got = weights?.[i]?.[n] as Tensor;
          expect(got.shape).toEqual([heads.length, ids.length, ids.length]);
          expect(distance(got, heads.flat())).toBeLessThan(F32);
        }
      }
    });

    it("gives a text the same bits whatever is in the batch beside it", () => {
      const { output } = model.encode(batch);
      for (const [i, ids] of batch.entries()) expect(model.encode([ids]).output[0]?.data).toEqual(output[i]?.data);
    });

    it("removes heads, and halves them", () => {
      const { blocks } = (
        reference.architecture as unknown as { encoder: { blocks: { attention: { heads: number } }[] } }
      ).encoder;
      const headMask = blocks.map(({ attention }, n) =>
        Array.from({ length: attention.heads }, (_, h) => ((n + h) % 3) / 2),
      );
      const { output } = model.encode(batch, { headMask });
      for (const [i, ids] of batch.entries())
        expect(distance(output[i] as Tensor, reference.encode(ids, { headMask }).output)).toBeLessThan(F32);
    });

    it("embeds by mean, first and last token, of length 1, cut before that", () => {
      const unit = (x: number[]) => x.map((value) => value / (Math.hypot(...x) || 1));
      const expected = (ids: number[], pooling: string, size: number): number[] => {
        const { output } = reference.encode(ids);
        if (ids.length === 0) return Array(size).fill(0);
        const mean = Array.from(
          { length: 12 },
          (_, e) => output.reduce((sum, row) => sum + (row[e] as number), 0) / ids.length,
        );
        const vector = pooling === "mean" ? mean : [...(output.at(pooling === "cls" ? 0 : -1) as Float64Array)];
        return vector.slice(0, size);
      };
      for (const pooling of ["mean", "cls", "last"] as const) {
        expect(
          distance(
            model.embed(batch, { pooling }),
            batch.map((ids) => expected(ids, pooling, 12)),
          ),
        ).toBeLessThan(F32);
        const cut = model.embed(batch, { pooling, dimensions: 4, normalize: true });
        expect(cut.shape).toEqual([batch.length, 4]);
        expect(
          distance(
            cut,
            batch.map((ids) => unit(expected(ids, pooling, 4))),
          ),
        ).toBeLessThan(F32);
      }
      expect(model.embed([]).shape).toEqual([0, 12]);
    });
  });

  describe.each(ofKind("decoder"))("%s", (name) => {
    const it_ = caseOf(name, engine);
    const model = it_.create<Decoder>();
    const { reference } = it_;
    const prompt = it_.ids("decoder", 19);

    it("gives logits at every position", () => {
      expect(distance(model.logits(prompt), reference.logits(prompt))).toBeLessThan(F32);
      expect(model.logits([]).data.length).toBe(0);
    });

    it.each([[[19]], [[1, 18]], [[7, 1, 1, 10]], [Array(19).fill(1)]])(
      "appends in chunks of %j",
      (chunks: number[]) => {
        using sequence = model.start({ returnWeights: true });
        const pass = reference.decode(prompt);
        const all = reference.project(pass.output);
        for (const chunk of chunks) {
          const start = sequence.length;
          const logits = sequence.append(chunk === 1 ? (prompt[start] as number) : prompt.slice(start, start + chunk));
          expect(distance(logits, [all[sequence.length - 1] as Float64Array])).toBeLessThan(F32);
          for (const [n, heads] of pass.self.entries()) {
            const rows = heads.flatMap((head) =>
              head.slice(start, start + chunk).map((row) => row.subarray(0, start + chunk)),
            );
            expect(distance(sequence.attentions?.self?.[n] as Tensor, rows)).toBeLessThan(F32);
          }
        }
      },
    );

    it("goes back, and removes heads", () => {
      const { blocks } = (
        reference.architecture as unknown as { decoder: { blocks: { attention: { heads: number } }[] } }
      ).decoder;
      const headMask = blocks.map(({ attention }) => Array.from({ length: attention.heads }, (_, h) => h % 2));
      using sequence = model.start({ headMask });
      sequence.append(prompt.slice(0, 12));
      sequence.truncate(5);
      const other = [...prompt.slice(0, 5), ...it_.ids("decoder", 3)];
      const logits = sequence.append(other.slice(5));
      expect(distance(logits, reference.logits(other, undefined, { headMask }).slice(-1))).toBeLessThan(F32);
    });

    it.each(["f16", "int8"] as const)("keeps its cache in %s, near the same", (cacheDtype) => {
      const near = it_.create<Decoder>({ cacheDtype });
      using sequence = near.start();
      const error = distance(sequence.append(prompt), reference.logits(prompt).slice(-1));
      expect(error).toBeLessThan(cacheDtype === "f16" ? 5e-3 : 0.1);
      expect(error).toBeGreaterThan(0);
      near.dispose();
    });
  });

  describe.each(ofKind("encoder-decoder"))("%s", (name) => {
    const it_ = caseOf(name, engine);
    const model = it_.create<EncoderDecoder>();
    const { reference } = it_;
    const source = it_.ids("encoder", 9);
    const target = it_.ids("decoder", 14);
    const memory = reference.encode(source).output;
    const start = (reference.architecture as { generation: { start: number } }).generation.start;

    it("encodes, gives logits at every position, and step by step with every attention", () => {
      const encoded = model.encode([source]).output[0] as Tensor;
      expect(distance(encoded, memory)).toBeLessThan(F32);
      const pass = reference.decode(target, memory);
      const all = reference.project(pass.output);
      expect(distance(model.logits(source, target), all)).toBeLessThan(F32);
      using sequence = model.start(encoded, { returnWeights: true });
      for (const [i, id] of target.entries()) {
        expect(distance(sequence.append(id), [all[i] as Float64Array])).toBeLessThan(F32);
        for (const [n, heads] of pass.cross.entries())
          expect(
            distance(
              sequence.attentions?.cross?.[n] as Tensor,
              heads.map((head) => head[i] as Float64Array),
            ),
          ).toBeLessThan(F32);
      }
    });

    it.each(["f16", "int8"] as const)(
      "keeps its caches in %s, near the same, and beside others in its memory",
      (cacheDtype) => {
        using near = it_.create<EncoderDecoder>({ cacheDtype });
        const other = engine.empty([64]);
        using sequence = near.start(model.encode([source]).output[0] as Tensor);
        const after = engine.empty([64]);
        const error = distance(sequence.append(target), reference.logits(target, memory).slice(-1));
        expect(error).toBeLessThan(cacheDtype === "f16" ? 5e-3 : 0.1);
        expect(error).toBeGreaterThan(0);
        expect(distance(near.logits(source, target), reference.logits(target, memory))).toBeLessThan(0.1);
        expect([...other.data, ...after.data].every((x) => x === 0)).toBe(true);
      },
    );

    it("searches: with one beam what generate gives, with more a score that is the sum of its log-probabilities", () => {
      const maximumTokens = 8;
      const greedy = [...model.generate(source, { maximumTokens, stop: [] })];
      expect(greedy.length).toBe(maximumTokens);
      const [one] = model.search(source, { beams: 1, maximumTokens, stop: [] });
      expect(one?.tokens).toEqual(greedy);
      const found = model.search(source, { beams: 4, maximumTokens, lengthPenalty: 0.7, stop: [3] });
      expect(found.length).toBe(4);
      for (const { tokens, score } of found) {
        const ended = tokens.length < maximumTokens;
        const texts = [start, ...tokens, ...(ended ? [3] : [])];
        const rows = reference.logits(texts.slice(0, -1), memory);
        const sum = rows.reduce((total, row, i) => {
          const most = Math.max(...row);
          return (
            total +
            (row[texts[i + 1] as number] as number) -
            most -
            Math.log(row.reduce((s, x) => s + Math.exp(x - most), 0))
          );
        }, 0);
        expect(score).toBeCloseTo(sum / rows.length ** 0.7, 4);
      }
      expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).toSorted((a, b) => b - a));
    });
  });

  it.each(names)("%s in f16 and int8 is near, and smaller", (name) => {
    const it_ = caseOf(name, engine);
    const side = kindOf(name) === "decoder" ? "decoder" : "encoder";
    const ids = it_.ids(side, 15);
    const run = (dtype: ModelOptions["dtype"]) => {
      const model = it_.create<Encoder | Decoder | EncoderDecoder>({ dtype });
      const { data } = model.kind === "decoder" ? model.logits(ids) : (model.encode([ids]).output[0] as Tensor);
      model.dispose();
      return { data, bytes: model.byteLength };
    };
    const f32 = run("f32");
    const cosine = (x: Float32Array): number => {
      const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
      return dot(x, f32.data) / Math.sqrt(dot(x, x) * dot(f32.data, f32.data));
    };
    const [f16, int8] = [run("f16"), run("int8")];
    expect(cosine(f16.data)).toBeGreaterThan(0.99999);
    expect(cosine(int8.data)).toBeGreaterThan(0.998);
    expect(f16.bytes).toBeLessThan(f32.bytes);
    expect(int8.bytes).toBeLessThan(f16.bytes);
  });
});

it.each(["f32", "f16", "int8"] as const)(
  "layers stored [in, out] in int8, with a scale for each input, in %s",
  (dtype) => {
    const [small, rounded] = [tinyWeights("gpt2"), tinyWeights("gpt2")];
    for (const [name, tensor] of tinyWeights("gpt2")) {
      if (!/c_(attn|proj|fc)\.weight$/.test(name)) continue;
      const { values, scales } = quantize({ data: toFloat32(tensor), shape: tensor.shape });
      small.set(name, values).set(`${name}.scale`, scales);
      const [data, scale] = [toFloat32(values), toFloat32(scales)];
      const K = tensor.shape[1] as number;
      const exact = data.map((x, i) => x * (scale[Math.floor(i / K)] as number));
      rounded.set(name, { dtype: "F32", shape: tensor.shape, bytes: new Uint8Array(exact.buffer) });
    }
    const logits = (weights: StateDict): Float32Array => {
      using model = createModel(tinyConfig("gpt2") as ModelConfig, weights, { dtype }) as Decoder;
      return model.logits([3, 1, 7]).data;
    };
    const expected = logits(rounded);
    expect(expected.every(Number.isFinite)).toBe(true);
    expect(logits(small)).toEqual(expected);
    // Scales that come behind the values, too.
    expect(logits(new Map([...small].toReversed()))).toEqual(expected);
  },
);
