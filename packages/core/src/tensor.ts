// tensor(): the constructor.
import { counted, wrongKind, wrongValue } from "./engine/errors.ts";
import { allocate, copyNumbers, flattenNumbers } from "./plan/nested.ts";
import { checkShape, isTyped, lengthText } from "./plan/tensors.ts";
import { isObject } from "./plan/values.ts";
import { shapeText, sizeOf } from "./shape.ts";
import type { NestedNumbers, Tensor } from "./types.ts";

const API = "tensor";
const NUMBERS = "be an array of numbers";

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
export function tensor(values: NestedNumbers | ArrayLike<number>, given?: readonly number[]): Tensor {
  if (given === undefined) {
    if (!Array.isArray(values)) throw wrongKind(API, "values", "be a nested array, or flat data with a shape", values);
    const { data, shape } = flattenNumbers(API, "values", values, (length) => new Float32Array(length));
    return { data, shape };
  }
  const shape = checkShape(API, given);
  const size = sizeOf(shape);
  if (!isObject(values) || typeof values.length !== "number") throw wrongKind(API, "data", NUMBERS, values);
  const wrapped = isTyped(values, "Float32Array");
  const { length } = values;
  if (length !== size) {
    const expected = `have ${counted(size, "element")} for shape ${shapeText(shape)}`;
    throw wrongValue(API, "data", expected, wrapped ? lengthText(values as unknown as Float32Array) : `${length}`);
  }
  if (wrapped) return { data: values as unknown as Float32Array, shape };
  // Looked at before there is memory for them: a length can be said with nothing behind it.
  const list = values as ArrayLike<unknown>;
  for (let i = 0; i < size; i++) if (typeof list[i] !== "number") throw wrongKind(API, "data", NUMBERS, list[i]);
  const data = allocate(API, "data", size, (n) => new Float32Array(n));
  const wrong = copyNumbers(list, 0, size, data, 0);
  if (wrong) throw wrongKind(API, "data", NUMBERS, wrong.found);
  return { data, shape };
}
