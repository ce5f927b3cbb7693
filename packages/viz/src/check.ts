// Errors in one voice: call, argument, what it must be, what it is. Knows no matrix.

const named = (x: object): string => {
  const { name } = x.constructor ?? {};
  return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
};

function kindOf(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(x.slice(0, 40));
  if (typeof x === "function") return "a function";
  if (typeof x !== "object" || x === null) return String(x);
  if (Array.isArray(x)) return `an array of ${x.length}`;
  if (ArrayBuffer.isView(x)) return `${named(x)} of ${(x as Uint8Array).length ?? x.byteLength}`;
  if (x.constructor && x.constructor !== Object) return named(x);
  const keys = Object.keys(x).slice(0, 4);
  return keys.length > 0 ? `an object with ${keys.join(", ")}` : "an object";
}

/** `must` begins with a verb; `hint` says what to do. */
export const wrongKind = (api: string, argument: string, must: string, got: unknown, hint = ""): TypeError =>
  new TypeError(`${api}: "${argument}" must ${must}, got ${kindOf(got)}${hint && `; ${hint}`}`);
export const wrongValue = (api: string, argument: string, must: string, got: string | number): RangeError =>
  new RangeError(`${api}: "${argument}" must ${must}, got ${got}`);

/** "1 number", "2 numbers". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** An array, or, of numbers and of booleans, a typed array. */
export function checkList(api: string, argument: string, given: unknown, kind: "string" | "number" | "boolean"): void {
  const isTyped = kind !== "string" && ArrayBuffer.isView(given) && !/DataView|Big/.test(named(given));
  if (isTyped) return;
  if (!Array.isArray(given)) throw wrongKind(api, argument, `be an array of ${kind}s`, given);
  for (let i = 0; i < given.length; i++)
    if (typeof given[i] !== kind) throw wrongKind(api, `${argument}[${i}]`, `be a ${kind}`, given[i]);
}

/** Labels for `count` of something; numbers from 1 where none are given. */
export function readLabels(api: string, argument: string, given: unknown, count: number, noun: string): string[] {
  if (given === undefined) return Array.from({ length: count }, (_, i) => String(i + 1));
  checkList(api, argument, given, "string");
  const labels = given as string[];
  if (labels.length !== count)
    throw wrongValue(api, argument, `have ${counted(count, "label")}, one for each ${noun}`, labels.length);
  return labels;
}

export function checkScene(api: string, scene: unknown): void {
  if (!Array.isArray((scene as { marks?: unknown } | undefined)?.marks))
    throw wrongKind(api, "scene", "be a scene, as heatmap and its like make", scene);
}
