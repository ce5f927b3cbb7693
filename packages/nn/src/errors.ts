// The wording of every error: API, argument, expected, got; and for files, which tensor and what is wrong with it.

const LONGEST = 200;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** A name or a word in quotes, as JSON has it. */
export const quote = (text: string): string => cut(JSON.stringify(text));

/** A short description of any value. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const plain = value.length <= 8 && value.every((x) => typeof x === "number" || typeof x === "string");
    return plain ? `[${value.map(describe).join(", ")}]` : `an array of ${value.length}`;
  }
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== "string" || name === "Object" || name === "") return "an object";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${cut(name)}`;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** "1 byte", "2 bytes". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

const sentence = (api: string, argument: string, expected: string, got: string): string =>
  `${api}: "${argument}" must be ${expected}, got ${got}`;

/** For a value of the wrong kind. */
export const wrongKind = (api: string, argument: string, expected: string, got: unknown): TypeError =>
  new TypeError(sentence(api, argument, expected, describe(got)));

/** For a value of the right kind that cannot be. */
export const wrongValue = (api: string, argument: string, expected: string, got: unknown): RangeError =>
  new RangeError(sentence(api, argument, expected, describe(got)));

/** For what a file holds: the sentence says what the tensor must have, and what it has. */
export const wrongTensor = (api: string, name: string, what: string): RangeError =>
  new RangeError(`${api}: tensor ${quote(name)} ${what}`);
