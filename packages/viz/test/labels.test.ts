// Labels of every script and of none: whitespace that is seen, and an order of reading that no label turns.
import { describe, expect, it } from "vitest";
import { arcs, distribution, heads, heatmap, mask, type Scene, toCsv, toSvg } from "../src/index.ts";
import { legible } from "../src/text.ts";

describe("whitespace is seen", () => {
  it.each([
    ["the", "the"],
    [" the", "␣the"],
    ["the ", "the␣"],
    [" ", "␣"],
    ["   ", "␣␣␣"],
    ["New York", "New York"],
    ["New  York", "New␣␣York"],
    ["\n", "⏎"],
    ["\r\n\t", "␍⏎⇥"],
    ["a\u00a0b", "a\\u00a0b"],
    ["\u3000", "\\u3000"],
    ["\u200b", "\\u200b"],
    ["\u0000", "\\u0000"],
    ["a\u202eb", "a\\u202eb"],
    ["👩‍🌾", "👩‍🌾"],
    ["نمی‌خواهم", "نمی‌خواهم"],
    ["", ""],
  ])("%j is %j", (label, seen) => expect(legible(label)).toBe(seen));
});

const everywhere: Readonly<Record<string, (label: string) => Scene>> = {
  heatmap: (label) => heatmap({ values: [[1]], rows: [label], columns: ["key"] }),
  heads: (label) => heads([{ values: [[1]], rows: ["query"], columns: [label] }], { names: [label] }),
  arcs: (label) => arcs({ values: [[1]], rows: [label], columns: ["key"] }),
  mask: (label) => mask({ values: [[1]], rows: [label], columns: ["key"] }),
  distribution: (label) => distribution([1], [label]),
};
describe.each(Object.entries(everywhere))("%s", (name, make) => {
  it("tells ' the' from 'the' wherever it has a label", () => {
    const [plain, spaced] = [toSvg(make("the")), toSvg(make(" the"))];
    expect(spaced.match(/␣the/g)?.length).toBe(plain.match(/the/g)?.length);
    expect(spaced).not.toMatch(/[>: ] the/);
  });
  it("isolates a label from right to left in every text that it stands in", () => {
    const { marks, description } = make("שלום");
    const texts = marks.flatMap((mark) => (mark.kind === "text" ? [mark.text] : (mark.title ?? [])));
    const said = name === "mask" ? texts : [...texts, description];
    const those = said.filter((text) => text.includes("שלום"));
    expect(those.length).toBeGreaterThan(1);
    for (const text of those) expect(text.replaceAll("\u2068שלום\u2069", "")).not.toContain("שלום");
  });
});

it("a cell's tooltip and the description are read from query to key", () => {
  const scene = heatmap({ values: [[0.5]], rows: ["שלום"], columns: ["مرحبا"] });
  expect(toSvg(scene)).toContain("<title>\u2068שלום\u2069 → \u2068مرحبا\u2069: 0.50</title>");
  expect(scene.description).toContain("\u2068שלום\u2069 → \u2068مرحبا\u2069: 0.50.");
});

it("an SVG goes from left to right, whatever is around it", () => {
  expect(toSvg(heatmap({ values: [[1]] }))).toMatch(/^<svg [^>]*direction="ltr"/);
});

it("CSV has labels as they are", () => {
  expect(toCsv({ values: [[1]], rows: [" the"], columns: ["\n"] })).toBe(',"\n"\r\n the,1\r\n');
});
