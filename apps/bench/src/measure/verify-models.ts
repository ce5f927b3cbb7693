// Whether linear layers and models give the right numbers, and how far those that round weights to 8 bits are from them.
// Computes the reference of a workload once.
import { createRandom, dotTolerance, referenceLinear } from "@attn/conformance";
import { decoders, encoders } from "../models.ts";
import { WIDTH } from "../use-lite.ts";
import type { EmbedInputs, Inputs, LinearInputs, ModelWorkload, SentenceInputs, TokenInputs } from "../workloads.ts";
import { referenceEmbedding, referenceLogits, referenceSentence } from "./reference.ts";

/** How a result stands to the reference. */
export interface Agreement {
  /** Why it cannot be called the same. */
  readonly wrong?: string | undefined;
  /** ‖result - reference‖ / ‖reference‖ */
  readonly error?: number;
  /** Of the row, or vector, whose direction is the furthest from the reference's. */
  readonly cosine?: number;
}

/** Float32 through a few layers loses some 1e-6 of the largest number. */
const TOLERANCE = 2e-5;
/** What is rounded to 8 bits still points the same way: libraries differ in how they round. */
const LEAST_COSINE = 0.97;

/** The parts of a result that are compared. */
interface Expected {
  /** Numbers of a whole result. */
  readonly length: number;
  /** Where in it each row begins, or the places of all numbers of the only row. */
  readonly places: readonly number[];
  readonly rows: readonly Float64Array[];
  /** The largest difference, relative to `scale`, that float32 explains. */
  readonly tolerance: number;
  readonly scale: number;
}

const ROWS = 16;
const LOGITS = 4096;
/** Tokens of all texts that are compared, beside the shortest text. */
const TOKENS = 192;

const largest = (rows: readonly Float64Array[]): number =>
  rows.reduce((most, row) => row.reduce((x, y) => Math.max(x, Math.abs(y)), most), 0);

function expectedOf(workload: ModelWorkload, inputs: Inputs): Expected {
  if (workload.kind === "linear") {
    const { x, weight } = inputs as LinearInputs;
    const { M, K, N } = workload;
    const rows = Math.min(M, ROWS);
    const { data, condition } = referenceLinear({ data: x.data.subarray(0, rows * K), shape: [rows, K] }, { weight });
    return {
      length: M * N,
      places: Array.from({ length: rows }, (_, m) => m * N),
      rows: Array.from({ length: rows }, (_, m) => data.subarray(m * N, (m + 1) * N)),
      tolerance: dotTolerance(K),
      scale: condition.reduce((x, y) => Math.max(x, y), 0),
    };
  }
  if (workload.kind === "token") {
    const { checkpoint, held, next } = inputs as TokenInputs;
    const shape = decoders[workload.model];
    const places = createRandom(3).integers(LOGITS, 0, shape.V - 1);
    const rows = [referenceLogits(checkpoint, shape, [...held, next], places)];
    return { length: shape.V, places, rows, tolerance: TOLERANCE, scale: Math.max(1, largest(rows)) };
  }
  if (workload.kind === "sentences") {
    const { weights, texts } = inputs as SentenceInputs;
    const rows = texts.map((ids) => referenceSentence(weights, ids));
    const places = texts.map((_, i) => i * WIDTH);
    return { length: texts.length * WIDTH, places, rows, tolerance: TOLERANCE, scale: largest(rows) };
  }
  const { checkpoint, texts } = inputs as EmbedInputs;
  const shape = encoders[workload.model];
  const chosen = new Set<number>();
  let tokens = 0;
  for (const { i, text } of texts.map((text, i) => ({ i, text })).sort((a, b) => a.text.length - b.text.length)) {
    tokens += text.length;
    if (chosen.size === 0 || tokens <= TOKENS) chosen.add(i);
  }
  const rows = [...chosen].map((i) => referenceEmbedding(checkpoint, shape, texts[i] as number[]));
  const places = [...chosen].map((i) => i * shape.E);
  return { length: texts.length * shape.E, places, rows, tolerance: TOLERANCE, scale: largest(rows) };
}

const known = new Map<string, Expected>();

export function modelAgreement(
  workload: ModelWorkload,
  inputs: Inputs,
  output: Float32Array,
  quantized: boolean,
): Agreement {
  const name = JSON.stringify(workload);
  const expected = known.get(name) ?? expectedOf(workload, inputs);
  known.set(name, expected);
  const { length, places, rows, tolerance, scale } = expected;
  if (output.length !== length) return { wrong: `got ${output.length} numbers, expected ${length}` };
  if (!output.every(Number.isFinite)) return { wrong: "got numbers that are not finite" };
  let [difference, squares, most, cosine] = [0, 0, 0, 1];
  for (const [i, row] of rows.entries()) {
    let [product, own, other] = [0, 0, 0];
    for (const [j, want] of row.entries()) {
      const at = rows.length === 1 && places.length > 1 ? places[j] : (places[i] as number) + j;
      const got = output[at as number] as number;
      product += got * want;
      own += got * got;
      other += want * want;
      difference += (got - want) ** 2;
      most = Math.max(most, Math.abs(got - want));
    }
    squares += other;
    cosine = Math.min(cosine, product / Math.sqrt(own * other));
  }
  const error = Math.sqrt(difference / squares);
  const wrong = quantized
    ? cosine < LEAST_COSINE && `a cosine of ${cosine.toFixed(4)} with the reference, less than ${LEAST_COSINE}`
    : most > tolerance * scale &&
      `differs by ${(most / scale).toExponential(1)} of the largest, more than ${tolerance.toExponential(1)}`;
  return { error, cosine, ...(wrong && { wrong }) };
}
