// A picture at every size: bounded in width, height and marks, with a sentence where a square stands for several cells.
import { describe, expect, it } from "vitest";
import { arcs, distribution, domainOf, heads, heatmap, type Matrix, mask, type Scene, toSvg } from "../src/index.ts";
import { blockOf, pool } from "../src/pool.ts";

/** One in a thousand is 1 and the others are little, as in attention; what comes after the query is hidden. */
function matrixOf(L: number, S: number): Matrix {
  const data = Float32Array.from({ length: L * S }, (_, i) => (i % 1009 === 0 ? 1 : 0.001));
  const hidden = Uint8Array.from({ length: L * S }, (_, i) => Number(i % S > Math.floor(i / S) + (S - L)));
  return { values: { data, shape: [L, S] }, hidden: { data: hidden, shape: [L, S] } };
}

/** What browsers bear of a canvas with two pixels for one of the scene is twice this. */
const LONGEST = 16_384;
function expectBounded(scene: Scene, most: number): void {
  expect(scene.width).toBeLessThanOrEqual(LONGEST);
  expect(scene.height).toBeLessThanOrEqual(LONGEST);
  expect(scene.marks.length).toBeGreaterThan(0);
  expect(scene.marks.length).toBeLessThanOrEqual(most);
  expect(scene.description).toMatch(/\S/);
}
const sentences = ({ marks }: Scene): string[] =>
  marks.flatMap((mark) => (mark.kind === "text" && mark.text.endsWith(".") ? [mark.text] : []));

describe.each<[string, number, number, number, number]>([
  ["1 × 1", 1, 1, 1, 1],
  ["360 × 360", 360, 360, 2, 2],
  ["256 × 256", 256, 256, 1, 1],
  ["257 × 256", 257, 256, 2, 2],
  ["2 × 8200", 2, 8200, 1, 9],
  ["8200 × 2", 8200, 2, 9, 1],
  ["2100 × 2100", 2100, 2100, 9, 9],
  ["1 × 151 936", 1, 151_936, 1, 149],
])("%s", (_, L, S, rows, columns) => {
  const given = matrixOf(L, S);
  const share = rows * columns === 1 ? [] : [`Each block of ${rows} × ${columns} cells is drawn as its largest.`];
  it.each([
    ["heatmap", heatmap],
    ["mask", mask],
  ])("%s", (_, make) => {
    const scene = make(given, { title: "T" });
    expectBounded(scene, 65_536 + 2 * 1024 + 2);
    const cells = scene.marks.filter(({ kind }) => kind === "rect");
    expect(cells).toHaveLength(Math.ceil(L / rows) * Math.ceil(S / columns));
    expect(sentences(scene)).toEqual(share);
    for (const sentence of share) expect(scene.description).toContain(sentence);
  });
  it("arcs", () => {
    const scene = arcs(given);
    expectBounded(scene, 128 * 128 + 2 * 128 + 1);
    expect(sentences(scene)).toHaveLength(Math.max(L, S) > 128 ? 1 : 0);
  });
});

it.each([
  ["no rows", { values: [], columns: ["a"] }],
  ["no columns", { values: [[], []] }],
  ["neither", { values: [] }],
  ["a tensor of none", { values: { data: new Float32Array(0), shape: [0, 8] } }],
])("%s is a sentence in each picture", (_, given) => {
  for (const make of [heatmap, heads, arcs, mask]) {
    const scene = make(given);
    expect(sentences(scene)).toEqual(["An empty matrix."]);
    expect(scene.description).toBe(make === heads ? "1: An empty matrix." : "An empty matrix.");
  }
  expect(sentences(heads([]))).toEqual(["An empty matrix."]);
  expect(sentences(distribution([], []))).toEqual(["An empty matrix."]);
});

describe("heads", () => {
  const of = (count: number, L: number, S: number) => {
    const data = Float32Array.from({ length: count * L * S }, (_, i) => (i % 7) / 7);
    return { values: { data, shape: [count, L, S] } };
  };
  it.each([
    [144, 32, 32, "2 × 2"],
    [1024, 32, 32, "4 × 4"],
    [12, 512, 512, "8 × 8"],
    [1, 2048, 2048, "8 × 8"],
  ])("%i of %i × %i: each square is of %s cells", (count, L, S, share) => {
    const scene = heads(of(count, L, S));
    expectBounded(scene, 65_536 + count * (2 * 128 + 1) + 1);
    expect(sentences(scene)).toEqual([`Each block of ${share} cells is drawn as its largest.`]);
  });
  it("of more than 1024 the first are drawn", () => {
    const scene = heads(of(4160, 1, 1), { title: "T" });
    expectBounded(scene, 1024 * 5 + 2);
    expect(sentences(scene)).toEqual(["The first 1024 of 4160."]);
    expect(scene.description).toBe("4160 heads. The first 1024 of 4160.");
  });
});

describe("a distribution", () => {
  const values = Float32Array.from({ length: 151_936 }, (_, i) => (i % 1000 === 999 ? i : 0));
  it("of a vocabulary has its 256 largest, largest first", () => {
    const scene = distribution(values, undefined, { title: "T" });
    expectBounded(scene, 4 * 256 + 2);
    expect(sentences(scene)).toEqual(["The 256 largest of 151936."]);
    const labels = scene.marks.flatMap((mark) => (mark.kind === "text" && mark.anchor === "end" ? [mark.text] : []));
    expect(labels.slice(0, 2)).toEqual(["151000", "150000"]);
  });
  it("has as many as are wanted, and what is no number first", () => {
    const scene = distribution([0.1, 0.7, Number.NaN, 0.2], ["a", "b", "c", "d"], { top: 3 });
    expect(scene.description).toBe("c: NaN. b: 0.70. d: 0.20. The 3 largest of 4.");
  });
  it("has all in order where they are few", () => {
    expect(distribution([0.1, 0.7], ["a", "b"]).description).toBe("a: 0.10. b: 0.70.");
    expect(distribution([0.1, 0.7], ["a", "b"], { top: 5 }).description).toBe("b: 0.70. a: 0.10.");
  });
});

it("domainOf takes as many as there are", () => {
  const values = Array.from({ length: 512 }, () => Array.from({ length: 512 }, (_, i) => i - 100));
  expect(domainOf(values)).toEqual([-100, 411]);
});

describe("a square that stands for several cells", () => {
  const cells = (values: number[][], hidden: boolean[][]) => ({
    rows: values.map((_, i) => `q${i}`),
    columns: (values[0] ?? []).map((_, j) => `k${j}`),
    value: (i: number, j: number) => values[i]?.[j] as number,
    isHidden: (i: number, j: number) => hidden[i]?.[j] ?? false,
  });
  const given = cells(
    [
      [1, 4, Number.NaN],
      [3, 9, 5],
      [-2, -Infinity, 7],
    ],
    [
      [false, false, false],
      [false, true, false],
      [false, false, true],
    ],
  );
  const pooled = pool(given, [2, 2]);
  it("shows the largest that is not hidden, and NaN before all", () => {
    expect([pooled.value(0, 0), pooled.value(0, 1), pooled.value(1, 0)]).toEqual([4, Number.NaN, -2]);
  });
  it("is hidden where all are", () => {
    expect([pooled.isHidden(0, 0), pooled.isHidden(0, 1), pooled.isHidden(1, 1)]).toEqual([false, false, true]);
  });
  it("is named by the first and the last", () => {
    expect([pooled.rows, pooled.columns]).toEqual([
      ["q0 … q1", "q2"],
      ["k0 … k1", "k2"],
    ]);
  });
  it("is of as few cells as may be, and as high as wide", () => {
    expect(blockOf(0, 0, 4, 16)).toEqual([1, 1]);
    expect(blockOf(4, 4, 4, 16)).toEqual([1, 1]);
    expect(blockOf(5, 4, 4, 16)).toEqual([2, 2]);
    expect(blockOf(4, 4, 4, 8)).toEqual([2, 2]);
    expect(blockOf(2, 100, 40, 1600)).toEqual([1, 3]);
  });
});

it("the highlighted row and column are those of their squares", () => {
  const scene = heatmap(matrixOf(360, 360), { highlight: { row: 359, column: 1 } });
  const outlines = scene.marks.filter((mark) => mark.kind === "rect" && mark.stroke === "accent");
  expect(outlines).toHaveLength(2);
  expect(toSvg(scene)).not.toMatch(/NaN|undefined/);
});

it("more than 64 columns are scaled to the largest, fewer to 1", () => {
  const fills = (S: number) => {
    const values = [Float32Array.from({ length: S }, (_, j) => j / S / S)];
    return heatmap({ values }).marks.flatMap((mark) => (mark.kind === "rect" ? [mark.fill as number] : []));
  };
  expect(Math.max(...fills(65))).toBe(1);
  expect(Math.max(...fills(64))).toBeLessThan(0.02);
});

it("a label has a bounded length, however long it is", () => {
  const svg = toSvg(heatmap({ values: [[1]], rows: ["a".repeat(100_000)], columns: ["나".repeat(100_000)] }));
  expect(svg.length).toBeLessThan(4000);
});

it("blocks are found for each side and area", () => {
  for (const side of [1, 2, 3, 16, 1024])
    for (const area of [0.1, 1, 2, 64, 65_536, Infinity])
      for (const [L, S] of [
        [0, 9],
        [1, 1],
        [1, 100_000],
        [777, 13],
        [3000, 3000],
      ] as const) {
        const [rows, columns] = blockOf(L, S, side, area);
        const [down, across] = [Math.ceil(L / rows), Math.ceil(S / columns)];
        expect(Math.max(down, across)).toBeLessThanOrEqual(side);
        expect(down * across).toBeLessThanOrEqual(Math.max(1, area));
      }
});
