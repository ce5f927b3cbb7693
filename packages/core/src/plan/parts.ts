// The parts of a split attention: that they have one shape.
import { wrongKind, wrongValue } from "../engine/errors.ts";
import { shapeText } from "../shape.ts";
import type { Tensor } from "../types.ts";
import { checkTensor } from "./tensors.ts";
import { isObject } from "./values.ts";

type Part = { output: Tensor; lse: Tensor };

/** Parts of one shape: output [..., L, Dv], lse [..., L]. */
export function checkParts(api: string, parts: unknown): [Part, ...Part[]] {
  if (!Array.isArray(parts)) throw wrongKind(api, "parts", "be an array of { output, lse }", parts);
  const [first, ...rest] = parts;
  if (parts.length === 0) throw wrongValue(api, "parts", "have at least one { output, lse }", "an empty array");
  const head = checkPart(api, "parts[0]", first);
  const others = rest.map((part, i) => {
    const argument = `parts[${i + 1}]`;
    const checked = checkPart(api, argument, part);
    const [got, expected] = [shapeText(checked.output.shape), shapeText(head.output.shape)];
    if (got !== expected) throw wrongValue(api, `${argument}.output`, `have shape ${expected}, like the first`, got);
    return checked;
  });
  return [head, ...others];
}

function checkPart(api: string, argument: string, part: unknown): Part {
  if (!isObject(part)) throw wrongKind(api, argument, "be an object { output, lse }", part);
  const output = checkTensor(api, `${argument}.output`, part.output);
  const lse = checkTensor(api, `${argument}.lse`, part.lse);
  if (output.shape.length < 2)
    throw wrongValue(api, `${argument}.output`, "have rank 2 or more [..., L, Dv]", shapeText(output.shape));
  const [got, expected] = [shapeText(lse.shape), shapeText(output.shape.slice(0, -1))];
  if (got !== expected)
    throw wrongValue(api, `${argument}.lse`, `have shape ${expected}, the output's without Dv`, got);
  return { output, lse };
}
