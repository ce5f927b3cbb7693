// The options of a call: what a logit is made of, who is hidden, what comes back. Says them in plain numbers.
import { wrongChoice, wrongKind, wrongValue } from "../engine/errors.ts";
import type { AttentionOptions, LogitOptions } from "../types.ts";
import { alibiSlope } from "./alibi.ts";
import { type Axes, withAxes } from "./layout.ts";
import type { Checked } from "./nested.ts";
import type { Segment } from "./segments.ts";
import { checkBroadcast, checkMask, checkTensor } from "./tensors.ts";
import { checkBoolean, checkCount, checkFinite, checkList, isFinite32, isObject, isRecord } from "./values.ts";

/** A mask or bias with its strides in elements over batch, head, query and key; 0 where it is broadcast. */
export interface Broadcast<T> extends Checked<T> {
  readonly strides: readonly [number, number, number, number];
}

/** What a logit is made of and who is hidden, in numbers. */
export interface LogitPlan {
  readonly scale: number;
  readonly softcap: number;
  /** -1 = unbounded. */
  readonly left: number;
  readonly right: number;
  /** The key index that query 0 of a batch element, or segment, stands at; undefined where nothing asks. */
  readonly queryOffset: ((i: number) => number) | undefined;
  /** Of each batch element, or segment. */
  readonly keyLengths: Int32Array | undefined;
  /** Of a head. */
  readonly slope: ((h: number) => number) | undefined;
  readonly mask: Broadcast<Uint8Array> | undefined;
  readonly bias: Broadcast<Float32Array> | undefined;
}

export interface ResultPlan {
  readonly sinks: Float32Array | undefined;
  readonly weights: "none" | "heads" | "mean";
  readonly scores: boolean;
  readonly lse: boolean;
}

/** The largest magnitude of a query offset: sums of two still fit the kernel's 32 bits. */
const FAR = 2 ** 30;

/** No side of a window reaches further: positions and lengths are smaller. */
const UNREACHABLE = 2 ** 31 - 1;

/** Strides over batch, head, query and key of what broadcasts to the axes of weights. */
function broadcast(
  api: string,
  argument: string,
  shape: readonly number[],
  axes: Axes,
  sizes: readonly [number, number, number, number],
): [number, number, number, number] {
  const [B, H, L, S] = sizes;
  const strides = checkBroadcast(api, argument, shape, withAxes(axes, B, H, L, S));
  const key = strides.pop() as number;
  const query = strides.pop() as number;
  const head = axes.head ? (strides.pop() as number) : 0;
  return [axes.batch ? (strides.pop() as number) : 0, head, query, key];
}

function checkSide(api: string, argument: string, x: unknown): number {
  if (x === undefined || x === Number.POSITIVE_INFINITY) return -1;
  return Math.min(checkCount(api, argument, x, 0), UNREACHABLE);
}

// Functions, not arrays: a batch or a number of heads that only a shape names, with no element behind it, takes no memory.

function checkSlope(api: string, alibi: unknown, H: number): LogitPlan["slope"] {
  if (alibi === undefined || alibi === false) return undefined;
  if (alibi === true) return alibiSlope(H);
  if (!isObject(alibi)) throw wrongKind(api, "alibi", `be a boolean or a list of ${H} slopes [H]`, alibi);
  const slopes = checkList(
    api,
    "alibi",
    alibi,
    H,
    "H",
    (seen) => new Float32Array(seen),
    isFinite32,
    () => "be finite",
  );
  return (h) => slopes[h] as number;
}

function checkQueryOffset(
  api: string,
  align: unknown,
  needed: boolean,
  sizes: { L: number; S: number },
  keyLengths: Int32Array | undefined,
  { align: missing, segments }: LogitContext,
): LogitPlan["queryOffset"] {
  if (align !== undefined && align !== "top-left" && align !== "bottom-right") {
    const expected = 'be "top-left", "bottom-right" or an integer';
    if (typeof align !== "number") throw wrongChoice(api, "align", expected, align);
    if (!Number.isSafeInteger(align) || Math.abs(align) > FAR)
      throw wrongValue(api, "align", `${expected} of magnitude up to 2^30`, align);
  }
  if (!needed) return undefined;
  const { L, S } = (segments ?? [sizes]).find((one) => one.L !== one.S) ?? { L: 0, S: 0 };
  const chosen = align ?? missing ?? (L === S ? 0 : undefined);
  if (chosen === undefined) {
    throw wrongValue(
      api,
      "align",
      `be "top-left" or "bottom-right" (or an integer) where causal, window or alibi meet L ≠ S (${L} ≠ ${S})`,
      "undefined",
    );
  }
  if (chosen === "bottom-right") {
    return (i) => {
      const one = segments?.[i] ?? sizes;
      return (keyLengths?.[i] ?? one.S) - one.L;
    };
  }
  return () => (chosen === "top-left" ? 0 : chosen);
}

/** 1/√D; without any D the logits are 0 whatever it is. */
export const defaultScale = (D: number): number => (D === 0 ? 1 : 1 / Math.sqrt(D));

/** For each batch element; with segments for each of them, or one of all keys. */
function checkKeyLengths(
  api: string,
  given: unknown,
  { B, S }: { B: number; S: number },
  segments: readonly Segment[] | undefined,
): Int32Array | undefined {
  if (given === undefined) return undefined;
  const read = (count: number, letter: string, of: (i: number) => number) =>
    checkList(
      api,
      "keyLengths",
      given,
      count,
      letter,
      (seen) => new Int32Array(seen),
      (n, i) => Number.isInteger(n) && n >= 0 && n <= of(i),
      (i) => `be an integer from 0 to ${of(i)}`,
    );
  if (!segments) return read(B, "B", () => S);
  const own = (i: number): Segment => segments[i] as Segment;
  if ((given as ArrayLike<number> | null)?.length !== 1) return read(segments.length, "segments", (i) => own(i).S);
  const [length = 0] = read(1, "B", () => S);
  return Int32Array.from(segments, (one) => Math.min(Math.max(length - one.key, 0), one.S));
}

/** What a call says of its logits beside the options: what scale and, where L ≠ S, align default to, and what is packed. */
export interface LogitContext {
  readonly scale: number;
  readonly align?: "bottom-right" | undefined;
  readonly segments?: readonly Segment[] | undefined;
}

/** `sizes`: of the weights [B, H, L, S]. */
export function checkLogits(
  api: string,
  options: LogitOptions,
  sizes: { B: number; H: number; L: number; S: number },
  axes: Axes,
  context: LogitContext,
): LogitPlan {
  const { B, H, L, S } = sizes;
  const scale = checkFinite(api, "scale", options.scale, context.scale);
  const softcap = checkFinite(api, "softcap", options.softcap, 0);
  if (options.softcap !== undefined && !(Math.fround(softcap) > 0))
    throw wrongValue(api, "softcap", "be above 0 in float32", softcap);
  const causal = checkBoolean(api, "causal", options.causal);
  const { window } = options;
  if (window !== undefined && !isRecord(window)) throw wrongKind(api, "window", "be an object { left, right }", window);
  const left = checkSide(api, "window.left", window?.left);
  const right = checkSide(api, "window.right", window?.right);
  const keyLengths = checkKeyLengths(api, options.keyLengths, sizes, context.segments);
  const slope = checkSlope(api, options.alibi, H);
  const anchored = causal || left >= 0 || right >= 0 || slope !== undefined;
  const queryOffset = checkQueryOffset(api, options.align, anchored, sizes, keyLengths, context);
  const order = [B, H, L, S] as const;
  const mask = options.mask === undefined ? undefined : checkMask(api, options.mask);
  const bias = options.bias === undefined ? undefined : checkTensor(api, "bias", options.bias);
  return {
    scale,
    softcap,
    left,
    right: causal ? 0 : right,
    queryOffset,
    keyLengths,
    slope,
    mask: mask && { ...mask, strides: broadcast(api, "mask", mask.shape, axes, order) },
    bias: bias && { ...bias, strides: broadcast(api, "bias", bias.shape, axes, order) },
  };
}

export function checkResult(api: string, options: AttentionOptions, H: number): ResultPlan {
  const { returnWeights, sinks } = options;
  if (returnWeights !== undefined && typeof returnWeights !== "boolean" && returnWeights !== "mean") {
    throw wrongChoice(api, "returnWeights", 'be a boolean or "mean"', returnWeights);
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
            (seen) => new Float32Array(seen),
            (x) => isFinite32(x) || x === Number.NEGATIVE_INFINITY,
            () => "be finite or -Infinity",
          ),
    weights: returnWeights === "mean" ? "mean" : returnWeights ? "heads" : "none",
    scores: checkBoolean(api, "returnScores", options.returnScores),
    lse: checkBoolean(api, "returnLse", options.returnLse),
  };
}

/** What a hidden score reads as. */
export function checkMaskedValue(api: string, x: unknown): number {
  if (x === undefined) return Number.NEGATIVE_INFINITY;
  if (typeof x !== "number") throw wrongKind(api, "maskedValue", "be a number", x);
  return x;
}
