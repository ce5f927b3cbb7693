// embedding(): rows of a table.
import type { Tensor } from "@attn/core";
import { Frame, shapeText, wrongValue } from "@attn/core/engine";
import { packedWeight } from "../engine/registry.ts";
import type { Tokens, WeightInput } from "../types.ts";
import { checkTokens } from "./ids.ts";
import { readNumbers } from "./parameters.ts";

const API = "embedding";

/**
 * Rows of a table [V, E], as nn.Embedding: ids [L] → [L, E]; without ids [0, E].
 *
 * A {@link Weight} is read row by row where it lies; a tensor is not copied. Of a Weight in "f16" or "int8" the rows are what
 * it was rounded to.
 *
 * @example
 * ```ts
 * import { embedding } from "@attn/nn";
 *
 * const table = [[0, 0], [1, 10], [2, 20]];
 * console.log(embedding([2, 1, 2], table)); // → [[2, 20], [1, 10], [2, 20]]
 * ```
 * @throws RangeError for an id that is no row of the table, with its place, or a table that is not of rank 2; TypeError for an
 * argument of the wrong kind. Error where the table is a Weight that is disposed.
 */
export function embedding(ids: Tokens, table: WeightInput): Tensor {
  const weight = packedWeight(API, "table", table);
  if (weight) {
    const { kernel, packed } = weight;
    const list = checkTokens(API, "ids", ids, packed.rows);
    const { length } = list;

    const frame = new Frame(kernel.memory, API);
    const from = frame.input("ids", list);
    const to = frame.output(length * packed.columns);
    frame.open();

    const y = { address: frame.at(to), stride: 4 * packed.columns };
    if (packed.columns > 0) kernel.embed(y, frame.at(from), length, packed, 1);

    return frame.result(to, [length, packed.columns]);
  }

  const { data, shape } = readNumbers(API, "table", table);
  if (shape.length !== 2) throw wrongValue(API, "table", "have shape [V, E]", shapeText(shape));
  const [V, E] = shape as readonly [number, number];
  const list = checkTokens(API, "ids", ids, V);
  const y = new Float32Array(list.length * E);
  list.forEach((id, i) => {
    y.set(data.subarray(id * E, (id + 1) * E), i * E);
  });
  return { data: y, shape: [list.length, E] };
}
