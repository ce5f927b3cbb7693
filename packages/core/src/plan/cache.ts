// What a cache is made for, and the tokens appended to it.
import { counted, wrongChoice, wrongKind, wrongValue } from "../engine/errors.ts";
import { shapeText } from "../shape.ts";
import type { CacheDtype, KvCacheOptions } from "../types.ts";
import type { Checked } from "./nested.ts";
import { checkTensor } from "./tensors.ts";
import { checkLength, isRecord } from "./values.ts";

export interface CacheSizes {
  readonly B: number;
  readonly G: number;
  readonly D: number;
  readonly Dv: number;
  readonly capacity: number;
  readonly dtype: CacheDtype;
}

export function checkCacheOptions(api: string, options: KvCacheOptions): CacheSizes {
  if (!isRecord(options)) throw wrongKind(api, "options", "be an object", options);
  const { dtype = "f32", batch = 1, headSize, valueSize = headSize } = options;
  if (dtype !== "f32" && dtype !== "f16" && dtype !== "int8")
    throw wrongChoice(api, "dtype", 'be "f32", "f16" or "int8"', dtype);
  return {
    D: checkLength(api, "headSize", headSize),
    B: checkLength(api, "batch", batch),
    G: checkLength(api, "heads", options.heads),
    Dv: checkLength(api, "valueSize", valueSize),
    capacity: checkLength(api, "capacity", options.capacity),
    dtype,
  };
}

/** T new tokens for a cache that holds `length`: key [G, T, D] or [B, G, T, D], value the same with Dv. */
export function checkAppend(
  api: string,
  k: unknown,
  v: unknown,
  sizes: CacheSizes,
  length: number,
): { keys: Checked; values: Checked; T: number } {
  const { B, G, D, Dv, capacity } = sizes;
  const read = (argument: string, x: unknown, size: number, letter: string) => {
    const checked = checkTensor(api, argument, x);
    const { shape } = checked;
    const [last, T, heads, batch] = [...shape].reverse();
    const fits = (shape.length === 4 && batch === B) || (shape.length === 3 && B === 1);
    if (!fits || heads !== G || last !== size) {
      throw wrongValue(
        api,
        argument,
        `be [B, G, T, ${letter}] = [${B}, ${G}, T, ${size}]${B === 1 ? " or [G, T, …]" : ""}`,
        shapeText(shape),
      );
    }
    return { checked, T: T as number };
  };
  const { checked: keys, T } = read("key", k, D, "D");
  const { checked: values, T: ofValue } = read("value", v, Dv, "Dv");
  if (ofValue !== T) throw wrongValue(api, "value", `have ${counted(T, "token")}, like key`, `${ofValue}`);
  if (length + T > capacity)
    throw wrongValue(
      api,
      "key",
      `have at most ${counted(capacity - length, "token")}, what is left of capacity ${capacity}`,
      `${T}`,
    );
  return { keys, values, T };
}
