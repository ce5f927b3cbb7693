// tensor(): the constructor.
import { counted, wrongKind, wrongValue } from "./engine/errors.ts";
import { allocate, flattenNumbers } from "./plan/nested.ts";
import { checkShape, isTyped, lengthText } from "./plan/tensors.ts";
import { shapeText, sizeOf } from "./shape.ts";
import type { NestedNumbers, Tensor } from "./types.ts";

/**
 * A tensor from nested arrays, or from flat data and a shape. Float32Array data is wrapped, not copied; anything else
 * is converted to float32.
 *
 * @example
 * ```ts
 * import { tensor } from "@attn/core";
 *
 * console.log(tensor([[1, 2, 3], [4, 5, 6]]).shape); // → [2, 3]
 * console.log(tensor([1, 2, 3, 4, 5, 6], [3, 2])); // → [[1, 2], [3, 4], [5, 6]]
 * ```
 * @throws RangeError where nested arrays are ragged, or data does not have as many elements as the shape.
 */
export function tensor(values: NestedNumbers): Tensor;
export function tensor(data: ArrayLike<number>, shape: readonly number[]): Tensor;
export function tensor(values: NestedNumbers | ArrayLike<number>, shape?: readonly number[]): Tensor {
  if (shape === undefined) {
    if (!Array.isArray(values))
      throw wrongKind("tensor", "values", "be a nested array, or flat data with a shape", values);
    return flattenNumbers("tensor", "values", values, (length) => new Float32Array(length));
  }
  checkShape("tensor", shape);
  if (typeof values !== "object" || values === null || typeof values.length !== "number") {
    throw wrongKind("tensor", "data", "be an array of numbers", values);
  }
  if (values.length !== sizeOf(shape)) {
    throw wrongValue(
      "tensor",
      "data",
      `have ${counted(sizeOf(shape), "element")} for shape ${shapeText(shape)}`,
      isTyped(values, "Float32Array") ? lengthText(values as unknown as Float32Array) : `${values.length}`,
    );
  }
  if (isTyped(values, "Float32Array")) return { data: values as unknown as Float32Array, shape: [...shape] };
  const data = allocate("tensor", "data", values.length, (length) => new Float32Array(length));
  for (let i = 0; i < data.length; i++) {
    const x = (values as ArrayLike<unknown>)[i];
    if (typeof x !== "number") throw wrongKind("tensor", "data", "be an array of numbers", x);
    data[i] = x;
  }
  return { data, shape: [...shape] };
}
