// The examples of READMEs and docstrings as programs, and what they state as assertions. Runs none of them.
//
// An example is a fenced block that is complete by itself. What it says to print is checked where it is said like this:
//   console.log(weights.shape); // → [3, 3], and whatever else there is to say
//   console.log(String(error)); // → RangeError: the whole text
// Numbers have to agree as far as the digits that are written.

import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./copy.ts";
import { publicPackages } from "./pack.ts";

export interface Example {
  /** Where it is: file and number. */
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

const fences = (name: string, text: string): Example[] =>
  [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].map(([, language = "", code = ""], i) => ({
    name: `${name}, ${i + 1}`,
    language,
    code,
  }));

/** The blocks of every `@example` of a .d.ts; an Error for one that has none. */
function examplesOfTypes(name: string, text: string): Example[] {
  return [...text.matchAll(/\/\*\*(.*?)\*\//gs)].flatMap(([, comment = ""]) => {
    const lines = comment.replace(/^[ \t]*\* ?/gm, "");
    return [...lines.matchAll(/^@example\b(.*?)(?=^@|$(?![\s\S]))/gms)].flatMap(([, body = ""]) => {
      const found = fences(name, body);
      if (found.length === 0) throw new Error(`${name}: an @example must be a fenced block, got ${body.trim()}`);
      return found;
    });
  });
}

/** Of the repository's READMEs, those of the public packages, and the .d.ts files that these ship. */
export function publicExamples(): Example[] {
  const files = (pattern: string, cwd: string) =>
    globSync(pattern, { cwd })
      .map((file) => join(cwd, file))
      .sort();
  const read = (file: string): [string, string] => [relative(root, file), readFileSync(file, "utf8")];
  const folders = publicPackages.map(({ folder }) => folder);
  return [
    ...[root, ...folders].flatMap((folder) => files("README*.md", folder)).flatMap((file) => fences(...read(file))),
    ...folders.flatMap((folder) => files("dist/**/*.d.ts", folder)).flatMap((file) => examplesOfTypes(...read(file))),
  ];
}

/** The program with its statements checked. It imports `check` from "./check.js". */
export function checked(code: string): string {
  const lines = code.split("\n").map((line) => {
    const [, indent, values, stated] = /^(\s*)console\.log\((.*)\); \/\/ → (.*)$/.exec(line) ?? [];
    return stated === undefined ? line : `${indent}check(${JSON.stringify(stated)}, ${values});`;
  });
  return `import { check } from "./check.js";\n${lines.join("\n")}`;
}

/** A module with `check(stated, ...values)`, which throws where the values are not what is stated. */
export const checkModule = `
const flat = (x) =>
  typeof x === "number" ? [x]
  : Array.isArray(x) ? x.flatMap(flat)
  : ArrayBuffer.isView(x) ? Array.from(x)
  : typeof x === "object" && x !== null && "data" in x && "shape" in x ? Array.from(x.data)
  : undefined;

/** Half a unit of the last digit that is written. */
const slack = (text) => {
  const [, decimals = "", exponent = "0"] = /^-?\\d*(?:\\.(\\d+))?(?:e([-+]?\\d+))?$/.exec(text);
  return 0.5 * 10 ** (Number(exponent) - decimals.length);
};

export function check(stated, ...values) {
  const numbers = values.length === 1 ? flat(values[0]) : undefined;
  const got = numbers ? JSON.stringify(numbers) : values.map(String).join(" ");
  const wrong = () => new Error(\`the example says \${stated}, got \${got}\`);
  if (!numbers) {
    if (stated !== got) throw wrong();
    return;
  }
  // Up to the bracket that closes the first one; else the first number.
  let depth = 0;
  let end = stated.startsWith("[") ? 0 : stated.match(/^[-\\d.e+]*\\d/)?.[0].length ?? 0;
  if (stated.startsWith("[")) do depth += { "[": 1, "]": -1 }[stated[end++]] ?? 0; while (depth > 0 && end < stated.length);
  const written = stated.slice(0, end).match(/-?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[-+]?\\d+)?/g) ?? [];
  // Half of the last digit, and what a float32 is off by where it is written in full.
  const agrees = (text, i) => Math.abs(Number(text) - numbers[i]) <= slack(text) * (1 + 1e-6) + 1e-7 * Math.abs(numbers[i]);
  if (written.length !== numbers.length || !written.every(agrees)) throw wrong();
}
`;
