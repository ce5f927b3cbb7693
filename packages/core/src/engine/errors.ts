// The wording of every error: API, argument, expected, got.

const LONGEST = 40;
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const withArticle = (name: string): string => `${/^[AEIO]/i.test(name) ? "an" : "a"} ${name}`;

/** A short, safe description of any value. */
export function describe(value: unknown): string {
  if (typeof value === "string") return cut(JSON.stringify(value));
  if (typeof value === "bigint") return cut(`${value}n`);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const plain = value.length <= 8 && value.every((x) => typeof x !== "object" && typeof x !== "function");
    return plain ? `[${value.map(describe).join(", ")}]` : `an array of ${value.length}`;
  }
  const name = nameOf(value);
  if (ArrayBuffer.isView(value)) return "length" in value ? `${name} of ${value.length}` : withArticle(name);
  if (value instanceof TypedArray) return `a Proxy of ${withArticle(name)}`;
  return name ? withArticle(name) : "an object";
}

const TypedArray = Object.getPrototypeOf(Float32Array) as new () => object;

/** What an object is called, if anything: by its tag, which no minifier changes, or by its class. */
function nameOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const { constructor: made } = value as { constructor?: { name?: unknown } };
  const name = tag === "Object" ? made?.name : tag;
  return typeof name === "string" && name !== "Object" ? cut(name) : "";
}

/** "1 token", "2 tokens". */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const sentence = (api: string, argument: string, expected: string, got: string): string =>
  `${api}: "${argument}" must ${expected}, got ${got}`;

/** For a value of the wrong kind; `expected` follows "must", `more` follows what was got. */
export const wrongKind = (api: string, argument: string, expected: string, got: unknown, more = ""): TypeError =>
  new TypeError(sentence(api, argument, expected, describe(got) + more));

/** For a value of the right kind that cannot be; `got` as a string is words of its own. */
export const wrongValue = (api: string, argument: string, expected: string, got: unknown): RangeError =>
  new RangeError(sentence(api, argument, expected, typeof got === "string" ? got : describe(got)));

/** For one of a few words: another word is a wrong value, anything else the wrong kind. */
export const wrongChoice = (api: string, argument: string, expected: string, got: unknown): Error =>
  typeof got === "string"
    ? wrongValue(api, argument, expected, describe(got))
    : wrongKind(api, argument, expected, got);
