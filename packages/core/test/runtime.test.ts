// Runtimes that lack something, for real: Node told to have no SIMD, and Node without WebAssembly.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = `import { readFileSync } from "node:fs";
import * as core from "@attn/core";
import * as slim from "@attn/core/slim";
const wasm = readFileSync(new URL(import.meta.resolve("@attn/kernel/simd.wasm")));
const response = () => new Response(wasm, { headers: { "content-type": "application/wasm" } });
const calls = {
  selfAttention: () => core.selfAttention([[1]]),
  createAttention: () => core.createAttention({ variant: "simd" }),
  slim: () => slim.createAttention({ module: wasm }),
  loadAttention: () => slim.loadAttention(response()),
  wrong: () => slim.createAttention({ module: wasm, maximumBytes: 1 }),
};
const said = {};
for (const [name, call] of Object.entries(calls)) {
  try { await call(); said[name] = "nothing"; } catch (error) { said[name] = String(error); }
}
console.log(JSON.stringify(said));`;

function saidUnder(flag: string): Record<string, string> {
  const args = [flag, "--input-type=module", "--eval", program];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: "utf8", stdio: "pipe" }));
}

const since = "Chrome 91, Firefox 89, Safari 16.4, Node 16.4 and later do";

describe.skipIf(process.arch !== "x64").each([
  ["SIMD", "--no-enable-sse4-1", "WebAssembly SIMD"],
  ["WebAssembly", "--jitless", "WebAssembly"],
])("a runtime without %s", (_, flag, lacking) => {
  const said = saidUnder(flag);
  it.each(["selfAttention", "createAttention", "slim", "loadAttention"])("%s says so", (name) => {
    const api = name === "slim" ? "createAttention" : name;
    expect(said[name]).toBe(`Error: ${api}: this runtime does not support ${lacking}; ${since}`);
  });
  it("arguments are looked at first", () => {
    expect(said.wrong).toMatch(/^RangeError: createAttention: "maximumBytes" must be /);
  });
});

it("a runtime with everything is content", () => {
  const { wrong: _, ...rest } = saidUnder("--no-warnings");
  expect(new Set(Object.values(rest))).toEqual(new Set(["nothing"]));
});
