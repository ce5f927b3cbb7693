// From what a request says to what attention gives. @attn/core checks the numbers; here is what a service must bound.
import { type AttentionOptions, attention, type Tensor, type TensorInput } from "@attn/core";
import { Failure } from "./failure.ts";

/** Weights that are computed and sent at the most: 256 queries × 256 keys of one head. */
export const MOST_WEIGHTS = 65536;

const inputs = ["query", "key", "value"] as const;
const options = [
  "align",
  "alibi",
  "bias",
  "causal",
  "keyLengths",
  "mask",
  "scale",
  "sinks",
  "softcap",
  "window",
] as const;
const known: readonly string[] = [...inputs, ...options];

/** Lengths of nested arrays, along their first elements. */
function shapeOf(nested: unknown): number[] {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** Queries × keys × heads × batch, as far as the shapes say; what they say wrongly is found later. */
function weightsOf(query: unknown, key: unknown): number {
  const [ofQuery, ofKey] = [shapeOf(query), shapeOf(key)];
  return ofQuery.slice(0, -1).reduce((a, b) => a * b, 1) * (ofKey.at(-2) ?? 1);
}

/** Flat data as nested arrays; JSON has no NaN and no Infinity, which become null. */
function nest({ data, shape }: Tensor): unknown {
  const build = (from: number, depth: number): unknown => {
    const length = shape[depth] as number;
    if (depth === shape.length - 1) return Array.from(data.subarray(from, from + length));
    const step = shape.slice(depth + 1).reduce((a, b) => a * b, 1);
    return Array.from({ length }, (_, i) => build(from + i * step, depth + 1));
  };
  return build(0, 0);
}

export interface Attended {
  readonly output: Tensor;
  readonly weights: Tensor;
}

export const asJson = ({ output, weights }: Attended): unknown => ({ output: nest(output), weights: nest(weights) });

/** Attention as the body asks for it: { query, key?, value?, …options }; key is query and value is key where left out. */
export function attend(body: unknown): Attended {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Failure(400, "the body must be an object { query, key, value, … }");
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Failure(400, `unknown: ${unknown.slice(0, 3).join(", ")}; known are ${known.join(", ")}`);
  const given = body as { query: unknown; key?: unknown; value?: unknown } & AttentionOptions;
  const { query, key = query, value = key, ...rest } = given;
  if (weightsOf(query, key) > MOST_WEIGHTS)
    throw new Failure(413, `queries × keys over all heads may be ${MOST_WEIGHTS} at the most`);
  try {
    return attention(query as TensorInput, key as TensorInput, value as TensorInput, { ...rest, returnWeights: true });
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new Failure(400, error.message);
    throw error;
  }
}
