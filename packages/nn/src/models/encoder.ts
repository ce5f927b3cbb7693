// Encoders: BERT and its kin. A batch of texts in one packed pass, as rows or as one vector each.
import type { Tensor } from "@attn/core";
import { checkBoolean, checkCount, checkOptions, wrongChoice, wrongValue } from "@attn/core/engine";
import type { EmbedOptions, Encoded, EncodeOptions, Encoder, Tokens } from "../types.ts";
import { encode, encodeBatch } from "./encode.ts";
import type { StackAt } from "./forward.ts";
import { type Loaded, LoadedModel } from "./model.ts";

export class EncoderModel extends LoadedModel implements Encoder {
  readonly kind = "encoder";
  readonly #stack: StackAt;

  constructor(loaded: Loaded, stack: StackAt) {
    super(loaded);
    this.#stack = stack;
  }

  encode(batch: readonly Tokens[], options?: EncodeOptions): Encoded {
    this.assertLive("encode");
    return encode("encode", this.#stack, batch, options);
  }

  embed(batch: readonly Tokens[], given?: EmbedOptions): Tensor {
    const api = "embed";
    this.assertLive(api);
    const { pooling = "mean", normalize, dimensions } = checkOptions<EmbedOptions>(api, given);
    const pool = Object.hasOwn(POOLINGS, pooling) ? POOLINGS[pooling] : undefined;
    if (!pool) throw wrongChoice(api, "pooling", 'be "mean", "cls" or "last"', pooling);
    const unit = checkBoolean(api, "normalize", normalize);
    const E = this.#stack.data.width;
    const size = dimensions === undefined ? E : checkCount(api, "dimensions", dimensions, 1);
    if (size > E) throw wrongValue(api, "dimensions", `be at most ${E}, the model's width`, size);
    let result = new Float32Array(0);
    encodeBatch(api, this.#stack, batch, {}, ({ lengths, rows }) => {
      result = new Float32Array(lengths.length * size);
      let row = 0;
      for (const [i, length] of lengths.entries()) {
        const vector = pool(rows.subarray(row * E, (row + length) * E), E, size);
        const factor = unit ? 1 / (Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1) : 1;
        for (let e = 0; e < size; e++) result[i * size + e] = (vector[e] as number) * factor;
        row += length;
      }
    });
    return { data: result, shape: [batch.length, size] };
  }
}

/** The first `size` numbers of one vector out of rows [L, E], in float64; zeros where there are no rows. */
type Pooling = (rows: Float32Array, E: number, size: number) => Float64Array;

const rowOf = (rows: Float32Array, at: number, size: number): Float64Array => {
  const vector = new Float64Array(size);
  if (rows.length > 0) vector.set(rows.subarray(at, at + size));
  return vector;
};

const POOLINGS: Readonly<Record<string, Pooling>> = {
  mean: (rows, E, size) => {
    const sum = new Float64Array(size);
    for (let at = 0; at < rows.length; at += E)
      for (let e = 0; e < size; e++) sum[e] = (sum[e] as number) + (rows[at + e] as number);
    return rows.length === 0 ? sum : sum.map((x) => (x * E) / rows.length);
  },
  cls: (rows, _, size) => rowOf(rows, 0, size),
  last: (rows, E, size) => rowOf(rows, rows.length - E, size),
};
