// The tolerance is wide enough for plain float32 loops, and narrow enough for what is wrong: both are measured here.

import { describe, expect, it } from "vitest";
import {
  type AttentionReference,
  acrossTile,
  attentionTolerance,
  type CompareOptions,
  compare,
  createRandom,
  dotTolerance,
  headSizes,
  lengths,
  logitTolerance,
  lseTolerance,
  mergeTolerance,
  type NumericArray,
  outputTolerance,
  referenceAttention,
  referenceMatmul,
  referenceMerge,
  referenceMultiHead,
  referenceSoftmax,
  smallestNormal,
  softmaxTolerance,
  underflowTolerance,
  unitRoundoff,
  weightTolerance,
} from "../src/index.ts";

const f = Math.fround;

interface Naive {
  output: Float32Array;
  weights: Float32Array;
  scores: Float32Array;
  lse: Float32Array;
}

/** One head of attention with every operation rounded to float32, added up in order. q, k, v [L,D], [S,D], [S,Dv]. */
function naive(query: NumericArray, key: NumericArray, value: NumericArray, softcap?: number): Naive {
  const [L = 0, D = 0] = query.shape;
  const [S = 0, Dv = 0] = value.shape;
  const scale = f(1 / Math.sqrt(D));
  const output = new Float32Array(L * Dv);
  const weights = new Float32Array(L * S);
  const scores = new Float32Array(L * S);
  const lse = new Float32Array(L);
  for (let i = 0; i < L; i++) {
    let largest = -Infinity;
    for (let j = 0; j < S; j++) {
      let dot = 0;
      for (let d = 0; d < D; d++) dot = f(dot + f(Number(query.data[i * D + d]) * Number(key.data[j * D + d])));
      let logit = f(dot * scale);
      if (softcap) logit = f(softcap * f(Math.tanh(f(logit / softcap))));
      scores[i * S + j] = logit;
      largest = Math.max(largest, logit);
    }
    let sum = 0;
    for (let j = 0; j < S; j++) {
      weights[i * S + j] = f(Math.exp(f(Number(scores[i * S + j]) - largest)));
      sum = f(sum + Number(weights[i * S + j]));
    }
    lse[i] = f(largest + f(Math.log(sum)));
    for (let j = 0; j < S; j++) {
      weights[i * S + j] = f(Number(weights[i * S + j]) / sum);
      for (let d = 0; d < Dv; d++)
        output[i * Dv + d] = f(
          Number(output[i * Dv + d]) + f(Number(weights[i * S + j]) * Number(value.data[j * Dv + d])),
        );
    }
  }
  return { output, weights, scores, lse };
}

/** The first thing that does not hold. */
function judge(got: Naive, reference: AttentionReference): string | undefined {
  const tolerance = attentionTolerance(reference);
  for (const name of ["scores", "weights", "lse", "output"] as const) {
    const fault = compare(got[name], reference[name].data, tolerance[name]);
    if (fault) return `${name}: ${fault}`;
  }
  return undefined;
}

/** Largest error as a share of what is allowed. */
function shareOf(got: ArrayLike<number>, expected: ArrayLike<number>, { rtol, scale }: CompareOptions): number {
  const shares = Array.from(expected, (e, i) => {
    const allowed = Number(rtol) * Number((scale as ArrayLike<number>)[i]);
    return Math.abs(Number(got[i]) - e) / allowed;
  });
  return shares.reduce((a, b) => Math.max(a, b), 0);
}

/** Rounds to `bits` bits of precision: 11 is float16, 8 bfloat16. */
function coarse({ data, shape }: NumericArray, bits: number): NumericArray {
  const step = (x: number) => 2 ** (Math.floor(Math.log2(Math.abs(x))) - bits + 1);
  return { data: Float32Array.from(data, (x) => (x === 0 ? 0 : Math.round(x / step(x)) * step(x))), shape };
}

function inputs(seed: number, L: number, S: number, D: number, Dv: number, deviation = 1) {
  const random = createRandom(seed);
  return [random.tensor([L, D], deviation), random.tensor([S, D], deviation), random.tensor([S, Dv])] as const;
}

describe("attentionTolerance", () => {
  it.each(headSizes.map((D) => [D]))("holds for plain float32 loops at D = %i, for all lengths", (D) => {
    for (const S of lengths) {
      const tensors = inputs(D * 1000 + S, 3, S, D, 5);
      expect(judge(naive(...tensors), referenceAttention(...tensors))).toBeUndefined();
    }
  });

  it("holds for logits near 0 and in the hundreds, and with a softcap", () => {
    for (const deviation of [1e-3, 0.1, 3, 10])
      for (const softcap of [undefined, 0.5, 30]) {
        const tensors = inputs(7, 4, 65, 64, 8, deviation);
        expect(judge(naive(...tensors, softcap), referenceAttention(...tensors, { softcap }))).toBeUndefined();
      }
  });

  it("holds where the errors of every addition point the same way", () => {
    for (const S of [129, 600]) {
      const constant = (shape: readonly number[], x: number) => ({
        data: new Float32Array(Number(shape[0]) * Number(shape[1])).fill(x),
        shape,
      });
      for (const x of [0.1, 0.3, 0.7, 1.1]) {
        const tensors = [constant([1, 160], x), constant([S, 160], x), constant([S, 1], x)] as const;
        expect(judge(naive(...tensors), referenceAttention(...tensors))).toBeUndefined();
      }
    }
  });

  it.each([
    [5, 9],
    [64, 129],
    [160, 600],
  ])("is a small multiple of what plain float32 loops lose at D = %i, S = %i", (D, S) => {
    const tensors = inputs(11, 32, S, D, 8);
    const reference = referenceAttention(...tensors);
    const got = naive(...tensors);
    const tolerance = attentionTolerance(reference);
    // At least this share of what is allowed is used: the tolerance cannot grow unnoticed.
    for (const [name, least] of [
      ["scores", 1 / 20],
      ["weights", 1 / 40],
      ["lse", 1 / 50],
      ["output", 1 / 150],
    ] as const) {
      const share = shareOf(got[name], reference[name].data, tolerance[name]);
      expect(share).toBeGreaterThan(least);
      expect(share).toBeLessThan(1 / 2);
    }
  });

  it("is never wider than what sizes alone allow", () => {
    const [D, S] = [64, 129];
    const reference = referenceAttention(...inputs(12, 8, S, D, 4));
    const { output, weights, scores, lse } = attentionTolerance(reference);
    const { magnitude, condition } = reference;
    const allowed = (options: CompareOptions) =>
      Array.from(options.scale as ArrayLike<number>, (scale) => scale * Number(options.rtol));
    for (const x of allowed(scores)) expect(x).toBeLessThanOrEqual(logitTolerance(D, magnitude));
    for (const x of allowed(lse)) expect(x).toBeLessThan(lseTolerance(D, S, magnitude));
    allowed(output).forEach((x, i) => {
      expect(x).toBeLessThan(outputTolerance(D, S, magnitude) * Number(condition[i]));
    });
    allowed(weights).forEach((x, i) => {
      expect(x).toBeLessThan(weightTolerance(D, S, magnitude) * Number(reference.weights.data[i]) + 2 * smallestNormal);
    });
  });

  it.each([
    [1, 2],
    [17, 33],
    [64, 129],
    [128, 600],
  ])("finds half precision, a lost term and a wrong scale at D = %i, S = %i", (D, S) => {
    const [query, key, value] = inputs(13, 8, S, D, 8);
    const reference = referenceAttention(query, key, value);
    expect(judge(naive(query, key, value), reference)).toBeUndefined();

    expect(judge(naive(coarse(query, 11), key, value), reference)).toMatch(/^scores/);
    const fine = referenceAttention(query, key, value);
    const blurred = naive(query, key, coarse(value, 8));
    expect(judge(blurred, fine)).toMatch(/^output/);

    const lostDimension = { ...key, data: key.data.map((x, i) => (i % D === D - 1 ? 0 : x)) };
    expect(judge(naive(query, lostDimension, value), reference)).toMatch(/^scores/);

    const lostKey = referenceAttention(query, key, value, { keyLengths: [S - 1] });
    const { output } = attentionTolerance(reference);
    expect(compare(lostKey.output.data, reference.output.data, output)).toBeDefined();

    const scaled = referenceAttention(query, key, value, { scale: 1 / Math.sqrt(D + 0.01) });
    expect(compare(scaled.scores.data, reference.scores.data, attentionTolerance(reference).scores)).toBeDefined();
  });

  it("allows of mean weights what it allows of each head's on average", () => {
    const [B, H, L, S] = [2, 3, 2, 5];
    const random = createRandom(19);
    const shape = (tokens: number) => random.tensor([B, H, tokens, 4], 3);
    const { weights, meanWeights } = attentionTolerance(referenceAttention(shape(L), shape(S), shape(S)));
    const each = weights.scale as ArrayLike<number>;
    const mean = meanWeights.scale as ArrayLike<number>;
    expect(mean.length).toBe(B * L * S);
    for (let b = 0; b < B; b++)
      for (let pair = 0; pair < L * S; pair++) {
        const heads = [0, 1, 2].map((h) => Number(each[(b * H + h) * L * S + pair]));
        const average = heads.reduce((sum, x) => sum + x, 0) / H;
        const rounding = Number(mean[b * L * S + pair]) - average;
        expect(rounding).toBeGreaterThan(0);
        expect(rounding).toBeLessThanOrEqual(dotTolerance(H + 1));
      }
    expect(new Set(Array.from(mean)).size).toBe(mean.length);
  });

  it("lets weights vanish that float32 cannot hold, and no others", () => {
    const query = { data: [1], shape: [1, 1] };
    const value = { data: [1, 1], shape: [2, 1] };
    const below = referenceAttention(query, { data: [0, -95], shape: [2, 1] }, value);
    expect(compare([1, 0], below.weights.data, attentionTolerance(below).weights)).toBeUndefined();
    const above = referenceAttention(query, { data: [0, -80], shape: [2, 1] }, value);
    expect(compare([1, 0], above.weights.data, attentionTolerance(above).weights)).toMatch(/^element 1/);
  });

  it("allows for the errors of projections", () => {
    const random = createRandom(17);
    const x = random.tensor([5, 48]);
    const linear = (rows: number, columns: number) => ({ weight: random.tensor([rows, columns], 0.3) });
    const projections = { query: linear(8, 48), key: linear(8, 48), value: linear(6, 48), output: linear(7, 6) };
    const reference = referenceMultiHead(x, undefined, { projections });

    const project = (t: NumericArray, { weight }: { weight: NumericArray }) => {
      const { data, shape } = referenceMatmul(t, weight, { transposeB: true });
      return { data: Float32Array.from(data), shape }; // one rounding: less than plain loops lose
    };
    const q = project(x, projections.query);
    const k = project(x, projections.key);
    const v = project(x, projections.value);
    const got = naive(q, k, v);
    const projected = project({ data: got.output, shape: [5, 6] }, projections.output);
    expect(judge({ ...got, output: projected.data }, reference)).toBeUndefined();
    const coarseValues = naive(q, k, coarse(v, 8));
    const wrong = project({ data: coarseValues.output, shape: [5, 6] }, projections.output);
    expect(judge({ ...got, output: wrong.data }, reference)).toMatch(/^output/);
  });

  it("stays finite beside a logit of -Infinity", () => {
    const key = { data: [1, -Infinity], shape: [2, 1] };
    const value = { data: [3, 5], shape: [2, 1] };
    const reference = referenceAttention({ data: [1], shape: [1, 1] }, key, value);
    const got = (output: number): Naive => ({
      scores: Float32Array.of(1, -Infinity),
      weights: Float32Array.of(1 - 2 ** -24, 1e-40), // one step below, and a denormal
      lse: Float32Array.of(1 + 2 ** -23),
      output: Float32Array.of(output),
    });
    expect(reference.magnitude).toBe(2); // |1| + √1², and not the infinity
    expect(judge(got(3 + 2 ** -22), reference)).toBeUndefined();
    expect(judge(got(3.0001), reference)).toMatch(/^output: element 0/);
    expect(judge({ ...got(3), weights: Float32Array.of(1, 1e-30) }, reference)).toMatch(/^weights: element 1/);
  });

  it("is not widened by an infinity or a NaN elsewhere", () => {
    const key = { data: [1, Infinity, Number.NaN], shape: [3, 1] };
    const value = { data: [1, Infinity, Number.NaN], shape: [3, 1] };
    const mask = { data: [1, 0, 0, 1, 1, 1], shape: [2, 3] };
    const reference = referenceAttention({ data: [1, 1], shape: [2, 1] }, key, value, { mask });
    const { output, scores } = attentionTolerance(reference);
    expect(compare([1, Number.NaN], reference.output.data, output)).toBeUndefined();
    expect(compare([1.00001, Number.NaN], reference.output.data, output)).toMatch(/^element 0/);
    expect(compare([1, -Infinity, -Infinity, 1, 9, 9], reference.scores.data, scores)).toMatch(/^element 4.*Infinity/);
    expect(compare([1.001, -Infinity, -Infinity, 1, Infinity, Number.NaN], reference.scores.data, scores)).toMatch(
      /^element 0/,
    );
  });
});

describe("the parts of it", () => {
  it("grow with the root of a sum's length, and of Σ|p| allow no less than the sure bound up to 16 terms", () => {
    expect(dotTolerance(0)).toBe(0);
    expect(dotTolerance(400)).toBeCloseTo(2 * dotTolerance(100), 12);
    for (let n = 1; n <= 16; n++) expect(dotTolerance(n)).toBeGreaterThanOrEqual(n * unitRoundoff);
    expect(logitTolerance(100, 7)).toBeCloseTo(7 * logitTolerance(100, 1), 12);
    expect(logitTolerance(3, 1)).toBe(16 * unitRoundoff); // 3 products and 13 further operations
  });

  it("pass a logit's error on to weights twice over, and a value's sum to the output", () => {
    const exact = softmaxTolerance(10, 2e-3);
    const shift = weightTolerance(1000, 10, 1e-3) - exact;
    expect(shift / logitTolerance(1000, 1e-3)).toBeCloseTo(2, 3);
    expect(outputTolerance(8, 10, 1, 50) - weightTolerance(8, 10, 1)).toBeCloseTo(dotTolerance(50), 12);
    expect(softmaxTolerance(10, 1e6)).toBe(softmaxTolerance(10, 1e3)); // deeper than exp reaches
    expect(underflowTolerance(4, 3)).toBe(12 * smallestNormal);
  });

  it("hold for a float32 matmul, softmax and merge", () => {
    for (const K of acrossTile(32)) {
      const random = createRandom(K);
      const [a, b] = [random.tensor([4, K]), random.tensor([K, 3])];
      const product = referenceMatmul(a, b);
      const got = new Float32Array(12);
      for (let k = 0; k < K; k++)
        for (let c = 0; c < 12; c++)
          got[c] = f(Number(got[c]) + f(Number(a.data[Math.floor(c / 3) * K + k]) * Number(b.data[k * 3 + (c % 3)])));
      const options = { rtol: dotTolerance(K), scale: product.condition };
      expect(compare(got, product.data, options)).toBeUndefined();
      if (K > 0)
        expect(
          compare(
            got.map((x) => x * 1.001),
            product.data,
            options,
          ),
        ).toBeDefined();
    }

    for (const S of [1, 7, 65, 600]) {
      const x = createRandom(S).tensor([S], 4);
      const largest = Math.max(...x.data);
      const exponentials = x.data.map((value) => f(Math.exp(f(value - largest))));
      const sum = exponentials.reduce((total, value) => f(total + value), 0);
      const rtol = softmaxTolerance(S, largest - Math.min(...x.data));
      const expected = referenceSoftmax(x).data;
      expect(
        compare(
          exponentials.map((value) => value / sum),
          expected,
          { rtol },
        ),
      ).toBeUndefined();
      expect(
        compare(
          exponentials.map((value) => (value / sum) * (1 + 2 ** -11)),
          expected,
          { rtol },
        ),
      ).toBeDefined();
    }

    const random = createRandom(5);
    const parts = Array.from({ length: 6 }, () => ({ output: random.tensor([40, 1]), lse: random.tensor([40], 5) }));
    const merged = referenceMerge(parts);
    const magnitude = Math.max(...parts.flatMap(({ lse }) => Array.from(lse.data, Math.abs)));
    const tolerance = mergeTolerance(6, magnitude);
    const rows = Array.from({ length: 40 }, (_, row) => {
      const lses = parts.map(({ lse }) => Number(lse.data[row]));
      const largest = Math.max(...lses);
      const sum = lses.reduce((total, lse) => f(total + f(Math.exp(f(lse - largest)))), 0);
      const shares = lses.map((lse) => f(f(Math.exp(f(lse - largest))) / sum));
      const outputs = parts.map(({ output }) => Number(output.data[row]));
      return {
        output: shares.reduce((total, share, p) => f(total + f(share * Number(outputs[p]))), 0),
        condition: shares.reduce((total, share, p) => total + share * Math.abs(Number(outputs[p])), 0),
        lse: f(largest + f(Math.log(sum))),
      };
    });
    const scale = rows.map(({ condition }) => condition);
    expect(
      compare(
        rows.map(({ output }) => output),
        merged.output.data,
        { rtol: tolerance.output, scale },
      ),
    ).toBeUndefined();
    expect(
      compare(
        rows.map(({ lse }) => lse),
        merged.lse.data,
        { atol: tolerance.lse },
      ),
    ).toBeUndefined();
    expect(
      compare(
        rows.map(({ lse }) => lse * 1.0001),
        merged.lse.data,
        { atol: tolerance.lse },
      ),
    ).toBeDefined();
  });
});

describe("compare", () => {
  it("is silent where all hold", () => {
    expect(compare([1, 2.05, -0], [1, 2, 0], { atol: 0.06 })).toBeUndefined();
    expect(compare([Number.NaN, Infinity, -Infinity], [Number.NaN, Infinity, -Infinity])).toBeUndefined();
    expect(compare([], [])).toBeUndefined();
  });

  it("names the element that is furthest beyond what is allowed there", () => {
    expect(compare([1, 2.5, 33], [1, 2, 32], { rtol: 0.01 })).toBe(
      "element 1: got 2.5, expected 2, error 5.00e-1, allowed 2.00e-2 (2 of 3 differ)",
    );
    expect(compare([3, 5], [2, 2], { atol: 0.5 })).toMatch(/^element 1: got 5/);
    expect(compare([1 + 1e-9], [1])).toMatch(/^element 0/); // nothing is allowed unless it is said
  });

  it("adds the absolute and the relative part", () => {
    expect(compare([2.3], [2], { atol: 0.1, rtol: 0.1 })).toBeUndefined();
    expect(compare([2.31], [2], { atol: 0.1, rtol: 0.1 })).toBeDefined();
    expect(compare([0.3, 0.3], [0, 0], { rtol: 0.1, scale: [3.1, 2] })).toMatch(/^element 1.*\(1 of 2/);
    expect(compare([0.3], [0], { rtol: 0.1, scale: 3.1 })).toBeUndefined();
  });

  it("lets NaN and the infinities meet only themselves, whatever is allowed", () => {
    const loose = { atol: Infinity, rtol: Infinity };
    expect(compare([1], [Number.NaN], loose)).toMatch(/got 1, expected NaN/);
    expect(compare([Number.NaN], [1], loose)).toMatch(/got NaN/);
    expect(compare([Infinity], [1], loose)).toMatch(/got Infinity/);
    expect(compare([1], [Infinity], loose)).toMatch(/expected Infinity/);
    expect(compare([-Infinity], [Infinity], loose)).toMatch(/got -Infinity/);
  });

  it("speaks of lengths that differ", () => {
    expect(compare([1, 2], [1])).toBe("got 2 numbers, expected 1");
    expect(compare([1], [1], { rtol: 1, scale: [1, 2] })).toMatch(/2 scales/);
  });
});
