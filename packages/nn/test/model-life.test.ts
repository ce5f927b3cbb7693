// How models begin and end: loaded as bytes arrive, refused, disposed, what they hold in memory and give back.
import { createAttention } from "@attn/core";
import {
  createModel,
  createWeight,
  type Decoder,
  type Encoder,
  type EncoderDecoder,
  loadModel,
  type ModelConfig,
  quantize,
  type StoredTensor,
  type WeightSource,
  writeSafetensors,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { pieces } from "./files.ts";
import { tinyConfig, tinyConfigs, tinyWeights } from "./tiny.ts";

const names = Object.keys(tinyConfigs);
const configOf = (name: string) => tinyConfig(name) as ModelConfig;
const fileOf = (name: string): Uint8Array => writeSafetensors(tinyWeights(name));
const llama = (options = {}) => createModel(configOf("llama"), tinyWeights("llama"), options) as Decoder;

/** A body that sends these pieces, and then breaks off if it is to. */
const streamOf = (chunks: Iterable<Uint8Array>, breaks?: Error): ReadableStream<Uint8Array> => {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (!done) controller.enqueue(value);
      else if (breaks) controller.error(breaks);
      else controller.close();
    },
  });
};

describe("loadModel", () => {
  it.each(names)("gives %s the same bits as it has whole, in pieces of any size", async (name) => {
    const bytes = fileOf(name);
    const whole = createModel(configOf(name), tinyWeights(name));
    for (const dtype of ["f32", "int8"] as const) {
      for (const lengths of [[7], [1000, 3], [bytes.length]]) {
        const model = await loadModel(configOf(name), new Response(streamOf(pieces(bytes, ...lengths))), { dtype });
        expect(model.parameters).toBe(whole.parameters);
        if (dtype === "f32") {
          const run = (x: typeof model) =>
            x.kind === "decoder" ? x.logits([1, 2, 3]).data : (x as Encoder).encode([[1, 2, 3]]).output[0]?.data;
          expect(run(model)).toEqual(run(whole));
        }
        model.dispose();
      }
    }
    whole.dispose();
  });

  it("reads shards, tells how far it is, and stops when told to", async () => {
    const all = [...tinyWeights("bert")];
    const shards = [all.filter((_, i) => i % 2 === 0), all.filter((_, i) => i % 2 === 1)].map((part) =>
      writeSafetensors(new Map(part)),
    );
    const seen: number[] = [];
    const model = await loadModel(configOf("bert"), shards, {
      onProgress: ({ loadedBytes }) => void seen.push(loadedBytes),
    });
    expect(seen.at(-1)).toBe(shards.reduce((sum, { length }) => sum + length, 0));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    model.dispose();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(loadModel(configOf("bert"), shards as WeightSource[], { signal })).rejects.toThrow("enough");
  });

  it("gives its memory back where a stream breaks off, ends early or is another's", async () => {
    using engine = createAttention();
    const bytes = fileOf("gpt2");
    const half = bytes.subarray(0, bytes.length / 2);
    const load = (source: WeightSource, config = configOf("gpt2")) => loadModel(config, source, { engine });
    (await load(bytes)).dispose();
    const before = engine.byteLength;
    for (let i = 0; i < 20; i++) {
      await expect(load(streamOf([half], new Error("the line is cut")))).rejects.toThrow("the line is cut");
      await expect(load(streamOf([half]))).rejects.toThrow(/^loadModel: tensor ".*" must have .* and the file's end$/);
      await expect(load(fileOf("bert"))).rejects.toThrow(/^loadModel: "weights" must fit the config, got \d+ tensors/);
    }
    expect(engine.byteLength).toBe(before);
    const model = (await load(bytes)) as Decoder;
    expect(model.logits([1]).shape).toEqual([1, 19]);
  });
});

describe("memory", () => {
  it("of models that are disposed serves the next", () => {
    using engine = createAttention();
    let most = 0;
    for (let round = 0; round < 6; round++) {
      for (const name of names) {
        for (const dtype of ["f32", "f16", "int8"] as const) {
          const model = createModel(configOf(name), tinyWeights(name), { engine, dtype });
          if (model.kind === "decoder") {
            using sequence = model.start();
            sequence.append([1, 2]);
          }
          model.dispose();
        }
      }
      if (round === 1) most = engine.byteLength;
    }
    expect(engine.byteLength).toBe(most);
  });

  it("does not grow while texts are generated, whichever way they end", () => {
    using engine = createAttention();
    const model = llama({ engine });
    const translator = createModel(configOf("t5"), tinyWeights("t5"), { engine }) as EncoderDecoder;
    const once = (): void => {
      for (const _ of model.generate([1], { stop: [] })) break;
      const endless = model.generate([1, 2], { stop: [] });
      endless.next();
      endless.return();
      expect(() => {
        for (const _ of model.generate([1], {
          stop: [],
          processLogits: () => {
            throw new Error("no");
          },
        }))
          break;
      }).toThrow("no");
      for (const _ of translator.generate([1, 2, 3], { maximumTokens: 5, stop: [] }));
      translator.search([1, 2], { beams: 3, maximumTokens: 4 });
    };
    once();
    const before = engine.byteLength;
    for (let i = 0; i < 200; i++) once();
    expect(engine.byteLength).toBe(before);
  });

  it("does not grow over ten thousand steps of one sequence", () => {
    using engine = createAttention();
    using sequence = llama({ engine }).start({ capacity: 24 });
    sequence.append([1, 2, 3]);
    const before = engine.byteLength;
    for (let i = 0; i < 10_000; i++) {
      sequence.append(i % 19);
      if (sequence.length === 24) sequence.truncate(3);
    }
    expect(engine.byteLength).toBe(before);
  });

  it("is refused before anything is half done where there is too little", () => {
    expect(() => llama({ maximumBytes: 65536 })).not.toThrow();
    const big = { ...configOf("llama"), vocab_size: 40000 };
    const weights = new Map(tinyWeights("llama"));
    const table = { dtype: "F32", shape: [40000, 12], bytes: new Uint8Array(40000 * 48) } as const;
    weights.set("model.embed_tokens.weight", table).set("lm_head.weight", table);
    expect(() => createModel(big, weights, { maximumBytes: 2 ** 20 })).toThrow(RangeError);
    using engine = createAttention({ maximumBytes: 2 ** 20 });
    expect(() => createModel(big, weights, { engine })).toThrow(/^createModel: /);
    expect(createModel(configOf("llama"), tinyWeights("llama"), { engine }).kind).toBe("decoder");
  });

  it('in "auto" is what the file has its matrices in', async () => {
    /** The matrices of llama in another type; the rest stays F32. */
    const as = (dtype: "F32" | "F16" | "BF16" | "F64" | "I8"): Map<string, StoredTensor> => {
      const tensors = new Map<string, StoredTensor>();
      for (const [name, tensor] of tinyWeights("llama")) {
        if (tensor.shape.length === 1 || dtype === "F32") tensors.set(name, tensor);
        else if (dtype === "I8") {
          const { values, scales } = quantize({ data: toFloat32(tensor), shape: tensor.shape });
          tensors.set(name, values).set(`${name}.scale`, scales);
        } else {
          const size = toFloat32(tensor).length * (dtype === "F64" ? 8 : 2);
          tensors.set(name, { ...tensor, dtype, bytes: new Uint8Array(size) });
        }
      }
      return tensors;
    };
    const bytesIn = Object.fromEntries(
      (["f32", "f16", "int8"] as const).map((dtype) => [dtype, llama({ dtype }).byteLength]),
    );
    for (const [stored, dtype] of [
      ["F32", "f32"],
      ["F64", "f32"],
      ["F16", "f16"],
      ["BF16", "f16"],
      ["I8", "int8"],
    ] as const) {
      const weights = as(stored);
      // Shards, the first of which has no matrix.
      const vectors = [...weights].filter(([, { shape }]) => shape.length === 1);
      const rest = [...weights].filter(([, { shape }]) => shape.length > 1);
      const shards = [vectors, rest].map((part) => writeSafetensors(new Map(part)));
      for (const model of [
        createModel(configOf("llama"), weights, { dtype: "auto" }),
        await loadModel(configOf("llama"), shards, { dtype: "auto" }),
      ])
        expect([stored, model.byteLength]).toEqual([stored, bytesIn[dtype]]);
    }
  });

  it("counts parameters and bytes", () => {
    const model = llama();
    const numbers = [...tinyWeights("llama").values()].reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    expect(model.parameters).toBe(numbers);
    expect(model.byteLength).toBeGreaterThanOrEqual(4 * numbers);
  });
});

describe("a sequence that a text goes on with", () => {
  const prompt = [3, 1, 4, 1, 5, 9, 2, 6];
  const options = { maximumTokens: 9, temperature: 0.8, seed: 3, repetitionPenalty: 1.3, stop: [] };
  const model = llama();
  const expected = [...model.generate(prompt, options)];

  it.each([[1], [3], [7]])("gives the text of the whole prompt, %d tokens of which were there", (held) => {
    using sequence = model.start({ capacity: 20 });
    sequence.append(prompt.slice(0, held));
    expect([...model.generate(prompt.slice(held), { ...options, sequence })]).toEqual(expected);
    // All but the last token generated.
    expect(sequence.length).toBe(prompt.length + expected.length - 1);
  });

  it("stays open, goes back, and counts what it holds for the penalty", () => {
    using sequence = model.start({ capacity: 20 });
    sequence.append(prompt.slice(0, -1));
    for (let round = 0; round < 3; round++) {
      for (const _ of model.generate([6], { ...options, sequence })) break;
      sequence.truncate(prompt.length - 1);
      expect([...model.generate([6], { ...options, sequence })]).toEqual(expected);
      sequence.truncate(prompt.length - 1);
    }
  });

  it("ends where its capacity does", () => {
    using sequence = model.start({ capacity: 5 });
    sequence.append([1, 2]);
    expect([...model.generate([3], { sequence, stop: [] })].length).toBe(3);
    expect(sequence.length).toBe(5);
    expect(() => model.generate([3], { sequence })).toThrow(
      'generate: "prompt" must have at most 0 tokens, what is left of capacity 5, got 1',
    );
  });
});

describe("what is refused", () => {
  const model = llama();
  const bert = createModel(configOf("bert"), tinyWeights("bert")) as Encoder;
  const t5 = createModel(configOf("t5"), tinyWeights("t5")) as EncoderDecoder;
  const rows: readonly [string, () => unknown, ErrorConstructor, string][] = [
    [
      "a token past the vocabulary",
      () => model.logits([1, 19]),
      RangeError,
      'logits: "tokens[1]" must be an integer from 0 to 18, a token of this vocabulary, got 19',
    ],
    [
      "a negative token",
      () => model.logits([-1]),
      RangeError,
      'logits: "tokens[0]" must be an integer from 0 to 18, a token of this vocabulary, got -1',
    ],
    [
      "a fraction",
      () => bert.encode([[1], [0.5]]),
      RangeError,
      'encode: "batch[1][0]" must be an integer from 0 to 18, a token of this vocabulary, got 0.5',
    ],
    [
      "a bigint",
      () => model.logits([1n as never]),
      TypeError,
      'logits: "tokens[0]" must be a number (Number(id) makes one of a bigint), got 1n',
    ],
    [
      "a text",
      () => model.logits("text" as never),
      TypeError,
      'logits: "tokens" must be a list of token ids, got "text"',
    ],
    [
      "a single sequence as a batch",
      () => bert.encode([1, 2] as never),
      TypeError,
      'encode: "batch[0]" must be a sequence of token ids (a single sequence goes in a list of its own), got 1',
    ],
    [
      "more tokens than positions",
      () => bert.encode([Array(27).fill(1)]),
      RangeError,
      'encode: "batch[0]" must have at most 26 tokens, the positions of this model, got 27',
    ],
    [
      "an empty prompt",
      () => model.generate([]),
      RangeError,
      'generate: "prompt" must have at least one token, got none',
    ],
    [
      "a prompt past the capacity",
      () => model.generate([1, 2, 3], { capacity: 2 }),
      RangeError,
      'generate: "prompt" must have at most 2 tokens, the capacity, got 3',
    ],
    [
      "an append past the capacity",
      () => model.start({ capacity: 2 }).append([1, 2, 3]),
      RangeError,
      'Sequence.append: "tokens" must have at most 2 tokens, what is left of capacity 2, got 3',
    ],
    [
      "an append of nothing",
      () => model.start().append([]),
      RangeError,
      'Sequence.append: "tokens" must have at least one token, got none',
    ],
    [
      "a truncation forwards",
      () => model.start().truncate(1),
      RangeError,
      'Sequence.truncate: "length" must be at most 0, the tokens held, got 1',
    ],
    [
      "a stop that is no token",
      () => model.generate([1], { stop: 19 }),
      RangeError,
      'generate: "stop[0]" must be an integer from 0 to 18, a token of this vocabulary, got 19',
    ],
    [
      "a head mask of another shape",
      () => model.start({ headMask: [[1, 0]] }),
      RangeError,
      'start: "headMask" must have shape [N, H] = [2, 4], layers and heads, got [1, 2]',
    ],
    [
      "types where there are none",
      () =>
        createModel(configOf("distilbert"), tinyWeights("distilbert")) &&
        (createModel(configOf("distilbert"), tinyWeights("distilbert")) as Encoder).encode([[1]], {
          tokenTypes: [[0]],
        }),
      TypeError,
      'encode: "tokenTypes" must be absent, since this model has no token types, got an array of 1',
    ],
    [
      "types of another length",
      () => bert.encode([[1, 2]], { tokenTypes: [[0]] }),
      RangeError,
      'encode: "tokenTypes[0]" must have 2 types, like batch[0], got 1',
    ],
    [
      "a pooling that is none",
      () => bert.embed([[1]], { pooling: "max" as never }),
      RangeError,
      'embed: "pooling" must be "mean", "cls" or "last", got "max"',
    ],
    [
      "a pooling by the prototype's name",
      () => bert.embed([[1]], { pooling: "toString" as never }),
      RangeError,
      'embed: "pooling" must be "mean", "cls" or "last", got "toString"',
    ],
    [
      "more dimensions than there are",
      () => bert.embed([[1]], { dimensions: 13 }),
      RangeError,
      'embed: "dimensions" must be at most 12, the model\'s width, got 13',
    ],
    [
      "a memory of another width",
      () => t5.start({ data: new Float32Array(8), shape: [2, 4] }),
      RangeError,
      'start: "memory" must have shape [S, 12], one of encode\'s outputs, got [2, 4]',
    ],
    ["an empty source", () => t5.generate([]), RangeError, 'generate: "source" must have at least one token, got none'],
    [
      "no beams",
      () => t5.search([1], { beams: 0 }),
      RangeError,
      'search: "beams" must be an integer of at least 1, got 0',
    ],
    [
      "a sequence of another model",
      () => model.generate([1], { sequence: llama().start() }),
      TypeError,
      'generate: "sequence" must be what this model\'s start() gave, got a WasmSequence',
    ],
    [
      "a capacity beside a sequence",
      () => model.generate([1], { sequence: model.start(), capacity: 3 }),
      TypeError,
      'generate: "capacity" must be absent beside a sequence, which was started with its own, got 3',
    ],
    [
      "a sequence beside a source",
      () => t5.generate([1], { sequence: model.start() }),
      TypeError,
      'generate: "sequence" must be absent, since each source has a memory of its own, got a WasmSequence',
    ],
    ["a temperature below 0", () => model.generate([1], { temperature: -1 }), RangeError, 'generate: "temperature"'],
    [
      "a dtype that is none",
      () => llama({ dtype: "int4" }),
      RangeError,
      'createModel: "dtype" must be "f32", "f16", "int8" or "auto", got "int4"',
    ],
    [
      "a cache's dtype that is none",
      () => llama({ cacheDtype: "bf16" }),
      RangeError,
      'createModel: "cacheDtype" must be "f32", "f16" or "int8", got "bf16"',
    ],
    [
      "weights that are no Map",
      () => createModel(configOf("llama"), {} as never),
      TypeError,
      'createModel: "weights" must be a Map of tensors, as readSafetensors gives, got an object',
    ],
    [
      "a config of another kind",
      () => createModel({ model_type: "clip" }, new Map()),
      RangeError,
      'createModel: "config.model_type" must be one of',
    ],
    ["an engine that is none", () => llama({ engine: {} }), TypeError, 'createModel: "engine" must'],
    [
      "a vector as a weight",
      () => createWeight([1, 2]),
      RangeError,
      'createWeight: "weight" must have shape [out, in], got [2]',
    ],
  ];
  it.each(rows)("%s", (_, call, kind, message) => {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
  });

  it("a disposed model, sequence and engine", () => {
    const own = llama();
    const sequence = own.start();
    own.dispose();
    own.dispose();
    expect(() => own.logits([1])).toThrow("logits: this model is disposed");
    expect(() => own.generate([1])).toThrow("generate: this model is disposed");
    expect(() => sequence.append(1)).toThrow("Sequence.append: this model is disposed");
    expect(() => sequence.dispose()).not.toThrow();
    const engine = createAttention();
    const other = llama({ engine });
    const open = other.start();
    open.dispose();
    expect(() => open.append(1)).toThrow("Sequence.append: this sequence is disposed");
    engine.dispose();
    expect(() => other.logits([1])).toThrow("logits: this engine is disposed");
    expect(() => other.dispose()).not.toThrow();
  });

  it("leaves a sequence as it was", () => {
    using sequence = model.start({ capacity: 5 });
    const first = sequence.append([1, 2, 3]);
    expect(() => sequence.append([4, 19])).toThrow(RangeError);
    expect(() => sequence.append([4, 5, 6])).toThrow(RangeError);
    expect(sequence.length).toBe(3);
    sequence.truncate(2);
    expect(sequence.append(3)).toEqual(first);
  });

  it("a NaN in a weight, where a token is chosen", () => {
    const weights = tinyWeights("llama");
    const head = weights.get("lm_head.weight") as { bytes: Uint8Array };
    new Float32Array(head.bytes.buffer, head.bytes.byteOffset)[3] = Number.NaN;
    const broken = createModel(configOf("llama"), weights) as Decoder;
    expect(() => [...broken.generate([1])]).toThrow('generate: "logits[0]" must be a number, got NaN');
  });
});
