// Every picture as SVG that an XML parser takes, with names, numbers and what is hidden; and nothing that breaks out of it.
import { readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { picture } from "../scripts/weights.ts";
import {
  arcs,
  distribution,
  heads,
  heatmap,
  type Matrix,
  mask,
  paint,
  type Scene,
  toCsv,
  toSvg,
} from "../src/index.ts";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}
function parse(svg: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: "" };
    all.push(element);
    open.push(element);
  });
  parser.on("closetag", () => void open.pop());
  parser.on("text", (text) => {
    const last = open.at(-1);
    if (last) last.text += text;
  });
  parser.write(svg).close();
  return all;
}

const matrix = (
  rows: string[],
  columns: string[],
  value: (i: number, j: number) => number,
  hidden?: (i: number, j: number) => boolean,
): Matrix => ({
  rows,
  columns,
  values: rows.map((_, i) => columns.map((_, j) => value(i, j))),
  ...(hidden && { hidden: rows.map((_, i) => columns.map((_, j) => hidden(i, j))) }),
});
const rowOf = ({ values }: Matrix): ArrayLike<number> => (values as number[][])[0] ?? [];
const words = ["나는", "사과를", "먹었다"];
const causal = matrix(
  words,
  words,
  (i, j) => (j > i ? 0 : 1 / (i + 1)),
  (i, j) => j > i,
);
const many = Array.from({ length: 128 }, (_, i) => `w${i}`);

const pictures: Readonly<Record<string, (m: Matrix) => Scene>> = {
  heatmap: (m) => heatmap(m, { title: "T" }),
  heads: (m) => heads([m, m], { title: "T", across: 1 }),
  arcs: (m) => arcs(m, { title: "T", highlight: { row: 0 } }),
  mask: (m) => mask(m, { title: "T" }),
  distribution: (m) => distribution(rowOf(m), rowOf(m).length ? m.columns : [], { title: "T" }),
};
const matrices: Readonly<Record<string, Matrix>> = {
  causal,
  "not square": matrix(["a", "b"], words, () => 0.5),
  "1×1": matrix(["a"], ["b"], () => 1),
  "no rows": matrix([], ["b"], () => 1),
  "no columns": matrix(["a"], [], () => 1),
  "128×128": matrix(
    many,
    many,
    (i, j) => (i + j) / 256,
    (i, j) => j > i,
  ),
  "NaN and Infinity": matrix(["a", "b"], ["c", "d"], (i, j) => (i ? Number.NaN : j ? Infinity : -Infinity)),
  attack: matrix(["</text><script>alert(1)</script>", '" onload="x'], ["&amp;", "\u0000\ud800]]>"], () => 0.3),
  "long and from right to left": matrix(["a".repeat(500), "שלום עולם"], ["나".repeat(90), "👩‍🌾"], () => 0.3),
};

describe.each(Object.entries(pictures))("%s", (_, make) => {
  describe.each(Object.entries(matrices))("of %s", (_, given) => {
    it.each(["light", "dark", "auto"] as const)("%s", (theme) => {
      const scene = make(given);
      const svg = toSvg(scene, { theme, id: "p" });
      expect(toSvg(make(given), { theme, id: "p" })).toBe(svg);
      const elements = parse(svg);
      const known = ["svg", "title", "desc", "style", "rect", "path", "text"];
      expect([...new Set(elements.map(({ name }) => name))].filter((name) => !known.includes(name))).toEqual([]);
      expect(elements[0]?.attributes).toMatchObject({ role: "img", "aria-labelledby": "p-title p-desc" });
      const pairs = elements.flatMap(({ attributes }) => Object.entries(attributes));
      expect(pairs.filter(([name, value]) => /^on/.test(name) || /NaN|Infinity|undefined/.test(value))).toEqual([]);
      // Nothing is drawn outside.
      const outside = ({ attributes: { x, y } }: Element) =>
        Number(x ?? 0) > scene.width || Number(y ?? 0) > scene.height;
      expect(elements.filter((element) => element.name === "rect" && outside(element))).toEqual([]);
      expect(elements.some(({ name }) => name === "style")).toBe(theme === "auto");
      expect(elements.find(({ name }) => name === "desc")?.text).toMatch(/\S/);
    });
  });
});

describe("what a picture says", () => {
  it("a heatmap: each number, each cell's name, nothing for what is hidden", () => {
    const elements = parse(toSvg(heatmap(causal)));
    const texts = elements.filter(({ name }) => name === "text").map(({ text }) => text);
    expect(texts).toEqual([...words, ...words, "1.00", "0.50", "0.50", "0.33", "0.33", "0.33"]);
    const titles = elements.filter(({ name }) => name === "title").map(({ text }) => text);
    expect(titles).toContain("먹었다 → 사과를: 0.33");
    expect(titles).toContain("나는 → 먹었다: hidden");
    expect(elements.find(({ name }) => name === "desc")?.text).toContain("나는 → 나는: 1.00");
  });
  it("arcs: a curve for each weight past the threshold that is not hidden", () => {
    expect(arcs(causal).marks.filter(({ kind }) => kind === "curve")).toHaveLength(6);
    expect(arcs(causal, { threshold: 0.4 }).marks.filter(({ kind }) => kind === "curve")).toHaveLength(3);
  });
  it("a mask: as many hatched cells as are hidden", () => {
    const hatched = mask(causal).marks.filter((mark) => mark.kind === "rect" && mark.isHatched);
    expect(hatched).toHaveLength(3);
    expect(mask(causal).description).toBe("3 queries, 3 keys; 3 cells hidden.");
  });
  it("what is hidden or seen, in the words that it is given", () => {
    const svg = toSvg(mask(causal, { texts: { hidden: "가려짐", seen: "보임" } }));
    expect(svg.match(/: 가려짐</g)).toHaveLength(3);
    expect(svg.match(/: 보임</g)).toHaveLength(6);
  });
  it("a distribution: bars as long as the shares", () => {
    const bars = distribution([0.25, 0.75], ["a", "b"]).marks.filter(
      (mark) => mark.kind === "rect" && mark.fill !== undefined,
    );
    expect(bars.map((bar) => bar.kind === "rect" && bar.width)).toEqual([45, 135]);
  });
});

describe("paint", () => {
  it("does on a canvas what stands in the scene, and leaves it as it was", () => {
    const calls: string[] = [];
    const context = new Proxy({} as Record<string, unknown>, {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          void calls.push(`${String(name)}(${args.join(" ")})`),
      set: () => true,
    });
    const scene = heatmap(causal);
    paint(context as never, scene, { theme: "dark", pixelRatio: 2 });
    expect(calls[0]).toBe("save()");
    expect(calls[1]).toBe("scale(2 2)");
    expect(calls.at(-1)).toBe("restore()");
    for (const name of ["save", "restore"])
      expect(calls.filter((call) => call.startsWith(`${name}(`))).toHaveLength(13);
    expect(calls.filter((call) => call.startsWith("strokeRect"))).toHaveLength(3);
  });
});

describe("toCsv", () => {
  it("has a line of columns, and one for each row, with numbers in full and nothing for what is hidden", () => {
    const given = matrix(
      ["a,b", 'c"d'],
      ["=1+1", "x\ny"],
      (i, j) => 1 / 4 + i + j,
      (i, j) => i === 0 && j === 1,
    );
    expect(toCsv(given)).toBe(`,'=1+1,"x\ny"\r\n"a,b",0.25,\r\n"c""d",1.25,2.25\r\n`);
  });
});

it("the README's picture is up to date", () => {
  expect(readFileSync(new URL("../heatmap.svg", import.meta.url), "utf8")).toBe(picture());
});
