// The node tests of ONNX's Attention operator, run by their own runner on both variants, keys and values given or in a
// cache. The cases are no part of this repository: ATTN_CONFORMANCE names their folder; without one nothing is tested.
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Attention } from "@attn/core";
import { describe, expect, it } from "vitest";
import { engines } from "./helpers.ts";

/** What run.mjs exports. */
interface Runner {
  readCases(): { name: string }[];
  /** One check for each output that the case states. */
  runCase(api: Attention, testCase: { name: string }, options: { cache: boolean }): { name: string }[];
  /** `why` is undefined where the check holds. */
  judge(check: { name: string }, tolerance: number): { error: number; why: string | undefined };
}

const TOLERANCE = 1e-5;

const given = process.env.ATTN_CONFORMANCE;
const folder = given ? pathToFileURL(`${given}/`) : new URL("../../../../shared/conformance/", import.meta.url);
const file = new URL("run.mjs", folder);
const runner = existsSync(file) ? ((await import(/* @vite-ignore */ file.href)) as Runner) : undefined;
const cases = runner?.readCases() ?? [];

describe.runIf(runner)("ONNX Attention", () => {
  it("has all its cases", () => expect(cases).toHaveLength(87));

  describe.each(engines)("%s", (_, engine) => {
    describe.each([
      ["keys and values given", false],
      ["in a cache", true],
    ])("%s", (_, cache) => {
      it.each(cases.map((testCase) => [testCase.name, testCase] as const))("%s", (_, testCase) => {
        const { runCase, judge } = runner as Runner;
        const checks = runCase(engine, testCase, { cache });
        expect(checks.length).toBeGreaterThan(0);
        for (const check of checks) expect(judge(check, TOLERANCE).why, check.name).toBeUndefined();
      });
    });
  });
});
