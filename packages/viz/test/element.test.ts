// <attn-heatmap> in a real browser: what a screen reader is told, the keyboard's way, events, canvas, themes, other directions, documents and policies.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, launch, type Page, type Served, serve } from "@attn/browser";
import { build } from "rolldown";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { heatmap, toSvg } from "../src/index.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const html = `<!doctype html><html lang="en"><head><title>attn-heatmap</title><meta name="color-scheme" content="light dark">
<script type="module" src="element.js"></script></head><body><main><h1>Heatmap</h1>
<attn-heatmap id="plain" label="Weights" interactive rows='["나는","사과를"]' columns='["a","b","c"]' values="[[1,0,0],[0.25,0.5,0.25]]"
 hidden-cells="[[false,true,true],[false,false,false]]"></attn-heatmap></main></body></html>`;

let folder: string;
let served: Served;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "attn-viz-"));
  for (const name of ["element", "index"]) {
    const input = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
    await build({ input, output: { file: join(folder, `${name}.js`) } });
  }
  writeFileSync(join(folder, "index.html"), html);
  served = await serve(folder, { headers: { "content-security-policy": "default-src 'self'; img-src data:" } });
  browser = await launch();
}, 60_000);
afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  page = await browser.newPage();
  errors = [];
  page.on("pageerror", (error) => void errors.push(String(error)));
  page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
  await page.goto(served.url);
  await page.waitForFunction("document.querySelector('attn-heatmap')?.shadowRoot?.querySelector('td[role=gridcell]')");
  await page.evaluate(`globalThis.heat = document.querySelector("attn-heatmap");
    globalThis.told = [];
    for (const name of ["attn-hover", "attn-select"]) heat.addEventListener(name, ({ detail }) => told.push([name, detail && [detail.row, detail.column]]));
    globalThis.cells = () => [...heat.shadowRoot.querySelectorAll("td[role=gridcell]")];
    globalThis.focused = () => heat.shadowRoot.activeElement?.getAttribute("aria-label");
    // What was set is drawn in the next microtask.
    globalThis.drawn = () => Promise.resolve();
    globalThis.words = (count) => Array.from({ length: count }, (_, i) => "w" + i);
    globalThis.square = (count) => words(count).map((_, i) => words(count).map((_, j) => (j > i ? 0 : 1 / (i + 1))));`);
});
afterEach(async () => {
  expect(errors).toEqual([]);
  await page.close();
});

const told = () => page.evaluate("told.splice(0)");

it("names its grid, its headers and each cell", async () => {
  const seen = await page.evaluate(`({
    grid: heat.shadowRoot.querySelector("[role=grid]").getAttribute("aria-label"),
    headers: [...heat.shadowRoot.querySelectorAll("th")].map((th) => th.textContent),
    cells: cells().map((cell) => cell.getAttribute("aria-label")),
    texts: cells().map((cell) => cell.textContent),
  })`);
  expect(seen).toEqual({
    grid: "Weights",
    headers: ["a", "b", "c", "나는", "사과를"],
    cells: [
      "나는 → a 1.00",
      "나는 → b hidden",
      "나는 → c hidden",
      "사과를 → a 0.25",
      "사과를 → b 0.50",
      "사과를 → c 0.25",
    ],
    texts: ["1.00", "", "", "0.25", "0.50", "0.25"],
  });
});

it("is walked by keys, and chosen from", async () => {
  await page.keyboard.press("Tab");
  expect(await page.evaluate("focused()")).toBe("나는 → a 1.00");
  const walk = async (...keys: Parameters<Page["keyboard"]["press"]>[0][]) => {
    for (const key of keys) await page.keyboard.press(key);
    return page.evaluate("focused()");
  };
  expect(await walk("ArrowRight", "ArrowDown")).toBe("사과를 → b 0.50");
  expect(await walk("End")).toBe("사과를 → c 0.25");
  expect(await walk("ArrowRight", "ArrowDown")).toBe("사과를 → c 0.25");
  expect(await walk("Home")).toBe("사과를 → a 0.25");
  await page.keyboard.down("Control");
  expect(await walk("End")).toBe("사과를 → c 0.25");
  expect(await walk("Home")).toBe("나는 → a 1.00");
  await page.keyboard.up("Control");
  await told();
  await walk("ArrowDown", "Enter", " ");
  expect(await told()).toEqual([
    ["attn-hover", null],
    ["attn-hover", [1, 0]],
    ["attn-select", [1, 0]],
    ["attn-select", [1, 0]],
  ]);
  // One stop for Tab.
  await page.keyboard.press("Tab");
  expect(await page.evaluate("focused()")).toBeUndefined();
});

it("is pointed at and clicked", async () => {
  const at = (await page.evaluate("(({ x, y }) => [x + 5, y + 5])(cells()[4].getBoundingClientRect())")) as [
    number,
    number,
  ];
  await page.mouse.move(...at);
  await page.mouse.click(...at);
  expect(await told()).toEqual(
    expect.arrayContaining([
      ["attn-hover", [1, 1]],
      ["attn-select", [1, 1]],
    ]),
  );
  await page.evaluate("heat.interactive = false; drawn()");
  await told();
  await page.mouse.click(...at);
  expect(JSON.stringify(await told())).not.toContain("select");
});

it("changes what has changed, and keeps the focus", async () => {
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  const same = await page.evaluate(`(async () => {
    const before = cells();
    heat.matrix = { values: [[0.5, 0.5, 0], [0.1, 0.2, 0.7]], rows: ["나는", "사과를"], columns: ["a", "b", "c"] };
    await drawn();
    return cells().every((cell, i) => cell === before[i]);
  })()`);
  expect(same).toBe(true);
  expect(await page.evaluate("focused()")).toBe("사과를 → a 0.10");
});

it("highlights a row and a column", async () => {
  await page.evaluate("heat.highlight = { row: 1, column: 2 }");
  const lit = await page.evaluate("cells().map((cell) => cell.classList.contains('lit'))");
  expect(lit).toEqual([false, false, true, true, true, true]);
});

it("properties that were set before the element was known are taken, each of them", async () => {
  const seen = await page.evaluate(`(async () => {
    const early = document.createElement("attn-other");
    const given = {
      values: [[0.5, 0.25]], rows: ["r"], columns: ["c", "d"], hiddenCells: [[false, true]], label: "early", theme: "dark",
      interactive: true, format: (x) => "<" + x + ">", describe: (row, column) => row + "/" + column, domain: [0, 0.5],
      texts: { hidden: "h" }, highlight: { column: 1 },
    };
    Object.assign(early, given);
    const { prototype } = heat.constructor;
    const settable = Object.entries(Object.getOwnPropertyDescriptors(prototype)).filter(([, { set }]) => set).map(([name]) => name);
    customElements.define("attn-other", class extends heat.constructor {});
    document.body.append(early);
    await drawn();
    const cell = early.shadowRoot.querySelector("td[role=gridcell]");
    return {
      forgotten: settable.filter((name) => name !== "matrix" && !(name in given)),
      shadowed: Object.keys(early),
      same: Object.keys(given).filter((name) => early[name] !== given[name]),
      attributes: [early.getAttribute("label"), early.getAttribute("theme"), early.hasAttribute("interactive")],
      cell: [cell.textContent, cell.className, cell.getAttribute("aria-label")],
      lit: early.shadowRoot.querySelectorAll("td.lit").length,
    };
  })()`);
  expect(seen).toEqual({
    forgotten: [],
    shadowed: [],
    same: [],
    attributes: ["early", "dark", true],
    cell: ["<0.5>", "h20", "0/0"],
    lit: 1,
  });
});

it("what is set is got, at once", async () => {
  const wrong = await page.evaluate(`(() => {
    const given = {
      values: [[1]], rows: ["r"], columns: ["c"], hiddenCells: [[true]], label: "l", theme: "dark", interactive: false,
      format: String, describe: () => "", domain: [0, 2], texts: { hidden: "h" }, highlight: { row: 0 },
    };
    const wrong = [];
    for (const [name, value] of Object.entries(given)) {
      heat[name] = value;
      if (heat[name] !== value) wrong.push(name);
    }
    const tensor = { data: Float32Array.of(1), shape: [1, 1] };
    heat.matrix = { values: tensor };
    return [...wrong, heat.values === tensor, heat.rows === undefined, heat.hiddenCells === undefined, heat.matrix.values === tensor];
  })()`);
  expect(wrong).toEqual([true, true, true, true]);
});

it("takes a tensor and typed arrays, and makes whitespace seen", async () => {
  const seen = await page.evaluate(`(async () => {
    heat.matrix = { values: { data: Float32Array.of(0.5, 0.25), shape: [1, 2] }, rows: [" the"], columns: ["\\n", "New York"] };
    await drawn();
    const first = cells().map((cell) => cell.getAttribute("aria-label"));
    heat.values = [Float32Array.of(0.125, 1)];
    await drawn();
    const headers = [...heat.shadowRoot.querySelectorAll("th")].map((th) => [th.textContent, th.title]);
    return { first, headers, second: cells().map((cell) => cell.textContent) };
  })()`);
  expect(seen).toEqual({
    first: ["␣the → ⏎ 0.50", "␣the → New York 0.25"],
    headers: ["⏎", "New York", "␣the"].map((label) => [label, label]),
    second: ["0.13", "1.00"],
  });
});

describe("the work that is done", () => {
  it("four properties make one drawing", async () => {
    const calls = await page.evaluate(`(async () => {
      let calls = 0;
      heat.describe = (row, column) => (calls++, row + " " + column);
      heat.values = [[1, 2]];
      heat.rows = ["r"];
      heat.columns = ["c", "d"];
      heat.hiddenCells = undefined;
      await drawn();
      const drawing = calls;
      heat.highlight = { row: 0 };
      heat.theme = "dark";
      heat.interactive = false;
      await drawn();
      return [drawing, calls];
    })()`);
    expect(calls).toEqual([2, 2]);
  });

  it("one value that has changed is one cell that is written", async () => {
    const written = await page.evaluate(`(async () => {
      heat.matrix = { values: square(64), rows: words(64), columns: words(64) };
      await drawn();
      const touched = new Set();
      const observer = new MutationObserver(() => {});
      observer.observe(heat.shadowRoot, { subtree: true, childList: true, attributes: true, characterData: true });
      const values = square(64);
      values[3][1] = 0.75;
      heat.values = values;
      await drawn();
      for (const { target } of observer.takeRecords()) touched.add(target);
      return [...touched].map((cell) => cell.getAttribute("aria-label"));
    })()`);
    expect(written).toEqual(["w3 → w1 0.75"]);
  });

  it("few cells fade to their new colours, many change at once", async () => {
    const fading = await page.evaluate(`(async () => {
      const fading = [];
      for (const size of [16, 17]) {
        heat.matrix = { values: square(size), rows: words(size), columns: words(size) };
        await drawn();
        // The colours that a transition begins from are those of a style that was asked for.
        getComputedStyle(cells()[0]).backgroundColor;
        heat.values = square(size).map((row) => row.map((x) => 1 - x));
        await drawn();
        fading.push(heat.shadowRoot.getAnimations().length > 0);
      }
      return fading;
    })()`);
    expect(fading).toEqual([true, false]);
  });

  it("a canvas is painted once a change, of at most 2²² pixels, and not for what lies upon it", async () => {
    const counts = await page.evaluate(`(async () => {
      let pixels = [];
      const { prototype } = CanvasRenderingContext2D;
      const put = prototype.putImageData;
      prototype.putImageData = function (image, ...rest) {
        pixels.push(image.width * image.height);
        return put.call(this, image, ...rest);
      };
      const counts = {};
      for (const [L, S] of [[128, 128], [512, 512], [2100, 2100], [2, 8200], [8200, 2], [1, 151936]]) {
        pixels = [];
        heat.matrix = { values: { data: new Float32Array(L * S), shape: [L, S] } };
        await drawn();
        heat.highlight = { row: 0, column: 1 };
        heat.shadowRoot.querySelector("canvas").focus();
        await drawn();
        counts[L + "×" + S] = pixels;
      }
      prototype.putImageData = put;
      return counts;
    })()`);
    expect(counts).toEqual({
      "128×128": [1024 ** 2],
      "512×512": [2048 ** 2],
      "2100×2100": [1050 ** 2],
      "2×8200": [4100 * 16],
      "8200×2": [16 * 4100],
      "1×151936": [7997 * 8],
    });
  });
});

describe("more than 64", () => {
  beforeEach(async () => {
    await page.evaluate(`(async () => {
      const hidden = words(128).map((_, i) => words(128).map((_, j) => j > i));
      heat.matrix = { values: square(128), rows: words(128), columns: words(128), hidden };
      await drawn();
      globalThis.pixel = (x, y) => [...heat.shadowRoot.querySelector("canvas").getContext("2d").getImageData(x, y, 1, 1).data];
      globalThis.said = () => [...heat.shadowRoot.querySelectorAll(".said")].map((p) => p.textContent);
    })()`);
  });

  it("is a canvas with a cursor that says where it is", async () => {
    await page.evaluate("heat.shadowRoot.querySelector('canvas').focus()");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("said()")).toEqual(["w1 → w0 0.50", ""]);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("said()[0]")).toBe("w1 → w2 hidden");
    await told();
    await page.keyboard.press("Enter");
    expect(await told()).toEqual([["attn-select", [1, 2]]]);
    await page.keyboard.press("PageDown");
    expect(await page.evaluate("said()[0]")).toBe("w11 → w2 0.08");
  });

  it("has a colour for each value, and lets what is hidden through", async () => {
    expect(await page.evaluate("[pixel(1, 1), pixel(9, 1), pixel(1, 127 * 8 + 1)]")).toEqual([
      [0x00, 0x54, 0x52, 255],
      [0, 0, 0, 0],
      [0xf0, 0xf8, 0xf7, 255],
    ]);
  });

  it("outlines a row and a column, where it has them", async () => {
    const bands = await page.evaluate(`[{ row: 3, column: 127 }, { row: 128, column: -1 }, {}].map((highlight) => {
      heat.highlight = highlight;
      return [...heat.shadowRoot.querySelectorAll(".band")].map(({ style }) => [style.left, style.top, style.width, style.height].join(" "));
    })`);
    expect(bands).toEqual([["0px 24px 1024px 8px", "1016px 0px 8px 1024px"], [], []]);
  });

  it("frames what is no number", async () => {
    await page.evaluate(`(() => {
      const values = square(128);
      values[0][0] = NaN;
      heat.matrix = { values };
      return drawn();
    })()`);
    expect(await page.evaluate("[pixel(0, 0), pixel(4, 4), pixel(7, 7)]")).toEqual([
      [0x07, 0x60, 0x5d, 255],
      [255, 255, 255, 255],
      [0x07, 0x60, 0x5d, 255],
    ]);
  });

  it("a click goes to the cell under it, wherever the cursor was", async () => {
    await page.evaluate("heat.scrollIntoView()");
    const at = (await page.evaluate(`(() => {
      heat.shadowRoot.querySelector(".box").scrollTo(1e4, 1e4);
      const { right, bottom } = heat.shadowRoot.querySelector("canvas").getBoundingClientRect();
      return [right - 12, bottom - 4];
    })()`)) as [number, number];
    await told();
    await page.mouse.click(...at);
    expect(await told()).toContainEqual(["attn-select", [127, 126]]);
  });

  it("says how many cells share a square, and shows and points at the largest", async () => {
    await page.evaluate(`(async () => {
      const data = new Float32Array(8200 * 2);
      data[5] = 1;
      heat.matrix = { values: { data, shape: [2, 8200] } };
      await drawn();
    })()`);
    expect(await page.evaluate("said()[1]")).toBe("Each block of 1 × 2 cells is drawn as its largest.");
    expect(await page.evaluate("pixel(2, 1)")).toEqual([0x00, 0x54, 0x52, 255]);
    const [x, y] = (await page.evaluate(
      "(({ x, y }) => [x + 2.5, y + 4])(heat.shadowRoot.querySelector('canvas').getBoundingClientRect())",
    )) as [number, number];
    await page.mouse.move(x, y);
    expect(await page.evaluate("said()[0]")).toBe("1 → 6 1.00");
    await page.evaluate("heat.texts = { pooled: (rows, columns) => rows + '행 ' + columns + '열' }; drawn()");
    expect(await page.evaluate("said()[1]")).toBe("1행 2열");
  });

  it("keeps the focus when it becomes a table, and a table's when that grows", async () => {
    const focused = await page.evaluate(`(async () => {
      heat.shadowRoot.querySelector("canvas").focus();
      const seen = [];
      for (const count of [3, 4, 70]) {
        heat.matrix = { values: square(count) };
        await drawn();
        seen.push(heat.shadowRoot.activeElement?.tagName);
      }
      return seen;
    })()`);
    expect(focused).toEqual(["TD", "TD", "CANVAS"]);
  });

  describe("follows the theme when it has changed", () => {
    const isDark = "pixel(1, 1).join() === '123,230,226,255'";
    const isLight = "pixel(1, 1).join() === '0,84,82,255'";
    it("of the system", async () => {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      await page.waitForFunction(isDark);
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
      await page.waitForFunction(isLight);
    });
    it("of the page around it", async () => {
      await page.evaluate("document.documentElement.style.colorScheme = 'only dark'");
      await page.waitForFunction(isDark);
    });
    it("of its own", async () => {
      await page.evaluate("heat.theme = 'dark'");
      await page.waitForFunction(isDark);
    });
    it("while it was not displayed", async () => {
      await page.evaluate("heat.hidden = true");
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      await page.waitForFunction(
        "getComputedStyle(heat).backgroundColor && matchMedia('(prefers-color-scheme: dark)').matches",
      );
      await page.evaluate("heat.hidden = false");
      await page.waitForFunction(isDark);
    });
  });

  it("goes back to a grid", async () => {
    await page.evaluate("heat.matrix = { values: [[1]], rows: ['a'], columns: ['b'] }; drawn()");
    expect(await page.evaluate("cells().length")).toBe(1);
  });
});

describe("what cannot be drawn is a sentence", () => {
  const sentence = () => page.evaluate("heat.shadowRoot.textContent");
  it.each(["{ values: [] }", "{ values: [], columns: ['a'] }", "{ values: [[], []] }"])("%s", async (given) => {
    await page.evaluate(`heat.matrix = ${given}; drawn()`);
    expect(await sentence()).toBe("An empty matrix.");
    await page.evaluate("heat.texts = { empty: '빈 행렬' }; drawn()");
    expect(await sentence()).toBe("빈 행렬");
  });
  it("nothing is said where nothing was given", async () => {
    await page.evaluate("heat.matrix = undefined; drawn()");
    expect(await sentence()).toBe("");
    expect(await page.evaluate("heat.matrix")).toBeUndefined();
  });
  it("a matrix that does not fit is refused at once, and what was there stays", async () => {
    const message = await page.evaluate(
      "(() => { try { heat.matrix = { values: [[1], []] }; } catch (error) { return String(error); } })()",
    );
    expect(message).toBe('RangeError: attn-heatmap: "matrix.values[1]" must have 1 number, like the first row, got 0');
    expect(await page.evaluate("drawn().then(() => cells().length)")).toBe(6);
  });
  it("properties that do not fit each other say so where the picture was, and to the console", async () => {
    const message = 'attn-heatmap: "matrix.columns" must have 1 label, one for each column, got 3';
    await page.evaluate("heat.values = [[1], [2]]; heat.hiddenCells = undefined; drawn()");
    expect(await sentence()).toBe(message);
    expect(errors.splice(0).join()).toContain(message);
    await page.evaluate("heat.columns = ['a']; drawn()");
    expect(await page.evaluate("cells().length")).toBe(2);
  });
  it("an attribute that is no JSON", async () => {
    await page.evaluate("heat.setAttribute('values', '[[1,]]')");
    expect(errors.splice(0).join()).toContain('attn-heatmap: "values" must be JSON, got "[[1,]]"');
  });
});

describe("on a page from right to left", () => {
  it("a grid looks the same, and ArrowRight goes right", async () => {
    const places = `(() => {
      const box = heat.shadowRoot.querySelector(".box").getBoundingClientRect();
      return [...heat.shadowRoot.querySelectorAll("th, td")].map((cell) => {
        const { x, y, width } = cell.getBoundingClientRect();
        return [x - box.x, y - box.y, width];
      });
    })()`;
    const before = await page.evaluate(places);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    expect(await page.evaluate(places)).toEqual(before);
    await page.evaluate("cells()[0].focus()");
    const x = "heat.shadowRoot.activeElement.getBoundingClientRect().x";
    const from = (await page.evaluate(x)) as number;
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate(x)).toBeGreaterThan(from);
    expect(await page.evaluate("focused()")).toBe("나는 → b hidden");
  });

  it("labels stay in sight when it is scrolled", async () => {
    const [before, after] = (await page.evaluate(`(async () => {
      document.documentElement.dir = "rtl";
      heat.style.width = "300px";
      heat.matrix = { values: square(40), rows: words(40), columns: words(40) };
      await drawn();
      const header = heat.shadowRoot.querySelector("th[role=rowheader]");
      const at = () => header.getBoundingClientRect().x - heat.getBoundingClientRect().x;
      const before = at();
      heat.shadowRoot.querySelector(".box").scrollLeft = 200;
      return [before, at()];
    })()`)) as [number, number];
    expect(after).toBeGreaterThanOrEqual(0);
    expect(after).toBeLessThanOrEqual(before);
  });

  it("labels from right to left are isolated, and each begins where its script does", async () => {
    const seen = await page.evaluate(`(async () => {
      heat.matrix = { values: [[0.5]], rows: ["שלום"], columns: ["مرحبا"] };
      await drawn();
      return [cells()[0].getAttribute("aria-label"), ...[...heat.shadowRoot.querySelectorAll("th")].map((th) => getComputedStyle(th).direction)];
    })()`);
    expect(seen).toEqual(["\u2068שלום\u2069 → \u2068مرحبا\u2069 0.50", "rtl", "rtl"]);
  });

  it("a canvas begins at the left, and its cursor goes right", async () => {
    const seen = await page.evaluate(`(async () => {
      document.documentElement.dir = "rtl";
      heat.matrix = { values: square(70), rows: words(70), columns: words(70) };
      await drawn();
      heat.shadowRoot.querySelector("canvas").focus();
      const x = (name) => heat.shadowRoot.querySelector(name).getBoundingClientRect().x - heat.shadowRoot.querySelector(".box").getBoundingClientRect().x;
      return [x("canvas"), x(".cursor")];
    })()`);
    expect(seen).toEqual([0, 0]);
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("heat.shadowRoot.querySelector('.cursor').style.left")).toBe("8px");
  });
});

it("in another document it has a style sheet of that document's, and goes on", async () => {
  const seen = await page.evaluate(`(async () => {
    const frame = document.createElement("iframe");
    document.body.append(frame);
    const inside = frame.contentDocument;
    inside.body.append(heat);
    await drawn();
    const color = () => frame.contentWindow.getComputedStyle(cells()[0]).backgroundColor;
    const first = color();
    heat.matrix = { values: [[0.25], [0.5]] };
    await drawn();
    const next = cells().map((cell) => cell.textContent);
    heat.matrix = { values: square(70) };
    await drawn();
    const canvas = heat.shadowRoot.querySelector("canvas");
    const pixel = [...canvas.getContext("2d").getImageData(1, 1, 1, 1).data];
    const isOfFrame = canvas.ownerDocument === inside;
    document.body.append(heat);
    heat.matrix = { values: [[1]] };
    await drawn();
    return { first, next, pixel, isOfFrame, back: getComputedStyle(cells()[0]).backgroundColor };
  })()`);
  const full = "rgb(0, 84, 82)";
  expect(seen).toEqual({ first: full, next: ["0.25", "0.50"], pixel: [0, 84, 82, 255], isOfFrame: true, back: full });
});

describe("an SVG on a page", () => {
  const scene = heatmap(
    { values: [[1, 0.5]], rows: ["나는"], columns: ["a", "שלום!"], hidden: [[false, true]] },
    { title: "A title", highlight: { row: 0 } },
  );
  const show = (svg: string) =>
    page.evaluate((svg) => {
      const host = document.createElement("div");
      host.innerHTML = svg;
      document.body.append(host);
    }, svg);

  it("has its colours where a policy forbids its style sheet", async () => {
    // The page's policy is "default-src 'self'".
    await show(toSvg(scene));
    const seen = await page.evaluate(`(() => {
      const [paper, cell] = document.querySelectorAll("svg rect");
      const of = (element, name) => getComputedStyle(element)[name];
      return [of(paper, "fill"), of(cell, "fill"), of(document.querySelector("svg path"), "stroke"), of(document.querySelector("svg text"), "fill")];
    })()`);
    expect(seen).toEqual(["rgb(255, 255, 255)", "rgb(0, 84, 82)", "rgb(133, 143, 143)", "rgb(28, 36, 37)"]);
    expect(errors.splice(0).join()).toMatch(/inline style/);
  });

  it("follows the system where a policy allows it", async () => {
    const free = await browser.newPage();
    await free.setContent(toSvg(scene));
    const fill = () => free.evaluate("getComputedStyle(document.querySelector('svg rect')).fill");
    expect(await fill()).toBe("rgb(255, 255, 255)");
    await free.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    expect(await fill()).toBe("rgb(20, 25, 26)");
    await free.close();
  });

  it("is the same on a page from right to left", async () => {
    await show(toSvg(scene, { theme: "light" }));
    const places = `[...document.querySelectorAll("svg :is(text, rect, path)")].map((element) => {
      const { x, y, width, height } = element.getBBox();
      return [x, y, width, height].map((value) => Math.round(value * 10) / 10);
    })`;
    const before = await page.evaluate(places);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    expect(await page.evaluate(places)).toEqual(before);
  });

  it("a canvas painted with it is, too", async () => {
    writeFileSync(join(folder, "scene.json"), JSON.stringify(scene));
    const same = await page.evaluate(`(async () => {
      const { paint } = await import("./index.js");
      const scene = await (await fetch("scene.json")).json();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [Math.ceil(scene.width), Math.ceil(scene.height)];
      document.body.append(canvas);
      const pixels = () => {
        paint(canvas.getContext("2d"), scene);
        return canvas.toDataURL();
      };
      const before = pixels();
      document.documentElement.dir = "rtl";
      return before === pixels();
    })()`);
    expect(same).toBe(true);
  });
});

describe.each(["light", "dark"] as const)("%s", (theme) => {
  it.each(["a grid", "a canvas"])("axe finds nothing in %s", async (what) => {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    const size = what === "a grid" ? 20 : 70;
    await page.evaluate(`(async () => {
      heat.matrix = { values: square(${size}), rows: words(${size}), columns: words(${size}) };
      await drawn();
    })()`);
    await page.evaluate(axe);
    const { violations } = (await page.evaluate("axe.run()")) as { violations: { id: string; help: string }[] };
    expect(violations.map(({ id, help }) => `${id}: ${help}`)).toEqual([]);
  });
});
