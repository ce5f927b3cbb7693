// The terminal's print: the notebook's own lines are in it, tables are straight, and nothing is said by colour alone.
import { stripVTControlCharacters } from "node:util";
import { Chalk, type ColorSupportLevel } from "chalk";
import { describe, expect, it } from "vitest";
import { messagesIn } from "../src/i18n/index.ts";
import type { Inputs } from "../src/inputs.ts";
import { languages } from "../src/language.ts";
import { sequenceOf } from "../src/lesson/sequence.ts";
import { mechanisms } from "../src/mechanisms/index.ts";
import { notebook } from "../src/notebook.ts";
import { printMechanisms } from "../src/terminal/print.ts";
import { drawTables } from "../src/terminal/table.ts";
import { displayWidth, padLeft, padRight, wrap } from "../src/terminal/width.ts";

const levels: ColorSupportLevel[] = [0, 1, 2, 3];
const printWith = (
  level: ColorSupportLevel,
  language: (typeof languages)[number] = "ko",
  width = 80,
  inputs: Inputs = notebook,
): string => printMechanisms(inputs, { messages: messagesIn[language], chalk: new Chalk({ level }), width });

const blocks = [
  "Self-Attention Matrix:\n[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 1.]]\n",
  "Multi-Head Self-Attention Matrix:\n[[[1. 1. 1.]\n  [0. 0. 0.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [1. 1. 1.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [0. 0. 0.]\n  [1. 1. 1.]]]\n",
  "Masked Self-Attention Matrix:\n[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 0.]]\n",
  "Cross-Attention Matrix:\n[[1. 0.]\n [0. 1.]]\n",
];

describe.each(languages)("in %s", (language) => {
  it.each(levels)("has the notebook's four prints, colour level %i", (level) => {
    const text = printWith(level, language);
    let from = 0;
    for (const block of blocks) {
      const at = text.indexOf(block, from);
      expect(at, block).toBeGreaterThanOrEqual(from);
      from = at + block.length;
    }
  });

  it("says what differs, four times", () => {
    // Line breaks are the layout's.
    const flow = printWith(0, language).replace(/\s+/gu, " ");
    for (const { id } of mechanisms) expect(flow).toContain(messagesIn[language].mechanisms[id].difference);
  });

  it.each([60, 80, 100])("keeps to %i columns", (width) => {
    for (const line of printWith(0, language, width).split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });
});

it("has the proper numbers to four digits, with colour and without", () => {
  for (const level of levels) {
    const text = stripVTControlCharacters(printWith(level)).replace(/[ ░▒▓█]+/gu, " ");
    expect(text).toContain("나는 1 0 0 0.4711 0.2645 0.2645");
    expect(text).toContain("나는 1 0 (0) 1.0000 (0) (0)");
    expect(text).toContain("사과를 0 1 (0) 0.3595 0.6405 (0)");
    expect(text).toContain("먹었다 0 0 (0) 0.2645 0.2645 0.4711");
    expect(text).toContain("먹었다 0.7870 0.1065 0.1065 0.1065 0.7870 0.1065 0.3333 0.3333 0.3333");
    expect(text).toContain("나는 0.6698 0.3302");
  }
});

it("writes no escape without colour, and shades instead", () => {
  expect(printWith(0)).not.toContain("\u001B");
  expect(printWith(0)).toMatch(/█1 +0 +0/u);
  expect(printWith(0)).toContain("▒0.4711");
  expect(printWith(1)).toContain("▒0.4711");
});

it("colours cells where there are colours enough", () => {
  expect(printWith(3)).toContain("\u001B[48;2;");
  expect(printWith(2)).toContain("\u001B[48;5;");
  expect(printWith(3)).not.toMatch(/[░▒▓█]/u);
});

describe("tables", () => {
  const long: Inputs = {
    ...notebook,
    sentence: sequenceOf(["I", "아주아주", "ate", "é", "사과"], 3, { kind: "oneHot" }),
    visible: [true, true, false, true, true],
  };

  it.each([notebook, long].flatMap((inputs) => levels.map((level) => [inputs, level] as const)))(
    "have lines of one width",
    (inputs, level) => {
      for (const { compute } of mechanisms) {
        const { notebook: printed, proper } = compute(inputs);
        const matrices = [...printed.heads, ...proper.weights, proper.output];
        const tables = matrices.map((matrix, i) => ({ title: `표 ${i}`, formula: "QKᵀ", matrix, format: String }));
        for (const strip of drawTables(new Chalk({ level }), tables, 80)) {
          expect(new Set(strip.map(displayWidth)).size).toBe(1);
        }
      }
    },
  );

  it("stand straight in the print itself", () => {
    for (const language of languages) {
      for (const level of levels) {
        // Tables are what has cells: find each by a row, and its neighbours by the empty lines around them.
        const groups = stripVTControlCharacters(printWith(level, language)).split("\n\n");
        const tables = groups.filter((group) => group.includes("softmax(") || /W_Q +W_K/u.test(group));
        expect(tables.length).toBeGreaterThanOrEqual(5);
        for (const table of tables) expect(new Set(table.split("\n").map(displayWidth)).size, table).toBe(1);
      }
    }
  });
});

describe("display width", () => {
  it.each([
    ["나는", 4],
    ["\u1102\u1161\u1102\u1173\u11AB", 4], // 나는, decomposed
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["漢字かな", 8],
    ["\u001B[1m나\u001B[22m", 2],
    ["", 0],
    ["👩‍🌾", 2],
    ["A₁=softmax(Q₁K₁ᵀ/√1)", 20],
  ])("%j is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it("pads and wraps by it", () => {
    expect(padLeft("나", 4)).toBe("  나");
    expect(padRight("나", 4)).toBe("나  ");
    expect(padRight("나는", 1)).toBe("나는");
    expect(wrap("나는 사과를 먹었다", 11)).toEqual(["나는 사과를", "먹었다"]);
  });
});
