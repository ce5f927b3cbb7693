// What the binaries are: stateless, small, and able to say which they are; and that package.json exports all that is built.
import { existsSync, readFileSync } from "node:fs";
import { compile, fields, version, words } from "@attn/kernel";
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

describe.each(variants)("%s.wasm", (variant) => {
  const bytes = readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`)));
  const module = new WebAssembly.Module(bytes);

  it("imports the memory and nothing else", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  });

  it("exports functions only: no globals, no state", () => {
    const exports = WebAssembly.Module.exports(module);
    expect(exports.map((e) => e.name).sort()).toMatchInlineSnapshot(`
      [
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
      ]
    `);
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
    expect(new TextDecoder().decode(section)).toBe(`attention ${variant} ${manifest.version}`);
    expect(version).toBe(manifest.version);
  });

  it("is what the package carries inline", () => {
    const inline = WebAssembly.Module.customSections(compile(variant), "attn")[0];
    expect(inline).toEqual(WebAssembly.Module.customSections(module, "attn")[0]);
  });

  it("writes no memory at instantiation", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    new WebAssembly.Instance(module, { env: { memory } });
    expect(new Uint8Array(memory.buffer).every((x) => x === 0)).toBe(true);
  });
});

it("the argument block has a word for each field", () => {
  const { size, ...offsets } = fields;
  expect(Object.values(offsets)).toEqual(Object.keys(offsets).map((_, i) => 4 * i));
  expect(size).toBe(4 * Object.keys(offsets).length);
  expect(fields.scratch).toBe(size - 4);
  for (const [name, offset] of Object.entries(fields)) expect(words[name as keyof typeof words]).toBe(offset / 4);
});

it("simd.wasm has no relaxed instruction, relaxed.wasm has", () => {
  const relaxedMadd = /fd8502/;
  const code = (name: string) =>
    readFileSync(new URL(import.meta.resolve(`@attn/kernel/${name}.wasm`))).toString("hex");
  expect(code("relaxed")).toMatch(relaxedMadd);
  expect(code("simd")).not.toMatch(relaxedMadd);
});
