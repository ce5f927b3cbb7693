// The conformance cases that every runtime computes: what is asked, as JSON, and what float64 says to it.
import {
  attentionTolerance,
  type CompareOptions,
  compare,
  createRandom,
  dotTolerance,
  type NumericArray,
  referenceAttention,
  referenceMatmul,
  referenceMultiHead,
  referenceSoftmax,
  softmaxTolerance,
} from "@attn/conformance";

/** What a program hands over. */
export interface Result {
  /** It is that of a model, not of the conformance cases. */
  readonly model?: true;
  readonly variant: string;
  /** Milliseconds from the start of the process, or of the page, to the first result; NaN where there is no clock. */
  readonly first: number;
  /** One array a case. */
  readonly outputs: readonly (readonly number[])[];
}

interface Case {
  /** As JSON: a function of the API and its arguments. */
  readonly call: string;
  readonly args: readonly unknown[];
  readonly expected: ArrayLike<number>;
  readonly allowed: CompareOptions;
}

const random = createRandom(5);
const json = ({ data, shape }: NumericArray) => ({ data: Array.from(data), shape });

type Options = Parameters<typeof referenceAttention>[3];
function attention(query: number[], key: number[], options: object, also: Options = {}): Case {
  const [q, k, v] = [random.tensor(query), random.tensor(key), random.tensor(key)];
  const reference = referenceAttention(q, k, v, { ...options, ...also });
  const args = [json(q), json(k), json(v), options];
  return {
    call: "attention",
    args,
    expected: reference.output.data,
    allowed: attentionTolerance(reference).output,
  };
}

/** heads over width E with all four projections. */
function mechanism(
  call: string,
  [L, S]: [L: number, S: number],
  E: number,
  options: { heads?: number; causal?: true },
): Case {
  const x = random.tensor([L, E]);
  const memory = call === "crossAttention" ? random.tensor([S, E]) : x;
  const linear = () => ({ weight: random.tensor([E, E], 0.5), bias: random.tensor([E]) });
  const projections = { query: linear(), key: linear(), value: linear(), output: linear() };
  const reference = referenceMultiHead(x, memory, { ...options, projections, ...(options.causal && { align: 0 }) });
  const sent = Object.entries(projections).map(([name, { weight, bias }]) => [
    name,
    { weight: json(weight), bias: json(bias) },
  ]);
  const { causal, ...rest } = options;
  return {
    call,
    // The masked mechanism is causal by itself.
    args: [
      ...(call === "crossAttention" ? [json(x), json(memory)] : [json(x)]),
      { ...rest, projections: Object.fromEntries(sent), ...(call === "selfAttention" && causal && { causal }) },
    ],
    expected: reference.output.data,
    allowed: attentionTolerance(reference).output,
  };
}

function matmul(M: number, K: number, N: number): Case {
  const [a, b] = [random.tensor([M, K]), random.tensor([K, N])];
  const { data, condition } = referenceMatmul(a, b);
  return {
    call: "matmul",
    args: [json(a), json(b)],
    expected: data,
    allowed: { rtol: dotTolerance(K), scale: condition },
  };
}

function softmax(rows: number, n: number): Case {
  const x = random.tensor([rows, n]);
  const spread = Math.max(...x.data) - Math.min(...x.data);
  return {
    call: "softmax",
    args: [json(x)],
    expected: referenceSoftmax(x).data,
    allowed: { rtol: softmaxTolerance(n, spread) },
  };
}

const mask = Array.from({ length: 9 }, (_, i) => Array.from({ length: 9 }, (_, j) => i === 4 || (i + j) % 3 > 0));

const cases: readonly Case[] = [
  attention([3, 3], [3, 3], {}),
  attention([2, 7, 5], [2, 7, 5], { causal: true }, { align: 0 }),
  attention([1, 8, 65, 16], [1, 2, 65, 16], { causal: true, softcap: 3 }, { align: 0 }),
  attention([2, 300, 20], [2, 300, 20], { scale: 0.5, window: { left: 9, right: 2 } }, { align: 0 }),
  attention([3, 40], [90, 40], { causal: true, align: "bottom-right", alibi: true, sinks: [0.5] }),
  attention([9, 8], [9, 8], { mask }, { mask: { data: mask.flat().map(Number), shape: [9, 9] } }),
  mechanism("selfAttention", [5, 5], 6, { causal: true }),
  mechanism("multiHeadSelfAttention", [6, 6], 8, { heads: 2 }),
  mechanism("maskedMultiHeadSelfAttention", [6, 6], 8, { heads: 4, causal: true }),
  mechanism("crossAttention", [4, 11], 8, { heads: 2 }),
  matmul(13, 300, 21),
  softmax(4, 1000),
];

/** A module with `run(api)`: the cases' outputs by @attn/core's functions, or by an engine's methods. */
export const casesModule: string = `const cases = ${JSON.stringify(cases.map(({ call, args }) => ({ call, args })))};
const revive = (x) =>
  x === null || typeof x !== "object" ? x
  : Array.isArray(x) ? x.map(revive)
  : "shape" in x ? { data: Float32Array.from(x.data), shape: x.shape }
  : Object.fromEntries(Object.entries(x).map(([key, value]) => [key, revive(value)]));
export const run = (api) => cases.map(({ call, args }) => {
  const result = api[call](...args.map(revive));
  return Array.from((result.output ?? result).data);
});
`;

/** What is wrong with the cases' numbers; undefined where each lies within what float32 loses. */
export function casesDisagreement({ outputs }: Result): string | undefined {
  for (const [i, { call, expected, allowed }] of cases.entries()) {
    const sentence = compare(outputs[i] ?? [], expected, allowed);
    if (sentence !== undefined) return `case ${i}, ${call}: ${sentence}`;
  }
  return undefined;
}
