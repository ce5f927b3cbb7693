// The mechanisms on vectors other than the notebook's: against the float64 reference, and where sequences differ in length.
import { compare, createRandom, type MultiHeadReferenceOptions, referenceMultiHead } from "@attn/conformance";
import { describe, expect, it } from "vitest";
import type { Inputs } from "../src/inputs.ts";
import { sequenceOf } from "../src/lesson/sequence.ts";
import { mechanisms, multiHeadProjections } from "../src/mechanisms/index.ts";

const random = createRandom(7);
const vectors = (count: number, width: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: width }, () => Math.fround(random.normal())));
const sequence = (text: string, width: number) => {
  const words = text.split(" ");
  return { words, vectors: vectors(words.length, width) };
};
const inputs: Inputs = {
  sentence: sequence("나는 어제 빨간 사과를 먹었다", 3),
  visible: [true, false, true, true, true],
  question: sequence("너는 무엇을 먹었니", 2),
  answer: sequence("나는 사과를 먹었다 아주 맛있게", 2),
};

const flat = (rows: readonly (readonly number[])[]): { data: number[]; shape: number[] } => ({
  data: rows.flat() as number[],
  shape: [rows.length, rows[0]?.length ?? 0],
});
const weightOf = ({ weight }: { readonly weight: number[][] }) => ({ weight: flat(weight) });

describe.each(mechanisms)("$id", ({ id, compute }) => {
  const { sentence, question, answer } = inputs;
  const [x, memory] = id === "cross" ? [answer, question] : [sentence, sentence];
  const options: Record<typeof id, MultiHeadReferenceOptions> = {
    self: {},
    multiHead: {
      heads: 3,
      projections: { query: weightOf(multiHeadProjections.query), key: weightOf(multiHeadProjections.key) },
    },
    masked: { heads: 1, causal: true },
    cross: {},
  };

  it("agrees with the float64 reference", () => {
    const expected = referenceMultiHead(flat(x.vectors), flat(memory.vectors), options[id]);
    const { proper } = compute(inputs);
    // A few roundings of numbers below 10: far above what float32 loses here, far below what four decimals show.
    const allowed = { atol: 2e-6 };
    expect(
      compare(
        proper.weights.flatMap((head) => head.values.flat()),
        expected.weights.data,
        allowed,
      ),
    ).toBeUndefined();
    expect(compare(proper.output.values.flat(), expected.output.data, allowed)).toBeUndefined();
  });

  it("has rows that add up to 1", () => {
    for (const head of compute(inputs).proper.weights) {
      for (const row of head.values) expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
    }
  });

  it("labels every row and column", () => {
    const { notebook: printed, proper } = compute(inputs);
    for (const matrix of [...printed.heads, ...proper.weights, proper.output]) {
      expect(matrix.values).toHaveLength(matrix.rows.length);
      for (const row of matrix.values) expect(row).toHaveLength(matrix.columns.length);
    }
  });
});

it("one word is enough for every mechanism", () => {
  const one: Inputs = {
    sentence: sequenceOf(["나는"], 3, { kind: "oneHot" }),
    visible: [false],
    question: sequenceOf(["너는"], 2, { kind: "oneHot" }),
    answer: sequenceOf(["나는"], 2, { kind: "oneHot" }),
  };
  for (const { compute } of mechanisms) {
    for (const { values } of compute(one).proper.weights) expect(values).toEqual([[1]]);
  }
});
