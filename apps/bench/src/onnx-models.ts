// ONNX graphs of linear layers and of BERT, in f32 and as ONNX Runtime's dynamic quantisation leaves them. Builds graphs out
// of checkpoints; runs none.
import { referenceQuantize } from "@attn/conformance";
import type { Tensor } from "@attn/core";
import { transposed } from "./layouts.ts";
import type { Checkpoint, EncoderShape, WeightDtype } from "./models.ts";
import { type Attributes, graphModel, type Initializer, type Operation, type Value } from "./onnx.ts";

const CONTRIB = "com.microsoft";

/** Puts operations one behind the other; values have numbers for names. */
class Builder {
  readonly operations: Operation[] = [];
  readonly initializers: Initializer[] = [];
  /** What a value was quantised to: queries, keys and values share it. */
  readonly #quantized = new Map<string, readonly [values: string, scale: string, zero: string]>();
  #values = 0;

  #name(): string {
    return `v${this.#values++}`;
  }

  constant(data: Initializer["data"], shape: readonly number[]): string {
    const name = this.#name();
    this.initializers.push({ name, data, shape });
    return name;
  }

  tensor({ data, shape }: Pick<Initializer, "data" | "shape">): string {
    return this.constant(data, shape);
  }

  number(x: number): string {
    return this.constant(Float32Array.of(x), []);
  }

  list(...numbers: readonly number[]): string {
    return this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length]);
  }

  operation(operator: string, inputs: readonly (string | undefined)[], more: Attributes & { domain?: string } = {}) {
    return this.several(operator, inputs, 1, more)[0] as string;
  }

  several(
    operator: string,
    inputs: readonly (string | undefined)[],
    outputs: number,
    more: Attributes & { domain?: string } = {},
  ): string[] {
    const names = Array.from({ length: outputs }, () => this.#name());
    this.operations.push({ operator, inputs, outputs: names, ...more });
    return names;
  }

  /** x·weightᵀ (+ bias), weight [N, K]. */
  linear(x: string, weight: Tensor, bias: Tensor | undefined, dtype: WeightDtype): string {
    const product = dtype === "f32" ? this.#multiply(x, weight) : this.#multiplyInteger(x, weight);
    return bias ? this.operation("Add", [product, this.tensor(bias)]) : product;
  }

  #multiply(x: string, weight: Tensor): string {
    return this.operation("MatMul", [x, this.tensor(transposed(weight))]);
  }

  /** As ONNX Runtime's quantize_dynamic writes it, one scale a column: its optimizer makes two kernels of it. */
  #multiplyInteger(x: string, weight: Tensor): string {
    const [N] = weight.shape as [number, number];
    const { values, scales } = referenceQuantize(weight);
    const known = this.#quantized.get(x) ?? this.several("DynamicQuantizeLinear", [x], 3);
    const [rounded, scale, zero] = known as [string, string, string];
    this.#quantized.set(x, [rounded, scale, zero]);
    const none = this.constant(new Int8Array(N), [N]);
    const sums = this.operation("MatMulInteger", [rounded, this.tensor(transposed(values)), zero, none]);
    const factors = this.operation("Mul", [scale, this.constant(scales.data, [N])]);
    return this.operation("Mul", [this.operation("Cast", [sums], { ints: { to: 1 } }), factors]);
  }

  /** Rows of a table; of int8 times each row's scale. */
  gather(table: Tensor, ids: string, dtype: WeightDtype): string {
    if (dtype === "f32") return this.operation("Gather", [this.tensor(table), ids]);
    const { values, scales } = referenceQuantize(table);
    const rows = this.operation("Gather", [this.tensor(values), ids]);
    const factors = this.operation("Gather", [this.constant(scales.data, [...scales.shape, 1]), ids]);
    return this.operation("Mul", [this.operation("Cast", [rows], { ints: { to: 1 } }), factors]);
  }

  model(inputs: readonly Value[], output: string, shape: Value["shape"]): Uint8Array {
    const last = this.operations.pop() as Operation;
    return graphModel({
      operations: [
        ...this.operations,
        { ...last, outputs: last.outputs.map((name) => (name === output ? "Y" : name)) },
      ],
      inputs,
      outputs: [{ name: "Y", type: "float32", shape }],
      initializers: this.initializers,
    });
  }
}

/** X [M, K] → Y [M, N]. */
export function linearModel(M: number, weight: Tensor, dtype: WeightDtype): Uint8Array {
  const [N, K] = weight.shape as [number, number];
  const builder = new Builder();
  return builder.model([{ name: "X", type: "float32", shape: [M, K] }], builder.linear("X", weight, undefined, dtype), [
    M,
    N,
  ]);
}

/** How attention is written: plain operators, or the contributed one that ONNX Runtime has a kernel for. */
export type AttentionForm = "MatMul, Softmax" | "MultiHeadAttention";

/**
 * BERT with a mean over tokens and a vector of length 1: ids [B, L] and positions [L] → Y [B, E]. Padded, there is mask [B, L]
 * beside them, 1 for a token and 0 for padding.
 */
export function encoderModel(
  { tensors }: Checkpoint,
  { E, N, H }: EncoderShape,
  { dtype, form, padded }: { readonly dtype: WeightDtype; readonly form: AttentionForm; readonly padded: boolean },
): Uint8Array {
  const g = new Builder();
  const at = (name: string): Tensor => tensors.get(name) as Tensor;
  const norm = (x: string, name: string): string =>
    g.operation("LayerNormalization", [x, g.tensor(at(`${name}.weight`)), g.tensor(at(`${name}.bias`))], {
      floats: { epsilon: 1e-12 },
    });
  const linear = (x: string, name: string): string => g.linear(x, at(`${name}.weight`), at(`${name}.bias`), dtype);

  // Added to logits, [B, 1, 1, L]: 0 for a token, almost -Infinity for padding.
  const bias = padded
    ? g.operation("Unsqueeze", [
        g.operation("Mul", [g.operation("Sub", ["mask", g.number(1)]), g.number(1e9)]),
        g.list(1, 2),
      ])
    : undefined;
  const whole = padded ? g.operation("Cast", ["mask"], { ints: { to: 6 } }) : undefined;

  const heads = (x: string, order: readonly number[]): string =>
    g.operation("Transpose", [g.operation("Reshape", [x, g.list(0, 0, H, E / H)])], { lists: { perm: order } });
  const attend: Readonly<Record<AttentionForm, (q: string, k: string, v: string) => string>> = {
    "MatMul, Softmax": (q, k, v) => {
      const products = g.operation("MatMul", [heads(q, [0, 2, 1, 3]), heads(k, [0, 2, 3, 1])]);
      const logits = g.operation("Mul", [products, g.number((E / H) ** -0.5)]);
      const weights = g.operation("Softmax", [bias ? g.operation("Add", [logits, bias]) : logits], {
        ints: { axis: 3 },
      });
      const joined = g.operation("MatMul", [weights, heads(v, [0, 2, 1, 3])]);
      const rows = g.operation("Transpose", [joined], { lists: { perm: [0, 2, 1, 3] } });
      return g.operation("Reshape", [rows, g.list(0, 0, E)]);
    },
    MultiHeadAttention: (q, k, v) =>
      g.operation("MultiHeadAttention", [q, k, v, ...(whole ? [undefined, whole] : [])], {
        domain: CONTRIB,
        ints: { num_heads: H },
      }),
  };

  const positions = g.operation("Gather", [g.tensor(at("embeddings.position_embeddings.weight")), "positions"]);
  const types = at("embeddings.token_type_embeddings.weight");
  const first = g.tensor({ data: types.data.subarray(0, E), shape: [E] });
  const words = g.gather(at("embeddings.word_embeddings.weight"), "ids", dtype);
  let x = norm(g.operation("Add", [words, g.operation("Add", [positions, first])]), "embeddings.LayerNorm");
  for (let i = 0; i < N; i++) {
    const layer = `encoder.layer.${i}`;
    const [q, k, v] = ["query", "key", "value"].map((name) => linear(x, `${layer}.attention.self.${name}`));
    const attended = linear(attend[form](q as string, k as string, v as string), `${layer}.attention.output.dense`);
    x = norm(g.operation("Add", [attended, x]), `${layer}.attention.output.LayerNorm`);
    const inner = g.operation("Gelu", [linear(x, `${layer}.intermediate.dense`)]);
    x = norm(g.operation("Add", [linear(inner, `${layer}.output.dense`), x]), `${layer}.output.LayerNorm`);
  }

  const mean = padded
    ? g.operation("Div", [
        g.operation("ReduceSum", [g.operation("Mul", [x, g.operation("Unsqueeze", ["mask", g.list(2)])]), g.list(1)], {
          ints: { keepdims: 0 },
        }),
        g.operation("ReduceSum", ["mask", g.list(1)], { ints: { keepdims: 1 } }),
      ])
    : g.operation("ReduceMean", [x, g.list(1)], { ints: { keepdims: 0 } });
  const length = g.operation("ReduceL2", [mean, g.list(1)], { ints: { keepdims: 1 } });
  const inputs: Value[] = [
    { name: "ids", type: "int64", shape: ["B", "L"] },
    { name: "positions", type: "int64", shape: ["L"] },
  ];
  if (padded) inputs.push({ name: "mask", type: "float32", shape: ["B", "L"] });
  return g.model(inputs, g.operation("Div", [mean, length]), ["B", E]);
}
