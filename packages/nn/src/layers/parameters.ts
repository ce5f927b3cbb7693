// The parameters of one call of a layer, read: each by its name, as a tensor, a tensor of a file or a packed weight; and whose
// engine they are on. Knows names and shapes, not what is computed.
import { type Checked, checkTensor, isRecord, shapeText, wrongKind, wrongValue } from "@attn/core/engine";
import { Kernel, type Packed } from "../engine/kernel.ts";
import { isWeight, packedWeight } from "../engine/registry.ts";
import type { StoredDtype } from "../types.ts";
import { checkStored, floatsOf, isStored } from "../weights/stored.ts";

/** Numbers of JavaScript, as the argument of this name. */
export interface Numbers extends Checked {
  readonly name: string;
}

/** A weight [rows, columns]: packed already, or the numbers to be packed. */
export interface MatrixParameter {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly packed: Packed | undefined;
  readonly numbers: Numbers | undefined;
}

const FLOATS: readonly StoredDtype[] = ["F64", "F32", "F16", "BF16"];

/** A tensor, of JavaScript or of a file. */
export function readNumbers(api: string, name: string, x: unknown): Numbers {
  if (isWeight(x)) throw wrongKind(api, name, "be a tensor", x);
  if (!isStored(x)) return { name, ...checkTensor(api, name, x) };
  const stored = checkStored(api, name, x, FLOATS);
  const data = floatsOf(stored);
  return { name, data, shape: stored.shape, size: data.length };
}

export class ParameterReader {
  readonly #api: string;
  readonly #given: Readonly<Record<string, unknown>>;
  #kernel: Kernel | undefined;
  /** The weight that brought the engine. */
  #owner = "";

  /** `names`: all that there may be; `expected`: what is said of them where another is among them. */
  constructor(api: string, parameters: unknown, names: readonly string[], expected: string) {
    if (parameters instanceof Map)
      throw wrongKind(api, "parameters", "be a plain object (Object.fromEntries makes one of a Map)", parameters);
    if (!isRecord(parameters)) throw wrongKind(api, "parameters", "be an object", parameters);
    for (const name of Object.keys(parameters))
      if (parameters[name] !== undefined && !names.includes(name))
        throw wrongValue(api, "parameters", expected, JSON.stringify(name));
    this.#api = api;
    this.#given = parameters;
  }

  has(name: string): boolean {
    return this.#given[name] !== undefined;
  }

  get(name: string): unknown {
    return this.#given[name];
  }

  /** [length], if it is there. */
  vector(name: string, length: number): Numbers | undefined {
    return this.has(name) ? this.requiredVector(name, length) : undefined;
  }

  requiredVector(name: string, length: number): Numbers {
    const read = readNumbers(this.#api, name, this.#given[name]);
    if (read.shape.length !== 1 || read.shape[0] !== length)
      throw wrongValue(this.#api, name, `have shape [${length}]`, shapeText(read.shape));
    return read;
  }

  /** [rows, columns], where undefined is any number. */
  matrix(name: string, rows: number | undefined, columns: number): MatrixParameter {
    const api = this.#api;
    const x = this.#given[name];
    if (x === undefined) throw wrongKind(api, name, "be a tensor or a Weight", x);
    const known = packedWeight(api, name, x);
    if (known && this.#kernel && known.kernel !== this.#kernel)
      throw wrongValue(api, name, `be on the same engine as "${this.#owner}"`, "a Weight on another");
    if (known) {
      this.#kernel = known.kernel;
      this.#owner = name;
    }
    const packed = known?.packed;
    const numbers = packed ? undefined : readNumbers(api, name, x);
    const shape = packed ? [packed.rows, packed.columns] : (numbers as Numbers).shape;
    const [N, K] = shape as readonly [number, number];
    if (shape.length !== 2 || K !== columns || (rows !== undefined && N !== rows))
      throw wrongValue(api, name, `have shape [${rows ?? "out"}, ${columns}]`, shapeText(shape));
    return { name, rows: N, columns: K, packed, numbers };
  }

  /** That of the packed weights read so far, or the one that all functions share. */
  kernel(): Kernel {
    return this.#kernel ?? Kernel.of(this.#api);
  }
}
