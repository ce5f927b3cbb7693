// Arguments that lie: about their length, their rows, what they answer the second time. What is refused has cost memory for
// what was there, not for what was promised, and nothing but what was checked is computed with.
import { createRandom } from "@attn/conformance";
import * as core from "@attn/core";
import { createAttention, type Tensor } from "@attn/core";
import { afterEach, describe, expect, it, vi } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: the calls are those that the types forbid
type Loose = any;

const engine = createAttention({ variant: "simd", maximumBytes: 2 ** 24 });
const loose = engine as Loose;
const LONGEST = 2 ** 31 - 1;
/** A buffer that can be made longer and shorter; the settings know none yet. */
const resizable = (bytes: number): ArrayBuffer => new (ArrayBuffer as Loose)(bytes, { maxByteLength: 10 * bytes });
const empty = (...shape: number[]): Tensor => ({ data: new Float32Array(0), shape });
const x = (): number[][] => [
  [1, 2],
  [3, 4],
];

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The elements of all typed arrays and the pages of memory that a call makes, and what it throws. */
function cost(call: () => unknown): { elements: number; pages: number; thrown: unknown } {
  let elements = 0;
  for (const name of ["Float32Array", "Uint8Array", "Int32Array"] as const) {
    const made = globalThis[name];
    const counted: object = new Proxy(made, {
      construct(target, args, self) {
        const array: ArrayLike<number> = Reflect.construct(target, args, self === counted ? target : self);
        // A view of a buffer that is there takes none.
        if (!(args[0] instanceof ArrayBuffer)) elements += array.length;
        return array;
      },
    });
    vi.stubGlobal(name, counted);
  }
  const before = engine.byteLength;
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  vi.unstubAllGlobals();
  return { elements, pages: (engine.byteLength - before) / 65536, thrown };
}

const bigCache = engine.createKvCache({ heads: 1, headSize: 1, capacity: 1 });

/** Every argument that is a nested array of numbers. */
const nested: [name: string, call: (x: unknown) => unknown][] = [
  ["attention: query", (y) => loose.attention(y, x(), x())],
  ["attention: key", (y) => loose.attention(x(), y, x())],
  ["attention: value", (y) => loose.attention(x(), x(), y)],
  ["attention: bias", (bias) => loose.attention(x(), x(), x(), { bias })],
  ["scores: query", (y) => loose.scores(y, x())],
  ["scores: key", (y) => loose.scores(x(), y)],
  ["selfAttention: x", (y) => loose.selfAttention(y)],
  ["crossAttention: memory", (y) => loose.crossAttention(x(), y)],
  ...["query", "key", "value", "output"].flatMap((name): [string, (x: unknown) => unknown][] => [
    [`${name}.weight`, (weight) => loose.selfAttention(x(), { projections: { [name]: { weight } } })],
    [`${name}.bias`, (bias) => loose.selfAttention(x(), { projections: { [name]: { weight: x(), bias } } })],
  ]),
  ["matmul: a", (y) => loose.matmul(y, x())],
  ["matmul: b", (y) => loose.matmul(x(), y)],
  ["matmul: bias", (bias) => loose.matmul(x(), x(), { bias })],
  ["softmax: x", (y) => loose.softmax(y)],
  ["mergeAttention: output", (output) => loose.mergeAttention([{ output, lse: [1] }])],
  ["mergeAttention: lse", (lse) => loose.mergeAttention([{ output: x(), lse }])],
  ["KvCache.append: key", (y) => (bigCache as Loose).append(y, [[[1]]])],
  ["KvCache.append: value", (y) => (bigCache as Loose).append([[[1]]], y)],
  ["tensor", (y) => (core.tensor as Loose)(y)],
];
const masks: [name: string, call: (x: unknown) => unknown][] = [
  ["attention: mask", (mask) => loose.attention(x(), x(), x(), { mask })],
  ["scores: mask", (mask) => loose.scores(x(), x(), { mask })],
  ["selfAttention: mask", (mask) => loose.selfAttention(x(), { mask })],
];

const N = 3000;
/** Room for so many elements is there before the first was seen; then for a number of times as many as were. */
const AT_FIRST = 16384;
const AHEAD = 16;

/** A list of `length` with a trap for its elements. */
const proxied = (length: number, get: (i: number) => unknown): unknown[] =>
  new Proxy([] as unknown[], {
    get: (target, key) => {
      if (key === "length") return length;
      return typeof key === "string" && /^\d+$/.test(key) ? get(Number(key)) : Reflect.get(target, key);
    },
  });

/** Lists that promise more than there is, of elements like `one`; and how many elements there are. */
const promises = (one: unknown): [what: string, x: unknown, elements: number][] => {
  const row = Array(N).fill(one);
  const self: unknown[] = [];
  self.push(self);
  const second: unknown[] = [one];
  second[1] = second;
  return [
    ["a row as long as the list, then none", [row, ...Array(N - 1).fill(one)], N],
    ["a row as long as the list, then empty ones", [row, ...Array(N - 1).fill([])], N],
    ["the same, one level deeper", [[row, ...Array(N - 1).fill(one)], ...Array(N - 1).fill(one)], N],
    ["the same, twice deeper", Array(N).fill([[row, ...Array(N - 1).fill(one)]]), N],
    ["the last row too long", [...Array(9).fill(row), [...row, one]], 9 * N],
    ["a list without elements", Array(2 ** 31), 0],
    ["lists without elements", Array(2 ** 31).fill(Array(2 ** 31), 0, 1), 0],
    ["a row without elements", [Array(2 ** 31)], 0],
    ["a row with few of its elements", [Object.assign(Array(2 ** 31), row)], N],
    ["a length with nothing behind it", proxied(2 ** 31, () => undefined), 0],
    ["rows with nothing behind them", proxied(2 ** 31, (i) => (i === 0 ? row : undefined)), N],
    ["a length that is more each time", proxied(2 ** 31, () => proxied(2 ** 31, () => undefined)), 0],
    ["a list in itself", self, 0],
    ["a list in itself, later", second, 1],
    ["a list in itself, deeper", [[self]], 0],
    [
      "nested 100,000 deep",
      Array(1e5)
        .fill(0)
        .reduce((inner) => [inner], [one]),
      0,
    ],
  ];
};

describe.each([...nested.map((n) => [...n, 1] as const), ...masks.map((n) => [...n, true] as const)])(
  "%s",
  (_, call, one) => {
    it.each(promises(one))("%s", (_, given, elements) => {
      const { elements: made, pages, thrown } = cost(() => call(given));
      expect(thrown).toBeInstanceOf(Error);
      expect((thrown as Error).message).toMatch(/^[\w.]+: "[\w.[\]]+" must .*, got /);
      expect(made).toBeLessThanOrEqual(AT_FIRST * 2 + AHEAD * elements * 2);
      expect(pages).toBe(0);
    });
  },
);

describe("a list of numbers", () => {
  const lists: [name: string, call: (list: unknown) => unknown][] = [
    [
      "keyLengths",
      (keyLengths) =>
        loose.attention(empty(LONGEST, 1, 2, 0), empty(LONGEST, 1, 2, 0), empty(LONGEST, 1, 2, 0), { keyLengths }),
    ],
    ["alibi", (alibi) => loose.attention(empty(LONGEST, 2, 0), empty(LONGEST, 2, 0), empty(LONGEST, 2, 0), { alibi })],
    ["sinks", (sinks) => loose.attention(empty(LONGEST, 2, 0), empty(LONGEST, 2, 0), empty(LONGEST, 2, 0), { sinks })],
    ["tensor's data", (data) => core.tensor(data as Loose, [LONGEST])],
    ["parts", (parts) => loose.mergeAttention(parts)],
  ];
  it.each(lists)("%s of a length with nothing behind it", (_, call) => {
    for (const list of [{ length: LONGEST }, Array(LONGEST), proxied(LONGEST, () => undefined)]) {
      const { elements, thrown } = cost(() => call(list));
      expect(thrown).toBeInstanceOf(TypeError);
      expect(elements).toBe(0);
    }
  });
});

describe("sizes with no element behind them", () => {
  const M = LONGEST;
  const none = { weight: empty(0, 0), bias: [] };
  const calls: [name: string, call: () => unknown][] = [
    ["heads", () => engine.attention(empty(M, 2, 0), empty(M, 2, 0), empty(M, 2, 0))],
    ["heads with slopes", () => engine.attention(empty(M, 2, 0), empty(M, 2, 0), empty(M, 2, 0), { alibi: true })],
    [
      "batches with offsets",
      () => engine.attention(empty(M, 1, 2, 0), empty(M, 1, 2, 0), empty(M, 1, 2, 0), { causal: true }),
    ],
    ["queries", () => engine.attention(empty(M, M, M, 0), empty(M, M, M, 0), empty(M, M, M, 0))],
    ["keys", () => engine.attention(empty(1, 0), empty(M, 0), empty(M, 0), { causal: true, align: 0 })],
    [
      "weights of no query",
      () => engine.attention(empty(M, 0, 4), empty(M, 0, 4), empty(M, 0, 4), { returnWeights: true, returnLse: true }),
    ],
    ["scores", () => engine.scores(empty(M, 0), empty(M, 0))],
    ["a sequence", () => engine.selfAttention(empty(M, 0))],
    ["a sequence's weights", () => engine.selfAttention(empty(M, 0), { returnWeights: true })],
    [
      "projections",
      () =>
        engine.multiHeadSelfAttention(empty(M, M, 0), {
          heads: 5,
          projections: { query: none, key: none, value: none, output: none },
        }),
    ],
    ["products", () => engine.matmul(empty(M, 2 ** 20, 0, 5), empty(5, 0))],
    ["a product of no inner dimension", () => engine.matmul(empty(M, 0), empty(0, M))],
    ["rows", () => engine.softmax(empty(M, M, 0))],
    ["parts", () => engine.mergeAttention([{ output: empty(M, M, 0, 3), lse: empty(M, M, 0) }])],
    [
      "tokens",
      () => {
        using cache = engine.createKvCache({ batch: M, heads: M, headSize: 0, capacity: M });
        cache.append(empty(M, M, 4, 0), empty(M, M, 4, 0));
        cache.append(empty(M, M, M - 4, 0), empty(M, M, M - 4, 0));
        expect(cache.length).toBe(M);
        engine.attention(empty(M, M, 1, 0), cache);
      },
    ],
    ["a tensor", () => engine.empty([M, M, 0]).dispose()],
  ];
  // Each ends at once: counting to such a number takes seconds, and to a product of two of them for ever.
  it.each(calls)("%s", (_, call) => {
    const { elements, pages, thrown } = cost(call);
    if (thrown)
      expect(String(thrown)).toMatch(
        /^RangeError: \w+: this call needs \d+ bytes of wasm memory; "maximumBytes" allows 16777216$/,
      );
    expect(elements).toBe(0);
    // What a product works in is the same for all of them.
    expect(pages).toBeLessThan(16);
    expect(engine.softmax([0, 0]).data).toEqual(Float32Array.of(0.5, 0.5));
  });
});

describe("nested arrays of any size are read as they are", () => {
  const random = createRandom(12);
  it.each([
    [[AT_FIRST - 1]],
    [[AT_FIRST]],
    [[AT_FIRST + 1]],
    [[3, Math.ceil(AT_FIRST / 3) + 5]],
    [[AT_FIRST * AHEAD + 3]],
    [[129, 2033]],
    [[2, 3, 7, 911]],
    [[1, 1, 40_000, 1]],
    [[0, 5]],
    [[5, 0]],
    [[1, 2, 0, 3]],
  ])("%j", (shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () => random.normal());
    const nest = (from: number, [n = 0, ...rest]: number[]): unknown => {
      const inner = rest.reduce((a, b) => a * b, 1);
      return Array.from({ length: n }, (_, i) => (rest.length === 0 ? data[from + i] : nest(from + i * inner, rest)));
    };
    const given = nest(0, shape) as number[][];
    // What lies behind the first empty list cannot be seen.
    const seen = shape.slice(0, shape.indexOf(0) < 0 ? undefined : shape.indexOf(0) + 1);
    const got = core.tensor(given);
    expect(got.shape).toEqual(seen);
    expect(got.data).toEqual(data);
    expect(got.data.buffer.byteLength).toBe(4 * size);
    if (shape.length > 1 && size > 0) expect(engine.softmax(given).data).toEqual(engine.softmax({ data, shape }).data);
  });

  it("masks, too", () => {
    const [L, S] = [130, 2033];
    const keep = Array.from({ length: L }, () => Array.from({ length: S }, () => random.uniform() < 0.5));
    const flat = { data: Uint8Array.from(keep.flat(), Number), shape: [L, S] };
    const [q, k] = [random.tensor([L, 2]), random.tensor([S, 2])];
    expect(engine.scores(q, k, { mask: keep }).data).toEqual(engine.scores(q, k, { mask: flat }).data);
  });

  it("proxies of them, as reactive state has them", () => {
    const reactive = (y: unknown): unknown =>
      typeof y !== "object" || y === null || ArrayBuffer.isView(y)
        ? y
        : new Proxy(y, { get: (target, key, self) => reactive(Reflect.get(target, key, self)) });
    const rows = [
      [1, 2],
      [3, 5],
    ];
    expect(engine.softmax(reactive(rows) as Loose)).toEqual(engine.softmax(rows));
    const tensor = { data: Float32Array.of(1, 2, 3, 5), shape: [2, 2] };
    expect(engine.softmax(reactive(tensor) as Loose)).toEqual(engine.softmax(tensor));
    const out = { data: new Float32Array(4), shape: [2, 2] };
    engine.softmax(tensor, { out: reactive(out) as Loose });
    expect(out.data).toEqual(engine.softmax(tensor).data);
  });
});

describe("what answers otherwise the second time", () => {
  const data = () => Float32Array.of(1, 2, 3, 4);
  /** A tensor, and what takes its elements away. */
  const shrinking = (): [Tensor, () => void] => {
    const buffer = resizable(16);
    const view = new Float32Array(buffer);
    view.set(data());
    return [{ data: view, shape: [2, 2] }, () => (buffer as Loose).resize(0)];
  };
  const detaching = (): [Tensor, () => void] => {
    const view = data();
    return [{ data: view, shape: [2, 2] }, () => structuredClone(view, { transfer: [view.buffer] })];
  };
  /** Options of which one is absent, and to ask for it does something. */
  const asking = (name: string, effect: () => void): object =>
    Object.defineProperty({}, name, { enumerable: true, get: () => void effect() });

  /** A part of a merge that does something when it is asked for its lse. */
  const later = (effect: () => void): object => ({
    output: x(),
    get lse() {
      effect();
      return [1, 2];
    },
  });

  const calls: [name: string, call: (y: Tensor, change: () => void) => unknown][] = [
    ["query", (y, change) => engine.attention(y, x(), x(), asking("mask", change))],
    ["key", (y, change) => engine.attention(x(), y, x(), asking("mask", change))],
    ["value", (y, change) => engine.attention(x(), x(), y, asking("mask", change))],
    ["bias", (y, change) => engine.attention(x(), x(), x(), Object.assign(asking("out", change), { bias: y }))],
    ["x", (y, change) => engine.softmax(y, asking("out", change))],
    ["a", (y, change) => engine.matmul(y, x(), asking("bias", change))],
    ["parts[0].output", (y, change) => loose.mergeAttention([{ output: y, lse: [1, 2] }, later(change)])],
  ];
  describe.each([
    ["shrinks", shrinking],
    ["is given away", detaching],
  ])("data that %s during the call", (_, make) => {
    it.each(calls)("%s", (name, call) => {
      const [y, change] = make();
      const run = () => call(y, change);
      expect(run).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(`"${name}" must keep its 4 elements during the call, got 0`),
        }),
      );
    });
  });

  it("a shape is the one that was checked", () => {
    let asked = 0;
    const shape = new Proxy([2, 2], {
      get: (target, key, self) => (key === "0" && ++asked > 1 ? 1000 : Reflect.get(target, key, self)),
    });
    expect(engine.softmax({ data: data(), shape }).shape).toEqual([2, 2]);
    expect(asked).toBe(1);
  });

  it("heads are those that were checked", () => {
    let asked = 0;
    const options = {
      returnWeights: true,
      get heads() {
        return ++asked % 2 === 1 ? 2 : undefined;
      },
    } as const;
    const { weights } = engine.crossAttention([[1, 2, 3, 4]], [[1, 2, 3, 4]], options) as { weights: Tensor };
    expect(weights.data.length).toBe(weights.shape.reduce((a, b) => a * b, 1));
  });

  it("a result's place is the one that was checked", () => {
    const [first, second] = [new Float32Array(4), new Float32Array(1)];
    let asked = 0;
    const options = {
      get out() {
        return asked++ === 0 ? first : second;
      },
    };
    expect(engine.softmax(x(), options).data).toBe(first);
    expect(second).toEqual(new Float32Array(1));
  });

  it("lengths of keys are those that were checked", () => {
    let asked = 0;
    const keyLengths = {
      length: 1,
      get 0() {
        return asked++ === 0 ? 1 : 10 ** 6;
      },
    };
    expect(engine.attention(x(), x(), x(), { keyLengths }).output.data).toEqual(Float32Array.of(1, 2, 1, 2));
    expect(asked).toBe(1);
  });
});

describe("memory that is not an ArrayBuffer's alone", () => {
  const shape = [2, 3];
  const values = [1, 2, 3, 4, 5, 7];
  const expected = engine.softmax({ data: Float32Array.from(values), shape }).data;
  const buffers: [name: string, buffer: Loose, grow: string | undefined][] = [
    ["resizable", resizable(24), "resize"],
    ["shared", new SharedArrayBuffer(24), undefined],
    ["growable and shared", new (SharedArrayBuffer as Loose)(24, { maxByteLength: 240 }), "grow"],
  ];
  it.each(buffers)("%s", (_, buffer, grow) => {
    const y = new Float32Array(buffer as ArrayBuffer);
    y.set(values);
    expect(engine.softmax({ data: y, shape }).data).toEqual(expected);
    engine.softmax({ data: Float32Array.from(values), shape }, { out: y });
    expect([...y]).toEqual([...expected]);
    if (!grow) return;
    // The view tracks the length: it is as long as the buffer is now.
    buffer[grow](28);
    expect(() => engine.softmax({ data: y, shape })).toThrow(
      'softmax: "x.data" must have 6 elements for shape [2, 3], got 7',
    );
  });
});
