// The parts of a split attention: that they have one shape.
import { wrongKind, wrongValue } from "../engine/errors.ts";
import { sameShape, shapeText } from "../shape.ts";
import type { Checked } from "./nested.ts";
import { checkTensor } from "./tensors.ts";
import { isObject } from "./values.ts";

interface Part {
  readonly output: Checked;
  readonly lse: Checked;
}

/** Parts of one shape: output [..., L, Dv], lse [..., L]. */
export function checkParts(api: string, parts: unknown): [Part, ...Part[]] {
  if (!Array.isArray(parts)) throw wrongKind(api, "parts", "be an array of { output, lse }", parts);
  const { length } = parts;
  if (length === 0) throw wrongValue(api, "parts", "have at least one { output, lse }", "an empty array");
  const first = checkPart(api, "parts[0]", parts[0]);
  const all: [Part, ...Part[]] = [first];
  for (let i = 1; i < length; i++) {
    const part = checkPart(api, `parts[${i}]`, parts[i]);
    if (!sameShape(part.output.shape, first.output.shape)) {
      const expected = `have shape ${shapeText(first.output.shape)}, like the first`;
      throw wrongValue(api, `parts[${i}].output`, expected, shapeText(part.output.shape));
    }
    all.push(part);
  }
  return all;
}

function checkPart(api: string, argument: string, part: unknown): Part {
  if (!isObject(part)) throw wrongKind(api, argument, "be an object { output, lse }", part);
  const output = checkTensor(api, `${argument}.output`, part.output);
  const lse = checkTensor(api, `${argument}.lse`, part.lse);
  if (output.shape.length < 2)
    throw wrongValue(api, `${argument}.output`, "have rank 2 or more [..., L, Dv]", shapeText(output.shape));
  const expected = output.shape.slice(0, -1);
  if (!sameShape(lse.shape, expected)) {
    const text = `have shape ${shapeText(expected)}, the output's without Dv`;
    throw wrongValue(api, `${argument}.lse`, text, shapeText(lse.shape));
  }
  return { output, lse };
}
