// attention() against the float64 reference on calls drawn at random: shapes, layouts, ranks, every option in every
// combination, and where inputs and output lie. Single options at chosen sizes are in attention.test.ts.
//
// ATTN_RUNS=20000 draws that many calls a variant, ATTN_SEED=7 other ones; a counterexample is a spec that says all.
import {
  type AttentionReferenceOptions,
  attentionTolerance,
  createRandom,
  type Random,
  referenceAttention,
  underflowTolerance,
} from "@attn/conformance";
import { type Attention, type AttentionOptions, createAttention, type Tensor, type TensorInput } from "@attn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nested, range, sizeOf } from "./arrays.ts";
import { engines, expectSame, randomMask } from "./helpers.ts";

const RUNS = Number(process.env.ATTN_RUNS ?? 600);
const SEED = Number(process.env.ATTN_SEED ?? 20240607);
/** Multiply-adds of the largest call: the reference needs some 10 ns for each. */
const WORK = 1_500_000;

// ------------------------------------------------------------------------------------------------ what a call is

interface Sizes {
  B: number;
  G: number;
  /** H / G. */
  group: number;
  L: number;
  S: number;
  D: number;
  Dv: number;
}

/** Where an input lies: in a Float32Array, in nested arrays, or in wasm memory. */
type Place = "plain" | "nested" | "wasm";

/** Which of the axes [B, H, L, S] something broadcast has in full, and how many leading ones it leaves out. */
interface Broadcast {
  axes: readonly [boolean, boolean, boolean, boolean];
  without: number;
}

interface Spec {
  /** Of the numbers in query, key, value, mask and so on. */
  seed: number;
  rank: 2 | 3 | 4;
  sizes: Sizes;
  /** Deviation of the numbers in query, key and value. */
  magnitudes: readonly [number, number, number];
  places: readonly [Place, Place, Place];
  out?: "array" | "tensor" | "wasm";
  /** NaN in every key and value that nothing attends to. */
  poison: boolean;
  /** On an engine whose memory is full of earlier calls; else on a new one, whose memory grows. */
  used: boolean;
  options: Pick<
    AttentionOptions,
    "scale" | "causal" | "window" | "align" | "softcap" | "layout" | "returnScores" | "returnLse" | "returnWeights"
  > & {
    mask?: Broadcast & { visible: number };
    bias?: Broadcast & { magnitude: number; hidden: number };
    keyLengths?: true;
    /** How many sequences are packed, and whether their keys are as many as their queries. */
    segments?: { count: number; same: boolean };
    alibi?: boolean | "list";
    sinks?: number;
  };
}

/** A size: mostly one of the edges, else anything up to the last of them; rarely 0, which leaves nothing to compare. */
const size = (...edges: number[]): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...edges) },
    { weight: 15, arbitrary: fc.integer({ min: 1, max: edges.at(-1) as number }) },
    { weight: 1, arbitrary: fc.constant(0) },
  );

const flag = fc.boolean();
const broadcast = {
  axes: fc.tuple(flag, flag, flag, flag),
  without: fc.constantFrom(0, 0, 1, 2, 3),
};
const place = fc.constantFrom<Place>("plain", "plain", "nested", "wasm");
const magnitude = fc.constantFrom(1, 1, 1, 1e-3, 0.1, 10, 1e3);
const side = fc.oneof(fc.constantFrom(0, 1, 7), fc.integer({ min: 0, max: 320 }));

const options = fc.record<Required<Spec["options"]>>({
  scale: fc.constantFrom(1, 0, -1, 0.125, 2.5),
  causal: flag,
  window: fc.record({ left: side, right: side }, { requiredKeys: [], noNullPrototype: true }),
  align: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("top-left", "bottom-right") },
    { weight: 2, arbitrary: fc.integer({ min: -9, max: 9 }) },
    { weight: 1, arbitrary: fc.integer({ min: -310, max: 310 }) },
  ),
  mask: fc.record({ ...broadcast, visible: fc.constantFrom(0.5, 0.9, 0.9, 0.02, 1, 1, 0) }),
  bias: fc.record({
    ...broadcast,
    magnitude: fc.constantFrom(1, 0.01, 100),
    hidden: fc.constantFrom(0, 0, 0, 0.3, 0.3, 0.95, 1),
  }),
  keyLengths: fc.constant(true),
  segments: fc.record({ count: fc.constantFrom(1, 2, 3, 5, 9), same: flag }),
  softcap: fc.constantFrom(1, 0.3, 30, 1e4),
  alibi: fc.constantFrom<boolean | "list">(true, "list", false),
  sinks: fc.constantFrom(1, 10, 1000),
  layout: fc.constantFrom("BHLD", "BLHD"),
  returnWeights: fc.constantFrom<boolean | "mean">(true, "mean", false),
  returnScores: flag,
  returnLse: flag,
});
const optionNames: (keyof Spec["options"])[] = [
  ...(["scale", "causal", "window", "align", "mask", "bias", "keyLengths", "softcap", "alibi", "sinks"] as const),
  ...(["segments", "layout", "returnWeights", "returnScores", "returnLse"] as const),
];

const specs: fc.Arbitrary<Spec> = fc
  .record<Spec, "seed" | "rank" | "sizes" | "magnitudes" | "places" | "poison" | "used" | "options">(
    {
      seed: fc.nat(1e6),
      rank: fc.constantFrom(4, 4, 3, 2),
      sizes: fc.record({
        B: size(1, 1, 2, 3),
        G: size(1, 1, 2, 3),
        group: fc.constantFrom(1, 1, 2, 3, 5),
        L: size(1, 2, 3, 4, 5, 6, 7, 13, 48, 95, 96, 97, 200),
        S: size(1, 3, 7, 8, 9, 16, 17, 255, 256, 257, 264, 300),
        D: size(1, 2, 3, 4, 5, 8, 16, 32, 33, 64, 70),
        Dv: size(1, 2, 4, 7, 8, 9, 16, 32, 40, 64, 70),
      }),
      magnitudes: fc.tuple(magnitude, magnitude, magnitude),
      places: fc.tuple(place, place, place),
      out: fc.constantFrom("array", "tensor", "wasm"),
      poison: flag,
      used: flag,
      options: fc.tuple(options, fc.subarray(optionNames)).map(([all, names]) => {
        return Object.fromEntries(names.map((name) => [name, all[name]]));
      }),
    },
    { requiredKeys: ["seed", "rank", "sizes", "magnitudes", "places", "poison", "used", "options"] },
  )
  .map(fit);

/** The spec that its rank allows, made small enough: first fewer batches and heads, then fewer queries. */
function fit(spec: Spec): Spec {
  const sizes = { ...spec.sizes };
  if (spec.rank < 4) sizes.B = 1;
  if (spec.rank < 3) sizes.G = sizes.group = 1;
  const { segments } = spec.options;
  if (segments) sizes.B = 1;
  if (segments?.same) sizes.S = sizes.L;
  const work = (): number => sizes.B * sizes.G * sizes.group * sizes.L * sizes.S * (sizes.D + sizes.Dv + 8);
  if (work() > WORK) sizes.B = Math.min(sizes.B, 1);
  if (work() > WORK) sizes.group = Math.min(sizes.group, 2);
  if (work() > WORK) sizes.G = Math.min(sizes.G, 1);
  if (work() > WORK) sizes.L = Math.max(1, Math.floor((sizes.L * WORK) / work()));
  if (segments?.same) sizes.S = sizes.L;
  const { sizes: _, options, ...rest } = spec;
  const { align, ...others } = options;
  const { causal, window, alibi } = options;
  const anchored = causal || alibi || window?.left !== undefined || window?.right !== undefined;
  const needed = anchored && (sizes.L !== sizes.S || (segments !== undefined && !segments.same));
  return { ...rest, sizes, options: align === undefined && needed ? { ...others, align: "bottom-right" } : options };
}

// ------------------------------------------------------------------------------------------------ from spec to call

type Options = AttentionReferenceOptions & AttentionOptions;

/** Query, key, value and options as both attention() and the reference take them. */
function draw({ seed, rank, sizes, magnitudes, options }: Spec): [Tensor, Tensor, Tensor, Options] {
  const { B, G, group, L, S, D, Dv } = sizes;
  const H = G * group;
  const random = createRandom(seed);
  const make = (heads: number, length: number, width: number, deviation: number): Tensor => {
    const inner = options.layout === "BLHD" ? [length, heads, width] : [heads, length, width];
    const shape = rank === 4 ? [B, ...inner] : rank === 3 ? inner : [length, width];
    return random.tensor(shape, deviation);
  };
  const [q, k, v] = magnitudes;
  const inputs = [make(H, L, D, q), make(G, S, D, k), make(G, S, Dv, v)] as const;

  const { mask, bias, keyLengths, segments, alibi, sinks, ...plain } = options;
  const query = segments && pieces(random, L, segments.count);
  const keys = segments && (segments.same ? query : pieces(random, S, segments.count));
  const lengthOf = (n: number) => random.pick([n, random.integer(0, n), random.integer(Math.ceil(n / 2), n), 0]);
  const full = rank === 4 ? [B, H, L, S] : rank === 3 ? [H, L, S] : [L, S];
  const shapeOf = ({ axes, without }: Broadcast): number[] =>
    full.map((n, i) => (axes[4 - rank + i] ? n : 1)).slice(Math.min(without, rank - 1));
  return [
    ...inputs,
    {
      ...plain,
      ...(mask && { mask: randomMask(random, shapeOf(mask), mask.visible) }),
      ...(bias && { bias: hideSome(random, random.tensor(shapeOf(bias), bias.magnitude), bias.hidden) }),
      ...(keyLengths && {
        keyLengths: keys && random.uniform() < 0.8 ? keys.map(lengthOf) : range(B).map(() => lengthOf(S)),
      }),
      ...(query && { segments: segments.same ? { query } : { query, key: keys } }),
      ...(alibi !== undefined && { alibi: alibi === "list" ? range(H).map(() => random.normal(0, 0.2)) : alibi }),
      ...(sinks && { sinks: range(H).map(() => random.normal(0, sinks)) }),
    },
  ];
}

/** n in so many pieces, some of them empty. */
function pieces(random: Random, n: number, count: number): number[] {
  const cuts = range(count - 1)
    .map(() => random.integer(0, n))
    .sort((a, b) => a - b);
  return [...cuts, n].map((cut, i) => cut - (cuts[i - 1] ?? 0));
}

/** -Infinity in place of some numbers. */
function hideSome(random: Random, { data, shape }: Tensor, hidden: number): Tensor {
  return { shape, data: data.map((x) => (random.uniform() < hidden ? -Infinity : x)) };
}

/** Key or value with NaN where `hidden` says that nobody attends to the token. */
function poisoned(
  x: Tensor,
  { rank, sizes, options }: Spec,
  hidden: (b: number, g: number, j: number) => boolean,
): Tensor {
  const { G, S } = sizes;
  const width = x.shape[rank - 1] as number;
  const data = x.data.map((y, i) => {
    const row = Math.floor(i / width);
    const [g, j] = options.layout === "BLHD" ? [row % G, Math.floor(row / G) % S] : [Math.floor(row / S) % G, row % S];
    return hidden(Math.floor(row / (G * S)), g, j) ? Number.NaN : y;
  });
  return { data, shape: x.shape };
}

/** Whether all scores [..., H, L, S] of a token are -Infinity. */
function unattended(
  { B, G, group, L, S }: Sizes,
  scores: ArrayLike<number>,
): (b: number, g: number, j: number) => boolean {
  const seen = new Uint8Array(B * G * S);
  for (let i = 0; i < scores.length; i++)
    if (scores[i] !== -Infinity) seen[Math.floor(i / (S * L * group)) * S + (i % S)] = 1;
  return (b, g, j) => seen[(b * G + g) * S + j] === 0;
}

/** A tensor where the spec wants it; what is in wasm memory is kept in `held`. */
function put(engine: Attention, held: Disposable[], x: Tensor, where: Place): TensorInput {
  if (where === "nested" && x.shape.slice(0, -1).every((n) => n > 0)) return nested(x);
  if (where !== "wasm") return x;
  const copy = engine.empty(x.shape);
  held.push(copy);
  copy.data.set(x.data);
  return copy;
}

function check(shared: Attention, spec: Spec): void {
  let [query, key, value, options] = draw(spec);
  const expected = referenceAttention(query, key, value, options);
  const allowed = attentionTolerance(expected);
  // Beside a sink that outweighs all keys their weights are denormal, and may be 0.
  const largest = value.data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  allowed.output.atol = underflowTolerance(spec.sizes.S, largest);
  if (spec.poison) {
    const hidden = unattended(spec.sizes, expected.scores.data);
    key = poisoned(key, spec, hidden);
    value = poisoned(value, spec, hidden);
  }
  const before = [query, key, value].map((x) => x.data.slice());

  const held: Disposable[] = [];
  const engine = spec.used ? shared : createAttention({ variant: shared.variant });
  try {
    const inputs = [query, key, value].map((x, i) => put(engine, held, x, spec.places[i] as Place));
    const length = sizeOf(expected.output.shape);
    let out: Float32Array | Tensor | undefined;
    if (spec.out === "array") out = new Float32Array(length).fill(7);
    if (spec.out === "tensor") out = { data: new Float32Array(length).fill(7), shape: [length] };
    if (spec.out === "wasm") held.push((out = engine.empty(expected.output.shape)));
    const [q, k, v] = inputs as [TensorInput, TensorInput, TensorInput];
    const got = engine.attention(q, k, v, { ...options, ...(out && { out }) });

    expectSame("output", got.output, expected.output, allowed.output);
    if (out) expect(got.output.data, "the data of out").toBe(out instanceof Float32Array ? out : out.data);
    const { returnWeights, returnScores, returnLse } = spec.options;
    expect(Object.keys(got).toSorted(), "what is returned").toEqual(
      ["output", returnWeights && "weights", returnScores && "scores", returnLse && "lse"].filter(Boolean).toSorted(),
    );
    if (got.weights) {
      const name = returnWeights === "mean" ? "meanWeights" : "weights";
      expectSame(name, got.weights, expected[name], allowed[name]);
    }
    if (got.scores) expectSame("scores", got.scores, expected.scores, allowed.scores);
    if (got.lse) expectSame("lse", got.lse, expected.lse, allowed.lse);
    for (const [i, x] of [query, key, value].entries()) expect(x.data, "an input afterwards").toEqual(before[i]);
  } finally {
    for (const x of held) x[Symbol.dispose]();
  }
}

describe.each(engines)("attention of random calls, %s", (_, engine) => {
  it(`${RUNS} calls`, { timeout: 60_000 + RUNS * 500 }, () => {
    fc.assert(
      fc.property(specs, (spec) => check(engine, spec)),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
