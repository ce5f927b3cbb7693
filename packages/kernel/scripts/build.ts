// Builds dist/: both variants from one AssemblyScript source, and the JavaScript that carries them.
//
//   simd.wasm, relaxed.wasm   with a custom section "attn" that says "<variant> <version>"
//   index.js, index.d.ts      from src/, with the two binaries inlined as text
//
// What could go stale is derived here: the argument block's offsets from assembly/arguments.ts, the version from
// package.json. Any failure ends the process non-zero.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/** An unsigned LEB128 number, as the binary format writes lengths. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)];
}

/** The module with a custom section added at its end. */
function withSection(wasm: Uint8Array, name: string, text: string): Buffer {
  const encode = (s: string) => [...new TextEncoder().encode(s)];
  const content = [...leb(name.length), ...encode(name), ...encode(text)];
  return Buffer.concat([wasm, Buffer.from([0, ...leb(content.length), ...content])]);
}

function compile(variant: string): Buffer {
  const file = `dist/${variant}.wasm`;
  // As a command: its types declare i32 and friends for every file that imports it. It is quiet unless it fails.
  const asc = fileURLToPath(import.meta.resolve("assemblyscript/bin/asc.js"));
  const { status, stderr } = spawnSync(process.execPath, [asc, "--config", "asconfig.json", "--target", variant]);
  if (status !== 0) {
    process.stderr.write(stderr);
    throw new Error(`asc failed for ${variant}.wasm`);
  }
  const wasm = withSection(readFileSync(file), "attn", `${variant} ${version}`);
  writeFileSync(file, wasm);
  return wasm;
}

/**
 * Both binaries as text that gzip makes small: 11 KB for the two, where base64 has 23. Hexadecimal keeps bytes aligned,
 * so that what repeats in a binary repeats in the text; and since the two are much alike, they lie in turns, each
 * quarter of one behind that quarter of the other, near enough for gzip to see.
 */
function inline(simd: string, relaxed: string): string {
  const quarter = (hex: string, i: number) =>
    hex.slice(Math.floor((hex.length * i) / 4), Math.floor((hex.length * (i + 1)) / 4));
  const pieces = [0, 1, 2, 3].flatMap((i) => [quarter(simd, i), quarter(relaxed, i)]);
  return `/** Hexadecimal quarters, simd and relaxed in turns. */\nexport const pieces: readonly string[] = ${JSON.stringify(pieces, null, 2)};\n`;
}

/** { field: byte offset } of the argument block: every field takes 4 bytes, in the order of its class. */
function argumentFields(): Record<string, number> {
  const source = readFileSync("assembly/arguments.ts", "utf8");
  const names = [
    ...source.slice(source.indexOf("class AttentionArguments")).matchAll(/^ {2}(\w+): (?:i32|f32|usize);$/gm),
  ];
  return Object.fromEntries(names.map(([, name], i) => [name, 4 * i]));
}

rmSync("dist", { recursive: true, force: true });
rmSync("src/generated", { recursive: true, force: true });
mkdirSync("dist", { recursive: true });
mkdirSync("src/generated", { recursive: true });
const simd = compile("simd");
const relaxed = compile("relaxed");
writeFileSync("src/generated/inline.ts", inline(simd.toString("hex"), relaxed.toString("hex")));
const fields = argumentFields();
writeFileSync(
  "src/generated/interface.ts",
  `/** The version of this package, which both modules state too. */
export const version: string = ${JSON.stringify(version)};
/** Byte offset of each field in the argument block of attention_f32, and the block's size. */
export const fields = ${JSON.stringify({ ...fields, size: 4 * Object.keys(fields).length }, null, 2)} as const;
`,
);
execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
