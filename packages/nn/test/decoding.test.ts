// From logits to tokens: the generator's words, the filters against their definitions, draws, beams against all texts.
import { createRandom } from "@attn/conformance";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BeamOptions, type Hypothesis, searchBeams } from "../src/decoding/beams.ts";
import { exp } from "../src/decoding/exp.ts";
import { createGenerator, xoshiro128 } from "../src/decoding/random.ts";
import { createSampler, Filter, largest, penalize, type SamplingOptions } from "../src/decoding/sampling.ts";

const runs = { numRuns: Number(process.env.ATTN_RUNS ?? 200) };

describe("the generator", () => {
  it("is xoshiro128**: its authors' words from the state 1, 2, 3, 4", () => {
    const next = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });
  it("gives the same for one seed, on every machine and for ever", () => {
    const first = (seed: number) => Array.from({ length: 3 }, createGenerator(seed));
    expect(first(7)).toEqual(first(7));
    expect([0, 1, 7.5, -1, 2 ** 53].map(first)).toMatchInlineSnapshot(`
      [
        [
          0.8868539502021594,
          0.012474988946590604,
          0.032522145755498943,
        ],
        [
          0.9112851970482202,
          0.3144427469889609,
          0.8221874107189476,
        ],
        [
          0.5422028048388363,
          0.40262310543846114,
          0.6263616812540772,
        ],
        [
          0.7478488634600832,
          0.29693209273542076,
          0.407775876349851,
        ],
        [
          0.1918167010687022,
          0.5128356613983348,
          0.6836385850324189,
        ],
      ]
    `);
  });
  it("of neighbouring seeds gives numbers that have nothing in common, each from 0 to 1", () => {
    const all = Array.from({ length: 1000 }, (_, seed) => createGenerator(seed)());
    expect(new Set(all).size).toBe(1000);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const inside = all.filter((x) => Math.floor(x * 10) === tenth).length;
      // 100 ± 5 deviations.
      expect(Math.abs(inside - 100)).toBeLessThan(48);
    }
  });
});

describe("exp", () => {
  it("is e^x within two units in the last place", () => {
    const random = createRandom(5);
    for (let i = 0; i < 20_000; i++) {
      const x = i < 10_000 ? -random.uniform(0, 2) : -random.uniform(0, 700);
      expect(Math.abs(exp(x) / Math.exp(x) - 1), `${x}`).toBeLessThanOrEqual(2 * 2 ** -52);
    }
  });
  it("at the ends", () => {
    expect([exp(0), exp(-0), exp(-709), exp(Number.NEGATIVE_INFINITY), exp(Number.NaN)]).toEqual([
      1,
      1,
      0,
      0,
      Number.NaN,
    ]);
  });
});

/** The filters by their definitions, over a sorted list. */
function defined(
  logits: Float32Array,
  { temperature = 1, topK = 0, topP = 1, minP = 0 }: SamplingOptions,
): Float64Array {
  const scaled = Float64Array.from(logits, (x) => x / temperature);
  const keep = new Set(scaled.keys());
  const probabilities = (): Map<number, number> => {
    const most = [...keep].reduce((most, id) => Math.max(most, scaled[id] as number), Number.NEGATIVE_INFINITY);
    const powers = new Map([...keep].map((id) => [id, Math.exp((scaled[id] as number) - most)]));
    const sum = [...powers.values()].reduce((a, b) => a + b, 0);
    return new Map([...powers].map(([id, x]) => [id, x / sum]));
  };
  if (topK > 0) {
    const sorted = [...scaled].sort((a, b) => b - a);
    const kth = sorted[Math.min(topK, sorted.length) - 1] as number;
    for (const id of [...keep]) if ((scaled[id] as number) < kth) keep.delete(id);
  }
  if (topP < 1) {
    let before = 0;
    // Descending; of equals the first first.
    for (const [id, p] of [...probabilities()].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
      if (before >= topP && before > 0) keep.delete(id);
      before += p;
    }
  }
  if (minP > 0) {
    const all = probabilities();
    const most = [...all.values()].reduce((a, b) => Math.max(a, b));
    for (const [id, p] of all) if (p < minP * most) keep.delete(id);
  }
  const result = new Float64Array(logits.length);
  for (const [id, p] of probabilities()) result[id] = p;
  return result;
}

function filtered(logits: Float32Array, options: SamplingOptions): Float64Array {
  const filter = new Filter("generate", logits.length);
  const total = filter.run(logits, options);
  return filter.weights.map((x) => x / total);
}

describe("the filters", () => {
  // Numbers whose distances are far from where a decision turns by rounding.
  const logits = fc
    .array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 60 })
    .map((list) => Float32Array.from(list, (x) => x / 8));
  const options = fc.record(
    {
      temperature: fc.constantFrom(0.25, 0.5, 1, 2),
      topK: fc.integer({ min: 0, max: 20 }),
      topP: fc.constantFrom(0.000001, 0.1234567, 0.5012345, 0.9123456, 0.9987654, 1),
      minP: fc.constantFrom(0, 0.0123456, 0.3012345, 1),
    },
    { requiredKeys: [] },
  );
  it("are what they are defined to be", () => {
    fc.assert(
      fc.property(logits, options, (logits, options) => {
        const [got, expected] = [filtered(logits, options), defined(logits, options)];
        expect([...got].map((x) => x > 0)).toEqual([...expected].map((x) => x > 0));
        for (const [id, x] of got.entries()) expect(x).toBeCloseTo(expected[id] as number, 12);
      }),
      runs,
    );
  });

  it("keep ids that equal the k-th, whatever the sign of a zero", () => {
    expect([...filtered(Float32Array.of(1, 0, -0, 0, -1), { topK: 2 })].map((x) => x > 0)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
  it("keep of equals at top-p's edge the first", () => {
    expect([...filtered(Float32Array.of(0, 0, 0, 0), { topP: 0.5 })]).toEqual([0.5, 0.5, 0, 0]);
  });
  it("keep one where top-p is 0, and all where it is 1", () => {
    expect([...filtered(Float32Array.of(1, 3, 3, 2), { topP: 0 })]).toEqual([0, 1, 0, 0]);
    expect([...filtered(Float32Array.of(1, -80, 3, 2), { topP: 1 })].every((x) => x > 0)).toBe(true);
  });
  it("have no overflow, and take infinities for what they are", () => {
    expect([...filtered(Float32Array.of(3e38, -3e38, 3e38), { temperature: 1e-30 })]).toEqual([0.5, 0, 0.5]);
    expect([...filtered(Float32Array.of(Number.NEGATIVE_INFINITY, 1, 1), {})]).toEqual([0, 0.5, 0.5]);
    expect([...filtered(Float32Array.of(Number.POSITIVE_INFINITY, 1, 1), { topK: 2, topP: 0.9 })]).toEqual([1, 0, 0]);
  });
  it("of a vocabulary of 151,936", () => {
    const { data } = createRandom(9).tensor([151_936], 3);
    for (const options of [{ topK: 50 }, { topP: 0.9 }, { topK: 1000, topP: 0.5, minP: 0.01, temperature: 0.7 }]) {
      const [got, expected] = [filtered(data, options), defined(data, options)];
      expect([...got.keys()].filter((id) => (got[id] as number) > 0)).toEqual(
        [...expected.keys()].filter((id) => (expected[id] as number) > 0),
      );
    }
  });
});

describe("repetitionPenalty", () => {
  it("counts a token once, divides what is above 0 and multiplies what is below", () => {
    const logits = Float32Array.of(2, -2, 1, -1, 0);
    penalize(logits, [0, 1, 1, 4, 99], 2);
    expect([...logits]).toEqual([1, -4, 1, -1, 0]);
  });
});

describe("a sampler", () => {
  const draw = (options: SamplingOptions, logits: number[], n = 1, tokens: number[] = []): number[] => {
    const sample = createSampler("generate", options);
    return Array.from({ length: n }, () => sample(Float32Array.from(logits), tokens));
  };
  it("takes the largest by default, the first of equals", () => {
    expect(draw({}, [1, 3, 2, 3])).toEqual([1]);
    expect(draw({ temperature: 0, repetitionPenalty: 2 }, [1, 3, 2], 1, [1])).toEqual([2]);
  });
  it("draws each as often as it is likely", () => {
    const n = 20_000;
    const counts = new Array(4).fill(0);
    for (const id of draw({ temperature: 1, seed: 1 }, [Math.log(0.1), Math.log(0.2), Math.log(0.3), Math.log(0.4)], n))
      counts[id]++;
    // Four deviations of a binomial.
    for (const [id, p] of [0.1, 0.2, 0.3, 0.4].entries())
      expect(Math.abs(counts[id] / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
  });
  it("draws none that is filtered out", () => {
    expect(new Set(draw({ temperature: 5, topK: 2, seed: 3 }, [1, 5, 2, 4], 500))).toEqual(new Set([1, 3]));
  });
  it("is one text for one seed, and another for another", () => {
    const text = (seed: number) => draw({ temperature: 1, seed }, [1, 1, 1, 1, 1, 1], 40).join("");
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
    expect(text(1)).toMatchInlineSnapshot(`"5143402341253003540233512225315234325301"`);
  });
  it("without a seed is another each time", () => {
    const text = () => draw({ temperature: 1 }, [1, 1, 1, 1, 1, 1], 40).join("");
    expect(text()).not.toBe(text());
  });
  it("takes vocabularies of several lengths", () => {
    const sample = createSampler("generate", { temperature: 1, topK: 1 });
    expect([sample(Float32Array.of(1, 2), []), sample(Float32Array.of(1, 2, 3), [])]).toEqual([1, 2]);
  });

  it.each<[SamplingOptions, string]>([
    [{ temperature: -1 }, '"temperature" must be finite and at least 0, got -1'],
    [{ temperature: Number.NaN }, '"temperature" must be finite'],
    [{ topK: 1.5 }, '"topK" must be an integer of at least 0, where 0 is all, got 1.5'],
    [{ topP: 1.1 }, '"topP" must be from 0 to 1, got 1.1'],
    [{ minP: -0.1 }, '"minP" must be from 0 to 1'],
    [{ repetitionPenalty: 0 }, '"repetitionPenalty" must be finite and above 0'],
    [{ seed: Number.POSITIVE_INFINITY }, '"seed" must be finite'],
  ])("refuses %j", (options, message) => {
    expect(() => createSampler("generate", options)).toThrow(RangeError);
    expect(() => createSampler("generate", options)).toThrow(`generate: ${message}`);
  });
  it("refuses what is no number", () => {
    expect(() => createSampler("generate", { topK: "5" as unknown as number })).toThrow(TypeError);
  });
  it.each([{}, { temperature: 1 }])("says so where no token is left, %j", (options) => {
    expect(() => draw(options, [1, Number.NaN])).toThrow('generate: "logits[1]" must be a number, got NaN');
    expect(() => draw(options, [Number.NEGATIVE_INFINITY])).toThrow(
      '"logits" must be above -Infinity for at least one token',
    );
  });
  it("finds the largest among one", () => expect(largest("generate", Float32Array.of(-5))).toBe(0));
});

describe("searchBeams", () => {
  const V = 5;
  const STOP = 4;
  /** Log-probabilities of the token behind a text, from a seed and the text alone. */
  function logitsOf(seed: number, text: readonly number[]): Float32Array {
    const random = createRandom(text.reduce((hash, token) => Math.imul(hash ^ (token + 1), 0x9e3779b1), seed));
    return random.tensor([V], 1.5).data;
  }
  const logProbabilities = (logits: Float32Array): number[] => {
    const sum = logits.reduce((a, x) => a + Math.exp(x), 0);
    return [...logits].map((x) => x - Math.log(sum));
  };
  interface Searched {
    readonly results: readonly Hypothesis[];
    readonly steps: number;
  }
  function search(seed: number, options: Omit<BeamOptions, "stop"> & { stop?: number[] }): Searched {
    let live: number[][] = [[]];
    let steps = 0;
    const results = searchBeams(
      "search",
      logitsOf(seed, []),
      (parents, tokens) => {
        steps++;
        live = parents.map((parent, i) => [...(live[parent] as number[]), tokens[i] as number]);
        return Float32Array.from(live.flatMap((text) => [...logitsOf(seed, text)]));
      },
      { stop: [STOP], ...options },
    );
    return { results, steps };
  }
  /** Every text of at most so many tokens, with its score, best first. */
  function all(seed: number, maximumTokens: number, lengthPenalty: number): Hypothesis[] {
    const found: Hypothesis[] = [];
    const walk = (tokens: readonly number[], sum: number): void => {
      if (tokens.length === maximumTokens) {
        found.push({ tokens, score: sum / tokens.length ** lengthPenalty });
        return;
      }
      for (const [token, p] of logProbabilities(logitsOf(seed, tokens)).entries()) {
        if (token === STOP) found.push({ tokens, score: (sum + p) / (tokens.length + 1) ** lengthPenalty });
        else walk([...tokens, token], sum + p);
      }
    };
    walk([], 0);
    return found.sort((a, b) => b.score - a.score);
  }

  it("with a beam for every text finds the best of all", () => {
    for (let seed = 0; seed < 30; seed++)
      for (const lengthPenalty of [0, 1, 2]) {
        const beams = 200;
        const { results } = search(seed, { beams, lengthPenalty, maximumTokens: 3 });
        const expected = all(seed, 3, lengthPenalty);
        expect(results.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
        for (const [i, { score }] of results.entries()) expect(score).toBeCloseTo(expected[i]?.score as number, 10);
      }
  });

  it("with one beam goes the greedy way", () => {
    for (let seed = 0; seed < 30; seed++) {
      const text: number[] = [];
      let sum = 0;
      let length = 0;
      while (length < 6) {
        const row = logProbabilities(logitsOf(seed, text));
        const best = largest("", Float32Array.from(row));
        sum += row[best] as number;
        length++;
        if (best === STOP) break;
        text.push(best);
      }
      const { results } = search(seed, { beams: 1, maximumTokens: 6 });
      // A text that ended is a result; the next best may still go on and do better.
      expect((results[0] as Hypothesis).score).toBeGreaterThanOrEqual(sum / length - 1e-9);
    }
  });

  it("gives as many texts as beams, best first, none twice, none with a stop", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(0.5, 1, 2),
        (seed, beams, maximumTokens, lengthPenalty) => {
          const { results, steps } = search(seed, { beams, maximumTokens, lengthPenalty });
          expect(results.length).toBeLessThanOrEqual(beams);
          expect(results.length).toBeGreaterThan(0);
          const scores = results.map(({ score }) => score);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
          expect(new Set(results.map(({ tokens }) => tokens.join())).size).toBe(results.length);
          expect(results.flatMap(({ tokens }) => tokens)).not.toContain(STOP);
          expect(steps).toBeLessThan(maximumTokens);
          for (const { tokens, score } of results) {
            let sum = 0;
            for (const [i, token] of tokens.entries())
              sum += logProbabilities(logitsOf(seed, tokens.slice(0, i)))[token] as number;
            const ended =
              (sum + (logProbabilities(logitsOf(seed, tokens))[STOP] as number)) / (tokens.length + 1) ** lengthPenalty;
            const cut = tokens.length === maximumTokens ? sum / tokens.length ** lengthPenalty : ended;
            expect(Math.min(Math.abs(score - ended), Math.abs(score - cut))).toBeLessThan(1e-9);
          }
        },
      ),
      runs,
    );
  });

  it("has several stops, and tokens that never come", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { results } = search(seed, { beams: 3, maximumTokens: 5, stop: [3, 4], suppressed: [0] });
      expect(results.flatMap(({ tokens }) => tokens).filter((token) => token !== 1 && token !== 2)).toEqual([]);
    }
  });

  it("without stops runs to its length", () => {
    const { results, steps } = search(1, { beams: 3, maximumTokens: 4, stop: [] });
    expect([results.length, steps]).toEqual([3, 3]);
    for (const { tokens } of results) expect(tokens.length).toBe(4);
  });

  it("says so where no token is left", () => {
    const none = new Float32Array(3).fill(Number.NaN);
    expect(() => searchBeams("search", none, () => none, { beams: 2, maximumTokens: 3, stop: [] })).toThrow(
      'search: "logits" must be finite for at least one token',
    );
  });
});
