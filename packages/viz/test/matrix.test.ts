// What a matrix may be handed over as: the same picture of each, and what is said of all else.
import { describe, expect, it } from "vitest";
import { arcs, distribution, domainOf, heads, heatmap, type Matrix, mask, paint, toCsv, toSvg } from "../src/index.ts";

const rows = ["a", "b"];
const columns = ["c", "d", "e"];
const values = [
  [0.5, 0.25, 0.25],
  [0, 1, -2],
];
const hidden = [
  [false, true, false],
  [true, false, false],
];
const plain: Matrix = { values, rows, columns, hidden };
const svg = toSvg(heatmap(plain));

describe("one matrix, whatever holds it", () => {
  it.each<[string, Partial<Matrix>]>([
    ["rows of Float32Array", { values: values.map((row) => Float32Array.from(row)) }],
    [
      "rows of Float64Array and of numbers",
      { values: [Float64Array.from(values[0] as number[]), values[1] as number[]] },
    ],
    ["a tensor", { values: { data: Float32Array.from(values.flat()), shape: [2, 3] } }],
    ["a tensor with axes of 1 before", { values: { data: Float32Array.from(values.flat()), shape: [1, 1, 2, 3] } }],
    ["a tensor of plain numbers", { values: { data: values.flat(), shape: [2, 3] } }],
    [
      "a transposed view",
      { values: { data: Float32Array.of(0.5, 0, 0.25, 1, 0.25, -2), shape: [2, 3], strides: [1, 2] } },
    ],
    ["hidden as bytes", { hidden: hidden.map((row) => Uint8Array.from(row, Number)) }],
    ["hidden as a tensor", { hidden: { data: Uint8Array.from(hidden.flat(), Number), shape: [2, 3] } }],
  ])("%s", (_, given) => expect(toSvg(heatmap({ ...plain, ...given }))).toBe(svg));

  it("a Float16Array, where there are any", () => {
    const Half = (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array;
    expect(Half).toBeDefined();
    const halves = (Half as typeof Float32Array).from(values.flat());
    expect(toSvg(heatmap({ ...plain, values: { data: halves, shape: [2, 3] } }))).toBe(svg);
  });
  it("a view that repeats its row", () => {
    const given = { data: Float32Array.of(0.1, 0.2), shape: [3, 2], strides: [0, 1] };
    expect(toCsv({ values: given, rows: ["x", "y", "z"] })).toBe(
      toCsv({ values: [1, 2, 3].map(() => Float32Array.of(0.1, 0.2)), rows: ["x", "y", "z"] }),
    );
  });
  it("rows and columns are numbered from 1 where they have no labels", () => {
    expect(toCsv({ values: [[1, 2]] })).toBe(",1,2\r\n1,1,2\r\n");
  });
  it("its domain", () => {
    expect(domainOf(values)).toEqual([-2, 1]);
    expect(domainOf({ data: Float32Array.of(3, Number.NaN, Infinity, 0.5), shape: [1, 2, 2] })).toEqual([0, 3]);
    expect(domainOf([])).toEqual([0, 1]);
  });
  it("a distribution of a typed array", () => {
    expect(distribution(Float32Array.of(0.25, 0.75), ["a", "b"])).toEqual(distribution([0.25, 0.75], ["a", "b"]));
  });
});

describe("heads of a tensor", () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => i / 12);
  const each = [data.subarray(0, 6), data.subarray(6)].map((data) => ({
    values: { data, shape: [2, 3] },
    rows,
    columns,
    hidden,
  }));
  it("[H, L, S] is a picture for each head", () => {
    expect(heads({ values: { data, shape: [2, 2, 3] }, rows, columns, hidden })).toEqual(heads(each));
    expect(heads({ values: { data, shape: [2, 1, 2, 3] }, rows, columns, hidden })).toEqual(heads(each));
  });
  it("each with what is hidden of it", () => {
    const one = { data: Uint8Array.from({ length: 12 }, (_, i) => Number(i === 7)), shape: [2, 2, 3] };
    const titles = toSvg(heads({ values: { data, shape: [2, 2, 3] }, rows, columns, hidden: one })).match(/: hidden</g);
    expect(titles).toHaveLength(1);
  });
  it("strides lead to each head", () => {
    const turned = { data, shape: [2, 2, 3], strides: [3, 6, 1] };
    const first = { data: Float32Array.of(...data.subarray(0, 3), ...data.subarray(6, 9)), shape: [2, 3] };
    const second = { data: Float32Array.of(...data.subarray(3, 6), ...data.subarray(9)), shape: [2, 3] };
    expect(heads({ values: turned })).toEqual(heads([{ values: first }, { values: second }]));
  });
});

describe("errors", () => {
  const bad = (value: unknown) => value as never;
  const flat = new Float32Array(4);
  const kind = "be rows of numbers, or a tensor { data, shape }";
  const matrix = "be a matrix { values, rows, columns, hidden }";
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, string]>([
    ["no matrix", () => heatmap(bad(null)), TypeError, `heatmap: "matrix" must ${matrix}, got null`],
    [
      "rows without a matrix",
      () => heatmap(bad([[1]])),
      TypeError,
      `heatmap: "matrix" must ${matrix}, got an array of 1; write { values: … } around it`,
    ],
    [
      "a tensor without a matrix",
      () => heatmap(bad({ data: flat, shape: [2, 2] })),
      TypeError,
      `heatmap: "matrix" must ${matrix}, got an object with data, shape; write { values: … } around it`,
    ],
    [
      "a flat typed array",
      () => heatmap(bad({ values: flat })),
      TypeError,
      `heatmap: "matrix.values" must ${kind}, got a Float32Array of 4; wrap it: { data, shape: [L, S] }`,
    ],
    [
      "a tensor of another library",
      () => heatmap(bad({ values: { data: flat, dims: [2, 2] } })),
      TypeError,
      `heatmap: "matrix.values" must ${kind}, got an object with data, dims; a tensor has data and shape`,
    ],
    ["a map", () => heatmap(bad({ values: new Map([[1, 2]]) })), TypeError, `must ${kind}, got a Map`],
    [
      "a row that is none",
      () => heatmap(bad({ values: [{ 0: 1 }] })),
      TypeError,
      'heatmap: "matrix.values[0]" must be an array of numbers, got an object with 0',
    ],
    [
      "big integers",
      () => heatmap(bad({ values: [new BigInt64Array(2)] })),
      TypeError,
      'heatmap: "matrix.values[0]" must be an array of numbers, got a BigInt64Array of 2',
    ],
    [
      "a hole",
      // biome-ignore lint/suspicious/noSparseArray: it is what is refused.
      () => heatmap(bad({ values: [[1, , 2]] })),
      TypeError,
      'heatmap: "matrix.values[0][1]" must be a number, got undefined',
    ],
    [
      "text for a number",
      () => arcs(bad({ values: [["1"]], rows: ["a"], columns: ["b"] })),
      TypeError,
      'arcs: "matrix.values[0][0]" must be a number, got "1"',
    ],
    [
      "a number for a label",
      () => heatmap(bad({ values: [[1]], rows: [0] })),
      TypeError,
      'heatmap: "matrix.rows[0]" must be a string, got 0',
    ],
    [
      "columns too many",
      () => heatmap({ values: [[1]], rows: ["a"], columns: ["b", "c"] }),
      RangeError,
      'heatmap: "matrix.columns" must have 1 label, one for each column, got 2',
    ],
    [
      "rows too many",
      () => arcs({ values: [], rows: ["a"], columns: [] }),
      RangeError,
      'arcs: "matrix.rows" must have 0 labels, one for each row, got 1',
    ],
    [
      "a row too long",
      () => heatmap({ values: [[1], [1, 2]] }),
      RangeError,
      'heatmap: "matrix.values[1]" must have 1 number, like the first row, got 2',
    ],
    [
      "hidden of another size",
      () => mask({ ...plain, hidden: [[true]] }),
      RangeError,
      'mask: "matrix.hidden" must be 2 × 3, like "matrix.values", got 1 × 1',
    ],
    [
      "hidden by numbers",
      () => mask(bad({ ...plain, hidden: [[1, 0, 0]] })),
      TypeError,
      'mask: "matrix.hidden[0][0]" must be a boolean, got 1',
    ],
    [
      "data too short",
      () => heatmap({ values: { data: flat, shape: [2, 3] } }),
      RangeError,
      'heatmap: "matrix.values.data" must have 6 numbers, as its shape [2, 3] says, got 4',
    ],
    [
      "data too short for its strides",
      () => heatmap({ values: { data: flat, shape: [2, 2], strides: [4, 1] } }),
      RangeError,
      'heatmap: "matrix.values.data" must have at least 6 numbers, as its shape [2, 2] says, got 4',
    ],
    [
      "one axis",
      () => heatmap({ values: { data: flat, shape: [4] } }),
      RangeError,
      'heatmap: "matrix.values.shape" must have at least two sizes, from 0 on, got [4]',
    ],
    [
      "a size that is none",
      () => heatmap({ values: { data: flat, shape: [2, -2] } }),
      RangeError,
      'heatmap: "matrix.values.shape" must have at least two sizes, from 0 on, got [2, -2]',
    ],
    [
      "no shape",
      () => heatmap(bad({ values: { data: flat, shape: 4 } })),
      TypeError,
      'heatmap: "matrix.values.shape" must be an array of numbers, got 4',
    ],
    [
      "strides too few",
      () => heatmap({ values: { data: flat, shape: [2, 2], strides: [1] } }),
      RangeError,
      'heatmap: "matrix.values.strides" must have 2 steps, from 0 on, got [1]',
    ],
    [
      "several heads for a heatmap",
      () => heatmap({ values: { data: flat, shape: [2, 1, 2] } }),
      RangeError,
      'heatmap: "matrix.values" must have shape [L, S], got [2, 1, 2]; heads draws several',
    ],
    [
      "labels too few",
      () => distribution([1], []),
      RangeError,
      'distribution: "labels" must have 1 label, one for each value, got 0',
    ],
    [
      "top",
      () => distribution([1], ["a"], { top: 0 }),
      RangeError,
      'distribution: "top" must be a positive integer, got 0',
    ],
    [
      "no heads",
      () => heads(bad(3)),
      TypeError,
      'heads: "matrices" must be an array of matrices, or one whose values are a tensor, got 3',
    ],
    [
      "tensors for matrices",
      () => heads(bad([{ data: flat, shape: [2, 2] }])),
      TypeError,
      `heads: "matrices[0]" must ${matrix}, got an object with data, shape; write { values: … } around it`,
    ],
    [
      "names too few",
      () => heads([plain], { names: [] }),
      RangeError,
      'heads: "names" must have 1 label, one for each head, got 0',
    ],
    ["across", () => heads([plain], { across: 0 }), RangeError, 'heads: "across" must be a positive integer, got 0'],
    [
      "theme",
      () => toSvg(heatmap(plain), { theme: bad("blue") }),
      RangeError,
      'toSvg: "theme" must be "auto", "light" or "dark", got "blue"',
    ],
    [
      "id",
      () => toSvg(heatmap(plain), { id: "1" }),
      RangeError,
      'toSvg: "id" must be a letter, then letters, digits, - and _, got "1"',
    ],
    [
      "a matrix for a scene",
      () => toSvg(bad(plain)),
      TypeError,
      'toSvg: "scene" must be a scene, as heatmap and its like make, got an object with values, rows, columns, hidden',
    ],
    [
      "no scene",
      () => paint(bad({}), bad(undefined)),
      TypeError,
      'paint: "scene" must be a scene, as heatmap and its like make, got undefined',
    ],
    [
      "a domain of nothing",
      () => domainOf(bad(undefined)),
      TypeError,
      `domainOf: "values" must ${kind}, got undefined`,
    ],
  ])("%s", (_, call, kind, message) => {
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
