// Steps of a layer in wasm memory: each asks for its place in a frame, then runs there, from address to address. Checks
// nothing, and knows no names.
import { Frame, type Slot } from "@attn/core/engine";
import type { Epilogue, Kernel, Matrix, NormAt, Packed, RowRange } from "../engine/kernel.ts";
import type { MatrixParameter, Numbers } from "./parameters.ts";

/** One call's frame, and the scratch that its steps share. */
export class Workspace {
  readonly kernel: Kernel;
  readonly frame: Frame;
  #scratchBytes = 0;
  #scratch: Slot = 0;

  constructor(api: string, kernel: Kernel) {
    this.kernel = kernel;
    this.frame = new Frame(kernel.memory, api);
  }

  input(numbers: Numbers): Slot {
    return this.frame.input(numbers.name, numbers);
  }

  /** Room for [rows, columns] between steps. */
  rows(rows: number, columns: number): Slot {
    return this.frame.space(4 * rows * columns);
  }

  /** Scratch of at least so many bytes. */
  reserve(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }

  open(): void {
    this.#scratch = this.frame.space(this.#scratchBytes);
    this.frame.open();
  }

  get scratch(): number {
    return this.frame.at(this.#scratch);
  }

  matrix(slot: Slot, columns: number): Matrix {
    return { address: this.frame.at(slot), stride: 4 * columns };
  }
}

/** A weight in memory: where it lies packed, or packed at its first use. */
class WeightStep {
  readonly #space: Workspace;
  readonly #parameter: MatrixParameter;
  /** Where numbers lie, and where they go. */
  readonly #slots: { readonly from: Slot; readonly to: Slot } | undefined;
  #packed: Packed | undefined;

  constructor(space: Workspace, parameter: MatrixParameter) {
    const { packed, numbers, rows, columns } = parameter;
    this.#space = space;
    this.#parameter = parameter;
    this.#packed = packed;
    if (!numbers) return;
    space.reserve(space.kernel.packScratch(columns));
    this.#slots = { from: space.input(numbers), to: space.frame.space(space.kernel.weightBytes("f32", rows, columns)) };
  }

  get packed(): Packed {
    if (this.#slots && !this.#packed) {
      const { kernel, frame, scratch } = this.#space;
      const { rows, columns } = this.#parameter;
      const { from, to } = this.#slots;
      this.#packed = { dtype: "f32", rows, columns, weight: frame.at(to), scales: 0 };
      const source = { source: "F32", address: frame.at(from), rowStride: 4 * columns, step: 4, scales: 0 } as const;
      kernel.pack(this.#packed, { ...source, first: 0, count: rows }, scratch);
    }
    return this.#packed as Packed;
  }
}

/** y = activation(x·weightᵀ + bias) + residual. */
export class LinearStep {
  readonly rows: number;
  readonly #space: Workspace;
  readonly #weight: WeightStep;
  readonly #bias: Slot | undefined;

  /** For x of at most M rows. */
  constructor(space: Workspace, M: number, weight: MatrixParameter, bias: Numbers | undefined) {
    const { packed, columns } = weight;
    space.reserve(space.kernel.linearScratch(M, { dtype: packed?.dtype ?? "f32", columns }));
    this.rows = weight.rows;
    this.#space = space;
    this.#weight = new WeightStep(space, weight);
    this.#bias = bias && space.input(bias);
  }

  /** With a range, y is that of some of weight's rows and of bias. */
  run(y: Matrix, x: Matrix, M: number, epilogue: Omit<Epilogue, "bias"> = {}, range?: RowRange): void {
    const { kernel, frame, scratch } = this.#space;
    const bias = this.#bias === undefined ? 0 : frame.at(this.#bias) + 4 * (range?.first ?? 0);
    kernel.linear(y, x, M, this.#weight.packed, { ...epilogue, bias }, scratch, range);
  }
}

/** y = (x - mean)/√(variance + eps)·weight + bias, or x/√(mean(x²) + eps)·weight; weight and bias may be absent. */
export class NormStep {
  readonly #space: Workspace;
  readonly #kind: NormAt["kind"];
  readonly #eps: number;
  readonly #weight: Slot | undefined;
  readonly #bias: Slot | undefined;

  constructor(
    space: Workspace,
    kind: NormAt["kind"],
    { weight, bias, eps }: { weight: Numbers | undefined; bias?: Numbers | undefined; eps: number },
  ) {
    this.#space = space;
    this.#kind = kind;
    this.#eps = eps;
    this.#weight = weight && space.input(weight);
    this.#bias = bias && space.input(bias);
  }

  run(y: Matrix, x: Matrix, rows: number, n: number): void {
    const { kernel, frame } = this.#space;
    const [weight, bias] = [frame.at(this.#weight), frame.at(this.#bias)];
    kernel.norm(y, x, rows, n, { kind: this.#kind, eps: this.#eps, weight, bias });
  }
}
