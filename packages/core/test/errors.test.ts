// What every bad call throws, and that it changes nothing: one row per mistake. After each row a cache and a tensor
// that live on the same engine, its byteLength, and the bits of a control call are what they were.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { createRandom } from "@attn/conformance";
import * as core from "@attn/core";
import { type Attention, createAttention, type KvCache, type Tensor } from "@attn/core";
import { describe, expect, it, vi } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: the calls are those that the types forbid
type Loose = any;
type ErrorClass = typeof Error | typeof TypeError | typeof RangeError;
type Call = (engine: Loose, bench: Bench) => unknown;
/** `message`: what follows "<api>: ", where * stands for anything. */
type Row = [what: string, call: Call, kind: ErrorClass, message: string];

const type = (what: string, call: Call, message: string): Row => [what, call, TypeError, message];
const range = (what: string, call: Call, message: string): Row => [what, call, RangeError, message];
const gone = (what: string, call: Call, message: string): Row => [what, call, Error, message];

/** A tensor of different numbers. */
const t = (...shape: number[]): Tensor => ({
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 11) / 4 - 1),
  shape,
});
const mask = (...shape: number[]) => ({ data: new Uint8Array(sizeOf(shape)).fill(1), shape });
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const count = (n: number): string => `${n} number${n === 1 ? "" : "s"}`;
const numbers = (n: number, x: unknown = 1): unknown[] => Array(n).fill(x);

/** An array with a hole in the place of element 1. */
function holed(first: unknown, last: unknown): unknown[] {
  const array = [first, undefined, last];
  delete array[1];
  return array;
}

/** The same array after its buffer was given away. */
function detached<T extends Float32Array | Uint8Array>(data: T): T {
  structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
  return data;
}

/** What a call on a Proxy of a cache says. */
const proxied = (argument: string): string =>
  `"${argument}" must be the cache itself, got a Proxy of it, or an object made from it: keep it out of reactive state (markRaw in Vue)`;

const escaped = (text: string): string => text.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
const pattern = (text: string): RegExp => new RegExp(`^${escaped(text).replaceAll("*", ".*")}$`);

// -------------------------------------------------------------------------------------------------- the bench

/** One engine with things that live on it, and what they should go on being. */
class Bench {
  readonly engine: Attention = createAttention({ variant: "simd", maximumBytes: 64 * 2 ** 20 });
  readonly other: KvCache = createAttention({ variant: "simd" }).createKvCache({ heads: 2, headSize: 4, capacity: 4 });
  /** G = 2, D = 4, Dv = 6; 3 of 4 tokens held. */
  readonly cache: KvCache = this.engine.createKvCache({ heads: 2, headSize: 4, valueSize: 6, capacity: 4 });
  readonly full: KvCache = this.engine.createKvCache({ heads: 2, headSize: 4, capacity: 1 });
  readonly disposedCache: KvCache = this.engine.createKvCache({ heads: 2, headSize: 4, capacity: 4 });
  readonly kept = this.engine.empty([2, 3]);
  readonly disposed = this.engine.empty([2, 3]);
  /** A view of `kept` from before memory grew. */
  readonly stale: Float32Array = this.kept.data;
  readonly #before: unknown;

  constructor() {
    this.kept.data.set(t(2, 3).data);
    this.disposed.dispose();
    this.disposedCache.dispose();
    this.cache.append(t(2, 3, 4), t(2, 3, 6));
    this.full.append(t(2, 1, 4), t(2, 1, 4));
    // As large as the largest of the rows, so that a row has no reason to grow memory.
    this.engine.empty([2 ** 18]).dispose();
    this.engine.matmul(t(64, 64), t(64, 64));
    this.#before = this.#state();
  }

  #state(): unknown {
    const { attention } = this.engine;
    const bits = (x: Tensor) => [...new Uint32Array(x.data.slice().buffer)];
    return {
      kept: bits(this.kept),
      cache: [this.cache.length, bits(attention(t(2, 2, 4), this.cache).output)],
      full: [this.full.length, bits(attention(t(2, 2, 4), this.full).output)],
      control: bits(attention(t(2, 3, 4), t(2, 5, 4), t(2, 5, 6), { causal: true, align: 1 }).output),
      byteLength: this.engine.byteLength,
    };
  }

  expectUnchanged(): void {
    expect(this.#state()).toEqual(this.#before);
  }
}

let bench = new Bench();

function expectRefused(api: string, [, call, kind, message]: Row): void {
  let thrown: unknown;
  try {
    call(bench.engine, bench);
  } catch (error) {
    thrown = error;
  }
  try {
    bench.expectUnchanged();
  } catch (error) {
    bench = new Bench();
    throw error;
  }
  expect(thrown, "nothing was thrown").toBeInstanceOf(Error);
  const error = thrown as Error;
  expect(`${error.constructor.name}: ${error.message}`).toMatch(pattern(`${kind.name}: ${api}: *`));
  const sentence = error.message.slice(api.length + 2);
  expect(sentence).toMatch(pattern(message));
  if (!sentence.endsWith("disposed"))
    expect(sentence).toMatch(/^("[^"]+" must .+, got .+|this call needs \d+ bytes .*; ".+" allows \d+)$/);
  expect(sentence.length, sentence).toBeLessThan(300);
}

/** A test for each row. */
function refuses(api: string, rows: Row[]): void {
  it.each(rows)("%s", (...row) => expectRefused(api, row));
}

// -------------------------------------------------------------------------------------------------- rows in bulk

/** A call with one of its arguments to fill in. */
type Give = (engine: Loose, x: unknown, bench: Bench) => unknown;
/** A call with its options to fill in. */
type With = (engine: Loose, options: object, bench: Bench) => unknown;

const option =
  (call: With, name: string, rest: object = {}): Give =>
  (engine, x, at) =>
    call(engine, { ...rest, [name]: x }, at);

/** A value that is made when it is given. */
class Made {
  constructor(
    readonly what: string,
    readonly make: (bench: Bench) => unknown,
  ) {}
}

function show(x: unknown): string {
  if (x instanceof Made) return x.what;
  if (typeof x === "string") return `"${x}"`;
  if (ArrayBuffer.isView(x)) return `${x.constructor.name}(${x.byteLength} bytes)`;
  if (Array.isArray(x)) return x.length > 8 ? `array of ${x.length}` : `[${Array.from(x, show).join(", ")}]`;
  if (typeof x !== "object" || x === null) return String(x);
  return `{ ${Object.entries(x).map(([name, y]) => `${name}: ${show(y)}`)} }`;
}

/** A row for each value of `argument`; the messages go on after its name. */
function wrong(kind: ErrorClass, argument: string, give: Give, values: [x: unknown, message: string][]): Row[] {
  return values.map(([x, message]) => [
    `${argument}: ${show(x)}`,
    (engine, at) => give(engine, x instanceof Made ? x.make(at) : x, at),
    kind,
    `"${argument}${message.replace(/^(\.\w+)?(\[\d\])?\*?/, '$&"')}`,
  ]);
}

/** Values of each kind, and how a message names them. */
const kinds = {
  undefined: [undefined, "undefined"],
  null: [null, "null"],
  boolean: [true, "true"],
  string: ["a", '"a"'],
  number: [3, "3"],
  bigint: [3n, "3n"],
  symbol: [Symbol("s"), "a symbol"],
  function: [() => 1, "a function"],
  object: [{}, "an object"],
  nullPrototype: [Object.create(null), "an object"],
  map: [new Map(), "a Map"],
  array: [[1, 2], "[1, 2]"],
  float32: [new Float32Array(2), "Float32Array of 2"],
  float64: [new Float64Array(2), "Float64Array of 2"],
  buffer: [new ArrayBuffer(8), "a* ArrayBuffer"],
} as const;
type Kind = keyof typeof kinds;
const objects: Kind[] = ["object", "nullPrototype", "map", "buffer"];
const lists: Kind[] = ["array", "float32", "float64"];

/** `argument` given as every kind but some. */
function wrongKinds(argument: string, give: Give, but: Kind[], as: string = argument): Row[] {
  return Object.entries(kinds)
    .filter(([kind]) => !but.includes(kind as Kind))
    .map(([kind, [x, got]]) => type(`${as}: ${kind}`, (e, at) => give(e, x, at), `"${argument}" must *, got ${got}`));
}

/** A tensor argument that is wrong in itself, whatever the shape should be. */
function badTensors(argument: string, give: Give, optional: Kind[] = []): Row[] {
  const converts = "; tensor(data, shape) converts it";
  const hides = argument === "bias" ? '; what hides a key is "mask", or -Infinity' : "";
  const data = (x: unknown) => ({ data: x, shape: [2] });
  const shape = (x: unknown) => ({ data: new Float32Array(4), shape: x });
  const dense = (length: number, ...dimensions: number[]) => ({ data: new Float32Array(length), shape: dimensions });
  return [
    ...wrongKinds(argument, give, ["array", ...optional]),
    ...wrong(TypeError, argument, give, [
      [data(undefined), ".data must be a Float32Array, got undefined"],
      [data(null), ".data must be a Float32Array, got null"],
      [data([1, 2]), `.data must be a Float32Array, got [1, 2]${converts}`],
      [data("ab"), '.data must be a Float32Array, got "ab"'],
      [data(["1", "2"]), '.data must be a Float32Array, got ["1", "2"]'],
      [data(new Float64Array(2)), `.data must be a Float32Array, got Float64Array of 2${converts}`],
      [data(new Int8Array(2)), `.data must be a Float32Array, got Int8Array of 2${converts}`],
      [data(new Uint8Array(2)), `.data must be a Float32Array, got Uint8Array of 2${converts}`],
      [data(new BigInt64Array(2)), ".data must be a Float32Array, got BigInt64Array of 2"],
      [data(new Proxy(new Float32Array(2), {})), ".data must be a Float32Array, got a Proxy of a Float32Array"],
      [data(Object.create(Float32Array.prototype)), ".data must be a Float32Array, got a*Float32Array"],
      [data(new ArrayBuffer(8)), ".data must be a Float32Array, got a* ArrayBuffer"],
      [
        data(() => new Float32Array(2)),
        ".data must be a Float32Array, got a function; of another library's tensor, pass { data: x.dataSync(), shape: x.shape }",
      ],
      [
        { data: new Float32Array(2), dims: [2] },
        ".shape must be an array of dimensions, got undefined; it has dims [2]: pass { data, shape: x.dims }",
      ],
      [
        { data: new Float32Array(2), type: "float32", dims: [1, 2], size: 2 },
        ".shape must be an array of dimensions, got undefined; it has dims [1, 2]: pass { data, shape: x.dims }",
      ],
      [
        { data: new Float32Array(2), size: [2] },
        ".shape must be an array of dimensions, got undefined; it has size [2]: pass { data, shape: x.size }",
      ],
      [shape(undefined), ".shape must *, got undefined"],
      [shape(null), ".shape must *, got null"],
      [shape(4), ".shape must *, got 4"],
      [shape("4"), '.shape must *, got "4"'],
      [shape(Uint32Array.of(4)), ".shape must *, got Uint32Array of 1"],
      [shape({ 0: 4, length: 1 }), ".shape must *, got an object"],
      [shape(["4"]), ".shape* must *, got *"],
      [shape([4n]), ".shape* must *, got *"],
      [shape(Array(1)), ".shape* must *, got *"],
      [shape([[4]]), ".shape* must *, got *"],
      [[[1, 2], 3], " must *nested array*, got 3"],
      [[[1, [2]]], " must *nested array of numbers, got *"],
      [[[1, "2"]], ` must *nested array of numbers, got "2"${hides}`],
      [[[1, null]], ` must *nested array of numbers, got null${hides}`],
      [[holed(1, 2)], ` must *nested array of numbers, got undefined${hides}`],
      [[[1n]], ` must *nested array of numbers, got 1n${hides}`],
      [[[true, false]], ` must *nested array of numbers, got true${hides}`],
      [[new Float32Array(2)], ` must *nested array of numbers, got Float32Array of 2${hides}`],
    ]),
    ...wrong(RangeError, argument, give, [
      [dense(4, 2, Number.NaN), ".shape* must *, got [2, NaN]"],
      [dense(4, 2, -2), ".shape* must *, got [2, -2]"],
      [dense(4, 2, 1.5), ".shape* must *, got [2, 1.5]"],
      [dense(4, 2, Number.POSITIVE_INFINITY), ".shape* must *, got [2, Infinity]"],
      [dense(4, 2, 2 ** 53), ".shape* must *, got [2, 9007199254740992]*"],
      [dense(4, 2, 2 ** 52 + 1), ".shape* must *, got [2, 4503599627370497]*"],
      [dense(1, ...Array(33).fill(1)), ".shape must have at most 32 dimensions, got 33"],
      [dense(1, ...Array(1e5).fill(1)), ".shape must have at most 32 dimensions, got 100000"],
      [
        { ...dense(6, 2, 3), stride: [1, 2], offset: 0 },
        " must lie in row-major order without gaps, got strides [1, 2], offset 0",
      ],
      [
        { ...dense(6, 2, 3), strides: [1, 2] },
        " must lie in row-major order without gaps, got strides [1, 2], offset undefined",
      ],
      [
        { ...dense(6, 2, 3), stride: [3, 1], offset: 3 },
        " must lie in row-major order without gaps, got strides [3, 1], offset 3",
      ],
      [{ ...dense(6, 2, 3), strides: [0, 0] }, " must lie in row-major order without gaps, got strides [0, 0]*"],
      [dense(3, 2, 2), ".data must have 4 elements for shape [2, 2], got 3"],
      [dense(5, 2, 2), ".data must have 4 elements for shape [2, 2], got 5"],
      [dense(5, 2 ** 15, 2 ** 15), ".data must have 1073741824 elements *, got 5"],
      [
        new Made("detached", () => data(detached(new Float32Array(2)))),
        ".data must have 2 elements *, got 0*detached*",
      ],
      [new Made("stale", ({ stale }) => ({ data: stale, shape: [2, 3] })), ".data must have 6 *, got 0*detached*"],
      [[[1, 2, 3], [4]], " must be a regular nested array*, got a row of 1"],
      [[[1], [2, 3]], " must be a regular nested array*, got a row of 2"],
      [[[[1], [2]], [[3]]], " must be a regular nested array*, got a row of 1"],
      [[[[1, 2]], [[3]]], " must be a regular nested array*, got a row of 1"],
      [[[], [1]], " must be a regular nested array*, got a row of 1"],
    ]),
    gone(`${argument}: a disposed tensor`, (engine, at) => give(engine, at.disposed, at), "*disposed"),
  ];
}

/** Ranks and sizes that an argument cannot have: the message has what is wrong with them, or all of the shape. */
const badShapes = (argument: string, give: Give, shapes: number[][]): Row[] =>
  shapes.map((shape) =>
    range(`${argument}: of shape [${shape}]`, (e, at) => give(e, t(...shape), at), `"${argument}" must *, got *`),
  );

const badOptions = (give: Give): Row[] => wrongKinds("options", give, ["undefined", ...objects]);

/** What the results of a call would be. */
interface Sizes {
  B: number;
  H: number;
  L: number;
  S: number;
  /** The shape of the weights. */
  full: number[];
  /** How many elements the output has. */
  length: number;
}

/** scale, softcap, causal, window, align, mask, bias, keyLengths, alibi. `aligned`: whether align has a default. */
function badLogits(call: With, { B, H, L, S, full }: Sizes, aligned: boolean): Row[] {
  const give = (name: string, rest?: object) => option(call, name, rest);
  const side =
    (name: string): Give =>
    (engine, x, at) =>
      call(engine, { window: { [name]: x }, align: 0 }, at);
  const absent = `"align" must be "top-left" or "bottom-right"*${L} ≠ ${S}*, got undefined`;
  const broadcast = ` must have a shape that broadcasts to [${full.join(", ")}], got`;
  const [inner, tooMany, odd] = [full.slice(-2), [...full, 1].reverse(), full.map((n) => n + 2)];
  return [
    ...wrongKinds("scale", give("scale"), ["undefined", "number"]),
    ...wrong(RangeError, "scale", give("scale"), [
      [Number.NaN, " must be finite*, got NaN"],
      [Number.POSITIVE_INFINITY, " must be finite*, got Infinity"],
      [Number.NEGATIVE_INFINITY, " must be finite*, got -Infinity"],
      [1e39, " must be finite in float32, got 1e+39"],
      [-1e39, " must be finite in float32, got -1e+39"],
    ]),
    ...wrongKinds("softcap", give("softcap"), ["undefined", "number"]),
    ...wrong(RangeError, "softcap", give("softcap"), [
      [0, " must be above 0 in float32, got 0"],
      [-0, " must be above 0 in float32, got 0"],
      [-1, " must be above 0 in float32, got -1"],
      [Number.NaN, " must *, got NaN"],
      [Number.POSITIVE_INFINITY, " must be finite*, got Infinity"],
      [1e39, " must be finite in float32, got 1e+39"],
    ]),
    ...wrongKinds("causal", give("causal"), ["undefined", "boolean"]),
    ...wrongKinds("window", give("window"), ["undefined", ...objects]),
    ...["left", "right"].flatMap((name) => [
      ...wrongKinds(`window.${name}`, side(name), ["undefined", "number"]),
      ...wrong(RangeError, `window.${name}`, side(name), [
        [-1, " must be an integer of at least 0, got -1"],
        [0.5, " must be an integer of at least 0, got 0.5"],
        [Number.NaN, " must be an integer of at least 0, got NaN"],
        [Number.NEGATIVE_INFINITY, " must be an integer of at least 0, got -Infinity"],
      ]),
    ]),
    ...wrongKinds("align", give("align"), ["undefined", "string", "number"]),
    ...[give("align"), give("align", { causal: true })].flatMap((align) =>
      wrong(RangeError, "align", align, [
        ["top", ' must be "top-left", "bottom-right" or an integer*, got "top"'],
        ["Top-Left", ' must be "top-left", "bottom-right" or an integer*, got "Top-Left"'],
        ["", ' must be "top-left", "bottom-right" or an integer*, got ""'],
        [0.5, " must *an integer*, got 0.5"],
        [Number.NaN, " must *an integer*, got NaN"],
        [Number.POSITIVE_INFINITY, " must *an integer*, got Infinity"],
        [2 ** 31, " must *an integer*, got 2147483648"],
        [-(2 ** 40), " must *an integer*, got -1099511627776"],
      ]),
    ),
    ...(aligned
      ? []
      : [{ causal: true }, { window: { left: 1 } }, { window: { right: 1 } }, { alibi: true }].map((options) =>
          range(`align: absent with ${show(options)}`, (e, at) => call(e, options, at), absent),
        )),
    ...wrongKinds("mask", give("mask"), ["undefined", "array"]),
    ...wrong(TypeError, "mask", give("mask"), [
      [
        { data: new Float32Array(S), shape: [S] },
        `.data must be a Uint8Array, got Float32Array of ${S}; numbers to be added are "bias"`,
      ],
      [{ data: new Uint8ClampedArray(S), shape: [S] }, `.data must be a Uint8Array, got Uint8ClampedArray of ${S}`],
      [{ data: new Int8Array(S), shape: [S] }, `.data must be a Uint8Array, got Int8Array of ${S}`],
      [{ data: numbers(S, true), shape: [S] }, ".data must be a Uint8Array, got *"],
      [{ data: mask(S).data }, ".shape must *, got undefined"],
      [{ shape: [S] }, ".data must be a Uint8Array, got undefined"],
      [numbers(S), " must *nested array of booleans, got 1"],
      [[numbers(S, true), "x"], ' must *nested array*, got "x"'],
      [[numbers(S, null)], " must *nested array of booleans, got null"],
    ]),
    ...wrong(RangeError, "mask", give("mask"), [
      [{ data: mask(S + 1).data, shape: [S] }, `.data must have ${S} elements *, got ${S + 1}`],
      [{ data: mask(S).data, shape: [Number.NaN] }, ".shape* must *, got [NaN]"],
      [
        new Made("detached", () => ({ data: detached(mask(S).data), shape: [S] })),
        ".data must have *, got 0*detached*",
      ],
      [[numbers(S, true), [true]], " must be a regular nested array*, got a row of 1"],
      [numbers(S + 1, true), `${broadcast} [${S + 1}]`],
      [[], `${broadcast} [0]`],
      [mask(...tooMany), `${broadcast} [${tooMany.join(", ")}]`],
      [mask(...odd), `${broadcast} [${odd.join(", ")}]`],
      [mask(L + 1, 1), `${broadcast} [${L + 1}, 1]`],
      [mask(1, ...numbers(full.length - 2).map(Number), ...inner, 1), `${broadcast} *`],
    ]),
    ...badTensors("bias", give("bias"), ["undefined"]),
    ...wrong(RangeError, "bias", give("bias"), [
      [t(...tooMany), `${broadcast} [${tooMany.join(", ")}]`],
      [t(...odd), `${broadcast} [${odd.join(", ")}]`],
      [t(S + 1), `${broadcast} [${S + 1}]`],
      [t(L + 1, 1), `${broadcast} [${L + 1}, 1]`],
      [t(0), `${broadcast} [0]`],
    ]),
    ...wrongKinds("keyLengths", give("keyLengths"), ["undefined", ...lists]),
    ...wrong(TypeError, "keyLengths", give("keyLengths"), [
      [numbers(B, "1"), '[0] must be a number, got "1"'],
      [new BigInt64Array(B), "[0] must be a number, got 0n"],
      [Array(B), "[0] must be a number, got undefined"],
    ]),
    ...wrong(RangeError, "keyLengths", give("keyLengths"), [
      [numbers(B + 1), ` must have ${count(B)} [B], got ${B + 1}`],
      [numbers(B - 1), ` must have ${count(B)} [B], got ${B - 1}`],
      [numbers(B, -1), `[0] must be an integer from 0 to ${S}, got -1`],
      [numbers(B, S + 1), `[0] must be an integer from 0 to ${S}, got ${S + 1}`],
      [numbers(B, 0.5), `[0] must be an integer from 0 to ${S}, got 0.5`],
      [numbers(B, Number.NaN), `[0] must be an integer from 0 to ${S}, got NaN`],
      [numbers(B, Number.POSITIVE_INFINITY), `[0] must be an integer from 0 to ${S}, got Infinity`],
    ]),
    ...wrongKinds("alibi", give("alibi"), ["undefined", "boolean", ...lists]),
    ...wrong(TypeError, "alibi", give("alibi", { align: 0 }), [[numbers(H, "1"), '[0] must be a number, got "1"']]),
    ...wrong(RangeError, "alibi", give("alibi", { align: 0 }), [
      [numbers(H + 1), ` must have ${count(H)} [H], got ${H + 1}`],
      [[], ` must have ${count(H)} [H], got 0`],
      [numbers(H, Number.NaN), "[0] must be finite*, got NaN"],
      [numbers(H, Number.POSITIVE_INFINITY), "[0] must be finite*, got Infinity"],
      [numbers(H, 1e39), "[0] must be finite*, got 1e+39"],
    ]),
  ];
}

/** An input of this name and shape, and the call that has it beside `out`. */
type Overlap = [name: string, shape: number[], call: (engine: Loose, x: unknown, out: unknown) => unknown];

/** sinks, what is returned, and out. */
function badResults(call: With, { H, length }: Sizes, overlaps: Overlap[]): Row[] {
  const give = (name: string) => option(call, name);
  return [
    ...wrongKinds("sinks", give("sinks"), ["undefined", ...lists]),
    ...wrong(TypeError, "sinks", give("sinks"), [
      [numbers(H, null), "[0] must be a number, got null"],
      [t(H), ` must be a list of ${count(H)} [H], got an object`],
    ]),
    ...wrong(RangeError, "sinks", give("sinks"), [
      [numbers(H + 1), ` must have ${count(H)} [H], got ${H + 1}`],
      [[], ` must have ${count(H)} [H], got 0`],
      [numbers(H, Number.NaN), "[0] must be finite or -Infinity*, got NaN"],
      [numbers(H, Number.POSITIVE_INFINITY), "[0] must be finite or -Infinity*, got Infinity"],
      [numbers(H, 1e39), "[0] must be finite*, got 1e+39"],
    ]),
    ...wrongKinds("returnWeights", give("returnWeights"), ["undefined", "boolean", "string"]),
    ...wrong(RangeError, "returnWeights", give("returnWeights"), [
      ["max", ' must be a boolean or "mean", got "max"'],
      ["", ' must be a boolean or "mean", got ""'],
    ]),
    ...wrongKinds("returnScores", give("returnScores"), ["undefined", "boolean"]),
    ...wrongKinds("returnLse", give("returnLse"), ["undefined", "boolean"]),
    ...badOut(call, length, overlaps),
  ];
}

/** An `out` that cannot be written to, for an output of `length` numbers. */
function badOut(call: With, length: number, overlaps: Overlap[]): Row[] {
  const give: Give = (engine, out, at) => {
    const data = ((out as Tensor)?.data ?? out) as unknown;
    const watched = data instanceof Float32Array && data.length > 0 ? data.fill(7) : [7];
    try {
      return call(engine, { out }, at);
    } finally {
      expect(new Set(watched), "what out holds").toEqual(new Set([7]));
    }
  };
  const exactly = ` must have exactly ${length} elements*, got`;
  const floats = (n: number) => new Float32Array(n);
  return [
    ...wrongKinds("out", give, ["undefined", "float32"]),
    ...wrong(TypeError, "out", give, [
      [[numbers(length)], " must be a Float32Array or a tensor*, got *"],
      [{ data: numbers(length), shape: [length] }, ".data must be a Float32Array, got *"],
      [
        { data: new Float64Array(length), shape: [length] },
        `.data must be a Float32Array, got Float64Array of ${length}`,
      ],
      [new Uint8Array(length * 4), ` must *, got Uint8Array of ${length * 4}`],
      [{ data: floats(length) }, ".shape must *, got undefined"],
    ]),
    ...wrong(RangeError, "out", give, [
      [{ data: floats(length), shape: [length + 1] }, `.data must have ${length + 1} elements *, got ${length}`],
      [floats(length - 1), `${exactly} ${length - 1}`],
      [floats(length + 1), `${exactly} ${length + 1}`],
      [floats(0), `${exactly} 0*`],
      [{ data: floats(length - 1), shape: [length - 1] }, `${exactly} ${length - 1}`],
      [{ data: floats(length + 1), shape: [length + 1] }, `${exactly} ${length + 1}`],
      [new Made("detached", () => detached(floats(length))), `${exactly} 0*`],
      [new Made("stale", ({ stale }) => stale), `${exactly} 0*`],
    ]),
    gone("out: a disposed tensor", (engine, at) => call(engine, { out: at.disposed }, at), "*disposed"),
    ...overlaps.flatMap(([name, shape, run]) =>
      [false, true].map((wrapped) => overlap(name, shape, run, length, wrapped)),
    ),
  ];
}

/** An input at the start of a buffer of zeros, and an out that shares only its last bytes. */
function overlap(name: string, shape: number[], run: Overlap[2], length: number, wrapped: boolean): Row {
  const call = (engine: Loose) => {
    const memory = new ArrayBuffer(2 ** 14);
    const size = sizeOf(shape);
    const isMask = name === "mask";
    const x = { data: isMask ? new Uint8Array(memory, 0, size) : new Float32Array(memory, 0, size), shape };
    const out = new Float32Array(memory, isMask ? (size - 1) & ~3 : (size - 1) * 4, length);
    try {
      return run(engine, x, wrapped ? { data: out, shape: [length] } : out);
    } finally {
      expect(new Set(new Uint8Array(memory)), "what the shared memory holds").toEqual(new Set([0]));
    }
  };
  const message = '"out" must not overlap an input, got memory of one';
  return range(`out: in the memory of ${name}${wrapped ? ", as a tensor" : ""}`, call, message);
}

// -------------------------------------------------------------------------------------------------- attention

const [q, k, v] = [() => t(2, 3, 4), () => t(2, 5, 4), () => t(2, 5, 6)];
const plain: Sizes = { B: 1, H: 2, L: 3, S: 5, full: [2, 3, 5], length: 36 };
const batched: Sizes = { B: 2, H: 4, L: 3, S: 5, full: [2, 4, 3, 5], length: 144 };
const layouts = (give: Give): Row[] => [
  ...wrongKinds("layout", give, ["undefined", "string"]),
  ...wrong(RangeError, "layout", give, [
    ["LBHD", ' must be "BHLD" or "BLHD", got "LBHD"'],
    ["bhld", ' must be "BHLD" or "BLHD", got "bhld"'],
    ["", ' must be "BHLD" or "BLHD", got ""'],
  ]),
];

describe("attention: query, key, value", () => {
  const shapes = (a: number[], b: number[], c: number[], message: string, layout = "BHLD"): Row => {
    const what = `[${a}] [${b}] [${c}] ${layout}`;
    return range(what, (e) => e.attention(t(...a), t(...b), t(...c), { layout }), message);
  };
  refuses("attention", [
    type("no arguments", (e) => e.attention(), '"query" must be a tensor *, got undefined'),
    type("one argument", (e) => e.attention(q()), '"key" must *, got undefined'),
    type("two arguments", (e) => e.attention(q(), k()), '"value" must be a tensor *, got undefined'),
    ...badTensors("query", (e, x) => e.attention(x, k(), v())),
    ...badTensors("key", (e, x) => e.attention(q(), x, v())),
    ...badTensors("value", (e, x) => e.attention(q(), k(), x)),
    range("query: rank 0", (e) => e.attention(t(), k(), v()), '"query" must be [L, D], *, got []'),
    range("query: rank 1", (e) => e.attention([1, 2], k(), v()), '"query" must be [L, D], *, got [2]'),
    range("query: nothing", (e) => e.attention([], k(), v()), '"query" must be [L, D], *, got [0]'),
    shapes([1, 1, 1, 1, 1], [2, 5, 4], [2, 5, 6], '"query" must *, [H, L, D] or [B, H, L, D], got [1, 1, 1, 1, 1]'),
    shapes([1, 1, 1, 1, 1], [2, 5, 4], [2, 5, 6], '"query" must *, [L, H, D] or [B, L, H, D], got [*]', "BLHD"),
    shapes([2, 3, 4], [4], [2, 5, 6], '"key" must be [L, D], *, got [4]'),
    shapes([2, 3, 4], [2, 5, 4], [], '"value" must be [L, D], *, got []'),
    shapes([2, 3, 4], [5, 4], [2, 5, 6], '"key" must have rank 3, like query, got 2'),
    shapes([2, 3, 4], [1, 2, 5, 4], [2, 5, 6], '"key" must have rank 3, like query, got 4'),
    shapes([2, 3, 4], [2, 5, 4], [5, 6], '"value" must have rank 3, like query, got 2'),
    shapes([3, 4], [5, 3], [5, 6], '"key" must have head size 4, like query, got 3'),
    shapes([2, 1, 3, 4], [3, 1, 5, 4], [3, 1, 5, 4], '"key" must have batch size 2, like query, got 3'),
    shapes([2, 1, 3, 4], [1, 1, 5, 4], [1, 1, 5, 4], '"key" must have batch size 2, like query, got 1'),
    shapes([2, 1, 3, 4], [2, 1, 5, 4], [1, 1, 5, 4], '"value" must have batch size 2, like query, got 1'),
    shapes([3, 3, 4], [2, 5, 4], [2, 5, 6], '"key" must * heads that divides 3*, got 2'),
    shapes([2, 3, 4], [4, 5, 4], [4, 5, 6], '"key" must * heads that divides 2*, got 4'),
    shapes([2, 3, 4], [0, 5, 4], [0, 5, 6], '"key" must * heads that divides 2*, got 0'),
    shapes([4, 3, 4], [2, 5, 4], [4, 5, 6], '"value" must have 2 heads, like key, got 4'),
    shapes([2, 3, 4], [2, 5, 4], [2, 4, 6], '"value" must have length 5, like key, got 4'),
    shapes([3, 2, 4], [5, 2, 3], [5, 2, 6], '"key" must have head size 4, like query, got 3', "BLHD"),
    shapes([3, 2, 4], [5, 4, 4], [5, 4, 6], '"key" must * heads that divides 2*, got 4', "BLHD"),
    shapes([3, 4, 4], [5, 2, 4], [5, 4, 6], '"value" must have 2 heads, like key, got 4', "BLHD"),
    shapes([3, 2, 4], [5, 2, 4], [4, 2, 6], '"value" must have length 5, like key, got 4', "BLHD"),
    shapes([4, 3, 8], [2, 5, 8], [2, 5, 8], '"key" must * heads that divides 3*, got 5', "BLHD"),
    // More keys than 32 bits count, none of which has a number in it.
    shapes([1, 0], [2 ** 32 + 3, 0], [2 ** 32 + 3, 0], '"key*" must *, got *4294967299*'),
  ]);
});

describe("attention: options", () => {
  const call: With = (engine, options) => engine.attention(q(), k(), v(), options);
  refuses("attention", [
    ...badOptions((e, x) => e.attention(q(), k(), v(), x)),
    ...layouts(option(call, "layout")),
    ...badLogits(call, plain, false),
    ...badResults(call, plain, [
      ["query", [2, 3, 4], (e, x, out) => e.attention(x, k(), v(), { out })],
      ["key", [2, 5, 4], (e, x, out) => e.attention(q(), x, v(), { out })],
      ["value", [2, 5, 6], (e, x, out) => e.attention(q(), k(), x, { out })],
      ["mask", [2, 3, 5], (e, mask, out) => e.attention(q(), k(), v(), { mask, out })],
      ["bias", [3, 5], (e, bias, out) => e.attention(q(), k(), v(), { bias, out })],
    ]),
    ...[(x: Tensor) => x, (x: Tensor) => x.data].flatMap((out) =>
      [t(2, 3), new Made("in wasm memory", (at) => at.kept)].map((given) => {
        const x = (at: Bench) => (given instanceof Made ? given.make(at) : given) as Tensor;
        const run: Call = (e, at) => e.attention(x(at), t(2, 3), t(2, 3), { out: out(x(at)) });
        return range(`out: query itself, ${show(given)}`, run, '"out" must not overlap an input, got *');
      }),
    ),
  ]);
});

describe("attention: options, with batch 2 and grouped heads", () => {
  const call: With = (engine, options) => engine.attention(t(2, 4, 3, 4), t(2, 2, 5, 4), t(2, 2, 5, 6), options);
  refuses("attention", [...badLogits(call, batched, false), ...badResults(call, batched, [])]);
});

describe("segments", () => {
  const call: With = (e, options) => e.attention(t(6, 4), t(6, 4), t(6, 4), options);
  const give: Give = (e, segments, at) => call(e, { segments }, at);
  const query: Give = (e, x, at) => give(e, { query: x }, at);
  const key: Give = (e, x, at) => give(e, { query: [2, 4], key: x }, at);
  const lists: [argument: string, give: Give][] = [
    ["segments.query", query],
    ["segments.key", key],
  ];
  refuses("attention", [
    ...wrongKinds("segments", give, ["undefined", "object", "nullPrototype", "map", "buffer"]),
    ...lists.flatMap(([argument, list]) => [
      ...wrongKinds(argument, list, [
        "array",
        "float32",
        "float64",
        ...(argument === "segments.key" ? (["undefined"] as const) : []),
      ]),
      ...wrong(TypeError, argument, list, [
        [[2, "4"], '[1] must be a number, got "4"'],
        [[2, 4n], "[1] must be a number, got 4n"],
        [Array(2), "[0] must be a number, got undefined"],
      ]),
      ...wrong(RangeError, argument, list, [
        [[2.5, 3.5], "[0] must be an integer of at least 0, got 2.5"],
        [[7, -1], "[1] must be an integer of at least 0, got -1"],
        [[Number.NaN], "[0] must be an integer of at least 0, got NaN"],
        [[6, Number.POSITIVE_INFINITY], "[1] must be an integer of at least 0, got Infinity"],
        [[2, 3], ` must add up to 6, the length of ${argument.slice(9)}, got 5`],
        [[2, 5], ` must add up to 6, the length of ${argument.slice(9)}, got 7`],
        [[2 ** 52, 2 ** 52], " must add up to 6, the length of *, got *"],
        [[], " must add up to 6, the length of *, got 0"],
      ]),
    ]),
    range(
      "other numbers of sequences",
      (e, at) => key(e, [6], at),
      '"segments.key" must have 2 lengths, like segments.query, got 1',
    ),
    range(
      "keys that are as many as queries in all, but not given",
      (e) => e.attention(t(6, 4), t(5, 4), t(5, 4), { segments: { query: [6] } }),
      '"segments.key" must add up to 5, the length of key, got 6',
    ),
    range(
      "batch 2",
      (e) => e.attention(t(2, 1, 6, 4), t(2, 1, 6, 4), t(2, 1, 6, 4), { segments: { query: [6] } }),
      '"segments" must come with batch size 1, got 2',
    ),
    range(
      "a cache",
      (e, { cache }) => e.attention(t(2, 2, 4), cache, { segments: { query: [2] } }),
      '"segments" must be absent with a cache, got an object',
    ),
    range(
      "L ≠ S within one",
      (e, at) => call(e, { segments: { query: [2, 4], key: [3, 3] }, causal: true }, at),
      '"align" must be "top-left" or "bottom-right" * L ≠ S (2 ≠ 3), got undefined',
    ),
    ...wrong(
      RangeError,
      "keyLengths",
      (e, keyLengths, at) => call(e, { segments: { query: [2, 4] }, keyLengths }, at),
      [
        [[2, 5], "[1] must be an integer from 0 to 4, got 5"],
        [[3, 0], "[0] must be an integer from 0 to 2, got 3"],
        [[7], "[0] must be an integer from 0 to 6, got 7"],
        [[1, 1, 1], " must have 2 numbers [segments], got 3"],
        [[], " must have 2 numbers [segments], got 0"],
      ],
    ),
  ]);
  refuses("multiHeadSelfAttention", [
    range(
      "in a mechanism",
      (e) => e.multiHeadSelfAttention(t(6, 4), { heads: 2, segments: { query: [5] } }),
      '"segments.query" must add up to 6, the length of query, got 5',
    ),
  ]);
});

describe("attention: with a cache", () => {
  const sizes: Sizes = { B: 1, H: 2, L: 2, S: 3, full: [2, 2, 3], length: 24 };
  const call: With = (engine, options, at) => engine.attention(t(2, 2, 4), at.cache, options);
  const query = (...shape: number[]): Call => {
    return (e, at) => e.attention(t(...shape), at.cache);
  };
  refuses("attention", [
    ...badTensors("query", (e, x, at) => e.attention(x, at.cache)),
    ...badShapes("query", (e, x, at) => e.attention(x, at.cache), [[], [4], [2, 4], [1, 1, 2, 2, 4]]),
    range("query of another head size", query(2, 2, 5), '"query" must have head size 4, like the cache, got 5'),
    range("query of another batch", query(2, 2, 2, 4), '"query" must have batch size 1, like the cache, got 2'),
    range("heads that do not divide", query(3, 2, 4), '"cache" must * heads that divides 3, *, got 2'),
    range("no heads", query(1, 2, 4), '"cache" must * heads that divides 1, *, got 2'),
    gone("a disposed cache", (e, at) => e.attention(t(2, 2, 4), at.disposedCache), "this cache is disposed"),
    range(
      "of another engine",
      (e, at) => e.attention(t(2, 2, 4), at.other),
      '"cache" must * this engine, got * another engine',
    ),
    type("a cache as query", (e, at) => e.attention(at.cache, at.cache), '"query" must be a tensor *, got *'),
    type("a cache as value", (e, at) => e.attention(q(), k(), at.cache), '"value" must be a tensor *, got *'),
    type(
      "a cache of another copy of the package",
      (e) => e.attention(q(), { length: 3, append() {} }),
      '"cache" must be made by this copy of @attn/core, got an object of another copy',
    ),
    type("a cache in a Proxy", (e, at) => e.attention(q(), new Proxy(at.cache, {})), proxied("cache")),
    type("a cache's heir", (e, at) => e.attention(q(), Object.create(at.cache)), proxied("cache")),
    ...badOptions((e, x, at) => e.attention(t(2, 2, 4), at.cache, x)),
    ...layouts(option(call, "layout")),
    ...badLogits(call, sizes, true),
    ...badResults(call, sizes, [
      ["query", [2, 2, 4], (e, x, out) => e.attention(x, bench.cache, { out })],
      ["mask", [2, 2, 3], (e, mask, out) => e.attention(t(2, 2, 4), bench.cache, { mask, out })],
      ["bias", [2, 3], (e, bias, out) => e.attention(t(2, 2, 4), bench.cache, { bias, out })],
    ]),
  ]);

  it("of an engine that is disposed: the message is about the cache, not about the engine that was called", () => {
    const another = createAttention({ variant: "simd" });
    const cache = another.createKvCache({ heads: 2, headSize: 4, capacity: 4 });
    another.dispose();
    const call = () => bench.engine.attention(t(2, 2, 4), cache);
    expect(call).toThrow(/^attention: .*cache/);
    expect(call).not.toThrow(/: this engine is disposed$/);
  });
});

describe("scores", () => {
  const call: With = (engine, options) => engine.scores(q(), k(), options);
  const onBatch: With = (engine, options) => engine.scores(t(2, 4, 3, 4), t(2, 2, 5, 4), options);
  refuses("scores", [
    type("no arguments", (e) => e.scores(), '"query" must *, got undefined'),
    type("a cache", (e, at) => e.scores(t(2, 2, 4), at.cache), '"key" must *, got *'),
    ...badTensors("query", (e, x) => e.scores(x, k())),
    ...badTensors("key", (e, x) => e.scores(q(), x)),
    ...badShapes("query", (e, x) => e.scores(x, k()), [[], [4], [1, 1, 2, 3, 4]]),
    ...badShapes("key", (e, x) => e.scores(q(), x), [[], [4], [5, 4], [1, 2, 5, 4], [2, 5, 3], [3, 5, 4], [0, 5, 4]]),
    range("B of key", (e) => e.scores(t(2, 1, 3, 4), t(3, 1, 5, 4)), '"key" must have batch size 2, like query, got 3'),
    ...badOptions((e, x) => e.scores(q(), k(), x)),
    ...layouts(option(call, "layout")),
    ...wrongKinds("maskedValue", option(call, "maskedValue"), ["undefined", "number"]),
    ...badLogits(call, plain, false),
    ...badLogits(onBatch, batched, false),
  ]);
});

describe("mergeAttention", () => {
  const part = (...shape: number[]) => ({ output: t(...shape), lse: t(...shape.slice(0, -1)) });
  const merge =
    (...parts: unknown[]): Call =>
    (e) =>
      e.mergeAttention(parts);
  const lacking: Call = (e) => e.mergeAttention([e.attention(q(), k(), v())]);
  refuses("mergeAttention", [
    ...wrongKinds("parts", (e, x) => e.mergeAttention(x), ["array"]),
    range("no parts", merge(), '"parts" must have at least one *, got an empty array'),
    type(
      "parts as arguments",
      (e) => e.mergeAttention(part(2, 3), part(2, 3)),
      '"parts" must be an array *, got an object',
    ),
    ...wrongKinds("parts[0]", (e, x) => e.mergeAttention([x, part(2, 3)]), [...objects, ...lists]),
    ...wrongKinds("parts[1]", (e, x) => e.mergeAttention([part(2, 3), x]), [...objects, ...lists]),
    type("a hole", (e) => e.mergeAttention(holed(part(2, 3), part(2, 3))), '"parts[1]" must *, got undefined'),
    type("an attention without lse", lacking, '"parts[0].lse" must *, got undefined'),
    ...badTensors("parts[0].output", (e, output) => e.mergeAttention([{ output, lse: t(2) }])),
    ...badTensors("parts[1].output", (e, output) => e.mergeAttention([part(2, 3), { output, lse: t(2) }])),
    ...badTensors("parts[0].lse", (e, lse) => e.mergeAttention([{ output: t(2, 3), lse }])),
    ...badTensors("parts[1].lse", (e, lse) => e.mergeAttention([part(2, 3), { output: t(2, 3), lse }])),
    range("output of rank 0", merge({ output: t(), lse: t() }), '"parts[0].output" must have rank 2 or more *, got []'),
    range("output of rank 1", merge(part(3)), '"parts[0].output" must have rank 2 or more *, got [3]'),
    range(
      "other L",
      merge(part(2, 3), part(3, 3)),
      '"parts[1].output" must have shape [2, 3], like the first, got [3, 3]',
    ),
    range(
      "other Dv",
      merge(part(2, 3), part(2, 3), part(2, 4)),
      '"parts[2].output" must have shape [2, 3], like the first, got [2, 4]',
    ),
    range(
      "other rank",
      merge(part(2, 3), part(1, 2, 3)),
      '"parts[1].output" must have shape [2, 3], like the first, got [1, 2, 3]',
    ),
    ...badShapes("parts[0].lse", (e, lse) => e.mergeAttention([{ output: t(2, 3), lse }]), [
      [],
      [3],
      [2, 3],
      [2, 1],
      [0],
    ]),
    range(
      "lse of another L",
      merge(part(2, 3), { output: t(2, 3), lse: t(1, 2) }),
      '"parts[1].lse" must have shape [2]*, got [1, 2]',
    ),
  ]);
});

// -------------------------------------------------------------------------------------------------- mechanisms

const linear = (...shape: number[]) => ({ weight: t(...shape) });

interface Mechanism {
  api: string;
  run(engine: Loose, x: unknown, options?: unknown): unknown;
  sizes: Sizes;
  /** The options that the call cannot do without. */
  needs: object;
}
const self = (api: string): Mechanism => ({
  api,
  run: (e, x, options) => e[api](x, options),
  needs: { heads: 2 },
  sizes: { B: 1, H: 2, L: 3, S: 3, full: [2, 3, 3], length: 24 },
});
const mechanisms: Mechanism[] = [
  { ...self("selfAttention"), needs: {}, sizes: { B: 1, H: 1, L: 3, S: 3, full: [3, 3], length: 24 } },
  self("multiHeadSelfAttention"),
  self("maskedMultiHeadSelfAttention"),
  {
    ...self("crossAttention"),
    run: (e, x, options) => e.crossAttention(x, t(5, 8), options),
    sizes: { B: 1, H: 2, L: 3, S: 5, full: [2, 3, 5], length: 24 },
  },
];
const names = ["query", "key", "value", "output"];

describe.each(mechanisms)("$api", ({ api, run, needs, sizes }) => {
  const x = () => t(3, 8);
  const call: With = (e, options) => run(e, x(), { ...needs, ...options });
  const projections =
    (given: unknown): Call =>
    (e) =>
      call(e, { projections: given }, bench);
  const cross = api === "crossAttention";
  const attended = cross ? "memory" : "x";

  describe("x and options", () => {
    refuses(api, [
      ...badTensors("x", (e, given) => run(e, given, needs)),
      ...badShapes("x", (e, given) => run(e, given, needs), [[], [8], [1, 1, 3, 8], [1, 1, 1, 3, 8]]),
      ...badOptions((e, given) => run(e, x(), given)),
      ...badLogits(call, sizes, !cross),
      ...badResults(call, sizes, [
        ["x", [3, 8], (e, given, out) => run(e, given, { ...needs, out })],
        ["mask", sizes.full, (e, mask, out) => call(e, { mask, out }, bench)],
        ["bias", sizes.full, (e, bias, out) => call(e, { bias, out }, bench)],
        ...names.flatMap((name): Overlap[] => [
          [`${name}.weight`, [8, 8], (e, weight, out) => call(e, { projections: { [name]: { weight } }, out }, bench)],
          [
            `${name}.bias`,
            [8],
            (e, bias, out) => call(e, { projections: { [name]: { ...linear(8, 8), bias } }, out }, bench),
          ],
        ]),
      ]),
    ]);
  });

  describe("projections", () => {
    refuses(api, [
      ...wrongKinds("projections", option(call, "projections"), ["undefined", ...objects, "float32", "float64"]),
      ...names.flatMap((name): Row[] => {
        const path = `projections.${name}`;
        const give: Give = (e, given) => call(e, { projections: { [name]: given } }, bench);
        const weight: Give = (e, given) => give(e, { weight: given }, bench);
        const bias: Give = (e, given) => give(e, { ...linear(8, 8), bias: given }, bench);
        return [
          ...wrongKinds(path, give, ["undefined", ...objects, ...lists]),
          type(`${path}: a tensor`, projections({ [name]: t(8, 8) }), `"${path}.weight" must *, got undefined`),
          type(
            `${path}: only a bias`,
            projections({ [name]: { bias: t(8) } }),
            `"${path}.weight" must *, got undefined`,
          ),
          ...badTensors(`${path}.weight`, weight),
          ...wrong(RangeError, `${path}.weight`, weight, [
            [t(), " must be [out, in]*, got []"],
            [t(8), " must be [out, in]*, got [8]"],
            [t(8, 7), " must be [out, in] with in = 8, got [8, 7]"],
            [t(1, 8, 8), " must be [out, in] with in = 8, got [1, 8, 8]"],
          ]),
          ...badTensors(`${path}.bias`, bias, ["undefined"]),
          ...badShapes(`${path}.bias`, bias, [[], [7], [9], [1], [1, 8], [8, 1], [0]]),
        ].map(([what, ...row]) => [what.replaceAll("projections.", ""), ...row]);
      }),
      range(
        "[in, out]",
        projections({ output: linear(8, 4) }),
        '"projections.output.weight" must be [out, in] *, got [8, 4]',
      ),
      range("a narrow key", projections({ key: linear(6, 8) }), '"projections.key.weight" must *, got 6'),
      range("a narrow query", projections({ query: linear(4, 8) }), `"${attended}" must *, got 8`),
      range(
        "an output for another width of value",
        projections({ value: linear(4, 8), output: linear(8, 8) }),
        '"projections.output.weight" must be [out, in] with in = 4, got [8, 8]',
      ),
    ]);
  });

  if (api === "selfAttention") return;
  describe("heads", () => {
    const heads: Give = (e, given) => run(e, x(), { heads: given });
    const groups =
      (n: number, keyValueHeads: unknown, given?: object): Call =>
      (e) =>
        run(e, x(), { heads: n, keyValueHeads, projections: given });
    // No projection of value: its width is that of x, or of memory where there is one.
    const odd: Call = (e) => {
      const options = { heads: 2, projections: { query: linear(4, 5), key: linear(4, 5) } };
      return cross ? e.crossAttention(t(3, 5), t(3, 5), options) : run(e, t(3, 5), options);
    };
    refuses(api, [
      ...wrongKinds("heads", heads, cross ? ["number", "undefined"] : ["number"]),
      ...(cross ? [] : [type("no options", (e) => run(e, x()), '"heads" must be a number, got undefined')]),
      ...wrong(RangeError, "heads", heads, [
        [0, " must be an integer of at least 1, got 0"],
        [-1, " must be an integer of at least 1, got -1"],
        [1.5, " must be an integer of at least 1, got 1.5"],
        [Number.NaN, " must be an integer of at least 1, got NaN"],
        [Number.POSITIVE_INFINITY, " must be an integer of at least 1, got Infinity"],
        [2 ** 53, " must be an integer of at least 1, got 9007199254740992"],
        [3, " must divide 8*, got 3"],
        [16, " must divide 8*, got 16"],
      ]),
      range(
        "heads: of the projected width",
        groups(4, undefined, { query: linear(6, 8) }),
        '"heads" must divide 6*, got 4',
      ),
      ...wrongKinds("keyValueHeads", (e, given) => run(e, x(), { heads: 2, keyValueHeads: given }), [
        "undefined",
        "number",
      ]),
      ...[0, -1, 1.5, Number.NaN].map((n) =>
        range(`keyValueHeads: ${n}`, groups(2, n), `"keyValueHeads" must be an integer of at least 1, got ${n}`),
      ),
      range("keyValueHeads: 3 of 4", groups(4, 3), '"keyValueHeads" must divide 4*, got 3'),
      range("keyValueHeads: 4 of 2", groups(2, 4), '"keyValueHeads" must divide 2*, got 4'),
      range("a key too wide for its heads", groups(4, 2), `"${attended}" must *4 *, got 8`),
      range(
        "a key projected too wide",
        groups(4, 2, { key: linear(8, 8) }),
        '"projections.key.weight" must *4 *, got 8',
      ),
      range(
        "a value that its heads do not divide",
        groups(4, 2, { key: linear(4, 8), value: linear(3, 8) }),
        '"projections.value.weight" must *2 heads*, got 3',
      ),
      range(`a width of ${attended} that its heads do not divide`, odd, `"${attended}" must *2 heads*, got 5`),
    ]);
  });
});

describe("crossAttention: memory", () => {
  const memory: Give = (e, given) => e.crossAttention(t(3, 8), given);
  const onBatch: Give = (e, given) => e.crossAttention(t(2, 3, 8), given);
  refuses("crossAttention", [
    ...badTensors("memory", memory),
    ...badShapes("memory", memory, [[], [8], [1, 5, 8], [1, 1, 5, 8], [5, 7]]),
    ...badShapes("memory", onBatch, [
      [5, 8],
      [1, 5, 8],
      [2, 5, 7],
    ]),
    range("B", (e) => onBatch(e, t(3, 5, 8), bench), '"memory" must have batch size 2, like x, got 3'),
    range("E", (e) => memory(e, t(5, 6), bench), '"memory" must *8*, got 6'),
    range(
      "keyValueHeads without heads",
      (e) => e.crossAttention(t(3, 8), t(5, 8), { keyValueHeads: 2 }),
      '"keyValueHeads" must divide 1*, got 2',
    ),
    range(
      "a key for another width",
      (e) => e.crossAttention(t(3, 8), t(5, 6), { projections: { key: linear(8, 8) } }),
      '"projections.key.weight" must be [out, in] with in = 6, got [8, 8]',
    ),
    overlap("memory", [5, 8], (e, given, out) => e.crossAttention(t(3, 8), given, { out }), 24, false),
  ]);
});

// -------------------------------------------------------------------------------------------------- primitives

describe("matmul", () => {
  const call: With = (e, options) => e.matmul(t(2, 3), t(3, 4), options);
  const shapes = (a: number[], b: number[], message: string, options?: object): Row =>
    range(`[${a}] · [${b}]`, (e) => e.matmul(t(...a), t(...b), options), message);
  const square = (e: Loose, out: unknown, a: unknown) => e.matmul(a, t(3, 3), { out });
  refuses("matmul", [
    type("no arguments", (e) => e.matmul(), '"a" must *, got undefined'),
    ...badTensors("a", (e, x) => e.matmul(x, t(3, 4))),
    ...badTensors("b", (e, x) => e.matmul(t(2, 3), x)),
    shapes([], [3, 4], '"a" must have rank 2 or more *, got []'),
    shapes([3], [3, 4], '"a" must have rank 2 or more *, got [3]'),
    shapes([2, 3], [], '"b" must have rank 2 or more *, got []'),
    shapes([2, 3], [3], '"b" must have rank 2 or more *, got [3]'),
    shapes([2, 3], [4, 5], '"b" must be [..., K, N] with K = 3, like a, got [4, 5]'),
    shapes([2, 3], [0, 4], '"b" must be [..., K, N] with K = 3, like a, got [0, 4]'),
    shapes([2, 3], [3, 4], '"b" must be [..., N, K] with K = 3, like a, got [3, 4]', { transposeB: true }),
    shapes([2, 2, 3], [5, 3, 4], '"b" must have leading dimensions that broadcast with [2, 2, 3], got [5, 3, 4]'),
    shapes([2, 1, 2, 3], [3, 5, 3, 4], '"b" must have leading dimensions *, got [3, 5, 3, 4]'),
    shapes([0, 2, 3], [5, 3, 4], '"b" must have leading dimensions *, got [5, 3, 4]'),
    ...badOptions((e, x) => e.matmul(t(2, 3), t(3, 4), x)),
    ...wrongKinds("transposeB", option(call, "transposeB"), ["undefined", "boolean"]),
    ...badTensors("bias", option(call, "bias"), ["undefined"]),
    ...badShapes("bias", option(call, "bias"), [[3], [2], [4, 2], [1, 2, 4], [3, 4], [0]]),
    ...badOut(call, 8, [
      ["a", [2, 3], (e, a, out) => e.matmul(a, t(3, 4), { out })],
      ["b", [3, 4], (e, b, out) => e.matmul(t(2, 3), b, { out })],
      ["bias", [4], (e, bias, out) => e.matmul(t(2, 3), t(3, 4), { bias, out })],
    ]),
    range("out: a itself", (e, _, a = t(3, 3)) => square(e, a, a), '"out" must not overlap an input, got *'),
  ]);
});

describe("softmax", () => {
  const call: With = (e, options) => e.softmax(t(2, 4), options);
  refuses("softmax", [
    type("no arguments", (e) => e.softmax(), '"x" must *, got undefined'),
    ...badTensors("x", (e, x) => e.softmax(x)),
    range("x of rank 0", (e) => e.softmax(t()), '"x" must have rank 1 or more, got *'),
    ...badOptions((e, x) => e.softmax(t(2, 4), x)),
    ...badOut(call, 8, [["x", [2, 4], (e, x, out) => e.softmax(x, { out })]]),
    range("out: x itself", (e, _, x = t(2, 4)) => e.softmax(x, { out: x }), '"out" must not overlap an input, got *'),
  ]);
});

describe("tensor", () => {
  const tensor = core.tensor as Loose;
  const values: Give = (_, x) => tensor(x);
  const data: Give = (_, x) => tensor(x, [2]);
  const shape: Give = (_, x) => tensor([1, 2], x);
  refuses("tensor", [
    ...wrongKinds("values", values, ["array"]),
    ...wrong(TypeError, "values", values, [
      [[[1], 2], " must *nested array*, got 2"],
      [[1, [2]], " must *nested array*, got *"],
      [["1"], ' must *nested array of numbers, got "1"'],
      [[true], " must *nested array of numbers, got true"],
      [holed(1, 2), " must *nested array of numbers, got undefined"],
    ]),
    ...wrong(RangeError, "values", values, [
      [[[1, 2], [3]], " must be a regular nested array*, got a row of 1"],
      [[[[1]], [[2], [3]]], " must be a regular nested array*, got a row of 2"],
      // Sizes that only the first row claims.
      [[numbers(1e5), ...numbers(1e5 - 1, [])], " must *, got *"],
      [new Made("nested 100,000 deep", () => numbers(1e5).reduce((inner) => [inner], 1)), " must *, got *"],
    ]),
    ...wrongKinds("data", data, lists),
    ...wrong(TypeError, "data", data, [
      [["1", "2"], '* must *, got "1"'],
      [new BigInt64Array(2), "* must *, got 0n"],
      [Array(2), "* must *, got undefined"],
      [[[1], [2]], "* must *, got [1]"],
      [{ length: 2 }, "* must *, got undefined"],
    ]),
    ...wrong(RangeError, "data", data, [
      [[1], " must have 2 elements for shape [2], got 1"],
      [new Float32Array(3), " must have 2 elements for shape [2], got 3"],
      [new Made("detached", () => detached(new Float32Array(2))), " must have 2 elements for shape [2], got 0*"],
    ]),
    ...wrongKinds("shape", shape, ["undefined", "array"]),
    ...badDimensions(shape),
    range("shape: []", () => tensor([1, 2], []), '"data" must have 1 element for shape [], got 2'),
    range("data that only says it is long", () => tensor({ length: 2 ** 40 }, [2 ** 40]), '"*" must *, got *'),
  ]);
});

function badDimensions(shape: Give): Row[] {
  return [
    type("shape: of strings", (e, at) => shape(e, ["2"], at), '"shape*" must *, got *'),
    type("shape: with a hole", (e, at) => shape(e, Array(1), at), '"shape*" must *, got *'),
    ...wrong(RangeError, "shape", shape, [
      [[Number.NaN], "* must *, got *NaN*"],
      [[-2], "* must *, got *-2*"],
      [[0.5], "* must *, got *0.5*"],
      [[2 ** 53], "* must *, got *9007199254740992*"],
      [[Number.POSITIVE_INFINITY], "* must *, got *Infinity*"],
      [[2 ** 30, 2 ** 30], " must *, got [1073741824, 1073741824]*"],
    ]),
  ];
}

const pastMaximum = 'this call needs * bytes of wasm memory; "maximumBytes" allows 67108864';

describe("empty", () => {
  const shape: Give = (e, x) => e.empty(x);
  refuses("empty", [
    ...wrongKinds("shape", shape, ["array"]),
    ...badDimensions(shape),
    range("past maximumBytes", (e) => e.empty([2 ** 24]), pastMaximum),
    range("past all memory", (e) => e.empty([2 ** 20, 2 ** 20]), pastMaximum),
  ]);
});

// -------------------------------------------------------------------------------------------------- caches

describe("createKvCache", () => {
  const given = { heads: 2, headSize: 4, capacity: 4 };
  const call: With = (e, options) => e.createKvCache({ ...given, ...options });
  const count = (name: string, but: Kind[]): Row[] => [
    ...wrongKinds(name, option(call, name), ["number", ...but]),
    ...wrong(RangeError, name, option(call, name), [
      [-1, " must be an integer of at least 0, got -1"],
      [0.5, " must be an integer of at least 0, got 0.5"],
      [Number.NaN, " must be an integer of at least 0, got NaN"],
      [Number.POSITIVE_INFINITY, " must be an integer of at least 0, got Infinity"],
      [2 ** 53, " must be an integer of at least 0, got 9007199254740992"],
    ]),
    ...[2 ** 24, 2 ** 31 - 1].map((n) => range(`${name}: ${n}`, (e, at) => call(e, { [name]: n }, at), pastMaximum)),
    ...[2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER].map((n) =>
      range(`${name}: ${n}`, (e, at) => call(e, { [name]: n }, at), `"${name}" must be at most 2^31-1, got ${n}`),
    ),
  ];
  refuses("createKvCache", [
    ...wrongKinds("options", (e, x) => e.createKvCache(x), objects),
    type("no options", (e) => e.createKvCache({}), '"*" must be a number, got undefined'),
    ...count("heads", []),
    ...count("headSize", []),
    ...count("capacity", []),
    ...count("batch", ["undefined"]),
    ...count("valueSize", ["undefined"]),
    ...wrongKinds("dtype", option(call, "dtype"), ["undefined", "string"]),
    ...wrong(RangeError, "dtype", option(call, "dtype"), [
      ["f64", ' must be "f32", "f16" or "int8", got "f64"'],
      ["F32", ' must be "f32", "f16" or "int8", got "F32"'],
      ["", ' must be "f32", "f16" or "int8", got ""'],
    ]),
    ...["f32", "f16", "int8"].map((dtype) =>
      range(`past maximumBytes in ${dtype}`, (e, at) => call(e, { dtype, capacity: 2 ** 22 }, at), pastMaximum),
    ),
  ]);
});

describe("KvCache.append", () => {
  const append = (key: number[], value: number[], message: string): Row =>
    range(`[${key}] [${value}]`, (_, at) => at.cache.append(t(...key), t(...value)), message);
  const key = '"key" must be [B, G, T, D] = [1, 2, T, 4] or [G, T, *], got';
  const value = '"value" must be [B, G, T, Dv] = [1, 2, T, 6] or [G, T, *], got';
  refuses("KvCache.append", [
    type("no arguments", (_, { cache }) => (cache as Loose).append(), '"key" must *, got undefined'),
    ...badTensors("key", (_, x, { cache }) => (cache as Loose).append(x, t(2, 1, 6))),
    ...badTensors("value", (_, x, { cache }) => (cache as Loose).append(t(2, 1, 4), x)),
    ...[[], [4], [2, 4], [1, 1, 2, 1, 4], [1, 1, 4], [3, 1, 4], [4, 1, 4], [2, 1, 5], [2, 2, 1, 4], [1, 1, 1, 4]].map(
      (shape) => append(shape, [2, 1, 6], `${key} [${shape.join(", ")}]`),
    ),
    ...[[], [6], [2, 6], [1, 1, 6], [2, 1, 4], [2, 1, 7], [2, 2, 1, 6]].map((shape) =>
      append([2, 1, 4], shape, `${value} [${shape.join(", ")}]`),
    ),
    append([2, 1, 4], [2, 2, 6], '"value" must have 1 token, like key, got 2'),
    append([2, 1, 4], [2, 0, 6], '"value" must have 1 token, like key, got 0'),
    append([2, 2, 4], [2, 2, 6], '"key" must have at most 1 token, what is left of capacity 4, got 2'),
    append([2, 5, 4], [2, 5, 6], '"key" must have at most 1 token, what is left of capacity 4, got 5'),
    range(
      "a full cache",
      (_, { full }) => full.append(t(2, 1, 4), t(2, 1, 4)),
      '"key" must have at most 0 tokens, what is left of capacity 1, got 1',
    ),
    gone("a disposed cache", (_, at) => at.disposedCache.append(t(2, 1, 4), t(2, 1, 4)), "this cache is disposed"),
  ]);

  it("a cache of batch 2 takes no rank 3 and no other batch", () => {
    const pair = bench.engine.createKvCache({ batch: 2, heads: 2, headSize: 4, capacity: 4 });
    for (const shape of [
      [2, 1, 4],
      [1, 2, 1, 4],
      [3, 2, 1, 4],
    ]) {
      expect(() => pair.append(t(...shape), t(...shape))).toThrow(
        `KvCache.append: "key" must be [B, G, T, D] = [2, 2, T, 4], got [${shape.join(", ")}]`,
      );
    }
    expect(pair.length).toBe(0);
    pair.dispose();
  });
});

describe("KvCache.truncate", () => {
  const length: Give = (_, x, { cache }) => (cache as Loose).truncate(x);
  refuses("KvCache.truncate", [
    ...wrongKinds("length", length, ["number"]),
    ...wrong(RangeError, "length", length, [
      [-1, " must be an integer of at least 0, got -1"],
      [0.5, " must be an integer of at least 0, got 0.5"],
      [Number.NaN, " must be an integer of at least 0, got NaN"],
      [4, " must be at most 3, the tokens held, got 4"],
      [2 ** 40, " must be at most 3, the tokens held, got 1099511627776"],
    ]),
    gone("a disposed cache", (_, at) => at.disposedCache.truncate(0), "this cache is disposed"),
  ]);
});

// -------------------------------------------------------------------------------------------------- engines

const kernel = (variant: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(import.meta.resolve(`@attn/kernel/${variant}.wasm`))));

/** An empty module, with a custom section "attn" where a text for it is given. */
function wasm(section?: string): Uint8Array<ArrayBuffer> {
  const encode = (s: string) => [...new TextEncoder().encode(s)];
  const content = section === undefined ? [] : [4, ...encode("attn"), ...encode(section)];
  return Uint8Array.from([
    ...encode("\0asm"),
    1,
    0,
    0,
    0,
    ...(content.length > 0 ? [0, content.length, ...content] : []),
  ]);
}

describe("createAttention", () => {
  const create = core.createAttention as Loose;
  const variant: Give = (_, x) => create({ variant: x });
  const module: Give = (_, x) => create({ module: x });
  const maximumBytes: Give = (_, x) => create({ maximumBytes: x });
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(kernel("simd")), "attn");
  const version = new TextDecoder().decode(section).split(" ")[2] as string;
  const other = " must be simd.wasm or relaxed.wasm of @attn/kernel, got *";
  refuses("createAttention", [
    ...wrongKinds("options", (_, x) => create(x), ["undefined", ...objects]),
    ...wrongKinds("variant", variant, ["undefined", "string"]),
    ...wrong(RangeError, "variant", variant, [
      ["fast", ' must be "auto", "simd" or "relaxed", got "fast"'],
      ["SIMD", ' must be "auto", "simd" or "relaxed", got "SIMD"'],
      ["", ' must be "auto", "simd" or "relaxed", got ""'],
    ]),
    ...wrongKinds("module", module, ["undefined", "string", "float32", "float64", "buffer"]),
    ...wrong(TypeError, "module", module, [
      [new WebAssembly.Instance(new WebAssembly.Module(wasm())), " must be a WebAssembly.Module or its bytes, got a*"],
      [Promise.resolve(), " must be a WebAssembly.Module or its bytes, got a Promise"],
      [
        "/simd.wasm",
        ' must be a WebAssembly.Module or its bytes, got "/simd.wasm": read *, or give it to loadAttention',
      ],
      [new URL("file:///simd.wasm"), " must be a WebAssembly.Module or its bytes, got a URL: read *"],
    ]),
    ...wrong(RangeError, "module", module, [
      [new Uint8Array(0), " must be WebAssembly that this runtime can compile, got Uint8Array of 0*"],
      [new Uint8Array(8), " must be WebAssembly that this runtime can compile, got Uint8Array of 8*"],
      [new ArrayBuffer(8), " must be WebAssembly that this runtime can compile, got a* ArrayBuffer*"],
      [kernel("simd").slice(0, 5000), " must be WebAssembly that this runtime can compile, got Uint8Array of 5000*"],
      [new Made("detached", () => detached(kernel("simd"))), " must be WebAssembly *, got Uint8Array of 0*"],
      [wasm(), other],
      [new WebAssembly.Module(wasm()), other],
      [wasm(`attention gpu ${version}`), other],
      [wasm(`simd ${version}`), other],
      [wasm(`nn simd ${version}`), ' must be the "attention" module of @attn/kernel, got its "nn" module'],
      [wasm("attention simd 99.1.2"), ` must be of @attn/kernel ${version}, got version 99.1.2`],
      [
        new WebAssembly.Module(wasm("attention relaxed 0.0.0-old")),
        ` must be of @attn/kernel ${version}, got version 0.0.0-old`,
      ],
    ]),
    range(
      "module simd, variant relaxed",
      () => create({ module: kernel("simd"), variant: "relaxed" }),
      '"variant" must be "simd", which "module" is, got "relaxed"',
    ),
    range(
      "module relaxed, variant simd",
      () => create({ module: kernel("relaxed"), variant: "simd" }),
      '"variant" must be "relaxed", which "module" is, got "simd"',
    ),
    ...wrongKinds("maximumBytes", maximumBytes, ["undefined", "number"]),
    ...[Number.NaN, -1, 0, 1, 65535, 70000.5, 2 ** 53].map((n) =>
      range(
        `maximumBytes: ${n}`,
        (e, at) => maximumBytes(e, n, at),
        `"maximumBytes" must be an integer of at least 65536, got ${n}`,
      ),
    ),
  ]);
});

describe("after dispose", () => {
  const engine: Loose = createAttention({ variant: "simd" });
  const cache: Loose = engine.createKvCache({ heads: 2, headSize: 4, capacity: 4 });
  const kept = engine.empty([2]);
  engine.dispose();
  const x = () => t(2, 2, 4);
  const calls: [api: string, call: Call][] = [
    ["attention", () => engine.attention(x(), x(), x())],
    ["attention", () => engine.attention(x(), cache)],
    ["scores", () => engine.scores(x(), x())],
    ["mergeAttention", () => engine.mergeAttention([{ output: t(2, 3), lse: t(2) }])],
    ["selfAttention", () => engine.selfAttention(t(2, 4))],
    ["multiHeadSelfAttention", () => engine.multiHeadSelfAttention(t(2, 4), { heads: 2 })],
    ["maskedMultiHeadSelfAttention", () => engine.maskedMultiHeadSelfAttention(t(2, 4), { heads: 2 })],
    ["crossAttention", () => engine.crossAttention(t(2, 4), t(3, 4))],
    ["matmul", () => engine.matmul(t(2, 4), t(4, 3))],
    ["softmax", () => engine.softmax(t(2, 4))],
    ["createKvCache", () => engine.createKvCache({ heads: 2, headSize: 4, capacity: 4 })],
    ["empty", () => engine.empty([2])],
    ["KvCache.append", () => cache.append(t(2, 1, 4), t(2, 1, 4))],
    ["KvCache.truncate", () => cache.truncate(0)],
    // Said before the arguments are looked at.
    ["attention", () => engine.attention()],
    ["createKvCache", () => engine.createKvCache()],
    ["empty", () => engine.empty("x")],
  ];
  it.each(calls)("%s is an Error that says so", (api, call) => {
    expectRefused(api, gone("", call, "this engine is disposed"));
  });

  it("a tensor's data is one too, also as an argument elsewhere", () => {
    expect(() => kept.data).toThrow(/disposed/);
    expect(() => bench.engine.softmax(kept)).toThrow(/disposed/);
  });

  it("dispose is none, of what lived on it and again", () => {
    for (const thing of [kept, cache, engine]) {
      thing.dispose();
      thing.dispose();
      thing[Symbol.dispose]();
    }
    expect(engine.byteLength).toBe(0);
  });
});

describe("the shared engine refuses in the same words", () => {
  const loose = core as Loose;
  it.each<[api: string, call: () => unknown]>([
    ["attention", () => loose.attention(q(), k())],
    ["attention", () => loose.attention(t(2, 2, 4), bench.cache)],
    ["scores", () => loose.scores(q())],
    ["mergeAttention", () => loose.mergeAttention([])],
    ["selfAttention", () => loose.selfAttention()],
    ["multiHeadSelfAttention", () => loose.multiHeadSelfAttention(t(2, 4))],
    ["maskedMultiHeadSelfAttention", () => loose.maskedMultiHeadSelfAttention(t(2, 4), { heads: 3 })],
    ["crossAttention", () => loose.crossAttention(t(2, 4), t(2, 3))],
    ["matmul", () => loose.matmul(t(2, 4), t(2, 4))],
    ["softmax", () => loose.softmax(t())],
    ["createKvCache", () => loose.createKvCache()],
  ])("%s", (api, call) => {
    expect(call).toThrow(new RegExp(`^${api}: "[\\w[\\]]+" must .+, got .+`));
  });
});

// -------------------------------------------------------------------------------------------------- wording

describe("the words of an error", () => {
  it("heads that do not divide", () => {
    const call = () => bench.engine.multiHeadSelfAttention(t(3, 64), { heads: 6 });
    expect(call).toThrow(RangeError);
    expect(call).toThrow(/^multiHeadSelfAttention: "heads" must divide 64.*, got 6$/);
  });

  const softmax =
    (x: unknown): Call =>
    (e) =>
      e.softmax(x);
  refuses("softmax", [
    type("a DataView has no elements", softmax(new DataView(new ArrayBuffer(8))), '"x" must *, got a DataView*'),
    type("a long string is cut", softmax("x".repeat(10_000)), '"x" must *, got "xxx*'),
    type("a name that is no string", softmax({ constructor: { name: Symbol("s") } }), '"x" must *, got an object'),
    type("an article before a vowel", softmax(new ArrayBuffer(4)), '"x" must *, got an ArrayBuffer'),
    type(
      "which dimension is no number",
      softmax({ data: new Float32Array(6), shape: [2, "3"] }),
      '"x.shape*" must *, got *"3"*',
    ),
  ]);

  it("what is no string is not quoted as one", () => {
    expect(() => (bench.engine as Loose).softmax([1, [2]])).toThrow(/, got [^"]+$/);
  });

  it("a view from before memory grew is called detached, also as out and in tensor()", () => {
    expect(() => bench.engine.softmax(t(2, 3), { out: bench.stale })).toThrow(/detached/);
    expect(() => core.tensor(detached(new Float32Array(4)), [4])).toThrow(/detached/);
  });

  it("a disposed tensor is named by the argument it is", () => {
    expect(() => bench.engine.attention(q(), bench.disposed, v())).toThrow(/^attention: .*"key.*disposed/);
    expect(() => bench.engine.softmax(t(2, 3), { out: bench.disposed })).toThrow(/^softmax: .*"out.*disposed/);
  });

  it("memory that the machine cannot give is not called a ceiling that was passed", () => {
    const engine = createAttention({ variant: "simd" });
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => {
      throw new RangeError("no memory");
    });
    const call = () => engine.matmul(t(64, 64), t(64, 64));
    try {
      expect(call).toThrow(RangeError);
      expect(call).not.toThrow(/"maximumBytes" allows 4294901760/);
    } finally {
      grow.mockRestore();
    }
    expect(call).not.toThrow();
  });

  it("an array that lies in itself is an error, not the end of the process", () => {
    const code = `
      import { tensor } from "@attn/core";
      const circle = [];
      circle.push(circle);
      try { tensor(circle); } catch (error) { console.log(String(error)); }`;
    const flags = ["--max-old-space-size=64", "--input-type=module", "-e", code];
    const { stdout } = spawnSync(process.execPath, flags, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 20_000,
    });
    expect(stdout).toMatch(/^RangeError: tensor: "values" must be .*, got .*/);
  });
});

// -------------------------------------------------------------------------------------------------- nothing has changed

describe("a call that throws has changed nothing", () => {
  it("nor written to an out that was fine", () => {
    const out = new Float32Array(36).fill(7);
    const bad = [
      { scale: Number.NaN },
      { mask: mask(4) },
      { returnLse: 1 },
      { sinks: [1] },
      { causal: true },
      { bias: t(9) },
    ];
    for (const options of bad) {
      expect(() => (bench.engine as Loose).attention(q(), k(), v(), { ...options, out })).toThrow();
      expect(new Set(out)).toEqual(new Set([7]));
    }
  });

  it("an out that a disposed tensor left behind does not reach the cache that has its memory now", () => {
    const engine = createAttention({ variant: "simd" });
    engine.matmul(t(64, 64), t(64, 64));
    const first = engine.empty([64]);
    const view = first.data;
    first.dispose();
    const cache = engine.createKvCache({ heads: 1, headSize: 4, capacity: 8 });
    cache.append(t(1, 8, 4), t(1, 8, 4));
    const held = [...engine.attention(t(1, 1, 4), cache).output.data];
    expect(view.length, "memory has not grown meanwhile").toBe(64);
    try {
      engine.softmax(t(64), { out: view });
    } catch (error) {
      expect(String(error)).toMatch(/^RangeError: softmax: "out" must .*, got /);
    }
    expect([...engine.attention(t(1, 1, 4), cache).output.data]).toEqual(held);
  });

  it("not after 1,000 of them, drawn at random", () => {
    const random = createRandom(1);
    const engine = bench.engine as Loose;
    const calls: (() => unknown)[] = [
      () => engine.attention(t(random.integer(1, 4), 4), t(3, 5), t(3, 4)),
      () => engine.attention(q(), k(), v(), { out: new Float32Array(random.integer(0, 35)) }),
      () => engine.attention(q(), k(), v(), { causal: true }),
      () => engine.scores(q(), t(2, random.integer(1, 9), 3)),
      () => engine.multiHeadSelfAttention(t(3, 8), { heads: random.pick([3, 5, 6, 7]) }),
      () => engine.softmax([[1], [2, 3]]),
      () => engine.empty([2 ** random.integer(25, 40)]),
      () => engine.createKvCache({ heads: 2 ** random.integer(20, 30), headSize: 64, capacity: 64 }),
      () => bench.cache.append(t(2, random.integer(2, 9), 4), t(2, 2, 6)),
      () => bench.cache.truncate(random.integer(4, 9)),
    ];
    for (let i = 0; i < 1000; i++) expect(random.pick(calls)).toThrow();
    bench.expectUnchanged();
  });
});

describe("what is no error", () => {
  const { engine } = bench;
  const shapeOf = (x: Tensor) => [...x.shape];

  it.each(["B", "H", "L", "S", "D", "Dv", "L S", "D Dv", "B H L S D Dv"])("attention where %s is 0", (zeros) => {
    const names = zeros.split(" ");
    const [B, H, L, S, D, Dv] = [
      ["B", 2],
      ["H", 2],
      ["L", 3],
      ["S", 5],
      ["D", 4],
      ["Dv", 6],
    ].map(([name, n]) => (names.includes(name as string) ? 0 : n)) as [number, number, number, number, number, number];
    for (const outer of [[B, H], [H], []]) {
      const inputs = [t(...outer, L, D), t(...outer, S, D), t(...outer, S, Dv)] as const;
      const anchored = { causal: true, align: 0, alibi: true } as const;
      const got = engine.attention(...inputs, {
        ...anchored,
        returnWeights: true,
        returnScores: true,
        returnLse: true,
      });
      const shapes = [
        [...outer, L, Dv],
        [...outer, L, S],
        [...outer, L, S],
        [...outer, L],
      ];
      expect([got.output, got.weights, got.scores, got.lse].map(shapeOf)).toEqual(shapes);
      if (S === 0) {
        expect(got.output.data.every((x) => x === 0)).toBe(true);
        expect(got.lse.data.every((x) => x === -Infinity)).toBe(true);
      }
      const out = new Float32Array(got.output.data.length).fill(7);
      expect([...engine.attention(...inputs, { ...anchored, out }).output.data]).toEqual([...got.output.data]);
    }
  });

  it("zero-sized dimensions of the other calls give empty or zero results", () => {
    const projected = { projections: { output: { ...linear(3, 0), bias: [1, 2, 3] } } };
    const merged = engine.mergeAttention([
      { output: t(0, 3), lse: t(0) },
      { output: t(0, 3), lse: t(0) },
    ]);
    using nothing = engine.empty([0, 3]);
    const cases: [got: Tensor, shape: number[], data: number[]][] = [
      [engine.scores(t(0, 4), t(5, 4)), [0, 5], []],
      [engine.scores(t(3, 4), t(0, 4)), [3, 0], []],
      [engine.scores(t(1, 0), t(2, 0)), [1, 2], [0, 0]],
      [engine.softmax(t(0)), [0], []],
      [engine.softmax(t(3, 0)), [3, 0], []],
      [engine.softmax(nothing), [0, 3], []],
      [engine.matmul(t(0, 3), t(3, 4)), [0, 4], []],
      [engine.matmul(t(2, 3), t(3, 0)), [2, 0], []],
      [engine.matmul(t(2, 0), t(0, 2)), [2, 2], [0, 0, 0, 0]],
      [engine.matmul(t(2, 0), t(0, 2), { bias: [1, 2] }), [2, 2], [1, 2, 1, 2]],
      [engine.matmul(t(0, 2, 3), t(1, 3, 4)), [0, 2, 4], []],
      [engine.selfAttention(t(0, 4)).output, [0, 4], []],
      [engine.selfAttention(t(3, 0)).output, [3, 0], []],
      [engine.selfAttention(t(0, 3, 4), { causal: true }).output, [0, 3, 4], []],
      [engine.selfAttention(t(2, 0), projected).output, [2, 3], [1, 2, 3, 1, 2, 3]],
      [engine.multiHeadSelfAttention(t(2, 0, 4), { heads: 2, returnWeights: true }).weights, [2, 2, 0, 0], []],
      [engine.crossAttention(t(2, 2), t(0, 2)).output, [2, 2], [0, 0, 0, 0]],
      [engine.crossAttention(t(0, 4), t(3, 4)).output, [0, 4], []],
      [merged.output, [0, 3], []],
      [merged.lse, [0], []],
      [engine.mergeAttention([{ output: t(2, 0), lse: t(2) }]).output, [2, 0], []],
      [core.tensor([]), [0], []],
      [core.tensor([[], []]), [2, 0], []],
      [core.tensor([], [4, 0]), [4, 0], []],
      [nothing, [0, 3], []],
    ];
    for (const [got, shape, data] of cases) expect([shapeOf(got), [...got.data]]).toEqual([shape, data]);
  });

  it.each(["f32", "f16", "int8"] as const)("a cache of nothing, in %s", (dtype) => {
    using cache = engine.createKvCache({ heads: 2, headSize: 2, capacity: 4, dtype });
    const query = t(2, 1, 2);
    expect([...engine.attention(query, cache, { causal: true }).output.data]).toEqual([0, 0, 0, 0]);
    cache.append(t(2, 0, 2), t(2, 0, 2));
    cache.truncate(0);
    expect(cache.length).toBe(0);
    for (const none of ["batch", "heads", "headSize", "valueSize", "capacity"]) {
      const sizes = { batch: 1, heads: 2, headSize: 4, valueSize: 6, capacity: 2, [none]: 0 };
      const { batch, heads, headSize, valueSize, capacity } = sizes;
      using empty = engine.createKvCache({ ...sizes, dtype });
      empty.append(t(batch, heads, capacity, headSize), t(batch, heads, capacity, valueSize));
      expect(empty.length).toBe(capacity);
      const { output } = engine.attention(t(batch, heads, 3, headSize), empty);
      expect(shapeOf(output)).toEqual([batch, heads, 3, valueSize]);
    }
  });

  it("undefined, and what says the same as nothing", () => {
    const inputs = [q(), k(), v()] as const;
    const expected = [...engine.attention(...inputs).output.data];
    const logits = ["scale", "softcap", "causal", "window", "align", "mask", "bias", "keyLengths", "alibi"];
    const others = ["sinks", "returnWeights", "returnScores", "returnLse", "layout", "out"];
    const same: object[] = [
      Object.fromEntries([...logits, ...others].map((name) => [name, undefined])),
      Object.create(null),
      { window: {} },
      { window: { left: Number.POSITIVE_INFINITY, right: undefined } },
      { window: { left: 2 ** 40 }, align: 0 },
      { align: "top-left" },
      { alibi: false },
      { sinks: [-Infinity, -Infinity] },
      { keyLengths: [5] },
      { keyLengths: Uint16Array.of(5) },
      { mask: mask() },
      { bias: { data: new Float32Array(1), shape: [] } },
    ];
    for (const options of same) expect([...engine.attention(...inputs, options).output.data]).toEqual(expected);
  });

  it("values at the edge of what is allowed", () => {
    const inputs = [q(), k(), v()] as const;
    for (const align of [2 ** 30, -(2 ** 30)]) {
      for (const window of [{ left: 2 ** 30 }, { right: 2 ** 30 }]) {
        const { output } = engine.attention(...inputs, { align, window, causal: true });
        expect(output.data.some(Number.isNaN)).toBe(false);
      }
    }
    expect([...engine.attention(...inputs, { keyLengths: [0] }).output.data]).toEqual(numbers(36, 0));
    expect(engine.scores(q(), k(), { maskedValue: Number.NaN, mask: [false] }).data.every(Number.isNaN)).toBe(true);
  });

  it("an out beside an input in one buffer", () => {
    const memory = new Float32Array(16);
    memory.set(t(8).data);
    const x = { data: memory.subarray(0, 8), shape: [2, 4] };
    const expected = [...engine.softmax(t(2, 4)).data];
    expect([...engine.softmax(x, { out: memory.subarray(8) }).data]).toEqual(expected);
    // No numbers, so none that overlap.
    expect(() => engine.matmul(x, t(4, 0), { out: memory.subarray(4, 4) })).not.toThrow();
  });

  it("a tensor in the memory of another engine, which is data like any other", () => {
    using other = createAttention({ variant: "simd" });
    const [x, y] = [other.empty([2, 4]), other.empty([2, 4])];
    x.data.set(t(2, 4).data);
    const expected = [...engine.softmax(t(2, 4)).data];
    expect([...engine.softmax(x, { out: y }).data]).toEqual(expected);
    expect([...y.data]).toEqual(expected);
  });

  it("arrays of another realm", () => {
    const realm = runInNewContext("({ Float32Array, Uint8Array, Array })") as typeof globalThis;
    const foreign = (x: Tensor): Tensor => ({
      data: realm.Float32Array.from(x.data),
      shape: realm.Array.from(x.shape),
    });
    const expected = [...engine.attention(q(), k(), v()).output.data];
    expect([...engine.attention(foreign(q()), foreign(k()), foreign(v())).output.data]).toEqual(expected);
    const out = new realm.Float32Array(36);
    engine.attention(q(), k(), v(), { out });
    expect([...out]).toEqual(expected);
  });

  it("a mask of another realm", () => {
    const realm = runInNewContext("({ Uint8Array })") as typeof globalThis;
    const keep = Uint8Array.of(1, 0, 1, 1, 0);
    const masked = (data: Uint8Array) => [
      ...engine.attention(q(), k(), v(), { mask: { data, shape: [5] } }).output.data,
    ];
    expect(masked(realm.Uint8Array.from(keep))).toEqual(masked(keep));
  });
});
