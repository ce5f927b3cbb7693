// Single values: booleans, counts, finite numbers, lists of numbers. Knows no shapes.
import { counted, wrongKind, wrongValue } from "../engine/errors.ts";

export const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null;

/** An object that is no list: what options come in. */
export const isRecord = (x: unknown): x is Record<string, unknown> =>
  isObject(x) && !Array.isArray(x) && !ArrayBuffer.isView(x);

/** The options object of a call, or an empty one. */
export function checkOptions<T extends object>(api: string, options: T | undefined): Partial<T> {
  if (options === undefined) return {};
  if (!isRecord(options)) throw wrongKind(api, "options", "be an object", options);
  if ("data" in options && "shape" in options)
    throw wrongKind(api, "options", "be an object of options, such as { mask }", options, " that is a tensor");
  return options;
}

export function checkBoolean(api: string, argument: string, x: unknown): boolean {
  if (x === undefined) return false;
  if (typeof x !== "boolean") throw wrongKind(api, argument, "be a boolean", x);
  return x;
}

export function checkFinite(api: string, argument: string, x: unknown, missing: number): number {
  if (x === undefined) return missing;
  if (typeof x !== "number") throw wrongKind(api, argument, "be a number", x);
  if (!Number.isFinite(Math.fround(x))) throw wrongValue(api, argument, "be finite in float32", x);
  return x;
}

/** The longest dimension: lengths are 32-bit integers in the kernel. */
export const LONGEST: number = 2 ** 31 - 1;

/** A length, which is never more than LONGEST. */
export function checkLength(api: string, argument: string, x: unknown): number {
  const length = checkCount(api, argument, x, 0);
  if (length > LONGEST) throw wrongValue(api, argument, "be at most 2^31-1", x);
  return length;
}

export function checkCount(api: string, argument: string, x: unknown, least: number): number {
  if (typeof x !== "number") throw wrongKind(api, argument, "be a number", x);
  if (!Number.isSafeInteger(x) || x < least) throw wrongValue(api, argument, `be an integer of at least ${least}`, x);
  return x;
}

export const isFinite32 = (x: number): boolean => Number.isFinite(Math.fround(x));

/** A list of `length` numbers, copied into f32 or i32. */
export function checkList<T extends Float32Array | Int32Array>(
  api: string,
  argument: string,
  x: unknown,
  length: number,
  letter: string,
  make: (list: readonly number[]) => T,
  valid: (x: number, i: number) => boolean,
  expected: (i: number) => string,
): T {
  if (!isObject(x) || typeof x.length !== "number")
    throw wrongKind(api, argument, `be a list of ${counted(length, "number")} [${letter}]`, x);
  const list = x as unknown as ArrayLike<unknown>;
  if (list.length !== length)
    throw wrongValue(api, argument, `have ${counted(length, "number")} [${letter}]`, `${list.length}`);
  // A length can be said with nothing behind it: what is kept grows with what was seen.
  const seen: number[] = [];
  for (let i = 0; i < length; i++) {
    const value = list[i];
    if (typeof value !== "number") throw wrongKind(api, `${argument}[${i}]`, "be a number", value);
    if (!valid(value, i)) throw wrongValue(api, `${argument}[${i}]`, expected(i), value);
    seen.push(value);
  }
  return make(seen);
}
