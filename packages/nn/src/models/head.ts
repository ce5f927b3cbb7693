// From rows to logits: scale·x·weightᵀ + bias. Knows a vocabulary's size, not what is chosen from it.
import type { Frame } from "@attn/core/engine";
import type { Kernel, Matrix, Packed } from "../engine/kernel.ts";
import type * as Data from "./architecture.ts";
import type { Placed } from "./parameters.ts";

export class HeadAt {
  readonly #kernel: Kernel;
  readonly #weight: Packed;
  readonly #bias: number;
  readonly #scale: number;
  readonly suppressed: readonly number[];

  constructor(
    kernel: Kernel,
    { weight, bias, scale }: Data.Head,
    { suppressed }: Data.Generation,
    placed: ReadonlyMap<Data.Parameter, Placed>,
  ) {
    this.#kernel = kernel;
    this.#weight = placed.get(weight)?.packed as Packed;
    this.#bias = bias ? (placed.get(bias)?.address as number) : 0;
    this.#scale = scale;
    this.suppressed = suppressed;
  }

  /** V. */
  get size(): number {
    return this.#weight.rows;
  }

  /** Asks for room for the logits of `rows` rows; what then computes them, in memory until the next call. */
  request(frame: Frame, rows: number): (x: Matrix, count: number) => Float32Array {
    const kernel = this.#kernel;
    const weight = this.#weight;
    const [V, E] = [weight.rows, weight.columns];
    const logits = frame.space(4 * rows * V);
    const scaled = frame.space(this.#scale === 1 ? 0 : 4 * rows * E);
    const scratch = frame.space(kernel.linearScratch(rows, weight));
    return (x, count) => {
      let from = x;
      if (this.#scale !== 1) {
        from = { address: frame.at(scaled), stride: 4 * E };
        kernel.nn.add_f32_rows(from.address, from.stride, x.address, x.stride, this.#scale, 0, 0, count, E);
      }
      const address = frame.at(logits);
      kernel.linear({ address, stride: 4 * V }, from, count, weight, { bias: this.#bias }, frame.at(scratch));
      return kernel.memory.f32.subarray(address >>> 2, (address >>> 2) + count * V);
    };
  }
}
