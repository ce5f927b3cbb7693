// Attention with its projections as a part of a layer: its parameters, read; and its step, which projects, attends by strides
// where the products lie, and projects.
import type { AttentionResult, Tensor } from "@attn/core";
import {
  type AttendSlots,
  type AttentionPlan,
  denseStrides,
  requestAttend,
  runAttend,
  type Slot,
  type Strides,
  takeResult,
  wrongValue,
} from "@attn/core/engine";
import type { Matrix, RowRange } from "../engine/kernel.ts";
import type { MatrixParameter, Numbers, ParameterReader } from "./parameters.ts";
import type { Sequences } from "./sequences.ts";
import { LinearStep, type Workspace } from "./steps.ts";

const JOINED = "in_proj_weight";
const APART = ["q_proj_weight", "k_proj_weight", "v_proj_weight"] as const;
const BIAS = "in_proj_bias";
const OUTPUT = "out_proj.weight";
const OUTPUT_BIAS = "out_proj.bias";

/** The names of nn.MultiheadAttention's state dict. */
export const multiheadNames = (prefix = ""): string[] =>
  [JOINED, ...APART, BIAS, OUTPUT, OUTPUT_BIAS].map((name) => prefix + name);

/** Something for each of query, key and value. */
type Three<T> = readonly [query: T, key: T, value: T];

/** nn.MultiheadAttention's parameters. */
export interface MultiheadRead {
  readonly E: number;
  /** Of query, key and value: the rows of one weight, or three weights. */
  readonly projections: readonly [MatrixParameter] | Three<MatrixParameter>;
  readonly bias: Numbers | undefined;
  readonly output: MatrixParameter;
  readonly outputBias: Numbers | undefined;
}

export function readMultihead(
  api: string,
  reader: ParameterReader,
  prefix: string,
  inputs: Three<Sequences>,
): MultiheadRead {
  const [{ E, name: like }] = inputs;
  const joined = prefix + JOINED;
  const given = APART.find((name) => reader.has(prefix + name));
  if (given !== undefined && reader.has(joined))
    throw wrongValue(api, joined, `be absent where "${prefix}${given}" is given`, "both");
  const other = inputs.find((input) => input.E !== E);
  if (given === undefined && other)
    throw wrongValue(api, other.name, `have width ${E}, like ${like}, with "${joined}"`, `${other.E}`);
  const apart = (i: 0 | 1 | 2) => reader.matrix(prefix + APART[i], E, inputs[i].E);
  return {
    E,
    projections: given === undefined ? [reader.matrix(joined, 3 * E, E)] : [apart(0), apart(1), apart(2)],
    bias: reader.vector(prefix + BIAS, 3 * E),
    output: reader.matrix(prefix + OUTPUT, E, E),
    outputBias: reader.vector(prefix + OUTPUT_BIAS, E),
  };
}

/** A product that makes some of queries, keys and values, side by side. */
interface Product {
  readonly step: LinearStep;
  /** 0: of query's rows, 1 and 2: of key's and value's. */
  readonly from: 0 | 1 | 2;
  readonly range: RowRange;
  readonly y: Slot;
}

/** Queries, keys or values: some columns of a product. */
interface Columns {
  readonly product: Product;
  readonly first: number;
}

/** Which of the three are one product, from … end-1, where they are of the same rows. */
const TOGETHER = {
  all: [[0, 3]],
  keyValue: [
    [0, 1],
    [1, 3],
  ],
  none: [
    [0, 1],
    [1, 2],
    [2, 3],
  ],
} as const;

/** Attention with its projections. */
export class MultiheadStep {
  readonly plan: AttentionPlan;
  readonly #space: Workspace;
  readonly #products: readonly Product[];
  readonly #columns: Three<Columns>;
  readonly #attended: Slot;
  readonly #attend: AttendSlots;
  readonly #output: LinearStep;

  /** `same`: which of query, key and value are the same rows. */
  constructor(
    space: Workspace,
    { E, projections, bias, output, outputBias }: MultiheadRead,
    checked: Pick<AttentionPlan, "sizes" | "axes" | "segments" | "logits" | "result">,
    same: keyof typeof TOGETHER,
  ) {
    const { B, H, L, S, D } = checked.sizes;
    const joined = projections.length === 1;
    const part = (i: number) => bias && { ...bias, data: bias.data.subarray(i * E, (i + 1) * E), size: E };
    const steps = joined
      ? [new LinearStep(space, B * Math.max(L, S), projections[0], bias)]
      : projections.map((weight, i) => new LinearStep(space, B * (i === 0 ? L : S), weight, part(i)));
    const products = TOGETHER[joined ? same : "none"].map(([from, end]): Product => {
      // A range begins with a whole panel; what comes before its first row of use is not read.
      const first = joined ? Math.floor((from * E) / 8) * 8 : 0;
      const rows = joined ? end * E - first : E;
      const y = space.rows(B * (from === 0 ? L : S), rows);
      return { step: steps[joined ? 0 : from] as LinearStep, from, range: { first, rows }, y };
    });
    const columns = (i: number): Columns => {
      const product = products.findLast(({ from }) => from <= i) as Product;
      return { product, first: joined ? i * E - product.range.first : 0 };
    };
    const strides = ({ product: { from, range } }: Columns): Strides => {
      const token = 4 * range.rows;
      return { batch: (from === 0 ? L : S) * token, head: 4 * D, token };
    };
    this.#space = space;
    this.#products = products;
    this.#columns = [columns(0), columns(1), columns(2)];
    this.#attended = space.rows(B * L, E);
    this.#output = new LinearStep(space, B * L, output, outputBias);
    const [query, key, value] = this.#columns;
    this.plan = {
      ...checked,
      query: strides(query),
      key: strides(key),
      value: strides(value),
      output: denseStrides("BLHD", H, L, D),
      dtype: "f32",
      scales: undefined,
      maskedValue: Number.NEGATIVE_INFINITY,
    };
    this.#attend = requestAttend(space.kernel.engine, space.frame, this.plan);
  }

  /** y = out_proj(attention of the rows of query, key and value) + residual. */
  run(y: Matrix, inputs: Three<Matrix>, residual?: Matrix): void {
    const space = this.#space;
    const { kernel, frame } = space;
    const { B, H, L, S, D } = this.plan.sizes;
    for (const { step, from, range, y } of this.#products)
      step.run(space.matrix(y, range.rows), inputs[from], B * (from === 0 ? L : S), {}, range);
    const address = ({ product, first }: Columns): number => frame.at(product.y) + 4 * first;
    const [query, key, value] = this.#columns;
    const attended = space.matrix(this.#attended, H * D);
    const places = [address(query), address(key), address(value), attended.address] as const;
    runAttend(kernel.engine, frame, this.plan, this.#attend, ...places);
    this.#output.run(y, attended, B * L, { residual });
  }

  /** Weights, scores and lse beside the output. */
  take(output: Tensor): AttentionResult {
    return takeResult(this.#space.frame, this.plan, this.#attend, output);
  }
}

/** Whether anything is wanted beside the output. */
export const wanted = ({ result: { weights, scores, lse } }: AttentionPlan): boolean =>
  weights !== "none" || scores || lse;
