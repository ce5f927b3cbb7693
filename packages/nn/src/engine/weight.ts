// createWeight(): a weight of its own in wasm memory. Knows one weight, not what it is for.
import type { Attention, TensorInput } from "@attn/core";
import { type Allocation, checkOptions, checkTensor, shapeText, wrongValue } from "@attn/core/engine";
import type { StoredTensor, Weight, WeightDtype } from "../types.ts";
import { checkStored, isStored } from "../weights/stored.ts";
import { Kernel, type Packed } from "./kernel.ts";
import { allocatePacked, checkDtype, own, packRows, sourceOf } from "./packed.ts";
import { weights } from "./registry.ts";

class WasmWeight implements Weight {
  readonly shape: readonly number[];
  readonly dtype: WeightDtype;
  readonly byteLength: number;
  readonly #allocation: Allocation;

  /** Memory for [rows, columns], filled by `fill`; given back where that fails. */
  constructor(
    api: string,
    kernel: Kernel,
    dtype: WeightDtype,
    rows: number,
    columns: number,
    fill: (packed: Packed) => void,
  ) {
    const { packed, allocation, byteLength } = allocatePacked(api, kernel, dtype, rows, columns, this);
    this.shape = [rows, columns];
    this.dtype = dtype;
    this.byteLength = byteLength;
    this.#allocation = allocation;
    try {
      fill(packed);
    } catch (error) {
      allocation.release();
      throw error;
    }
    weights.set(this, { kernel, packed, allocation });
  }

  get [Symbol.toStringTag](): string {
    return "Weight";
  }

  dispose(): void {
    this.#allocation.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * A weight [out, in], or a table [V, E], packed once into wasm memory for {@link linear}, {@link embedding} and the layers:
 * those that take a Weight use it where it lies, on its engine. A tensor of a file may have any type.
 *
 * "f32" keeps its bits. "f16" rounds each number to half precision times a power of two for its row: an error of at most
 * 2⁻¹¹ of the number, or of 2⁻³⁹ of the row's largest. "int8" keeps max|row|/127 as the row's scale, with an error of up to
 * half of it: see {@link quantize}; products with it round x to 16 bits, max|x|/32767 a step. I8 of a file stays as it is.
 *
 * @example
 * ```ts
 * import { createWeight, linear } from "@attn/nn";
 *
 * using weight = createWeight([[1, 2], [3, 4], [5, 6]], { dtype: "f16" });
 * console.log(weight.shape); // → [3, 2]
 * console.log(linear([[1, 1]], { weight })); // → [[3, 7, 11]]
 * ```
 * @throws TypeError for what is no tensor, or a dtype or an engine that is none; RangeError for a rank other than 2, or where
 * memory cannot hold it. Nothing is kept then.
 */
export function createWeight(
  weight: TensorInput | StoredTensor,
  options?: { dtype?: WeightDtype | undefined; engine?: Attention | undefined },
): Weight {
  const api = "createWeight";
  const { dtype: wanted, engine } = checkOptions<NonNullable<typeof options>>(api, options);
  const kernel = Kernel.of(api, engine);
  const dtype = checkDtype(api, wanted);
  const { dtype: from, shape, bytes } = isStored(weight) ? checkStored(api, "weight", weight) : asStored(api, weight);
  if (shape.length !== 2) throw wrongValue(api, "weight", "have shape [out, in]", shapeText(shape));
  const [rows, columns] = shape as readonly [number, number];
  // What lies in this memory stays there when it grows, but a view of it does not.
  const source = (sourceOf(from) && kernel.memory.locate(api, "weight", bytes)) || own(kernel, bytes);
  return new WasmWeight(api, kernel, dtype, rows, columns, (packed) =>
    packRows(api, kernel, packed, 0, rows, from, source),
  );
}

function asStored(api: string, x: unknown): StoredTensor {
  const { data, shape } = checkTensor(api, "weight", x);
  return { dtype: "F32", shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
