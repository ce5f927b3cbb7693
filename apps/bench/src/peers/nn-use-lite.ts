// The Universal Sentence Encoder lite out of the layers of @attn/nn: a model that no config describes, put together by hand.
// Rows of all texts lie one behind the other, so that linear layers see them together; only attention goes text by text.
import type { Attention } from "@attn/core";
import type { Weight } from "@attn/nn";
import {
  EPS,
  HEADS,
  LENGTH,
  type LinearWeights,
  type NormWeights,
  sinusoids,
  type UseLiteWeights,
  WIDTH,
} from "../use-lite.ts";

type Nn = typeof import("@attn/nn");

/** [rows, columns] */
interface Rows {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/** x += y */
function add(x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) + (y[i] as number);
}

export class UseLite {
  readonly #nn: Nn;
  readonly #engine: Attention;
  readonly #weights: UseLiteWeights;
  readonly #positions: Float32Array;
  readonly #packed = new Map<object, Weight>();

  constructor(nn: Nn, engine: Attention, weights: UseLiteWeights) {
    this.#nn = nn;
    this.#engine = engine;
    this.#weights = weights;
    this.#positions = sinusoids(weights, LENGTH);
    const { table, layers, dense } = weights;
    const pack = (weight: UseLiteWeights["table"]): void => {
      this.#packed.set(weight, nn.createWeight(weight, { engine }));
    };
    pack(table);
    pack(dense.weight);
    for (const { shortcut, query, key, value, output, up, down } of layers)
      for (const linear of [shortcut, query, key, value, output, up, down]) if (linear) pack(linear.weight);
  }

  #linear(x: Rows, { weight, bias }: LinearWeights): Rows {
    return this.#nn.linear(x, { weight: this.#packed.get(weight) as Weight, bias }) as Rows;
  }

  #norm(x: Rows, norm: NormWeights): Rows {
    return this.#nn.layerNorm(x, { ...norm, eps: EPS }) as Rows;
  }

  /** 2·embedding + sinusoids. */
  #embed(texts: readonly (readonly number[])[]): Rows {
    const x = this.#nn.embedding(texts.flat(), this.#packed.get(this.#weights.table) as Weight) as Rows;
    const { data } = x;
    let at = 0;
    for (const { length } of texts)
      for (let i = 0; i < length * x.shape[1]; i++, at++)
        data[at] = 2 * (data[at] as number) + (this.#positions[i] as number);
    return x;
  }

  #attend(query: Rows, key: Rows, value: Rows, lengths: readonly number[]): Rows {
    const [T, E] = query.shape;
    const data = new Float32Array(T * E);
    let from = 0;
    for (const L of lengths) {
      const end = from + L * E;
      const heads = ({ data }: Rows) => ({ data: data.subarray(from, end), shape: [L, HEADS, E / HEADS] });
      const options = { layout: "BLHD", out: data.subarray(from, end) } as const;
      this.#engine.attention(heads(query), heads(key), heads(value), options);
      from = end;
    }
    return { data, shape: [T, E] };
  }

  /** Texts of at least one token → [B, 512]. */
  embed(given: readonly (readonly number[])[]): Float32Array {
    const texts = given.map((text) => text.slice(0, LENGTH));
    const lengths = texts.map(({ length }) => length);
    let x = this.#embed(texts);
    for (const { norm, shortcut, query, key, value, output, feedForwardNorm, up, down } of this.#weights.layers) {
      const y = this.#norm(x, norm);
      const attended = this.#attend(this.#linear(y, query), this.#linear(y, key), this.#linear(y, value), lengths);
      const sum = this.#linear(attended, output);
      add(sum.data, (shortcut ? this.#linear(x, shortcut) : x).data);
      const inner = this.#nn.relu(this.#linear(this.#norm(sum, feedForwardNorm), up)) as Rows;
      x = this.#linear(inner, down);
      add(x.data, sum.data);
    }
    return this.#pool(x, lengths);
  }

  #pool({ data }: Rows, lengths: readonly number[]): Float32Array {
    const means = new Float32Array(lengths.length * WIDTH);
    let row = 0;
    for (const [b, L] of lengths.entries()) {
      const mean = means.subarray(b * WIDTH, (b + 1) * WIDTH);
      for (let t = 0; t < L; t++, row++) add(mean, data.subarray(row * WIDTH, (row + 1) * WIDTH));
      for (let i = 0; i < WIDTH; i++) mean[i] = (mean[i] as number) / L;
    }
    const { data: vectors } = this.#linear({ data: means, shape: [lengths.length, WIDTH] }, this.#weights.dense);
    for (let b = 0; b < lengths.length; b++) {
      const vector = vectors.subarray(b * WIDTH, (b + 1) * WIDTH);
      let squares = 0;
      for (let i = 0; i < WIDTH; i++) {
        const x = Math.tanh(vector[i] as number);
        vector[i] = x;
        squares += x * x;
      }
      const length = Math.sqrt(squares);
      for (let i = 0; i < WIDTH; i++) vector[i] = (vector[i] as number) / length;
    }
    return vectors;
  }
}
