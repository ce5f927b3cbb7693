// What the binaries are: stateless, small, and able to say which they are; and that package.json exports all that is built.
import { existsSync, readFileSync } from "node:fs";
import * as attention from "@attn/kernel";
import * as nn from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { exportsOf, modules } from "../scripts/modules.ts";
import { variants } from "./arena.ts";

it("package.json exports every module, and nothing else", () => {
  const expected = { ...Object.assign({}, ...modules.map(exportsOf)), "./package.json": "./package.json" };
  expect(manifest.exports).toEqual(expected);
  const files = (value: unknown): string[] =>
    typeof value === "string" ? [value] : Object.values(value as object).flatMap(files);
  for (const file of files(manifest.exports))
    expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
});

it.each(modules)("a door of %s names the bytes of no other module", (name) => {
  for (const door of ["index", "workerd", "edge-light"]) {
    const text = readFileSync(new URL(`../dist/generated/${name}/${door}.js`, import.meta.url), "utf8");
    const bytes = [...text.matchAll(/"([^"]*(?:pieces\.js|\.wasm(?:\?module)?))"/g)].map(([, file]) => file as string);
    expect(bytes.length).toBeGreaterThan(0);
    for (const file of bytes) expect(file).toMatch(new RegExp(`^(\\./pieces\\.js|\\.\\./\\.\\./${name}\\.)`));
  }
});

type Blocks = Readonly<Record<string, number>>;
const doors = { attention, nn };

it("every module is looked at here", () => expect(Object.keys(doors)).toEqual(modules));

const binaries = Object.entries(doors).flatMap(([name, door]) =>
  variants.map((variant) => ({ name, variant, door, file: `dist/${name}.${variant}.wasm` })),
);

describe.each(binaries)("$file", ({ name, variant, door, file }) => {
  const bytes = readFileSync(new URL(`../${file}`, import.meta.url));
  const module = new WebAssembly.Module(bytes);

  it("imports the memory and nothing else", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  });

  it("exports functions only: no globals, no state", () => {
    const exports = WebAssembly.Module.exports(module);
    expect(new Set(exports.map((e) => e.kind))).toEqual(new Set(["function"]));
  });

  it("has no data, global, start or table section", () => {
    const sections: number[] = [];
    let at = 8;
    const leb = (): number => {
      let n = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++] as number;
        n |= (byte & 127) << shift;
        if (byte < 128) return n;
      }
    };
    while (at < bytes.length) {
      sections.push(bytes[at++] as number);
      const size = leb();
      at += size;
    }
    // 1 types, 2 imports, 3 functions, 7 exports, 10 code, 0 custom.
    expect(new Set(sections)).toEqual(new Set([1, 2, 3, 7, 10, 0]));
  });

  it("says which module, variant and version it is", () => {
    const [section] = WebAssembly.Module.customSections(module, "attn");
    expect(new TextDecoder().decode(section)).toBe(`${name} ${variant} ${manifest.version}`);
    expect(door.version).toBe(manifest.version);
  });

  it("is what the package carries inline", () => {
    const inline = WebAssembly.Module.customSections(door.compile(variant), "attn")[0];
    expect(inline).toEqual(WebAssembly.Module.customSections(module, "attn")[0]);
  });

  it("writes no memory at instantiation", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    new WebAssembly.Instance(module, { env: { memory } });
    expect(new Uint8Array(memory.buffer).every((x) => x === 0)).toBe(true);
  });
});

it.each(modules)("the argument block of %s has a word for each field", (name) => {
  const { fields, words } = doors[name as keyof typeof doors] as { fields: Blocks; words: Blocks };
  const { size, ...offsets } = fields;
  expect(Object.values(offsets)).toEqual(Object.keys(offsets).map((_, i) => 4 * i));
  expect(size).toBe(4 * Object.keys(offsets).length);
  expect(fields.scratch).toBe(Number(size) - 4);
  expect(words).toEqual(Object.fromEntries(Object.entries(fields).map(([field, offset]) => [field, offset / 4])));
});

it.each(modules)("%s: simd has no relaxed instruction, relaxed has", (name) => {
  const relaxedMadd = /fd8502/;
  const code = (variant: string) => readFileSync(new URL(`../dist/${name}.${variant}.wasm`, import.meta.url), "hex");
  expect(code("relaxed")).toMatch(relaxedMadd);
  expect(code("simd")).not.toMatch(relaxedMadd);
});

it("exports these functions", () => {
  const exports = modules.map((name) => {
    const bytes = readFileSync(new URL(`../dist/${name}.simd.wasm`, import.meta.url));
    const names = WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map((each) => each.name);
    return [name, names.sort()];
  });
  expect(Object.fromEntries(exports)).toMatchInlineSnapshot(`
    {
      "attention": [
        "attention_f32",
        "attention_f32_scratch",
        "encode_f16",
        "encode_int8",
        "matmul_f32",
        "matmul_f32_scratch",
        "merge_f32",
        "merge_f32_scratch",
        "softmax_f32_rows",
        "softmax_f32_scratch",
      ],
      "nn": [
        "activate_f32",
        "activate_f32_scratch",
        "add_f32_rows",
        "argmax_f32",
        "embed_f32",
        "frequencies_f64",
        "layer_norm_f32",
        "linear_f32",
        "linear_f32_scratch",
        "mean_f32_rows",
        "normalize_f32_rows",
        "pack_weight",
        "pack_weight_scratch",
        "relative_bias_f32",
        "rms_norm_f32",
        "rope_f32",
        "scale_heads_f32",
        "sinusoids_f32",
        "weight_bytes",
      ],
    }
  `);
});
