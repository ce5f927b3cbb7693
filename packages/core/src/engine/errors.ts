// The wording of every error: API, argument, expected, got.

const LONGEST = 40;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const withArticle = (name: string): string => `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`;

/** A short, safe description of any value. */
export function describe(value: unknown): string {
  if (typeof value === "string") return cut(JSON.stringify(value));
  if (typeof value === "bigint") return cut(`${value}n`);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const plain = value.length <= 8 && value.every((x) => typeof x === "number" || typeof x === "string");
    return plain ? `[${value.map(describe).join(", ")}]` : `an array of ${value.length}`;
  }
  const { constructor: made } = value as { constructor?: { name?: unknown } };
  const name = typeof made?.name === "string" && made.name !== "Object" ? cut(made.name) : "";
  if (ArrayBuffer.isView(value) && "length" in value) return `${name} of ${value.length}`;
  return name ? withArticle(name) : "an object";
}

/** "1 token", "2 tokens". */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const sentence = (api: string, argument: string, expected: string, got: string): string =>
  `${api}: "${argument}" must ${expected}, got ${got}`;

/** For a value of the wrong kind; `expected` follows "must". */
export const wrongKind = (api: string, argument: string, expected: string, got: unknown): TypeError =>
  new TypeError(sentence(api, argument, expected, describe(got)));

/** For a value of the right kind that cannot be; `got` as a string is words of its own. */
export const wrongValue = (api: string, argument: string, expected: string, got: unknown): RangeError =>
  new RangeError(sentence(api, argument, expected, typeof got === "string" ? got : describe(got)));

/** For one of a few words: another word is a wrong value, anything else the wrong kind. */
export const wrongChoice = (api: string, argument: string, expected: string, got: unknown): Error =>
  typeof got === "string"
    ? wrongValue(api, argument, expected, describe(got))
    : wrongKind(api, argument, expected, got);
