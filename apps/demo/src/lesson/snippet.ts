// What is on screen as code that a user can run: the same words, vectors and options. Knows how code is written; computes
// nothing.
import type { Sequence } from "./sequence.ts";
import { apiOf, optionsOf, type Rows, type Trace } from "./trace.ts";

/** A comment must end with its line, whatever a word is made of. */
const inComment = (word: string): string => word.replace(/[\u2028\u2029\r\n]/gu, " ");

const vectorsOf = (name: string, { words, vectors }: Sequence): string =>
  [
    `const ${name} = [`,
    ...vectors.map((vector, i) => `  [${vector.join(", ")}], // ${inComment(words[i] ?? "")}`),
    "];",
  ].join("\n");

const matrix = (rows: Rows | readonly (readonly boolean[])[]): string =>
  `[${rows.map((row) => `[${row.join(", ")}]`).join(", ")}]`;

/** A module that ends with `output` and `weights` in hand. */
export function snippetOf(trace: Trace): string {
  const api = apiOf(trace.chapter, trace.settings);
  const { heads, projections, scale, causal, mask } = optionsOf(trace);
  const isCross = api === "crossAttention";
  const [x, memory] = isCross ? ["answer", "question"] : ["x", ""];
  const parts = [`import { ${api} } from "@attn/core";`, vectorsOf(x, trace.x)];
  if (isCross) parts.push(vectorsOf(memory, trace.memory));
  if (projections) {
    const lines = Object.entries(projections).map(([name, { weight }]) => `  ${name}: { weight: ${matrix(weight)} },`);
    parts.push(["const projections = {", ...lines, "};"].join("\n"));
  }
  if (mask) parts.push(`// true: may be seen\nconst mask = ${matrix(mask)};`);
  const options = [
    heads !== undefined && `heads: ${heads}`,
    projections && "projections",
    scale !== undefined && `scale: ${scale}`,
    causal && "causal: true",
    mask && "mask",
    "returnWeights: true",
  ].filter(Boolean);
  const operands = [x, memory].filter(Boolean).join(", ");
  parts.push(`const { output, weights } = ${api}(${operands}, {\n  ${options.join(",\n  ")},\n});`);
  return `${parts.join("\n\n")}\n`;
}

/** The call alone, in one line, with what is large by its name. */
export function callOf(trace: Trace): string {
  const { heads, projections, scale, causal, mask } = optionsOf(trace);
  const operands = trace.chapter === "cross" ? "answer, question" : "x";
  const options = [
    heads !== undefined && `heads: ${heads}`,
    projections && "projections",
    scale !== undefined && `scale: ${Number(scale.toFixed(4))}`,
    causal && "causal: true",
    mask && "mask",
    "returnWeights: true",
  ].filter(Boolean);
  return `${apiOf(trace.chapter, trace.settings)}(${operands}, { ${options.join(", ")} })`;
}
