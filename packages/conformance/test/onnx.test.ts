// The reference against the node tests of ONNX's Attention operator, where their folder is at hand.
// It is looked for in env ATTN_CONFORMANCE, else in shared/conformance beside the repository.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type AttentionReferenceOptions,
  type NumericArray,
  referenceAttention,
  referenceScores,
  type ScoresReferenceOptions,
} from "../src/index.ts";

const folder = process.env.ATTN_CONFORMANCE
  ? resolve(process.env.ATTN_CONFORMANCE)
  : fileURLToPath(new URL("../../../../shared/conformance", import.meta.url));
const runner = resolve(folder, "run.mjs");
const present = existsSync(runner);

/** What the runner calls: the API's own signatures, as far as the cases need them. */
const api = {
  attention(query: NumericArray, key: NumericArray, value: NumericArray, options: AttentionReferenceOptions) {
    const { output, weights, scores, lse } = referenceAttention(query, key, value, options);
    return {
      output,
      ...(options.returnWeights && { weights }),
      ...(options.returnScores && { scores }),
      ...(options.returnLse && { lse }),
    };
  },
  scores: (query: NumericArray, key: NumericArray, options: ScoresReferenceOptions) =>
    referenceScores(query, key, options),
};

interface Case {
  name: string;
  outputs: Record<string, unknown>;
}
interface Runner {
  readCases(): Case[];
  runCase(engine: typeof api, testCase: Case): { name: string }[];
  judge(check: { name: string }, tolerance: number): { error: number; why: string | undefined };
}

const { readCases, runCase, judge }: Runner = present
  ? await import(/* @vite-ignore */ pathToFileURL(runner).href)
  : { readCases: () => [], runCase: () => [], judge: () => ({ error: 0, why: undefined }) };
const cases = readCases();

describe.skipIf(!present)("ONNX Attention", () => {
  it("has all of its cases", () => {
    expect(cases.length).toBe(87);
  });

  it.each(cases.map((testCase) => [testCase.name, testCase] as const))("%s", (_, testCase) => {
    const compared = Object.keys(testCase.outputs).filter((name) => !name.startsWith("present_"));
    const checks = runCase(api, testCase);
    expect(checks.map(({ name }) => name)).toEqual(compared);
    for (const check of checks) expect(judge(check, 1e-5).why).toBeUndefined();
  });
});
