// mergeAttention(): results over disjoint sets of keys become the result over their union.
import type { Engine } from "../engine/engine.ts";
import { Frame } from "../engine/frame.ts";
import { checkParts } from "../plan/parts.ts";
import type { MergeAttentionFunction } from "../types.ts";

const API = "mergeAttention";

export function makeMergeAttention(engine: Engine): MergeAttentionFunction {
  return (given) => {
    engine.assertLive(API);
    const parts = checkParts(API, given);
    const { output: first, lse: firstLse } = parts[0];
    const [rows, Dv] = [firstLse.size, first.shape.at(-1) as number];

    const frame = new Frame(engine.memory, API);
    const inputs = parts.map(
      (part, i) => [frame.input(`parts[${i}].output`, part.output), frame.input(`parts[${i}].lse`, part.lse)] as const,
    );
    const table = frame.space(parts.length * 8);
    const output = frame.output(rows * Dv);
    const lse = frame.output(rows);
    const scratch = frame.space(engine.kernel.merge_f32_scratch(parts.length));
    frame.open();

    engine.memory.i32.set(
      inputs.flat().map((slot) => frame.at(slot)),
      frame.at(table) >>> 2,
    );
    engine.kernel.merge_f32(
      frame.at(output),
      frame.at(lse),
      frame.at(table),
      parts.length,
      rows,
      Dv,
      frame.at(scratch),
    );

    return {
      output: frame.result(output, first.shape),
      lse: frame.result(lse, firstLse.shape),
    };
  };
}
