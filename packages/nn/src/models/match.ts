// Which tensor of a checkpoint goes where: names, shapes and types against what an architecture needs. Knows headers, no data.
import { counted, shapeText } from "@attn/core/engine";
import { quote } from "../errors.ts";
import type { StoredDtype } from "../types.ts";
import { SCALE } from "../weights/quantize.ts";
import type { Architecture, Parameter, Source } from "./architecture.ts";

/** What a file's header says of a tensor. */
export interface Header {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
}

/** Where a tensor goes. */
export interface Place {
  readonly parameter: Parameter;
  /** The parameter's first row of this tensor. */
  readonly row: number;
  /** How many of its rows. */
  readonly rows: number;
  /** Its rows are the parameter's columns. */
  readonly transposed: boolean;
  /** Whether it holds the numbers, or the scales of its rows, where the numbers are int8. */
  readonly part: "values" | "scale";
}

interface Slot {
  readonly source: Source;
  readonly parameter: Parameter;
  readonly row: number;
  readonly rows: number;
  values?: { readonly name: string; readonly dtype: StoredDtype };
  scale?: string;
}

/** All parameters of an architecture, each once. */
export function parametersOf(architecture: Architecture): Set<Parameter> {
  const found = new Set<Parameter>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("sources" in node) found.add(node as Parameter);
    else for (const value of Object.values(node)) visit(value);
  };
  visit(architecture);
  return found;
}

const FLOATS: readonly StoredDtype[] = ["F32", "F16", "BF16", "F64"];

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((length, i) => length === b[i]);

/** Takes the headers of a model's files, one after the other, and says of each tensor where it goes. */
export class Matcher {
  readonly #api: string;
  readonly #architecture: Architecture;
  /** By each of their names, without prefix. */
  readonly #slots = new Map<string, Slot>();
  readonly #all: Slot[] = [];
  readonly #problems: string[] = [];
  /** Names without prefix that were there, to be found under two. */
  readonly #seen = new Set<string>();
  /** Whether tensors were there that have the prefix, and such that lack it. */
  #prefixed = false;
  #unprefixed = false;
  /** Whether layers that are stored [in, out] as a rule are so here. Undefined until a shape tells. */
  #transposed: boolean | undefined;

  constructor(api: string, architecture: Architecture) {
    this.#api = api;
    this.#architecture = architecture;
    for (const parameter of parametersOf(architecture)) {
      let row = 0;
      for (const source of parameter.sources) {
        const rows =
          parameter.shape.length === 1
            ? source.shape.reduce((a, b) => a * b, 1)
            : (source.shape[source.transposed ? 1 : 0] as number);
        const slot: Slot = { source, parameter, row, rows };
        this.#all.push(slot);
        for (const name of source.names) this.#slots.set(this.#bare(name), slot);
        row += rows;
      }
    }
  }

  /** False once a tensor was wrong: what is still to come is of use for the error alone. */
  get good(): boolean {
    return this.#problems.length === 0;
  }

  /** Where each tensor of a file goes, by its name; the others are passed over. */
  add(tensors: Iterable<readonly [name: string, header: Header]>): Map<string, Place> {
    const headers = new Map(tensors);
    const names = new Map<string, string>();
    for (const name of headers.keys()) {
      const bare = this.#bare(name);
      if (this.#seen.has(bare)) this.#problems.push(`${quote(name)} is there twice, with a prefix and without`);
      this.#seen.add(bare);
      names.set(bare, name);
      if (bare !== name) this.#prefixed = true;
      else if (this.#slots.get(bare)?.source.names.every((usual) => usual !== name)) this.#unprefixed = true;
    }
    this.#learnLayout(names, headers);

    const places = new Map<string, Place>();
    for (const [bare, name] of names) {
      const header = headers.get(name) as Header;
      const isScale = !this.#slots.has(bare) && bare.endsWith(SCALE);
      const owner = isScale ? bare.slice(0, -SCALE.length) : bare;
      const slot = this.#slots.get(owner);
      if (!slot) {
        if (!this.#architecture.checkpoint.companions.test(owner)) this.#problems.push(`${quote(name)} is unused`);
        continue;
      }
      // Of a tensor under several names the usual one that the file has is taken, and what another file had is not again.
      const taken = slot.values
        ? this.#bare(slot.values.name)
        : slot.source.names.map((name) => this.#bare(name)).find((name) => names.has(name));
      if (isScale ? slot.scale || (taken ?? owner) !== owner : slot.values || taken !== owner) continue;
      if (slot.source.transposed) this.#transposed ??= true;
      const part = isScale ? "scale" : "values";
      const { parameter, row, rows, source } = slot;
      const transposed = source.transposed === true && this.#transposed !== false;
      const problem = this.#misfit(part, header, slot);
      if (problem) this.#problems.push(`${quote(name)} must ${problem}`);
      if (isScale) slot.scale = name;
      else slot.values = { name, dtype: header.dtype };
      places.set(name, { parameter, row, rows, transposed, part });
    }
    return places;
  }

  /** The parameter that a tensor of this name belongs to, also where the same numbers are taken from one of another name. */
  parameterOf(name: string): Parameter | undefined {
    return this.#slots.get(this.#bare(name))?.parameter;
  }

  /** All files were there: each tensor that is missing, unused, or not as the config has it, and what is wrong with it. */
  problems(): readonly string[] {
    const missing: string[] = [];
    const unused: string[] = [];
    for (const { source, values, scale } of this.#all) {
      if (!values && !source.optional) missing.push(this.#called(source));
      if (values?.dtype === "I8" && !scale) missing.push(values.name + SCALE);
      if (scale && values && values.dtype !== "I8") unused.push(scale);
    }
    return [
      ...missing.map((name) => `${quote(name)} is missing`),
      ...this.#problems,
      ...unused.map((name) => `${quote(name)} is unused`),
    ];
  }

  /**
   * All files were there.
   *
   * @throws RangeError that names every tensor which is missing, unused, or not as the config has it.
   */
  finish(): void {
    const problems = this.problems();
    if (problems.length > 0)
      throw new RangeError(
        `${this.#api}: "weights" must fit the config, got ${counted(problems.length, "tensor")} that ${problems.length === 1 ? "does" : "do"} not: ${problems.join("; ")}`,
      );
  }

  #bare(name: string): string {
    const { prefix } = this.#architecture.checkpoint;
    return prefix !== "" && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  }

  /** A missing tensor's name, as this checkpoint would have it. */
  #called({ names }: Source): string {
    const [usual = ""] = names;
    return this.#unprefixed && !this.#prefixed ? this.#bare(usual) : usual;
  }

  /** Sees from the first layer that is not square whether layers are stored [in, out], as the family has them, or [out, in]. */
  #learnLayout(names: ReadonlyMap<string, string>, headers: ReadonlyMap<string, Header>): void {
    for (const [bare, name] of names) {
      if (this.#transposed !== undefined) return;
      const source = this.#slots.get(bare)?.source;
      const shape = headers.get(name)?.shape ?? [];
      if (!source?.transposed || source.shape[0] === source.shape[1]) continue;
      if (sameShape(shape, source.shape)) this.#transposed = true;
      else if (sameShape(shape, source.shape.toReversed())) this.#transposed = false;
    }
  }

  /** What a tensor must be, where it is not. */
  #misfit(part: Place["part"], { dtype, shape }: Header, { source, parameter }: Slot): string | undefined {
    const stored = source.transposed && this.#transposed === false ? source.shape.toReversed() : source.shape;
    const expected = part === "scale" ? stored.slice(0, -1) : stored;
    if (!sameShape(shape, expected)) return `have shape ${shapeText(expected)}, got ${shapeText(shape)}`;
    if (part === "scale") return dtype === "F32" ? undefined : `be F32, got ${dtype}`;
    if (FLOATS.includes(dtype) || (dtype === "I8" && !parameter.exact)) return undefined;
    return `be of type ${FLOATS.join(", ")}${parameter.exact ? "" : ", or I8 with scales"}, got ${dtype}`;
  }
}
