// Checks every argument, before the first byte is written, and says what each call is in plain numbers. Everything
// behind it trusts what it returns. Knows shapes and options; nothing of memory or the kernel.
import { shapeText, wrongKind, wrongValue } from "./errors.ts";
import type { Projection } from "./project.ts";
import { checkShape, flatten, isTyped, sizeOf } from "./tensor.ts";
import type {
  AttentionOptions,
  CacheFormat,
  CrossAttentionOptions,
  KvCacheOptions,
  LogitOptions,
  Projections,
  Tensor,
} from "./types.ts";

/** Strides in elements, and the sizes they go with, of query, key, value or output, whatever the layout. */
export interface Heads {
  readonly data: Float32Array;
  readonly B: number;
  readonly H: number;
  readonly L: number;
  readonly D: number;
  readonly batchStride: number;
  readonly headStride: number;
  readonly stride: number;
}

/** A mask or bias with its strides in elements over batch, head, query and key; 0 where it is broadcast. */
export interface Broadcast<T> {
  readonly data: T;
  readonly strides: readonly [number, number, number, number];
}

/** What a logit is made of and who is hidden, in numbers. */
export interface LogitPlan {
  readonly scale: number;
  readonly softcap: number;
  /** -1 = unbounded. */
  readonly left: number;
  readonly right: number;
  /** [B]: the key index that query 0 stands at; undefined where nothing asks. */
  readonly positions: Int32Array | undefined;
  readonly keyLengths: Int32Array | undefined;
  readonly slopes: Float32Array | undefined;
  readonly mask: Broadcast<Uint8Array> | undefined;
  readonly bias: Broadcast<Float32Array> | undefined;
}

export interface ResultPlan {
  readonly sinks: Float32Array | undefined;
  readonly weights: "none" | "heads" | "mean";
  readonly scores: boolean;
  readonly lse: boolean;
}

/** The axes that weights have: a batch axis, a head axis, both or neither, before [L, S]. */
export interface Axes {
  readonly batch: boolean;
  readonly head: boolean;
}

/** The largest magnitude of a window's side or a position: sums of two still fit the kernel's 32 bits. */
const FAR = 2 ** 30;

// ---------------------------------------------------------------------------------------------- single values

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null;

/** The options object of a call, or an empty one. */
export function checkOptions<T extends object>(api: string, options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  if (!isObject(options) || Array.isArray(options) || ArrayBuffer.isView(options))
    throw wrongKind(api, "options", "an object", options);
  return options;
}

export function checkBoolean(api: string, argument: string, x: unknown): boolean {
  if (x === undefined) return false;
  if (typeof x !== "boolean") throw wrongKind(api, argument, "a boolean", x);
  return x;
}

function checkFinite(api: string, argument: string, x: unknown, missing: number): number {
  if (x === undefined) return missing;
  if (typeof x !== "number") throw wrongKind(api, argument, "a number", x);
  if (!Number.isFinite(Math.fround(x))) throw wrongValue(api, argument, "finite in float32", x);
  return x;
}

export function checkCount(api: string, argument: string, x: unknown, least: number): number {
  if (typeof x !== "number") throw wrongKind(api, argument, "a number", x);
  if (!Number.isSafeInteger(x) || x < least) throw wrongValue(api, argument, `an integer of at least ${least}`, x);
  return x;
}

/** A list of `length` numbers, copied into f32 or i32. */
function checkList<T extends Float32Array | Int32Array>(
  api: string,
  argument: string,
  x: unknown,
  length: number,
  letter: string,
  make: (length: number) => T,
  valid: (x: number) => boolean,
  expected: string,
): T {
  if (!isObject(x) || typeof x.length !== "number")
    throw wrongKind(api, argument, `a list of ${length} numbers [${letter}]`, x);
  const list = x as unknown as ArrayLike<unknown>;
  if (list.length !== length) throw wrongValue(api, argument, `of ${length} numbers [${letter}]`, `${list.length}`);
  const out = make(length);
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value !== "number") throw wrongKind(api, `${argument}[${i}]`, "a number", value);
    if (!valid(value)) throw wrongValue(api, `${argument}[${i}]`, expected, value);
    out[i] = value;
  }
  return out;
}

// ---------------------------------------------------------------------------------------------- tensors

/** A tensor or nested array, as data and shape that agree. */
export function checkTensor(api: string, argument: string, x: unknown): Tensor {
  if (Array.isArray(x)) return flatten(api, argument, x, (n) => new Float32Array(n), "number");
  return checkDense(api, argument, x, "Float32Array", "numbers");
}

function checkMask(api: string, x: unknown): { data: Uint8Array; shape: readonly number[] } {
  if (Array.isArray(x)) return flatten(api, "mask", x, (n) => new Uint8Array(n), "boolean");
  return checkDense(api, "mask", x, "Uint8Array", "booleans");
}

interface Kinds {
  Float32Array: Float32Array;
  Uint8Array: Uint8Array;
}

function checkDense<K extends keyof Kinds>(
  api: string,
  argument: string,
  x: unknown,
  kind: K,
  elements: string,
): { data: Kinds[K]; shape: readonly number[] } {
  const expected = `a tensor { data: ${kind}, shape } or a nested array of ${elements}`;
  if (!isObject(x)) throw wrongKind(api, argument, expected, x);
  const { data, shape } = x as { data: unknown; shape: unknown };
  if (!isTyped(data, kind))
    throw wrongKind(
      api,
      shape === undefined ? argument : `${argument}.data`,
      shape === undefined ? expected : `a ${kind}`,
      shape === undefined ? x : data,
    );
  checkShape(api, `${argument}.shape`, shape);
  const size = sizeOf(shape);
  const { length, buffer } = data as Kinds[K];
  if (length !== size) {
    const detached =
      length === 0 && buffer.byteLength === 0
        ? " (is its buffer detached? take data anew from a tensor in wasm memory)"
        : "";
    throw wrongValue(
      api,
      `${argument}.data`,
      `of ${size} elements for shape ${shapeText(shape)}`,
      `${length}${detached}`,
    );
  }
  return { data: data as Kinds[K], shape };
}

/** Where to write: `length` numbers that overlap none of `inputs`; undefined = a new array. */
export function checkOut(
  api: string,
  out: unknown,
  length: number,
  inputs: readonly (ArrayBufferView | undefined)[],
): Float32Array | undefined {
  if (out === undefined) return undefined;
  const data = isTyped(out, "Float32Array") ? out : isObject(out) ? checkTensor(api, "out", out).data : out;
  if (!isTyped(data, "Float32Array")) throw wrongKind(api, "out", "a Float32Array or a tensor", out);
  const to = data as Float32Array;
  if (to.length !== length)
    throw wrongValue(api, "out", `of exactly ${length} elements, the output's size`, `${to.length}`);
  const end = to.byteOffset + to.byteLength;
  for (const input of inputs) {
    if (
      input &&
      input.buffer === to.buffer &&
      input.byteOffset < end &&
      to.byteOffset < input.byteOffset + input.byteLength
    ) {
      throw wrongValue(api, "out", "memory of its own", "memory that an input lies in");
    }
  }
  return to;
}

/** A tensor read as batch × heads × length × size, with absent axes as 1, in either layout. */
export function checkHeads(
  api: string,
  argument: string,
  x: unknown,
  layout: "BHLD" | "BLHD",
): { heads: Heads; rank: number } {
  const { data, shape } = checkTensor(api, argument, x);
  const rank = shape.length;
  if (rank < 2 || rank > 4) {
    const forms = layout === "BHLD" ? "[L, D], [H, L, D] or [B, H, L, D]" : "[L, D], [L, H, D] or [B, L, H, D]";
    throw wrongValue(api, argument, forms, shapeText(shape));
  }
  const D = shape[rank - 1] as number;
  const B = rank === 4 ? (shape[0] as number) : 1;
  if (layout === "BLHD" && rank > 2) {
    const L = shape[rank - 3] as number;
    const H = shape[rank - 2] as number;
    return { rank, heads: { data, B, H, L, D, batchStride: L * H * D, headStride: D, stride: H * D } };
  }
  const L = shape[rank - 2] as number;
  const H = rank === 2 ? 1 : (shape[rank - 3] as number);
  return { rank, heads: { data, B, H, L, D, batchStride: H * L * D, headStride: L * D, stride: D } };
}

/** Axes of a query of this rank. */
export const axesOf = (rank: number): Axes => ({ batch: rank === 4, head: rank >= 3 });

/** The shape of something with these axes, before its own dimensions. */
export function withAxes(axes: Axes, B: number, H: number, ...rest: number[]): number[] {
  return [...(axes.batch ? [B] : []), ...(axes.head ? [H] : []), ...rest];
}

export function checkLayout(api: string, layout: unknown): "BHLD" | "BLHD" {
  if (layout === undefined || layout === "BHLD" || layout === "BLHD") return layout ?? "BHLD";
  throw (typeof layout === "string" ? wrongValue : wrongKind)(
    api,
    "layout",
    '"BHLD" or "BLHD"',
    typeof layout === "string" ? JSON.stringify(layout) : layout,
  );
}

/** That key (and value, where there is one) go with query. */
export function checkPair(api: string, query: Heads, key: Heads, value: Heads | undefined): void {
  if (key.B !== query.B) throw wrongValue(api, "key", `of batch ${query.B} as query`, `${key.B}`);
  if (key.D !== query.D) throw wrongValue(api, "key", `of head size ${query.D} as query`, `${key.D}`);
  checkGroups(api, "key", query.H, key.H);
  if (!value) return;
  if (value.B !== query.B) throw wrongValue(api, "value", `of batch ${query.B} as query`, `${value.B}`);
  if (value.H !== key.H) throw wrongValue(api, "value", `of ${key.H} heads as key`, `${value.H}`);
  if (value.L !== key.L) throw wrongValue(api, "value", `of length ${key.L} as key`, `${value.L}`);
}

export function checkGroups(api: string, argument: string, H: number, G: number): void {
  if (G === 0 ? H !== 0 : H % G !== 0)
    throw wrongValue(api, argument, `of a number of heads that divides ${H}, the query's`, `${G}`);
}

// ---------------------------------------------------------------------------------------------- options

/** Strides in elements of a shape broadcast from the right to `full`: 0 where it is repeated. */
export function broadcastTo(
  api: string,
  argument: string,
  shape: readonly number[],
  full: readonly number[],
): number[] {
  const skip = full.length - shape.length;
  if (skip < 0 || shape.some((n, i) => n !== 1 && n !== full[skip + i])) {
    throw wrongValue(api, argument, `of a shape that broadcasts to ${shapeText(full)}`, shapeText(shape));
  }
  const strides = full.map(() => 0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i] as number;
    if (n !== 1) strides[skip + i] = stride;
    stride *= n;
  }
  return strides;
}

/** The same to the axes of weights, as strides over batch, head, query and key. */
function broadcast(
  api: string,
  argument: string,
  shape: readonly number[],
  axes: Axes,
  sizes: readonly [number, number, number, number],
): [number, number, number, number] {
  const [B, H, L, S] = sizes;
  const strides = broadcastTo(api, argument, shape, withAxes(axes, B, H, L, S));
  const key = strides.pop() as number;
  const query = strides.pop() as number;
  const head = axes.head ? (strides.pop() as number) : 0;
  return [axes.batch ? (strides.pop() as number) : 0, head, query, key];
}

function checkSide(api: string, argument: string, x: unknown): number {
  if (x === undefined || x === Number.POSITIVE_INFINITY) return -1;
  return Math.min(checkCount(api, argument, x, 0), FAR);
}

/** The slopes of Press et al. 2022: a geometric sequence from 2^(-8/n) for n heads, interleaved where n is no power of 2. */
export function alibiSlopes(heads: number): Float32Array {
  const n = 2 ** Math.floor(Math.log2(heads));
  return Float32Array.from({ length: heads }, (_, h) =>
    h < n ? 2 ** ((-8 * (h + 1)) / n) : 2 ** ((-4 * (2 * (h - n) + 1)) / n),
  );
}

const isFinite32 = (x: number): boolean => Number.isFinite(Math.fround(x));

function checkSlopes(api: string, alibi: unknown, H: number): Float32Array | undefined {
  if (alibi === undefined || alibi === false) return undefined;
  if (alibi === true) return H > 0 ? alibiSlopes(H) : new Float32Array(0);
  if (!isObject(alibi)) throw wrongKind(api, "alibi", `a boolean or a list of ${H} slopes [H]`, alibi);
  return checkList(api, "alibi", alibi, H, "H", (n) => new Float32Array(n), isFinite32, "finite");
}

function checkPositions(
  api: string,
  align: unknown,
  needed: boolean,
  sizes: { B: number; L: number; S: number },
  keyLengths: Int32Array | undefined,
  missing: "bottom-right" | undefined,
): Int32Array | undefined {
  const { B, L, S } = sizes;
  if (align !== undefined && align !== "top-left" && align !== "bottom-right") {
    if (typeof align === "string")
      throw wrongValue(api, "align", '"top-left", "bottom-right" or an integer', JSON.stringify(align));
    if (typeof align !== "number") throw wrongKind(api, "align", '"top-left", "bottom-right" or an integer', align);
    if (!Number.isSafeInteger(align) || Math.abs(align) > FAR)
      throw wrongValue(api, "align", "an integer of magnitude up to 2^30", align);
  }
  if (!needed) return undefined;
  const chosen = align ?? missing ?? (L === S ? 0 : undefined);
  if (chosen === undefined) {
    throw wrongValue(
      api,
      "align",
      `"top-left" or "bottom-right" (or an integer) where causal, window or alibi meet L ≠ S (${L} ≠ ${S})`,
      "undefined",
    );
  }
  const positions = new Int32Array(B);
  for (let b = 0; b < B; b++)
    positions[b] = chosen === "top-left" ? 0 : chosen === "bottom-right" ? (keyLengths?.[b] ?? S) - L : chosen;
  return positions;
}

/** 1/√D; without any D the logits are 0 whatever it is. */
export const defaultScale = (D: number): number => (D === 0 ? 1 : 1 / Math.sqrt(D));

/** `sizes`: of the weights [B, H, L, S]. `missing`: what align defaults to where L ≠ S. */
export function checkLogits(
  api: string,
  options: LogitOptions,
  sizes: { B: number; H: number; L: number; S: number },
  axes: Axes,
  defaults: { scale: number; align?: "bottom-right" },
): LogitPlan {
  const { B, H, L, S } = sizes;
  const scale = checkFinite(api, "scale", options.scale, defaults.scale);
  const softcap = checkFinite(api, "softcap", options.softcap, 0);
  if (options.softcap !== undefined && !(Math.fround(softcap) > 0))
    throw wrongValue(api, "softcap", "above 0", softcap);
  const causal = checkBoolean(api, "causal", options.causal);
  const { window } = options;
  if (window !== undefined && (!isObject(window) || Array.isArray(window)))
    throw wrongKind(api, "window", "an object { left, right }", window);
  const left = checkSide(api, "window.left", window?.left);
  const right = checkSide(api, "window.right", window?.right);
  const keyLengths =
    options.keyLengths === undefined
      ? undefined
      : checkList(
          api,
          "keyLengths",
          options.keyLengths,
          B,
          "B",
          (n) => new Int32Array(n),
          (n) => Number.isInteger(n) && n >= 0 && n <= S,
          `an integer from 0 to ${S}`,
        );
  const slopes = checkSlopes(api, options.alibi, H);
  const anchored = causal || left >= 0 || right >= 0 || slopes !== undefined;
  const positions = checkPositions(api, options.align, anchored, sizes, keyLengths, defaults.align);
  const order = [B, H, L, S] as const;
  const mask = options.mask === undefined ? undefined : checkMask(api, options.mask);
  const bias = options.bias === undefined ? undefined : checkTensor(api, "bias", options.bias);
  return {
    scale,
    softcap,
    left,
    right: causal ? 0 : right,
    positions,
    keyLengths,
    slopes,
    mask: mask && { data: mask.data, strides: broadcast(api, "mask", mask.shape, axes, order) },
    bias: bias && { data: bias.data, strides: broadcast(api, "bias", bias.shape, axes, order) },
  };
}

export function checkResult(api: string, options: AttentionOptions, H: number): ResultPlan {
  const { returnWeights, sinks } = options;
  if (returnWeights !== undefined && typeof returnWeights !== "boolean" && returnWeights !== "mean") {
    throw wrongKind(api, "returnWeights", 'a boolean or "mean"', returnWeights);
  }
  return {
    sinks:
      sinks === undefined
        ? undefined
        : checkList(
            api,
            "sinks",
            sinks,
            H,
            "H",
            (n) => new Float32Array(n),
            (x) => isFinite32(x) || x === Number.NEGATIVE_INFINITY,
            "finite or -Infinity",
          ),
    weights: returnWeights === "mean" ? "mean" : returnWeights ? "heads" : "none",
    scores: checkBoolean(api, "returnScores", options.returnScores),
    lse: checkBoolean(api, "returnLse", options.returnLse),
  };
}

/** What a hidden score reads as. */
export function checkMaskedValue(api: string, x: unknown): number {
  if (x === undefined) return Number.NEGATIVE_INFINITY;
  if (typeof x !== "number") throw wrongKind(api, "maskedValue", "a number", x);
  return x;
}

// ---------------------------------------------------------------------------------------------- caches

export interface CacheSizes {
  readonly B: number;
  readonly G: number;
  readonly D: number;
  readonly Dv: number;
  readonly capacity: number;
  readonly format: CacheFormat;
}

export function checkCacheOptions(api: string, options: KvCacheOptions): CacheSizes {
  if (!isObject(options)) throw wrongKind(api, "options", "an object", options);
  const { dtype = "f32" } = options;
  if (typeof dtype !== "string") throw wrongKind(api, "dtype", '"f32", "f16" or "int8"', dtype);
  if (dtype !== "f32" && dtype !== "f16" && dtype !== "int8")
    throw wrongValue(api, "dtype", '"f32", "f16" or "int8"', JSON.stringify(dtype));
  const D = checkCount(api, "headSize", options.headSize, 0);
  return {
    B: checkCount(api, "batch", options.batch ?? 1, 0),
    G: checkCount(api, "heads", options.heads, 0),
    D,
    Dv: checkCount(api, "valueSize", options.valueSize ?? D, 0),
    capacity: checkCount(api, "capacity", options.capacity, 0),
    format: dtype,
  };
}

// ---------------------------------------------------------------------------------------------- parts

type Part = { output: Tensor; lse: Tensor };

/** Parts of one shape: output [..., L, Dv], lse [..., L]. */
export function checkParts(api: string, parts: unknown): [Part, ...Part[]] {
  if (!Array.isArray(parts)) throw wrongKind(api, "parts", "an array of { output, lse }", parts);
  const [first, ...rest] = parts;
  if (parts.length === 0) throw wrongValue(api, "parts", "an array of at least one { output, lse }", "an empty one");
  const head = checkPart(api, "parts[0]", first);
  const others = rest.map((part, i) => {
    const argument = `parts[${i + 1}]`;
    const checked = checkPart(api, argument, part);
    const [got, expected] = [shapeText(checked.output.shape), shapeText(head.output.shape)];
    if (got !== expected) throw wrongValue(api, `${argument}.output`, `of shape ${expected} as the first`, got);
    return checked;
  });
  return [head, ...others];
}

function checkPart(api: string, argument: string, part: unknown): Part {
  if (!isObject(part)) throw wrongKind(api, argument, "an object { output, lse }", part);
  const output = checkTensor(api, `${argument}.output`, part.output);
  const lse = checkTensor(api, `${argument}.lse`, part.lse);
  if (output.shape.length < 2)
    throw wrongValue(api, `${argument}.output`, "of rank 2 or more [..., L, Dv]", shapeText(output.shape));
  const [got, expected] = [shapeText(lse.shape), shapeText(output.shape.slice(0, -1))];
  if (got !== expected) throw wrongValue(api, `${argument}.lse`, `of shape ${expected}, the output's without Dv`, got);
  return { output, lse };
}

// ---------------------------------------------------------------------------------------------- appended tokens

/** T new tokens for a cache that holds `length`: key [G, T, D] or [B, G, T, D], value the same with Dv. */
export function checkAppend(
  api: string,
  k: unknown,
  v: unknown,
  sizes: CacheSizes,
  length: number,
): { keys: Float32Array; values: Float32Array; T: number } {
  const { B, G, D, Dv, capacity } = sizes;
  const read = (argument: string, x: unknown, size: number, letter: string) => {
    const { data, shape } = checkTensor(api, argument, x);
    const [last, T, heads, batch] = [...shape].reverse();
    const fits = (shape.length === 4 && batch === B) || (shape.length === 3 && B === 1);
    if (!fits || heads !== G || last !== size) {
      throw wrongValue(
        api,
        argument,
        `[B, G, T, ${letter}] = [${B}, ${G}, T, ${size}]${B === 1 ? " or [G, T, …]" : ""}`,
        shapeText(shape),
      );
    }
    return { data, T: T as number };
  };
  const { data: keys, T } = read("key", k, D, "D");
  const { data: values, T: ofValue } = read("value", v, Dv, "Dv");
  if (ofValue !== T) throw wrongValue(api, "value", `of ${T} tokens as key`, `${ofValue}`);
  if (length + T > capacity)
    throw wrongValue(
      api,
      "key",
      `of at most ${capacity - length} tokens, what is left of capacity ${capacity}`,
      `${T}`,
    );
  return { keys, values, T };
}

// ---------------------------------------------------------------------------------------------- mechanisms

export interface MechanismPlan {
  /** 2 or 3, of x. */
  readonly rank: number;
  readonly x: Float32Array;
  readonly memory: Float32Array;
  readonly sizes: { B: number; H: number; G: number; L: number; S: number; D: number; Dv: number };
  readonly projections: { [K in keyof Projections]-?: Projection | undefined };
}

function checkSequence(api: string, argument: string, x: unknown): Tensor {
  const sequence = checkTensor(api, argument, x);
  const rank = sequence.shape.length;
  const letters = argument === "x" ? "[L, E] or [B, L, E]" : "[S, Em] or [B, S, Em]";
  if (rank !== 2 && rank !== 3) throw wrongValue(api, argument, letters, shapeText(sequence.shape));
  return sequence;
}

/** weight [out, inputs], bias [out]. */
function checkLinear(api: string, name: string, linear: unknown, inputs: number): Projection | undefined {
  if (linear === undefined) return undefined;
  const argument = `projections.${name}`;
  if (!isObject(linear)) throw wrongKind(api, argument, "an object { weight, bias }", linear);
  const weight = checkTensor(api, `${argument}.weight`, linear.weight);
  const [outputs, width] = weight.shape;
  if (weight.shape.length !== 2 || outputs === undefined || width !== inputs) {
    throw wrongValue(api, `${argument}.weight`, `[out, in] with in = ${inputs}`, shapeText(weight.shape));
  }
  const bias = linear.bias === undefined ? undefined : checkTensor(api, `${argument}.bias`, linear.bias);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
    throw wrongValue(api, `${argument}.bias`, `[out] = [${outputs}]`, shapeText(bias.shape));
  }
  return { weight: weight.data, bias: bias?.data, inputs, outputs };
}

/** What a mechanism is asked to do. `memory` undefined = x attends to itself. */
export function checkMechanism(
  api: string,
  first: unknown,
  second: unknown,
  options: Partial<CrossAttentionOptions>,
): MechanismPlan {
  const x = checkSequence(api, "x", first);
  const memory = second === undefined ? x : checkSequence(api, "memory", second);
  const rank = x.shape.length;
  if (memory.shape.length !== rank) throw wrongValue(api, "memory", `of rank ${rank} as x`, shapeText(memory.shape));
  const [E, L, B = 1] = [...x.shape].reverse() as [number, number, number?];
  const [Em, S, ofMemory = 1] = [...memory.shape].reverse() as [number, number, number?];
  if (ofMemory !== B) throw wrongValue(api, "memory", `of batch ${B} as x`, `${ofMemory}`);
  const { projections = {} } = options;
  if (!isObject(projections))
    throw wrongKind(api, "projections", "an object { query, key, value, output }", projections);
  const query = checkLinear(api, "query", projections.query, E);
  const key = checkLinear(api, "key", projections.key, Em);
  const value = checkLinear(api, "value", projections.value, Em);

  const H = options.heads === undefined ? 1 : checkCount(api, "heads", options.heads, 1);
  const G = options.keyValueHeads === undefined ? H : checkCount(api, "keyValueHeads", options.keyValueHeads, 1);
  const width = query?.outputs ?? E;
  if (width % H !== 0) throw new RangeError(`${api}: "heads" must divide ${width}, the query's width, got ${H}`);
  if (H % G !== 0) throw new RangeError(`${api}: "keyValueHeads" must divide ${H}, the number of heads, got ${G}`);
  const D = width / H;
  const keyWidth = key?.outputs ?? Em;
  if (keyWidth !== G * D) {
    const source = key ? "projections.key.weight" : second === undefined ? "x" : "memory";
    throw wrongValue(api, source, `of a key width of ${G * D} (${G} heads of ${D}, as the query's)`, `${keyWidth}`);
  }
  const valueWidth = value?.outputs ?? Em;
  if (valueWidth % G !== 0)
    throw wrongValue(
      api,
      value ? "projections.value.weight" : "memory",
      `of a width that ${G} heads divide`,
      `${valueWidth}`,
    );
  const Dv = valueWidth / G;
  const output = checkLinear(api, "output", projections.output, H * Dv);
  return {
    rank,
    x: x.data,
    memory: memory.data,
    sizes: { B, H, G, L, S, D, Dv },
    projections: { query, key, value, output },
  };
}

// ---------------------------------------------------------------------------------------------- engines

export function checkMaximumBytes(api: string, x: unknown): number | undefined {
  return x === undefined ? undefined : checkCount(api, "maximumBytes", x, 65536);
}

export function checkShapeArgument(api: string, shape: unknown): readonly number[] {
  checkShape(api, "shape", shape);
  return [...shape];
}
