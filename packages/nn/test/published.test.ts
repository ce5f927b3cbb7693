// Files of every family and files that are broken in every way, as made by others. They are no part of this repository:
// ATTN_MODELS names their folder; without it nothing is tested.
import { readdirSync } from "node:fs";
import type { Tensor } from "@attn/core";
import { quantize, readSafetensors, type StoredTensor } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { toFloat32 } from "../src/weights/dtypes.ts";
import { Parser } from "../src/weights/parser.ts";
import { Collector, hasModels, models, pieces, readModelFile, readModelJson } from "./files.ts";

interface Case {
  readonly file: string;
  readonly expect: "refused" | "read" | "either";
  readonly tensor?: string;
  readonly tensors?: Readonly<Record<string, { dtype: string; shape: number[]; hex: string }>>;
}

const cases: readonly Case[] = hasModels
  ? [
      ...readModelJson<{ files: Case[] }>("families-more/malformed/expect.json").files.map((x) => ({
        ...x,
        file: `families-more/malformed/${x.file}`,
      })),
      ...readModelJson<{ file: string; refused: boolean }[]>("families/malformed/list.json").map(
        ({ file, refused }): Case => ({ file: `families/malformed/${file}`, expect: refused ? "refused" : "read" }),
      ),
    ]
  : [];

/** Each way to read a file. */
const readers: [string, (bytes: Uint8Array) => Map<string, StoredTensor>][] = [
  ["whole", (bytes) => new Map(readSafetensors(bytes))],
  ...[1, 3, 1000].map((length): [string, (bytes: Uint8Array) => Map<string, StoredTensor>] => [
    `in pieces of ${length}`,
    (bytes) => {
      const collector = new Collector();
      const parser = new Parser("loadModel", collector);
      for (const piece of pieces(bytes, length)) parser.push(piece);
      parser.end();
      return new Map(
        [...collector.tensors].map(
          ([
            name,
            {
              entry: { dtype, shape },
              bytes,
            },
          ]) => [name, { dtype, shape, bytes }],
        ),
      );
    },
  ]),
];

describe.runIf(hasModels)("broken files", () => {
  it("are all there", () => expect(cases.length).toBeGreaterThanOrEqual(99));

  describe.each(readers)("%s", (_, read) => {
    it.each(cases.map((x) => [x.file, x] as const))("%s", (file, { expect: expected, tensor = "", tensors }) => {
      let got: Map<string, StoredTensor> | Error;
      try {
        got = read(readModelFile(file));
      } catch (error) {
        got = error as Error;
      }
      if (got instanceof Error) {
        expect(expected).not.toBe("read");
        expect(got).toBeInstanceOf(RangeError);
        if (expected === "refused") expect(got.message).toContain(tensor);
      } else {
        expect(expected).not.toBe("refused");
        if (tensors)
          expect(
            Object.fromEntries(
              [...got].map(([name, { dtype, shape, bytes }]) => [
                name,
                { dtype, shape: [...shape], hex: Buffer.from(bytes).toString("hex") },
              ]),
            ),
          ).toEqual({ ...tensors });
      }
    });
  });
});

describe.runIf(hasModels)("published files", () => {
  const files = hasModels
    ? (readdirSync(models, { recursive: true }) as string[]).filter(
        (path) => path.endsWith(".safetensors") && !path.includes("malformed"),
      )
    : [];
  it.each(files)("%s", (path) => {
    const bytes = readModelFile(path);
    const whole = readSafetensors(bytes);
    expect(whole.size).toBeGreaterThan(0);
    const collector = new Collector({ block: 8 });
    const parser = new Parser("loadModel", collector);
    for (const piece of pieces(bytes, 4093)) parser.push(piece);
    parser.end();
    for (const [name, { bytes }] of whole) expect(collector.tensors.get(name)?.bytes, name).toEqual(bytes);
  });
});

describe.runIf(hasModels)("quantize", () => {
  interface Golden {
    readonly op: string;
    readonly weight: Tensor;
    readonly values: { data: number[] };
    readonly scales: { data: number[] };
  }
  const cases = hasModels
    ? readModelJson<{ cases: Golden[] }>("families-more/layers.json").cases.filter(({ op }) => op === "quantize")
    : [];
  it("has cases", () => expect(cases.length).toBeGreaterThan(0));
  it.each(cases)("%#", ({ weight, values, scales }) => {
    const got = quantize({ data: Float32Array.from(weight.data), shape: weight.shape });
    expect([...toFloat32(got.values)]).toEqual(values.data);
    // Seven digits were written down.
    for (const [i, scale] of toFloat32(got.scales).entries()) expect(scale).toBeCloseTo(scales.data[i] as number, 8);
  });
});
