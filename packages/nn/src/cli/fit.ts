// Weights beside a config: which tensors a model keeps in a smaller type, what does not fit, what memory all of it takes. Knows
// headers, no data.
import { createAttention } from "@attn/core";
import { Kernel } from "../engine/kernel.ts";
import type { Architecture, Parameter } from "../models/architecture.ts";
import { readConfig } from "../models/families.ts";
import { type Header, Matcher, parametersOf } from "../models/match.ts";
import { bytesOf } from "../models/parameters.ts";
import type { WeightDtype } from "../types.ts";
import type { Inputs, WeightFile } from "./files.ts";

export const DTYPES: readonly WeightDtype[] = ["f32", "f16", "int8"];
const FLOATS: readonly string[] = ["F32", "F16", "BF16", "F64"];

/** What is to be known of a tensor before it is converted. */
export interface Use {
  /** A matrix of floats that a model keeps in the type that it is asked for. */
  readonly packed: boolean;
  /** Stored [in, out]. */
  readonly transposed: boolean;
}

export interface Fit {
  readonly architecture: Architecture;
  readonly family: string;
  /** What does not fit: a sentence's end each. */
  readonly problems: readonly string[];
  /** Tensors that the model does not read, and that are no fault. */
  readonly unread: readonly string[];
  readonly use: (name: string, header: Header) => Use;
}

/** @throws TypeError, RangeError that begins with the config's path, where the config is refused. */
export function fit(files: readonly WeightFile[], config: NonNullable<Inputs["config"]>): Fit {
  const architecture = readConfig(config.path, config.values);
  const matcher = new Matcher(config.path, architecture);
  const places = new Map(
    files.flatMap(({ entries }) => [...matcher.add(entries.map((entry) => [entry.name, entry] as const))]),
  );
  // Another name of a packed parameter is packed, too.
  const use = (name: string, { dtype }: Header): Use => ({
    packed: FLOATS.includes(dtype) && matcher.parameterOf(name)?.exact === false,
    transposed: places.get(name)?.transposed === true,
  });
  return {
    architecture,
    family: (config.values as { model_type: string }).model_type,
    problems: matcher.problems(),
    unread: files.flatMap(({ entries }) => entries.map(({ name }) => name)).filter((name) => !places.has(name)),
    use,
  };
}

/** Of no family that is known: norms, biases and positions by what they are called. */
const EXACT = /norm|(^|[._])ln_?\w*\.|(^|[._])wpe\.|position|token_type|relative_attention_bias|bias$/i;

/** The same where there is no config: matrices of floats, but for norms, biases and positions. */
export const guessUse = (name: string, { dtype, shape }: Header): Use => ({
  packed: FLOATS.includes(dtype) && shape.length === 2 && !EXACT.test(name),
  transposed: false,
});

/** Bytes of wasm memory in each type; a guess where there is no config, since other tensors may not be read. */
export function memoryOf(files: readonly WeightFile[], known: Fit | undefined): Record<WeightDtype, number> {
  const parameters = known
    ? [...parametersOf(known.architecture)]
    : files.flatMap(({ entries }) =>
        entries
          .filter(({ dtype }) => FLOATS.includes(dtype) || dtype === "I8")
          .map(({ name, dtype, shape }): Pick<Parameter, "shape" | "exact"> => {
            const packed = guessUse(name, { dtype, shape }).packed || (dtype === "I8" && shape.length === 2);
            return { shape, exact: !packed };
          }),
      );
  // Packed as the kernel packs: it is asked.
  const engine = createAttention();
  try {
    const kernel = Kernel.of("inspect", engine);
    const of = (dtype: WeightDtype): number => parameters.reduce((sum, each) => sum + bytesOf(kernel, each, dtype), 0);
    return { f32: of("f32"), f16: of("f16"), int8: of("int8") };
  } finally {
    engine.dispose();
  }
}
