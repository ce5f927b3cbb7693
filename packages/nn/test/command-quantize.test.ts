// What `quantize` writes, bit by bit, whatever the size of its blocks; what it refuses, and that nothing is left of it then.
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom } from "@attn/conformance";
import {
  createModel,
  type Decoder,
  type Encoder,
  loadModel,
  type Model,
  type ModelConfig,
  quantize as quantizeTensor,
  readSafetensors,
  type StoredDtype,
  type StoredTensor,
  writeSafetensors,
} from "@attn/nn";
import { describe, expect, it } from "vitest";
import type { QuantizeRequest } from "../src/cli/arguments.ts";
import type { Limits } from "../src/cli/convert.ts";
import { readInputs } from "../src/cli/files.ts";
import { fit, guessUse } from "../src/cli/fit.ts";
import { quantize } from "../src/cli/quantize.ts";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { Folder } from "./command.ts";
import { file, hasModels, readModelFile, readModelJson } from "./files.ts";
import { tinyConfig, tinyConfigs, tinyWeights } from "./tiny.ts";

const random = createRandom(11);
const names = Object.keys(tinyConfigs);

/** A tensor of a type, with numbers that a half can hold. */
function stored(dtype: "F32" | "F16" | "BF16" | "F64", ...shape: number[]): StoredTensor {
  const { data } = random.tensor(shape, 2);
  const bytes = {
    F32: () => data,
    F64: () => Float64Array.from(data),
    F16: () => new Float16Array(data),
    BF16: () => Uint16Array.from(new Uint32Array(data.buffer), (x) => x >>> 16),
  }[dtype]();
  return { dtype, shape, bytes: new Uint8Array(bytes.buffer) };
}

interface Options extends Partial<QuantizeRequest> {
  readonly limits?: Limits;
  readonly watch?: Partial<Parameters<typeof quantize>[2]>;
}

/** Quantizes files of a folder to "out.safetensors" there. */
async function convert(folder: Folder, files: readonly string[], { limits, watch, ...options }: Options) {
  const request = { files, dtype: "int8", force: false, config: undefined, ...options } as const;
  const all = { signal: new AbortController().signal, onProgress: () => {}, ...watch };
  return quantize(await readInputs(files), { ...request, out: join(folder.path, "out.safetensors") }, all, limits);
}

const outOf = (folder: Folder) => readSafetensors(readFileSync(join(folder.path, "out.safetensors")));

/** Numbers that a model computes. */
function numbers(model: Model): Float32Array {
  const ids = [3, 1, 7, 12, 5];
  if (model.kind === "decoder") return (model as Decoder).logits(ids).data;
  if (model.kind === "encoder") return (model as Encoder).encode([ids]).output[0]?.data as Float32Array;
  return model.logits(ids, [2, 4, 6]).data;
}

describe("with a config", () => {
  it.each(names)("%s in int8 computes what the same weights do, to the bit", async (name) => {
    using folder = new Folder();
    const config = tinyConfig(name) as ModelConfig;
    folder.file("model.safetensors", writeSafetensors(tinyWeights(name)));
    folder.file("config.json", config);
    const { status, stderr } = folder.run([
      ...["quantize", "model.safetensors", "--out", "out.safetensors", "--dtype", "int8", "--config", "config.json"],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    using model = createModel(config, tinyWeights(name), { dtype: "int8" });
    using loaded = await loadModel(config, readFileSync(join(folder.path, "out.safetensors")), { dtype: "int8" });
    expect(loaded.byteLength).toBe(model.byteLength);
    expect(numbers(loaded)).toEqual(numbers(model));
  });

  it.each(names)("%s in f16 has its matrices as halves, and the same names", async (name) => {
    using folder = new Folder();
    const all = tinyWeights(name);
    const path = folder.file("model.safetensors", writeSafetensors(all));
    const config = folder.file("config.json", tinyConfig(name));
    await convert(folder, [path, config], { dtype: "f16" });
    const out = outOf(folder);
    expect([...out.keys()].sort()).toEqual([...all.keys()].sort());
    const known = fit((await readInputs([path])).files, { path: config, values: tinyConfig(name) });
    for (const [key, tensor] of all) {
      const got = out.get(key) as StoredTensor;
      const { packed } = known.use(key, tensor);
      expect(got.dtype, key).toBe(packed ? "F16" : "F32");
      const halves = packed ? new Float32Array(new Float16Array(toFloat32(tensor))) : toFloat32(tensor);
      expect(toFloat32(got)).toEqual(halves);
    }
    using model = await loadModel(tinyConfig(name) as ModelConfig, readFileSync(join(folder.path, "out.safetensors")));
    expect(numbers(model).every(Number.isFinite)).toBe(true);
  });

  it("converts other names of a weight, and not what the family passes over", async () => {
    using folder = new Folder();
    const all = tinyWeights("t5");
    const table = all.get("shared.weight") as StoredTensor;
    all.set("encoder.embed_tokens.weight", table);
    const passed = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";
    all.set(passed, stored("F32", 8, 3));
    const path = folder.file("model.safetensors", writeSafetensors(all));
    await convert(folder, [path, folder.file("config.json", tinyConfig("t5"))], {});
    const out = outOf(folder);
    expect(out.get("encoder.embed_tokens.weight")).toEqual(out.get("shared.weight"));
    expect(out.get("shared.weight")?.dtype).toBe("I8");
    expect(out.get(passed)?.dtype).toBe("F32");
    using model = await loadModel(tinyConfig("t5") as ModelConfig, readFileSync(join(folder.path, "out.safetensors")));
    expect(numbers(model).every(Number.isFinite)).toBe(true);
  });

  it("leaves int8 weights as they are", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(tinyWeights("gpt2")));
    const config = folder.file("config.json", tinyConfig("gpt2"));
    await convert(folder, [path, config], {});
    const once = readFileSync(join(folder.path, "out.safetensors"));
    const again = folder.file("again.safetensors", once);
    expect(await convert(folder, [again, config], { force: true })).toMatchObject({ converted: 0 });
    expect(readFileSync(join(folder.path, "out.safetensors"))).toEqual(once);
  });

  it("turns layers that are stored [in, out] all or none", async () => {
    using folder = new Folder();
    const all = tinyWeights("gpt2");
    const name = "transformer.h.0.attn.c_attn.weight";
    const { values, scales } = quantizeTensor({ data: random.tensor([12, 36]).data, shape: [12, 36] });
    all.set(name, values).set(`${name}.scale`, scales);
    const path = folder.file("model.safetensors", writeSafetensors(all));
    await expect(convert(folder, [path, folder.file("config.json", tinyConfig("gpt2"))], {})).rejects.toThrow(
      `${path}: tensor "${name}" must be of floats, as other layers are, got I8`,
    );
  });

  it("refuses weights that do not fit it", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(tinyWeights("bert")));
    const config = folder.file("config.json", { ...tinyConfig("bert"), vocab_size: 20 });
    await expect(convert(folder, [path, config], {})).rejects.toThrow(
      `${config}: the weights must fit this config, got 1 tensor that does not: "bert.embeddings.word_embeddings.weight" must have shape [20, 12], got [19, 12]`,
    );
    expect(readdirSync(folder.path).sort()).toEqual(["config.json", "model.safetensors"]);
  });

  it.runIf(hasModels)("published weights in shards compute what they do whole", async () => {
    using folder = new Folder();
    const from = "stories260K-f32-sharded";
    const config = readModelJson<ModelConfig>(`${from}/config.json`);
    const index = readModelJson<{ weight_map: Record<string, string> }>(`${from}/model.safetensors.index.json`);
    const shards = [...new Set(Object.values(index.weight_map))];
    for (const shard of shards) folder.file(shard, readModelFile(`${from}/${shard}`));
    const files = [folder.file("model.safetensors.index.json", index), folder.file("config.json", config)];
    await convert(folder, files, {});
    using loaded = await loadModel(config, readFileSync(join(folder.path, "out.safetensors")), { dtype: "int8" });
    const whole = new Map(shards.flatMap((shard) => [...readSafetensors(readModelFile(`${from}/${shard}`))]));
    using model = createModel(config, whole, { dtype: "int8" });
    expect(numbers(loaded)).toEqual(numbers(model));
  });
});

describe("without a config", () => {
  it.each(names)("guesses of %s what its config says", (name) => {
    const entries = [...tinyWeights(name)].map(([key, tensor]) => ({ name: key, ...tensor, begin: 0, end: 0 }));
    const one = { path: "", size: 0, start: 0, metadata: undefined, entries };
    const known = fit([one], { path: "", values: tinyConfig(name) });
    for (const each of entries)
      expect([each.name, guessUse(each.name, each).packed]).toEqual([each.name, known.use(each.name, each).packed]);
  });

  it.each<StoredDtype>(["F32", "F16", "BF16", "F64"])(
    "makes of %s what quantize() makes of its numbers",
    async (dtype) => {
      const tensor = stored(dtype as "F32", 9, 5);
      const { values, scales } = quantizeTensor({ data: toFloat32(tensor), shape: [9, 5] });
      const all = new Map<string, StoredTensor>([
        ["a.weight", tensor],
        ["a.bias", stored("F32", 9)],
        ["norm.weight", stored("F32", 1, 9)],
        ["experts", stored("F16", 2, 3, 4)],
        ["scalar", stored("F32")],
        ["empty", stored("F32", 0, 4)],
        ["hollow", stored("F32", 4, 0)],
        ["ids", { dtype: "I64", shape: [1, 2], bytes: new Uint8Array(16).fill(7) }],
      ]);
      // Blocks of one row, of some, of all.
      for (const block of [1, 5 * 8 * 2, 2 ** 20]) {
        using folder = new Folder();
        const path = folder.file("model.safetensors", writeSafetensors(all, { format: "pt" }));
        const done = await convert(folder, [path], { limits: { block, strip: 1 } });
        const expected = new Map([...all, ["a.weight", values], ["a.weight.scale", scales]] as const);
        const none: StoredTensor = { dtype: "I8", shape: [0, 4], bytes: new Uint8Array(0) };
        expected.set("empty", none).set("empty.scale", { dtype: "F32", shape: [0], bytes: new Uint8Array(0) });
        expected.set("hollow", { ...none, shape: [4, 0] });
        expected.set("hollow.scale", { dtype: "F32", shape: [4], bytes: new Uint8Array(16) });
        expect(readFileSync(join(folder.path, "out.safetensors"))).toEqual(
          Buffer.from(writeSafetensors(expected, { format: "pt" })),
        );
        const { length } = readFileSync(path);
        expect(done).toMatchObject({ converted: 3, copied: 5, bytesBefore: length });
      }
    },
  );

  it.each([1, 12 * 4 * 5, 2 ** 20])("turns matrices in strips of %d bytes", async (strip) => {
    using folder = new Folder();
    const all = tinyWeights("gpt2");
    const path = folder.file("model.safetensors", writeSafetensors(all));
    await convert(folder, [path, folder.file("config.json", tinyConfig("gpt2"))], { limits: { block: 100, strip } });
    const name = "transformer.h.1.attn.c_attn.weight";
    const { shape, bytes } = all.get(name) as StoredTensor;
    const data = toFloat32({ dtype: "F32", bytes });
    const turned = Float32Array.from(data, (_, i) => data[(i % 12) * 36 + Math.floor(i / 12)] as number);
    const { values, scales } = quantizeTensor({ data: turned, shape: shape.toReversed() });
    expect(toFloat32(outOf(folder).get(name) as StoredTensor)).toEqual(toFloat32(values));
    expect(toFloat32(outOf(folder).get(`${name}.scale`) as StoredTensor)).toEqual(toFloat32(scales));
  });

  it("joins shards with what each says of itself", async () => {
    using folder = new Folder();
    const one = folder.file(
      "1.safetensors",
      writeSafetensors(new Map([["a", stored("F32", 2, 2)]]), { format: "pt", a: "1" }),
    );
    const two = folder.file(
      "2.safetensors",
      writeSafetensors(new Map([["b", stored("F32", 2)]]), { format: "np", b: "2" }),
    );
    await convert(folder, [one, two], { dtype: "f16" });
    expect([...outOf(folder).keys()].sort()).toEqual(["a", "b"]);
    const [out] = (await readInputs([join(folder.path, "out.safetensors")])).files;
    expect(Object.fromEntries(out?.metadata ?? [])).toEqual({ format: "pt", a: "1", b: "2" });
  });

  it("tells how far it is", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", stored("F32", 10, 4)]])));
    const seen: [number, number][] = [];
    const onProgress = (done: number, total: number) => void seen.push([done, total]);
    await convert(folder, [path], { limits: { block: 64, strip: 1 }, watch: { onProgress } });
    expect(seen).toEqual([
      [64, 160],
      [128, 160],
      [160, 160],
    ]);
  });
});

describe("a file that is there", () => {
  it("stays, unless --force is given; then it may be an input", async () => {
    using folder = new Folder();
    const path = folder.file("out.safetensors", writeSafetensors(new Map([["a", stored("F32", 2, 2)]])));
    const before = readFileSync(path);
    await expect(convert(folder, [path], {})).rejects.toThrow(
      `${path}: the file is there already; --force overwrites it`,
    );
    expect(readFileSync(path)).toEqual(before);
    await convert(folder, [path], { force: true });
    expect([...outOf(folder).keys()].sort()).toEqual(["a", "a.scale"]);
    expect(readdirSync(folder.path)).toEqual(["out.safetensors"]);
  });

  it("that came while the other was written stays", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", stored("F32", 2, 2)]])));
    const onProgress = () => void folder.file("out.safetensors", "another's");
    await expect(convert(folder, [path], { watch: { onProgress } })).rejects.toThrow("is there already");
    expect(readFileSync(join(folder.path, "out.safetensors"), "utf8")).toBe("another's");
    expect(readdirSync(folder.path).sort()).toEqual(["model.safetensors", "out.safetensors"]);
  });
});

describe("leaves nothing behind where", () => {
  const good = stored("F32", 8, 4);
  const bad = (x: number, dtype: "F32" | "F64" = "F32"): StoredTensor => {
    const numbers = dtype === "F32" ? new Float32Array(32) : new Float64Array(32);
    numbers[21] = x;
    return { dtype, shape: [8, 4], bytes: new Uint8Array(numbers.buffer) };
  };
  it.each<[why: string, tensors: [string, StoredTensor][], dtype: "int8" | "f16", message: string]>([
    ["a number is none", [["b", bad(Number.NaN)]], "int8", 'tensor "b" must be finite, got NaN'],
    ["a number is endless", [["b", bad(-Infinity)]], "int8", 'tensor "b" must be finite, got -Infinity'],
    ["a number is too large for a float", [["b", bad(1e39, "F64")]], "int8", 'tensor "b" must be finite, got Infinity'],
    [
      "a number is too large for a half",
      [["b", bad(65520)]],
      "f16",
      'tensor "b" must have numbers of at most 65504 for f16, got 65520 in row 5 of [8, 4]',
    ],
    [
      "a name is taken",
      [["a.scale", stored("F32", 8)]],
      "int8",
      'tensor "a.scale" must not be there beside a, which has no scales yet',
    ],
  ])("%s", async (_, tensors, dtype, message) => {
    for (const block of [16, 2 ** 20]) {
      using folder = new Folder();
      const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", good], ...tensors])));
      await expect(convert(folder, [path], { dtype, limits: { block, strip: 1 } })).rejects.toThrow(
        `${path}: ${message}`,
      );
      expect(readdirSync(folder.path)).toEqual(["model.safetensors"]);
    }
  });

  it("it is told to stop", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", good]])));
    const stop = new AbortController();
    const watch = { signal: stop.signal, onProgress: () => stop.abort() };
    const stopped = convert(folder, [path], { limits: { block: 16, strip: 1 }, watch });
    await expect(stopped).rejects.toThrow("abort");
    expect(readdirSync(folder.path)).toEqual(["model.safetensors"]);
  });

  it("a file is cut while it is read", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", good]])));
    const onProgress = () => truncateSync(path, 100);
    const cut = convert(folder, [path], { limits: { block: 16, strip: 1 }, watch: { onProgress } });
    await expect(cut).rejects.toThrow(/model\.safetensors: the file ends at byte \d+, though it was longer$/);
    expect(readdirSync(folder.path)).toEqual(["model.safetensors"]);
  });

  it("there is no folder to write to, or the name is a folder's", async () => {
    using folder = new Folder();
    const path = folder.file("model.safetensors", writeSafetensors(new Map([["a", good]])));
    const run = (out: string) => folder.run(["quantize", path, "--out", out, "--dtype", "int8", "--force"]);
    expect(run("none/out").stderr).toBe("none/out: there is no folder to write it to\n");
    mkdirSync(join(folder.path, "sub"));
    expect(run("sub")).toMatchObject({ status: 1, stderr: expect.stringMatching(/^sub: [^\n]+\n$/) });
    expect(readdirSync(folder.path).sort()).toEqual(["model.safetensors", "sub"]);
    expect(existsSync(join(folder.path, "sub"))).toBe(true);
  });
});

// Windows writes out what is not there.
describe.skipIf(process.platform === "win32")("memory", () => {
  /** The most that the process held, in bytes, of converting a matrix of so many rows of 1024. */
  function peak(rows: number, dtype: string): number {
    using folder = new Folder();
    const size = rows * 4096;
    const header = file({ w: { dtype: "F32", shape: [rows, 1024], data_offsets: [0, size] } });
    truncateSync(folder.file("model.safetensors", header), header.length + size);
    const atEnd = 'process.on("exit", () => process.stderr.write(String(process.resourceUsage().maxRSS)));';
    const { status, stderr } = folder.run(["quantize", "model.safetensors", "--out", "out", "--dtype", dtype], {
      NODE_OPTIONS: `--import ./${basename(folder.file("peak.mjs", atEnd))}`,
    });
    expect(status).toBe(0);
    return Number(stderr) * 1024;
  }

  it.each(["int8", "f16"])("does not grow with the file: %s", (dtype) => {
    const [small, large] = [peak(2 ** 12, dtype), peak(2 ** 16, dtype)];
    expect(small).toBeGreaterThan(2 ** 24);
    // 256 MB against 16.
    expect(large - small).toBeLessThan(100 * 2 ** 20);
  });
});
