// The wording of every error: API, argument, expected, got.

/** A short, safe description of any value. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean" || value === null || value === undefined)
    return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) {
    return value.length <= 8 && value.every((x) => typeof x === "number")
      ? `[${value.join(", ")}]`
      : `an array of ${value.length}`;
  }
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return ArrayBuffer.isView(value)
      ? `${name} of ${(value as Uint8Array).length}`
      : name && name !== "Object"
        ? `a ${name}`
        : "an object";
  }
  return `a ${typeof value}`;
}

const sentence = (api: string, argument: string, expected: string, got: string): string =>
  `${api}: "${argument}" must be ${expected}, got ${got}`;

/** For a value of the wrong kind. */
export const wrongKind = (api: string, argument: string, expected: string, got: unknown): TypeError =>
  new TypeError(sentence(api, argument, expected, describe(got)));

/** For a value of the right kind that cannot be. */
export const wrongValue = (api: string, argument: string, expected: string, got: unknown): RangeError =>
  new RangeError(sentence(api, argument, expected, typeof got === "string" ? got : describe(got)));

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
