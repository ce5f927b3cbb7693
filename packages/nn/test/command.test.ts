// The built command, spawned: what it says of files, where it says it, how it ends.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createModel, type ModelConfig, type StoredTensor, writeSafetensors } from "@attn/nn";
import { afterAll, describe, expect, it, vi } from "vitest";
import { bin, Folder } from "./command.ts";
import { file, hasModels, models, readModelJson } from "./files.ts";
import { tinyConfig, tinyConfigs, tinyWeights } from "./tiny.ts";

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

const inspect = (...files: string[]) => folder.run(["inspect", ...files]);
const ESCAPE = "\u001b";
const weights = (name: string, content: ReadonlyMap<string, StoredTensor>, metadata?: Record<string, string>): string =>
  basename(folder.file(name, writeSafetensors(content, metadata)));
const f32 = (...shape: number[]): StoredTensor => ({
  dtype: "F32",
  shape,
  bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
});

describe("arguments", () => {
  it.each([
    [["--help"], 0, /^Usage: npx @attn\/nn <command>\n/],
    [["inspect", "-h"], 0, /^Usage/],
    [["--version"], 0, new RegExp(`^${readVersion().replaceAll(".", "\\.")}\\n$`)],
  ])("%j", (args, status, stdout) => {
    expect(folder.run(args)).toEqual({ status, stdout: expect.stringMatching(stdout), stderr: "" });
  });

  it.each([
    [[], "the command must be inspect or quantize, got none"],
    [["prune", "x"], "the command must be inspect or quantize, got prune"],
    [["inspect"], "inspect must have at least one file, got none"],
    [["inspect", "x", "--force"], "--force is an option of quantize, not of inspect"],
    [["quantize", "x", "--dtype", "int8"], "--out must name the file to write, got nothing"],
    [["quantize", "x", "--out", "y"], "--dtype must be int8 or f16, got nothing"],
    [["quantize", "x", "--out", "y", "--dtype", "int4"], "--dtype must be int8 or f16, got int4"],
    [["inspect", "x", "--all"], "Unknown option '--all'"],
  ])("%j is not understood", (args, message) => {
    const stderr = `${message}. npx @attn/nn --help says more\n`;
    expect(folder.run(args)).toEqual({ status: 2, stdout: "", stderr });
  });
});

function readVersion(): string {
  return JSON.parse(readFileSync(fileURLToPath(import.meta.resolve("@attn/nn/package.json")), "utf8")).version;
}

describe("inspect", () => {
  it("lists tensors in aligned columns, layer by layer, and what they are together", () => {
    const all = new Map<string, StoredTensor>([
      ["h.10.weight", f32(2, 1000)],
      ["h.2.weight", f32(2, 3)],
      ["ids", { dtype: "I64", shape: [1], bytes: new Uint8Array(8) }],
    ]);
    expect(inspect(weights("list.safetensors", all, { format: "pt" })).stdout).toBe(
      [
        "TENSOR       SHAPE      TYPE  SIZE",
        "h.2.weight   [2, 3]     F32   24 B",
        "h.10.weight  [2, 1000]  F32   8 kB",
        "ids          [1]        I64    8 B",
        "",
        "METADATA",
        "format    pt",
        "",
        "TYPE  TENSORS  NUMBERS     SIZE",
        "I64         1        1      8 B",
        "F32         2    2,006  8.02 kB",
        "all         3    2,007  8.03 kB",
        "",
        "in memory  about f32 32.1 kB, f16 16.1 kB, int8 8.13 kB; exactly with a config.json",
        "",
      ].join("\n"),
    );
  });

  it.each(Object.keys(tinyConfigs))("says that %s fits its config, and what it takes in memory", (name) => {
    const path = weights(`${name}.safetensors`, tinyWeights(name));
    const config = basename(folder.file("config.json", tinyConfig(name)));
    const { status, stdout, stderr } = inspect(path, config);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { model_type } = tinyConfig(name);
    expect(stdout).toMatch(
      new RegExp(`^${model_type} +(encoder|decoder|encoder-decoder), fits config.json\n(not needed|in memory) `, "m"),
    );
    const bytes = (["f32", "f16", "int8"] as const).map((dtype) => {
      using model = createModel(tinyConfig(name) as ModelConfig, tinyWeights(name), { dtype });
      return `${dtype} ${Number((model.byteLength / 1000).toPrecision(3))} kB`;
    });
    expect(stdout).toContain(`in memory  ${" ".repeat(Math.max(0, `${model_type}`.length - 9))}${bytes.join(", ")}\n`);
  });

  it("names every tensor that does not fit, on stderr, and ends with 1", () => {
    const all = tinyWeights("bert");
    all.delete("bert.encoder.layer.1.output.dense.bias");
    all.set("bert.encoder.layer.0.intermediate.dense.weight", f32(12, 10)).set("other", f32(1));
    folder.file("config.json", tinyConfig("bert"));
    expect(inspect(weights("faults.safetensors", all), "config.json")).toEqual({
      status: 1,
      stdout: expect.stringMatching(/^bert +encoder, does not fit config.json: 3 tensors\nin memory /m),
      stderr: [
        "config.json: the weights must fit this config, got 3 tensors that do not:",
        '  "bert.encoder.layer.1.output.dense.bias" is missing',
        '  "bert.encoder.layer.0.intermediate.dense.weight" must have shape [10, 12], got [12, 10]',
        '  "other" is unused',
        "",
      ].join("\n"),
    });
  });

  it("names companions of a family that are not needed", () => {
    const all = tinyWeights("gpt2");
    for (let i = 0; i < 2; i++) all.set(`transformer.h.${i}.attn.bias`, f32(1, 1, 24, 24));
    folder.file("config.json", tinyConfig("gpt2"));
    const { status, stdout } = inspect(weights("gpt2.safetensors", all), "config.json");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^not needed +transformer.h.0.attn.bias, transformer.h.1.attn.bias$/m);
  });

  it("lists the tensors of a config that is refused", () => {
    folder.file("config.json", { model_type: "mamba" });
    const { status, stdout, stderr } = inspect(weights("bert.safetensors", tinyWeights("bert")), "config.json");
    expect(status).toBe(1);
    expect(stdout).toContain("bert.embeddings.word_embeddings.weight");
    expect(stderr).toMatch(/^config.json: "config.model_type" must be one of "bert", .*, got "mamba"\n$/);
  });

  it("takes shards one by one, and by their index", () => {
    const all = [...tinyWeights("llama")];
    weights("one.safetensors", new Map(all.slice(0, 5)));
    weights("two.safetensors", new Map(all.slice(5)));
    const map = Object.fromEntries(all.map(([name], i) => [name, i < 5 ? "one.safetensors" : "two.safetensors"]));
    folder.file("model.safetensors.index.json", { metadata: { total_size: 1 }, weight_map: map });
    folder.file("config.json", tinyConfig("llama"));
    const byIndex = inspect("model.safetensors.index.json", "config.json");
    expect(byIndex).toEqual({ status: 0, stdout: expect.stringContaining("fits config.json"), stderr: "" });
    expect(byIndex.stdout).toMatch(/^lm_head.weight .* (one|two).safetensors$/m);
    expect(inspect("config.json", "one.safetensors", "two.safetensors")).toEqual(byIndex);
  });

  it("has no colours in a pipe, whatever the environment says, and none that a file brings", () => {
    const path = weights("colours.safetensors", new Map([[`${ESCAPE}[31mred\u202e\u0085\n`, f32(1)]]), {
      [`${ESCAPE}]0;title`]: "\u200b",
    });
    const { stdout } = folder.run(["inspect", path], { FORCE_COLOR: "3", CI: "1", TERM: "xterm-256color" });
    expect(stdout).toContain("\\u{1b}[31mred\\u{202e}\\u{85}\\u{a}  [1]");
    expect(stdout).toContain("\\u{1b}]0;title  \\u{200b}\n");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  it("aligns names of wide characters", () => {
    const lines = inspect(
      weights(
        "wide.safetensors",
        new Map([
          ["주의", f32(1)],
          ["abcd", f32(2)],
        ]),
      ),
    ).stdout.split("\n");
    expect(lines.slice(1, 3)).toEqual(["abcd    [2]    F32    8 B", "주의    [1]    F32    4 B"]);
  });

  it("writes all of a long list into a pipe", () => {
    const many = new Map(Array.from({ length: 20_000 }, (_, i) => [`layers.${i}.weight`, f32(1, 1)]));
    const { stdout, status } = inspect(weights("many.safetensors", many));
    expect(status).toBe(0);
    expect(stdout.length).toBeGreaterThan(500_000);
    expect(stdout).toMatch(/^in memory .*\n$/m);
  });

  it("ends without a word where the reader of a pipe leaves", async () => {
    const many = new Map(Array.from({ length: 20_000 }, (_, i) => [`layers.${i}.weight`, f32(1, 1)]));
    const child = spawn(process.execPath, [bin, "inspect", weights("many.safetensors", many)], { cwd: folder.path });
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  // Windows writes out what is not there; elsewhere such a file takes no room.
  it.skipIf(process.platform === "win32")("reads nothing but the header of a file larger than any memory", () => {
    const rows = 2 ** 28;
    const size = rows * 1024 * 4;
    const header = file({ "model.weight": { dtype: "F32", shape: [rows, 1024], data_offsets: [0, size] } });
    truncateSync(folder.file("huge.safetensors", header), header.length + size);
    const { status, stdout, stderr } = inspect("huge.safetensors");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("model.weight  [268435456, 1024]  F32   1.1 TB\n");
    expect(stdout).toContain("in memory  about f32 1.1 TB, f16 551 GB, int8 276 GB;");
  });
});

describe("refused with 1 and one sentence", () => {
  const tiny = writeSafetensors(new Map([["a", f32(2)]]));
  it.each<[why: string, files: Record<string, Uint8Array | string | object>, args: string[], message: string]>([
    ["a file that is not there", {}, ["none.safetensors"], "none.safetensors: there is no such file"],
    ["a folder", {}, ["."], ".: it must be a file, got a folder"],
    [
      "a page",
      { "page.safetensors": "<!doctype html>" },
      ["page.safetensors"],
      'page.safetensors: the file must be in the safetensors format, got text: "<!doctyp"…',
    ],
    [
      "a config alone",
      { "config.json": { model_type: "bert" } },
      ["config.json"],
      "config.json: there must be a safetensors file beside it, got none",
    ],
    [
      "two configs",
      { "a.json": { model_type: "bert" }, "b.json": { model_type: "t5" } },
      ["a.json", "b.json"],
      "b.json: there must be one config, got a.json before it",
    ],
    ["no JSON", { "x.json": "{" }, ["x.json"], 'x.json: the file must be JSON, got "{"'],
    ["a list", { "x.json": "[]" }, ["x.json"], "x.json: the file must hold an object, got []"],
    [
      "another JSON",
      { "x.json": { a: 1 } },
      ["x.json"],
      'x.json: the file must have a "weight_map", as an index has, or a "model_type", as a config has',
    ],
    [
      "an index of no files",
      { "x.json": { weight_map: 3 } },
      ["x.json"],
      'x.json: "weight_map" must be an object of file names, got 3',
    ],
    [
      "an index that leads elsewhere",
      { "x.json": { weight_map: { a: "../a" } } },
      ["x.json"],
      'x.json: tensor "a" must have the name of a file beside the index, got "../a"',
    ],
    [
      "an index of what is not there",
      { "a.safetensors": tiny, "x.json": { weight_map: { b: "a.safetensors" } } },
      ["x.json"],
      'x.json: tensor "b" must be in a.safetensors, as the index says',
    ],
    [
      "a shard that is not there",
      { "x.json": { weight_map: { b: "b.safetensors" } } },
      ["x.json"],
      "b.safetensors: there is no such file",
    ],
    [
      "a tensor in two files",
      { "a.safetensors": tiny, "b.safetensors": tiny },
      ["a.safetensors", "b.safetensors"],
      'b.safetensors: tensor "a" must be in one file, got it in a.safetensors too',
    ],
  ])("%s", (_, files, args, message) => {
    using own = new Folder();
    for (const [name, content] of Object.entries(files)) own.file(name, content);
    expect(own.run(["inspect", ...args])).toEqual({ status: 1, stdout: "", stderr: `${message}\n` });
    expect(own.run(["quantize", ...args, "--out", "out", "--dtype", "int8"])).toEqual({
      status: 1,
      stdout: "",
      stderr: `${message}\n`,
    });
    expect(readdirSync(own.path).sort()).toEqual(Object.keys(files).sort());
  });

  // Windows has no such files.
  it.skipIf(process.platform === "win32")("a pipe, whose other end nobody opens", () => {
    using own = new Folder();
    execFileSync("mkfifo", [join(own.path, "pipe")]);
    expect(own.run(["inspect", "pipe"])).toMatchObject({
      status: 1,
      stderr: "pipe: it must be a file, got something else\n",
    });
  });

  const malformed = hasModels
    ? readModelJson<{ files: { file: string; expect: string }[] }>("families-more/malformed/expect.json").files
    : [];
  it.runIf(hasModels)("files that are broken in every way are there", () =>
    expect(malformed.length).toBeGreaterThan(60),
  );
  it.each(malformed.map((each) => [each.file, each.expect] as const))("%s: %s", (name, expected) => {
    const { status, stderr } = inspect(fileURLToPath(new URL(`families-more/malformed/${name}`, models)));
    if (expected === "either" && status === 0) return;
    expect(status).toBe(expected === "read" ? 0 : 1);
    if (status === 1) expect(stderr).toMatch(/^[^\n]+\.safetensors: (the file|the header|tensor ".*") must [^\n]+\n$/);
  });
});

// Only where there are signals that a process can answer, and files that take no room.
describe.skipIf(process.platform === "win32")("an interrupt", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s leaves no half file", async (signal, expected) => {
    using own = new Folder();
    const size = 2 ** 36;
    const header = file({ w: { dtype: "F32", shape: [2 ** 24, 1024], data_offsets: [0, size] } });
    truncateSync(own.file("huge.safetensors", header), header.length + size);
    const child: ChildProcess = spawn(
      process.execPath,
      [bin, "quantize", "huge.safetensors", "--out", "out.safetensors", "--dtype", "int8"],
      { cwd: own.path, stdio: "ignore" },
    );
    await vi.waitFor(() => expect(readdirSync(own.path)).toHaveLength(2), { timeout: 20_000 });
    expect(readdirSync(own.path).find((name) => name !== "huge.safetensors")).toMatch(/^out\.safetensors\..*\.tmp$/);
    child.kill(signal);
    expect(await once(child, "close")).toEqual([expected, null]);
    expect(readdirSync(own.path)).toEqual(["huge.safetensors"]);
  });
});
