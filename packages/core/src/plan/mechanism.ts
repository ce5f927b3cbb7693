// A mechanism's sequences, heads and projections: that the widths meet.
import { counted, wrongKind, wrongValue } from "../engine/errors.ts";
import { shapeText } from "../shape.ts";
import type { CrossAttentionOptions, Projections } from "../types.ts";
import type { Axes, Sizes } from "./layout.ts";
import type { Checked } from "./nested.ts";
import { checkTensor } from "./tensors.ts";
import { checkCount, isRecord } from "./values.ts";

/** A checked projection: weight [outputs, inputs], bias [outputs]. */
export interface Projection {
  /** query, key, value or output. */
  readonly name: string;
  readonly weight: Checked;
  readonly bias: Checked | undefined;
  readonly inputs: number;
  readonly outputs: number;
}

export interface MechanismPlan {
  /** 2 or 3, of x. */
  readonly rank: number;
  readonly x: Checked;
  readonly memory: Checked;
  readonly sizes: Sizes;
  /** Of the weights. */
  readonly axes: Axes;
  readonly projections: { [K in keyof Projections]-?: Projection | undefined };
}

function checkSequence(api: string, argument: string, x: unknown): Checked {
  const sequence = checkTensor(api, argument, x);
  const rank = sequence.shape.length;
  const letters = argument === "x" ? "be [L, E] or [B, L, E]" : "be [S, Em] or [B, S, Em]";
  if (rank !== 2 && rank !== 3) throw wrongValue(api, argument, letters, shapeText(sequence.shape));
  return sequence;
}

/** weight [out, inputs], bias [out]. */
function checkLinear(api: string, name: string, linear: unknown, inputs: number): Projection | undefined {
  if (linear === undefined) return undefined;
  const argument = `projections.${name}`;
  if (!isRecord(linear)) throw wrongKind(api, argument, "be an object { weight, bias }", linear);
  const weight = checkTensor(api, `${argument}.weight`, linear.weight);
  const [outputs, width] = weight.shape;
  if (weight.shape.length !== 2 || outputs === undefined || width !== inputs) {
    throw wrongValue(api, `${argument}.weight`, `be [out, in] with in = ${inputs}`, shapeText(weight.shape));
  }
  const bias = linear.bias === undefined ? undefined : checkTensor(api, `${argument}.bias`, linear.bias);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
    throw wrongValue(api, `${argument}.bias`, `be [out] = [${outputs}]`, shapeText(bias.shape));
  }
  return { name, weight, bias, inputs, outputs };
}

/** What a mechanism is asked to do. `other` undefined = x attends to itself. */
export function checkMechanism(
  api: string,
  first: unknown,
  other: { readonly memory: unknown } | undefined,
  options: Partial<CrossAttentionOptions>,
): MechanismPlan {
  const x = checkSequence(api, "x", first);
  const memory = other ? checkSequence(api, "memory", other.memory) : x;
  const rank = x.shape.length;
  if (memory.shape.length !== rank)
    throw wrongValue(api, "memory", `have rank ${rank}, like x`, shapeText(memory.shape));
  const [E, L, B = 1] = [...x.shape].reverse() as [number, number, number?];
  const [Em, S, ofMemory = 1] = [...memory.shape].reverse() as [number, number, number?];
  if (ofMemory !== B) throw wrongValue(api, "memory", `have batch size ${B}, like x`, `${ofMemory}`);
  const { projections = {} } = options;
  if (!isRecord(projections))
    throw wrongKind(api, "projections", "be an object { query, key, value, output }", projections);
  const query = checkLinear(api, "query", projections.query, E);
  const key = checkLinear(api, "key", projections.key, Em);
  const value = checkLinear(api, "value", projections.value, Em);

  const { heads, keyValueHeads } = options;
  const H = heads === undefined ? 1 : checkCount(api, "heads", heads, 1);
  const G = keyValueHeads === undefined ? H : checkCount(api, "keyValueHeads", keyValueHeads, 1);
  const width = query?.outputs ?? E;
  if (width % H !== 0) throw wrongValue(api, "heads", `divide ${width}, the query's width`, H);
  if (H % G !== 0) throw wrongValue(api, "keyValueHeads", `divide ${H}, the number of heads`, G);
  const D = width / H;
  const keyWidth = key?.outputs ?? Em;
  const source = other ? "memory" : "x";
  if (keyWidth !== G * D) {
    throw wrongValue(
      api,
      key ? "projections.key.weight" : source,
      `have a key width of ${G * D} (${counted(G, "head")} of ${D}, like the query's)`,
      `${keyWidth}`,
    );
  }
  const valueWidth = value?.outputs ?? Em;
  if (valueWidth % G !== 0)
    throw wrongValue(
      api,
      value ? "projections.value.weight" : source,
      `have a width that divides into ${counted(G, "head")}`,
      `${valueWidth}`,
    );
  const Dv = valueWidth / G;
  const output = checkLinear(api, "output", projections.output, H * Dv);
  return {
    rank,
    x,
    memory,
    sizes: { B, H, G, L, S, D, Dv },
    axes: { batch: rank === 3, head: heads !== undefined },
    projections: { query, key, value, output },
  };
}
