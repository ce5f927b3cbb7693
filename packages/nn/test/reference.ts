// What an Architecture means: a forward pass in float64 by plain loops, one sequence at a time, nothing cached. Slow, and
// read as a definition. It shares with the package the Architecture and the matching of names, and no arithmetic.
import { activations, referenceLayerNorm, referenceRmsNorm } from "@attn/conformance";
import type { StateDict, StoredTensor } from "@attn/nn";
import type {
  Activation,
  Architecture,
  Block,
  CrossAttention,
  Linear,
  Norm,
  Parameter,
  Positions,
  Rope,
  SelfAttention,
  Stack,
} from "../src/models/architecture.ts";
import { readConfig } from "../src/models/families.ts";
import { Matcher, parametersOf } from "../src/models/match.ts";
import { relativeBucket } from "../src/models/relative.ts";
import { toFloat32 } from "../src/weights/dtypes.ts";

/** Rows of numbers. */
export type Matrix = Float64Array[];

export interface Pass {
  /** Of the last block, and of its norm. */
  readonly output: Matrix;
  /** Embeddings first, then each block's output; the last is `output`. */
  readonly hidden: readonly Matrix[];
  /** Of each block, [H][L][S]. */
  readonly self: readonly (readonly Matrix[])[];
  readonly cross: readonly (readonly Matrix[])[];
}
export interface PassOptions {
  readonly types?: ArrayLike<number> | undefined;
  /** [N][H]. */
  readonly headMask?: ArrayLike<ArrayLike<number>> | undefined;
}

interface Attended {
  readonly output: Matrix;
  readonly weights: Matrix[];
}

export class ReferenceModel {
  readonly architecture: Architecture;
  readonly #values: ReadonlyMap<Parameter, Float64Array>;

  constructor(config: unknown, files: StateDict | readonly StateDict[]) {
    this.architecture = readConfig("createModel", config);
    this.#values = load(this.architecture, Array.isArray(files) ? files : [files]);
  }

  #stack(side: "encoder" | "decoder"): Stack {
    const stack = (this.architecture as Partial<Record<"encoder" | "decoder", Stack>>)[side];
    if (!stack) throw new Error(`this model has no ${side}`);
    return stack;
  }

  encode(ids: ArrayLike<number>, options: PassOptions = {}): Pass {
    return this.#pass(this.#stack("encoder"), ids, undefined, options);
  }

  decode(ids: ArrayLike<number>, memory?: Matrix, options: PassOptions = {}): Pass {
    return this.#pass(this.#stack("decoder"), ids, memory, options);
  }

  /** [L][V] */
  logits(ids: ArrayLike<number>, memory?: Matrix, options: PassOptions = {}): Matrix {
    return this.project(this.decode(ids, memory, options).output);
  }

  /** The head of rows. */
  project(rows: Matrix): Matrix {
    const { architecture } = this;
    if (architecture.kind === "encoder") throw new Error("an encoder has no head");
    const { head } = architecture;
    return this.#linear(
      rows.map((row) => row.map((x) => x * head.scale)),
      head,
    );
  }

  #pass(stack: Stack, ids: ArrayLike<number>, memory: Matrix | undefined, { types, headMask }: PassOptions): Pass {
    const { embedding, normFirst, blocks } = stack;
    const tokens = this.#rows(embedding.tokens);
    const kinds = embedding.types && this.#rows(embedding.types);
    const at = embedding.positions && this.#positions(embedding.positions, ids, stack.width);
    let x: Matrix = Array.from(ids, (id, i) =>
      row(tokens, id).map(
        (value, e) =>
          embedding.scale * value +
          (at ? (row(at, i)[e] as number) : 0) +
          (kinds ? (row(kinds, types?.[i] ?? 0)[e] as number) : 0),
      ),
    );
    if (embedding.norm) x = this.#norm(x, embedding.norm);

    const hidden = [x];
    const self: Matrix[][] = [];
    const cross: Matrix[][] = [];
    for (const [n, block] of blocks.entries()) {
      const mask = headMask?.[n];
      const part = (norm: Norm, run: (x: Matrix) => Matrix): void => {
        const result = run(normFirst ? this.#norm(x, norm) : x);
        const sum = x.map((values, i) => values.map((value, e) => value + (row(result, i)[e] as number)));
        x = normFirst ? sum : this.#norm(sum, norm);
      };
      part(block.attentionNorm, (x) => {
        const { output, weights } = this.#self(x, block.attention, mask);
        self.push(weights);
        return output;
      });
      const { cross: crossing, crossNorm } = block;
      if (crossing && crossNorm)
        part(crossNorm, (x) => {
          const { output, weights } = this.#cross(x, memory as Matrix, crossing);
          cross.push(weights);
          return output;
        });
      part(block.feedForwardNorm, (x) => this.#feedForward(x, block));
      hidden.push(x);
    }
    if (stack.norm) {
      x = this.#norm(x, stack.norm);
      hidden[hidden.length - 1] = x;
    }
    return { output: x, hidden, self, cross };
  }

  #positions(positions: Positions, ids: ArrayLike<number>, E: number): Matrix {
    const { first, padding } = positions;
    let count = 0;
    return Array.from(ids, (id) => {
      const at = id === padding ? first - 1 : first + count++;
      if (positions.kind === "learned") return row(this.#rows(positions.table), at);
      const half = E / 2;
      if (id === padding) return new Float64Array(E);
      return Float64Array.from({ length: E }, (_, e) => {
        const angle = at * (positions.frequencies[e % half] as number);
        return e < half ? Math.sin(angle) : Math.cos(angle);
      });
    });
  }

  #self(x: Matrix, attention: SelfAttention, mask?: ArrayLike<number>): Attended {
    const { heads: H, keyValueHeads: G, causal, window, rope, relativeBias } = attention;
    const all = this.#linear(x, attention.projection);
    const turned = (rows: Matrix) => (rope ? rows.map((values, position) => turn(values, position, rope)) : rows);
    const table = relativeBias && this.#rows(relativeBias.table);
    return this.#attend(attention, mask, (h) => {
      const g = Math.floor((h * G) / H);
      return {
        query: turned(slice(all, h, attention)),
        key: turned(slice(all, H + g, attention)),
        value: slice(all, H + G + g, attention),
        visible: (i, j) => !(causal && j > i) && !(window !== undefined && i - j > window),
        bias: (i, j) => (relativeBias && table ? (row(table, relativeBucket(j - i, relativeBias))[h] as number) : 0),
      };
    });
  }

  #cross(x: Matrix, memory: Matrix, attention: CrossAttention): Attended {
    const queries = this.#linear(x, attention.query);
    const others = this.#linear(memory, attention.keyValue);
    return this.#attend(attention, undefined, (h) => ({
      query: slice(queries, h, attention),
      key: slice(others, h, attention),
      value: slice(others, attention.heads + h, attention),
      visible: () => true,
      bias: () => 0,
    }));
  }

  #attend(
    { heads: H, headSize: D, scale, output }: SelfAttention | CrossAttention,
    mask: ArrayLike<number> | undefined,
    head: (h: number) => {
      readonly query: Matrix;
      readonly key: Matrix;
      readonly value: Matrix;
      visible(i: number, j: number): boolean;
      bias(i: number, j: number): number;
    },
  ): Attended {
    const weights: Matrix[] = [];
    const joined: Matrix = [];
    for (let h = 0; h < H; h++) {
      const { query, key, value, visible, bias } = head(h);
      const P = query.map((q, i) => {
        const logits = new Float64Array(key.length).fill(Number.NEGATIVE_INFINITY);
        for (let j = 0; j < key.length; j++) if (visible(i, j)) logits[j] = dot(q, row(key, j)) * scale + bias(i, j);
        const p = softmax(logits);
        const result = (joined[i] ??= new Float64Array(H * D)).subarray(h * D, (h + 1) * D);
        for (let j = 0; j < p.length; j++) {
          const [w, v] = [(p[j] as number) * (mask?.[h] ?? 1), row(value, j)];
          if (w !== 0) for (let d = 0; d < D; d++) result[d] = (result[d] as number) + w * (v[d] as number);
        }
        return p;
      });
      weights.push(P);
    }
    return { output: this.#linear(joined, output), weights };
  }

  #feedForward(x: Matrix, { feedForward: { activation, input, up, output } }: Block): Matrix {
    const factors = up && this.#linear(x, up);
    const inner = this.#linear(x, input).map((values, i) =>
      values.map((value, f) => ACTIVATIONS[activation](value) * (factors ? (row(factors, i)[f] as number) : 1)),
    );
    return this.#linear(inner, output);
  }

  #linear(x: Matrix, { weight, bias }: Linear): Matrix {
    const rows = this.#rows(weight);
    const added = bias && this.#values.get(bias);
    return x.map((values) => {
      const result = new Float64Array(rows.length);
      for (let n = 0; n < rows.length; n++) result[n] = dot(values, row(rows, n)) + (added?.[n] ?? 0);
      return result;
    });
  }

  #norm(x: Matrix, { kind, eps, weight, bias }: Norm): Matrix {
    const given = { weight: this.#array(weight), bias: bias && this.#array(bias), eps };
    const norm = kind === "layer" ? referenceLayerNorm : referenceRmsNorm;
    return x.map((data) => Float64Array.from(norm({ data, shape: [data.length] }, given).data));
  }

  #array(parameter: Parameter): { data: Float64Array; shape: readonly number[] } {
    return { data: this.#values.get(parameter) as Float64Array, shape: parameter.shape };
  }

  #rows(parameter: Parameter): Matrix {
    const [rows = 0, columns = 0] = parameter.shape;
    const data = this.#values.get(parameter) as Float64Array;
    return Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
  }
}

const ACTIVATIONS: Readonly<Record<Activation, (x: number) => number>> = {
  ...activations,
  gelu_tanh: activations.geluTanh,
};

function row(rows: Matrix, i: number): Float64Array {
  const found = rows[i];
  if (!found) throw new RangeError(`row ${i} of ${rows.length}`);
  return found;
}
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function softmax(logits: Float64Array): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i] as number);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += logits[i] = Math.exp((logits[i] as number) - largest);
  for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) / sum;
  return logits;
}

/** The rows of one head, of all heads' beside each other. */
const slice = (rows: Matrix, head: number, { headSize: D }: { headSize: number }): Matrix =>
  rows.map((values) => values.subarray(head * D, (head + 1) * D));

function turn(x: Float64Array, position: number, { frequencies }: Rope): Float64Array {
  const half = frequencies.length;
  return x.map((value, i) => {
    const angle = position * (frequencies[i % half] as number);
    const other = i < half ? -(x[i + half] as number) : (x[i - half] as number);
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
}

/** Every parameter's numbers, from the tensors that the matcher gives it. */
export function load(architecture: Architecture, files: readonly StateDict[]): Map<Parameter, Float64Array> {
  const values = new Map<Parameter, Float64Array>();
  for (const parameter of parametersOf(architecture))
    values.set(parameter, new Float64Array(parameter.shape.reduce((a, b) => a * b, 1)));
  const matcher = new Matcher("createModel", architecture);
  for (const file of files) {
    const places = matcher.add(file);
    if (!matcher.good) continue;
    for (const [name, { parameter, row, transposed, part }] of places) {
      if (part === "scale") continue;
      const stored = file.get(name) as StoredTensor;
      const scale = file.get(`${name}.scale`);
      const second = stored.shape[1] ?? 1;
      const columns = parameter.shape[1] ?? 1;
      const scales = scale && toFloat32(scale);
      const out = values.get(parameter) as Float64Array;
      toFloat32(stored).forEach((x, i) => {
        const [r, c] = [Math.floor(i / second), i % second];
        const value = scales && stored.dtype === "I8" ? x * (scales[r] as number) : x;
        if (stored.shape.length < 2 || parameter.shape.length < 2) out[row + i] = value;
        else out[(row + (transposed ? c : r)) * columns + (transposed ? r : c)] = value;
      });
    }
  }
  matcher.finish();
  return values;
}
