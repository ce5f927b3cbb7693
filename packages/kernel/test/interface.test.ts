// INTERFACE.md and INTERFACE-NN.md against the binaries and the source, and what it promises to a host: that arrays may end where memory
// ends, that scratch and the block need no more than it says, that the example runs.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  attentionTolerance,
  compare,
  createRandom,
  dotTolerance,
  referenceAttention,
  referenceMatmul,
} from "@attn/conformance";
import * as attention from "@attn/kernel";
import * as nn from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import { variants } from "./arena.ts";
import { signatures } from "./signatures.ts";

const { compile, fields } = attention;

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** Where each document's functions are written, and whose fields and files it has. */
const documents = [
  {
    file: "INTERFACE.md",
    module: "attention",
    path: "@attn/kernel",
    fields: attention.fields as Readonly<Record<string, number>>,
    sources: ["lib/matmul", "lib/softmax", "attention/merge", "lib/encode"],
  },
  {
    file: "INTERFACE-NN.md",
    module: "nn",
    path: "@attn/kernel/nn",
    fields: nn.fields as Readonly<Record<string, number>>,
    sources: ["activations", "linear", "norms", "positions", "rows", "weights"].map((file) => `nn/${file}`),
  },
];

describe.each(documents)("$file", ({ file, module, path, fields, sources }) => {
  const document = read(file);
  const stated = [...document.matchAll(/^\((?:func|import) .*\)$/gm)].map(([line]) => line.replace(/\$\w+ /g, ""));

  it.each(variants)("has every import and export of the %s variant with its types", (variant) => {
    const wasm = path === "@attn/kernel" ? `${path}/${variant}.wasm` : `${path}.${variant}.wasm`;
    expect(signatures(readFileSync(new URL(import.meta.resolve(wasm)))).sort()).toEqual([...stated].sort());
  });

  it("names the parameters as the source does", () => {
    const files = sources.map((source) => read(`assembly/${source}.ts`)).join();
    for (const [, name, params] of document.matchAll(/\(func \(export "(\w+)"\) ((?:\(param \$\w+ \w+\) ?)+)/g)) {
      const named = [...(params as string).matchAll(/\$(\w+)/g)].map(([, x]) => x);
      if (named[0] === "args") continue;
      const [, source] = files.match(new RegExp(`export function ${name}\\(([^)]*)\\)`)) ?? [];
      expect([...(source ?? "").matchAll(/(\w+): /g)].map(([, x]) => x)).toEqual(named);
    }
  });

  it("has every field of the argument block at its offset with its type", () => {
    const words = { i32: "i32", f32: "f32", usize: "u32" };
    const source = read(`assembly/${module}/arguments.ts`);
    const types = new Map(
      [...source.matchAll(/^ {2}(\w+): (i32|f32|usize);$/gm)].map(([, name, type]) => [name, type]),
    );
    const rows = [...document.matchAll(/^\| (\d+) \| `(\w+)` \| (\w+) \|/gm)];
    const { size, ...offsets } = fields;
    expect(Object.fromEntries(rows.map(([, offset, name]) => [name, Number(offset)]))).toEqual(offsets);
    for (const [, , name, type] of rows) expect(type, name).toBe(words[types.get(name) as keyof typeof words]);
    expect(document).toMatch(new RegExp(`(^|\\. )${size} bytes`, "m"));
  });
});

it("the documents have the codes of formats, modes and activations", () => {
  const { F32, F16, INT8, F16_FINITE } = attention.formats;
  const { PER_HEAD, MEAN } = attention.weightsModes;
  expect(read("INTERFACE.md")).toContain(`${F32} f32 · ${F16} f16 · ${INT8} int8 · ${F16_FINITE} f16 of which all`);
  expect(read("INTERFACE.md")).toContain(`${PER_HEAD}: one matrix a head · ${MEAN}: their mean`);
  const [weight, source, kind] = [nn.weightFormats, nn.sourceFormats, nn.activations];
  const document = read("INTERFACE-NN.md");
  expect(document).toContain(`${weight.F32} f32 · ${weight.F16} f16 · ${weight.INT8} int8`);
  expect(document).toContain(`${source.F32} f32 · ${source.F16} f16 · ${source.INT8} int8 with one scale a row at`);
  expect(document).toContain(`· ${source.BF16} bf16`);
  expect(document).toContain(
    `${kind.NONE} none · ${kind.RELU} ReLU · ${kind.GELU} GELU with erf · ${kind.GELU_TANH} GELU with tanh · ${kind.SILU} SiLU`,
  );
});

it("the example prints what the reference computes", () => {
  const identity = { shape: [3, 3], data: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) };
  const { output } = referenceAttention(identity, identity, identity, { causal: true });
  const lines = [0, 3, 6].map((i) => Array.from(output.data.slice(i, i + 3), (x) => x.toFixed(4)).join(" "));
  const host = fileURLToPath(new URL("../examples/host.mjs", import.meta.url));
  expect(execFileSync(process.execPath, [host], { encoding: "utf8" }).trim().split("\n")).toEqual(lines);
});

describe.each(variants)("%s: an array may end where memory ends", (variant) => {
  const PAGE = 65536;
  const memory = new WebAssembly.Memory({ initial: 40 });
  const end = 40 * PAGE;
  const kernel = new WebAssembly.Instance(compile(variant), { env: { memory } })
    .exports as unknown as attention.KernelExports;
  const random = createRandom(5);
  const SCRATCH = 2 ** 20;

  /** Arrays one behind the other from 64 on, except for the one that is to be last, which ends with memory. */
  function place(
    arrays: Record<string, ArrayLike<number> & { BYTES_PER_ELEMENT: number; buffer: ArrayBufferLike }>,
    last: string,
  ) {
    let at = 256;
    return Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const bytes = array.length * array.BYTES_PER_ELEMENT;
        const start = name === last ? end - bytes : at;
        if (name !== last) at += Math.ceil(bytes / 64) * 64;
        new Uint8Array(memory.buffer).set(new Uint8Array(array.buffer as ArrayBuffer), start);
        return [name, start];
      }),
    ) as Record<string, number>;
  }

  // Sizes on both sides of a vector, a panel and a tile; L decides between reading in place and packing.
  const sizes = [1, 2, 3, 5, 7, 9, 13].flatMap((D) => [1, 2, 7].flatMap((L) => [1, 3, 9, 33].map((S) => [L, S, D])));
  const names = ["query", "key", "value", "output", "weights", "scores", "lse", "mask", "bias", "slopes", "sinks"];

  it.each(names)("attention_f32: %s", (last) => {
    for (const [L, S, D] of sizes as [number, number, number][]) {
      const [q, k, v] = [random.tensor([1, 1, L, D]), random.tensor([1, 1, S, D]), random.tensor([1, 1, S, D])];
      const mask = Uint8Array.from({ length: L * S }, (_, i) => (i % 3 === 1 ? 0 : 1));
      const bias = random.tensor([L, S]);
      const at = place(
        {
          query: Float32Array.from(q.data),
          key: Float32Array.from(k.data),
          value: Float32Array.from(v.data),
          mask,
          bias: Float32Array.from(bias.data),
          slopes: Float32Array.of(0.5),
          sinks: Float32Array.of(0.25),
          output: new Float32Array(L * D),
          weights: new Float32Array(L * S),
          scores: new Float32Array(L * S),
          lse: new Float32Array(L),
        },
        last,
      );
      const block = new DataView(memory.buffer, 0, fields.size);
      for (let i = 0; i < fields.size; i += 4) block.setInt32(i, 0, true);
      const set = (values: Partial<Record<keyof typeof fields, number>>) => {
        for (const [name, x] of Object.entries(values)) block.setInt32(fields[name as keyof typeof fields], x, true);
      };
      set({ batch: 1, heads: 1, keyValueHeads: 1, queryLength: L, keyLength: S, headSize: D, valueSize: D, ...at });
      set({ queryStride: 4 * D, keyStride: 4 * D, valueStride: 4 * D, outputStride: 4 * D, left: -1, right: -1 });
      set({ maskQueryStride: S, maskKeyStride: 1, biasQueryStride: 4 * S, biasKeyStride: 4, scratch: SCRATCH });
      block.setFloat32(fields.scale, 0.5, true);
      expect(kernel.attention_f32_scratch(0) >>> 0).toBeLessThan(end - SCRATCH - PAGE);
      kernel.attention_f32(0);
      const expected = referenceAttention(q, k, v, {
        scale: 0.5,
        mask: { shape: [L, S], data: mask },
        bias,
        alibi: [0.5],
        align: 0,
        sinks: [0.25],
      });
      const allowed = attentionTolerance(expected);
      for (const [name, size] of Object.entries({ output: L * D, weights: L * S, lse: L })) {
        const start = at[name] as number;
        const got = new Float32Array(memory.buffer.slice(start, start + 4 * size));
        const [result, tolerance] = [expected[name as "output"], allowed[name as "output"]];
        expect(compare(got, result.data, tolerance), `${name} of ${L}×${S}×${D}`).toBeUndefined();
      }
    }
  });

  it.each(["c", "a", "b"])("matmul_f32: %s", (last) => {
    for (const M of [1, 3, 4, 7]) {
      for (const N of [1, 3, 8, 9]) {
        for (const K of [1, 3, 5, 9]) {
          for (const transposeB of [false, true]) {
            const a = random.tensor([M, K]);
            const b = random.tensor(transposeB ? [N, K] : [K, N]);
            const at = place(
              { c: new Float32Array(M * N), a: Float32Array.from(a.data), b: Float32Array.from(b.data) },
              last,
            ) as Record<"a" | "b" | "c", number>;
            kernel.matmul_f32(at.c, at.a, at.b, M, N, K, transposeB ? 1 : 0, 0, SCRATCH);
            const expected = referenceMatmul(a, b, { transposeB });
            const got = new Float32Array(memory.buffer.slice(at.c, at.c + 4 * M * N));
            const allowed = { rtol: dotTolerance(K), scale: expected.condition };
            expect(compare(got, expected.data, allowed), `${M}×${K}·${K}×${N}`).toBeUndefined();
          }
        }
      }
    }
  });

  it("attention_f32_scratch reads sizes, format and weightsMode alone", () => {
    const block = new DataView(memory.buffer, 0, fields.size);
    for (let i = 0; i < fields.size; i += 4) block.setInt32(i, i <= fields.format ? 3 : 0, true);
    block.setInt32(fields.weightsMode, 1, true);
    const bytes = kernel.attention_f32_scratch(0);
    for (let i = fields.format + 4; i < fields.size; i += 4) if (i !== fields.weightsMode) block.setInt32(i, -1, true);
    expect(kernel.attention_f32_scratch(0)).toBe(bytes);
    block.setInt32(fields.keyLength, 2 ** 31 - 1, true);
    expect(kernel.attention_f32_scratch(0) >>> 0).toBe(2 ** 32 - 1);
  });
});
