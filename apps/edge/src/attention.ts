// POST /attention: what a body asks for, what that costs, and its answer. @attn/core checks the numbers.
import { type AttentionOptions, attention as attend, type Tensor, type TensorInput } from "@attn/core";
import { costOf, product, shapeOf } from "./cost.ts";
import type { Endpoint, Plan } from "./endpoint.ts";
import { cut, Failure } from "./failure.ts";
import { heatmap } from "./heatmap.ts";
import { limits } from "./limits.ts";

const JSON_TYPE = "application/json";
const SVG_TYPE = "image/svg+xml";
/** Bytes of a picture for each cell, at most. */
const CELL_BYTES = 512;

/** Arguments that are nested arrays, and of what. */
const nested = { query: "numbers", key: "numbers", value: "numbers", bias: "numbers", mask: "booleans" } as const;
const options = [
  "align",
  "alibi",
  "causal",
  "keyLengths",
  "returnLse",
  "returnScores",
  "returnWeights",
  "scale",
  "sinks",
  "softcap",
  "window",
] as const;
const known: readonly string[] = [...Object.keys(nested), ...options];

type Call = AttentionOptions & { readonly query: TensorInput; readonly key: TensorInput; readonly value: TensorInput };

/** The body's own structure: an object of known names, nested arrays where they belong, which the body had room for. */
function check(body: unknown): Call {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Failure(400, "the body must be an object { query, key, value, … }");
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Failure(
      400,
      `the body must have no names but ${known.join(", ")}, got ${unknown.slice(0, 3).map(cut).join(", ")}`,
    );
  const { query, key = query, value = key, ...rest } = body as Partial<Call>;
  const asked = { ...rest, query, key, value } as Call;
  for (const [name, elements] of Object.entries(nested)) {
    const given: unknown = asked[name as keyof typeof nested];
    if (given === undefined && name !== "query") continue;
    if (!Array.isArray(given)) {
      const got = given === null ? "null" : typeof given;
      throw new Failure(400, `attention: "${name}" must be a nested array of ${elements}, got ${got}`);
    }
    // A regular array of this shape would not fit into a body: so it is ragged, and no memory is taken for what it claims.
    if (product(shapeOf(given)) > limits.bodyBytes)
      throw new Failure(400, `attention: "${name}" must be a regular nested array of ${elements}, got a ragged one`);
  }
  return asked;
}

/** Flat data as nested arrays; JSON has no NaN and no Infinity, which become null. */
function nest({ data, shape }: Tensor): unknown {
  const build = (from: number, depth: number): unknown => {
    const length = shape[depth] as number;
    if (depth === shape.length - 1) return Array.from(data.subarray(from, from + length));
    const step = product(shape.slice(depth + 1));
    return Array.from({ length }, (_, i) => build(from + i * step, depth + 1));
  };
  return build(0, 0);
}

/** What core says is wrong is the client's fault. */
function compute({ query, key, value, ...options }: Call): Readonly<Record<string, Tensor>> {
  try {
    return { ...attend(query, key, value, options) };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new Failure(400, error.message);
  }
}

/** Throws where a request asks for more of `unit` than `maximum`. */
function checkCost(subject: string, verb: string, maximum: number, unit: string, got: number): void {
  if (got > maximum)
    throw new Failure(413, `attention: ${subject} must ${verb} at most ${maximum} ${unit}, got ${got}`);
}

function plan(body: unknown, type: string): Plan {
  const given = check(body);
  const isPicture = type === SVG_TYPE;
  const call: Call = isPicture
    ? { ...given, returnWeights: given.returnWeights || true, returnScores: false, returnLse: false }
    : { returnWeights: true, ...given };
  const cost = costOf(call);
  checkCost("the answer", "have", limits.numbers, "numbers", cost.numbers);
  checkCost("the call", "take", limits.multiplyAdds, "multiply-adds", cost.multiplyAdds);
  if (!isPicture) {
    const write = (): string =>
      JSON.stringify(Object.fromEntries(Object.entries(compute(call)).map(([name, x]) => [name, nest(x)])));
    return { bytes: cost.jsonBytes, run: write };
  }
  checkCost("the picture", "have", limits.cells, "cells", cost.cells);
  return { bytes: CELL_BYTES * cost.cells, run: () => heatmap(compute(call).weights as Tensor) };
}

export const attention: Endpoint = { path: "/attention", produces: [JSON_TYPE, SVG_TYPE], plan };
