// Every example that a user can read, in READMEs and in the docstrings that an editor shows, as it stands in the tarballs:
// it compiles, it runs without a word of complaint, and what it says to print is printed.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checked, checkModule, publicExamples } from "../src/examples.ts";
import { writeHub } from "../src/hub.ts";
import { makeProject, run } from "../src/index.ts";

const examples = publicExamples().filter(({ language }) => language === "ts");

let folder: string;
beforeAll(() => {
  // Of the user's choice, and no package of ours.
  const tokenizers = fileURLToPath(new URL("..", import.meta.resolve("@huggingface/tokenizers")));
  const project = makeProject("npm", { "@huggingface/tokenizers": `file:${tokenizers}` });
  folder = join(project, "examples");
  mkdirSync(folder);
  writeHub(folder);
  writeFileSync(join(folder, "check.js"), checkModule);
  for (const [i, { code }] of examples.entries()) {
    writeFileSync(join(folder, `${i}.ts`), code);
    writeFileSync(join(folder, `${i}.checked.ts`), checked(code));
  }
});
afterAll(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

it("there are some in READMEs and in docstrings", () => {
  expect(examples.filter(({ name }) => name.includes("README")).length).toBeGreaterThan(8);
  expect(examples.filter(({ name }) => name.includes(".d.ts")).length).toBeGreaterThan(0);
});

it("they compile", () => {
  const own = fileURLToPath(new URL("../node_modules/@types", import.meta.url));
  // By a bundler's rules, since the types of @huggingface/tokenizers hold by no others; ours are tried by all of them.
  const settings = [
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--target",
    "es2024",
    "--lib",
    "es2024,esnext.disposable,dom",
    "--strict",
  ];
  const files = examples.map((_, i) => `${i}.ts`);
  expect(
    run(folder, "tsc", ["--noEmit", ...settings, "--ignoreConfig", "--typeRoots", own, "--types", "node", ...files]),
  ).toBe("");
});

it.each(examples.map(({ name }, i) => [name, i] as const))("%s", (_, i) => {
  const { status, stderr } = spawnSync(process.execPath, ["--import", "./hub.js", `${i}.checked.ts`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

describe("a statement", () => {
  const says = (line: string) => {
    writeFileSync(join(folder, "statement.ts"), checked(line));
    return () => run(folder, process.execPath, ["statement.ts"]);
  };
  it.each([
    "console.log([1, 0.35954]); // → [1, 0.3595], and so on",
    "console.log({ data: new Float32Array([0.25, 2]), shape: [2, 1] }); // → [[.25], [2]]",
    "console.log(-1.5e-7); // → -1.5e-7 of something",
    'console.log(String(new RangeError("no"))); // → RangeError: no',
    'console.log("simd", "relaxed"); // → simd relaxed',
  ])("that holds passes: %s", (line) => {
    expect(says(line)).not.toThrow();
  });
  it.each([
    "console.log([1, 0.35964]); // → [1, 0.3595], and so on",
    "console.log([1, 2, 3]); // → [1, 2]",
    "console.log([1, 2]); // → [1, 2, 3]",
    "console.log(2); // → some",
    'console.log(String(new RangeError("no"))); // → RangeError: yes',
  ])("that does not is seen: %s", (line) => {
    expect(says(line)).toThrow("the example says");
  });
});
