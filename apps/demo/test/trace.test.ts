// The steps against the one call and against the float64 reference, and the code on screen against the numbers beside it.
import { attentionTolerance, compare, referenceMultiHead } from "@attn/conformance";
import * as core from "@attn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chapterIds, initialLesson, withEdgeToggled, withSettings } from "../src/lesson/lesson.ts";
import { makeTyped, naive } from "../src/lesson/plain.ts";
import { callOf, snippetOf } from "../src/lesson/snippet.ts";
import { fused, type Rows, traceOf } from "../src/lesson/trace.ts";
import { lessons } from "./lessons.ts";

const array = (rows: Rows) => ({
  data: Float64Array.from(rows.flat()),
  shape: [rows.length, rows[0]?.length ?? 0],
});

/** The same in float64. */
function reference({ settings, x, memory, scale, hidden, weightsOf }: ReturnType<typeof traceOf>) {
  const linear = (rows: Rows) => ({ weight: array(rows) });
  return referenceMultiHead(array(x.vectors), array(memory.vectors), {
    heads: settings.heads,
    scale,
    mask: array(hidden.map((row) => row.map((cell) => (cell ? 0 : 1)))),
    projections: {
      query: linear(weightsOf.query),
      key: linear(weightsOf.key),
      value: linear(weightsOf.value),
      output: linear(weightsOf.output),
    },
  });
}

/** Two float64 computations of numbers below 10, whose sums run in different orders. */
const float64 = { atol: 1e-13, rtol: 1e-12 };

describe.each(chapterIds)("%s", (chapter) => {
  it("every step leads to what the one call gives, and both to float64", () => {
    fc.assert(
      fc.property(lessons, (lesson) => {
        const trace = traceOf(lesson, chapter);
        const expected = reference(trace);
        const allowed = attentionTolerance(expected);
        const { output, weights } = fused(trace);
        const stepped = trace.heads.flatMap((head) => head.weights.flat());
        for (const got of [stepped, weights.data])
          expect(compare(got, expected.weights.data, allowed.weights)).toBeUndefined();
        for (const got of [trace.output.flat(), output.data])
          expect(compare(got, expected.output.data, allowed.output)).toBeUndefined();
        // A row of weights adds up to 1, or sees nothing.
        for (const head of trace.heads) {
          for (const [i, row] of head.weights.entries()) {
            const sum = row.reduce((a, b) => a + b, 0);
            expect(sum).toBeCloseTo(trace.hidden[i]?.every(Boolean) ? 0 : 1, 5);
          }
        }
      }),
      { seed: 6, numRuns: 150 },
    );
  });

  it("plain JavaScript, both ways, computes the same", () => {
    fc.assert(
      fc.property(lessons, (lesson) => {
        const trace = traceOf(lesson, chapter);
        const expected = reference(trace);
        const allowed = attentionTolerance(expected);
        const [double, single] = [naive(trace), makeTyped(trace)()];
        expect(compare(single.weights, expected.weights.data, allowed.weights)).toBeUndefined();
        expect(compare(single.output, expected.output.data, allowed.output)).toBeUndefined();
        // What the page measures the call's error against: float64 to its last digits.
        expect(compare(double.weights, expected.weights.data, float64)).toBeUndefined();
        expect(compare(double.output, expected.output.data, float64)).toBeUndefined();
      }),
      { seed: 8, numRuns: 50 },
    );
  });

  it("the code on screen gives what is on screen, to the bit", () => {
    fc.assert(
      fc.property(lessons, (lesson) => {
        const trace = traceOf(lesson, chapter);
        const code = snippetOf(trace).replace(/^import (\{.*\}) from "@attn\/core";/, "const $1 = core;");
        const run = new Function("core", `${code}\nreturn { output, weights };`);
        const got = run(core) as { output: core.Tensor; weights: core.Tensor };
        const shown = fused(trace);
        expect(got.output).toEqual(shown.output);
        expect(got.weights).toEqual(shown.weights);
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe("the notebook's sentence, done properly", () => {
  const shown = (rows: Rows | undefined) => rows?.map((row) => row.map((x) => x.toFixed(4)).join(" "));

  it("self", () => {
    expect(shown(traceOf(initialLesson, "self").heads[0]?.weights)).toEqual([
      "0.4711 0.2645 0.2645",
      "0.2645 0.4711 0.2645",
      "0.2645 0.2645 0.4711",
    ]);
  });
  it("masked", () => {
    expect(shown(traceOf(initialLesson, "masked").heads[0]?.weights)).toEqual([
      "1.0000 0.0000 0.0000",
      "0.3595 0.6405 0.0000",
      "0.2645 0.2645 0.4711",
    ]);
  });
  it("the calls", () => {
    expect(chapterIds.map((id) => callOf(traceOf(initialLesson, id)))).toEqual([
      "selfAttention(x, { returnWeights: true })",
      "multiHeadSelfAttention(x, { heads: 3, projections, returnWeights: true })",
      "maskedMultiHeadSelfAttention(x, { heads: 1, returnWeights: true })",
      "crossAttention(answer, question, { returnWeights: true })",
    ]);
  });
  it("an edge hidden takes its share to the others", () => {
    const [row] = traceOf(withEdgeToggled(initialLesson, "self", [0, 1]), "self").heads[0]?.weights ?? [];
    expect(shown([row ?? []])).toEqual(["0.6405 0.0000 0.3595"]);
  });
  it("a mask that hides everything gives zeros", () => {
    const all = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [i, j] as const));
    const trace = traceOf(withSettings(initialLesson, "self", { hidden: all }), "self");
    expect(trace.heads[0]?.weights.flat().every((x) => x === 0)).toBe(true);
    expect(trace.output.flat().every((x) => x === 0)).toBe(true);
  });
});
