// The built page in real browsers, as its readers use it: its numbers, the keyboard alone, axe, its address, downloads, long
// sentences, no connection, no kernel. What comes later is waited for, as a state; nothing is timed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, launch, launchFirefox, newPage, type Page, type Served, serve } from "@attn/browser";
import { SaxesParser } from "saxes";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { messagesIn } from "../src/i18n/index.ts";
import { languages } from "../src/language.ts";
import { largestError } from "../src/lesson/error.ts";
import { chapterIds, initialLesson } from "../src/lesson/lesson.ts";
import { traceOf } from "../src/lesson/trace.ts";
import { restore } from "../src/lesson/url.ts";
import { stepIds, viewIds } from "../src/lesson/view-state.ts";
import { type Counts, countWork } from "./counts.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const { ko, en } = messagesIn;

let served: Served;
let browser: Browser;
let page: Page;
let troubles: string[];
/** Where the page comes from, and nothing else may. */
let home: string;

beforeAll(async () => {
  served = await serve(dist);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** Notes whatever a page must not do. */
function watch(opened: Page): void {
  troubles = [];
  opened.on("pageerror", (error) => void troubles.push(String(error)));
  opened.on("console", (message) => void (message.type() === "error" && troubles.push(message.text())));
  opened.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(home))
      troubles.push(`asked ${request.url()}`);
  });
}
/** A fresh document, rendered. */
async function open(hash = "", width = 1200): Promise<void> {
  await page.setViewport({ width, height: 900 });
  // Between two addresses that differ behind # alone, a browser keeps the document.
  await page.goto("about:blank");
  await page.goto(`${served.url}${hash}`);
  await page.waitForSelector("main h2");
}

beforeEach(async () => {
  home = served.url;
  page = await newPage(browser);
  watch(page);
});
afterEach(async () => {
  expect(troubles).toEqual([]);
  await page.browserContext().close();
});

/** The numbers of every grid in a part of the page, in order; null for a hidden cell. */
const gridsIn = (selector: string): Promise<(number | null)[][]> =>
  page.evaluate(
    (within) =>
      [...document.querySelectorAll(`${within} attn-heatmap`)].map((element) =>
        [...(element.shadowRoot as ShadowRoot).querySelectorAll("td[role=gridcell]")].map((cell) =>
          cell.textContent === "" ? null : Number(cell.textContent.replace("−∞", "-Infinity")),
        ),
      ),
    selector,
  );
/** As it is read: what is not shown is left out. */
const text = (selector: string): Promise<string> =>
  // biome-ignore lint/performance/useDomNodeTextContent: lines and what is hidden count here
  page.$eval(selector, (element) => (element as HTMLElement).innerText.trim());
const hash = (): Promise<string> => page.evaluate(() => location.hash);
const type = async (selector: string, words: string): Promise<void> => {
  await page.$eval(selector, (field) => (field as HTMLTextAreaElement).select());
  await page.type(selector, words);
};

describe("numbers", () => {
  it.each(chapterIds)("%s: the notebook's matrix as it was printed", async (chapter) => {
    await open(`#v1/${chapter}/notebook?lang=ko`);
    const printed = {
      self: "Self-Attention Matrix:\n[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 1.]]",
      multiHead:
        "Multi-Head Self-Attention Matrix:\n[[[1. 1. 1.]\n  [0. 0. 0.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [1. 1. 1.]\n  [0. 0. 0.]]\n\n [[0. 0. 0.]\n  [0. 0. 0.]\n  [1. 1. 1.]]]",
      masked: "Masked Self-Attention Matrix:\n[[1. 0. 0.]\n [0. 1. 0.]\n [0. 0. 0.]]",
      cross: "Cross-Attention Matrix:\n[[1. 0.]\n [0. 1.]]",
    };
    expect(await text("pre")).toBe(printed[chapter]);
  });

  it.each(chapterIds)("%s: every step is float64's, to four decimals", async (chapter) => {
    const trace = traceOf(initialLesson, chapter);
    expect(largestError(trace)).toBeLessThan(1e-6);
    const [first] = trace.heads;
    const expected: Record<(typeof stepIds)[number], number[][]> = {
      project: [trace.projected.query.flat(), trace.projected.key.flat(), trace.projected.value.flat()],
      scores: [first?.scores.flat() ?? []],
      scale: [first?.scaled.flat() ?? []],
      mask: [first?.masked.flat() ?? []],
      softmax: [first?.weights.flat() ?? []],
      mix: [first?.mixed.flat() ?? []],
      concatenate: [trace.concatenated.flat()],
      output: [trace.output.flat()],
    };
    const hidden = trace.hidden.flat();
    for (const step of stepIds) {
      await open(`#v1/${chapter}/proper?step=${step}&lang=en`);
      const grids = await gridsIn("#view");
      expect(grids.length, step).toBe(expected[step].length);
      for (const [i, wanted] of expected[step].entries()) {
        for (const [j, x] of wanted.entries()) {
          const isHidden = (step === "mask" || step === "softmax") && hidden[j];
          if (isHidden) expect(grids[i]?.[j], `${step} ${j}`).toBeNull();
          else expect(grids[i]?.[j], `${step} ${j}`).toBeCloseTo(x, 3.9);
        }
      }
    }
  });

  it("what differs: a claim, what is the case, and grids on both sides for each", async () => {
    for (const chapter of chapterIds) {
      await open(`#v1/${chapter}/differs?lang=ko`);
      const counts = await page.$$eval(".claim", (claims) =>
        claims.map((claim) => claim.querySelectorAll("attn-heatmap").length),
      );
      expect(counts).toHaveLength({ self: 7, multiHead: 5, masked: 6, cross: 4 }[chapter]);
      for (const count of counts) expect(count).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("settings", () => {
  it("an edge is hidden and shown by a click; before and after are told; undo takes it back", async () => {
    await open("#v1/self/proper?lang=en");
    const grid = await page.$(".figures attn-heatmap");
    const click = (n: number) =>
      grid?.evaluate(
        (element, index) =>
          ((element.shadowRoot as ShadowRoot).querySelectorAll("td[role=gridcell]")[index] as HTMLElement).click(),
        n,
      );
    const firstRow = async () => (await gridsIn(".figures"))[0]?.slice(0, 3);
    await click(1);
    await expect.poll(firstRow).toEqual([0.6405, null, 0.3595]);
    expect(await text(".change ul")).toContain("나는 → 사과를: 0.2645 → 0.0000");
    await expect.poll(hash).toContain("self.hidden=1-2");
    await page.click(".history button");
    await expect.poll(firstRow).toEqual([0.4711, 0.2645, 0.2645]);
    await expect.poll(hash).not.toContain("hidden");
  });

  it("a sentence in any language, and what is no sentence is answered beside its field", async () => {
    await open("#v1/self/proper?step=softmax&lang=en");
    await type(".sentence textarea", "Ich aß Äpfel.");
    await expect.poll(async () => (await gridsIn(".figures"))[0]).toHaveLength(16);
    const before = await gridsIn(".figures");
    for (const [words, message] of [
      ["   ", en.errors.noWords],
      [Array(129).fill("a").join(" "), en.errors.tooManyWords(128)],
      ["a".repeat(41), en.lesson.notices.longWord(40)],
    ] as const) {
      await page.$eval(
        ".sentence textarea",
        (field, value) => {
          (field as HTMLTextAreaElement).value = value;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        },
        words,
      );
      expect(await text(".sentence .error")).toBe(message);
      expect(await page.$eval(".sentence textarea", (field) => field.getAttribute("aria-invalid"))).toBe("true");
      expect(await gridsIn(".figures")).toEqual(before);
    }
  });

  it("a number that is none is answered beside its field, and the picture stays", async () => {
    await open("#v1/self/proper?lang=ko");
    await page.click(".numbers summary");
    const before = await gridsIn(".figures");
    await page.$eval(".vectors input", (field) => {
      (field as HTMLInputElement).value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(await text(".vectors .error")).toBe(ko.lesson.notices.value(-10, 10, "1"));
    expect(await gridsIn(".figures")).toEqual(before);
  });

  it("a mask that hides everything gives zeros, and a sentence says so", async () => {
    await open("#v1/self/proper?self.hidden=1-1,1-2,1-3,2-1,2-2,2-3,3-1,3-2,3-3&step=output&lang=en");
    expect((await gridsIn("#view"))[0]).toEqual(Array(9).fill(0));
    expect(await text("#view .error")).toBe(en.lesson.figures.allHidden("나는"));
  });

  it("pointing at a word lights its row and column everywhere", async () => {
    await open("#v1/self/proper?step=scores&lang=ko");
    await page.hover(".words label:nth-of-type(2)");
    const lit = () =>
      page.$$eval("attn-heatmap", (all) => all.map((element) => element.shadowRoot?.querySelectorAll("td.lit").length));
    await expect.poll(lit).toEqual([5, 5]);
  });
});

describe("what a key in the sentence costs", () => {
  /** Opens a sentence of so many words, types one letter more at its end, and counts what that did. */
  async function costOfKey(chapter: string, view: string, count: number): Promise<Counts> {
    const { take } = await countWork(page);
    const field = chapter === "cross" ? "answer" : "sentence";
    const words = Array.from({ length: count }, (_, i) => `w${i}`).join("+");
    await open(`#v1/${chapter}/${view}?step=softmax&${field}=${words}&${field}.vectors=r1&lang=en`);
    await page.$eval(".sentence textarea", (element) => {
      const area = element as HTMLTextAreaElement;
      area.focus();
      area.setSelectionRange(area.value.length, area.value.length);
    });
    await take();
    await page.keyboard.press("Space");
    // Still the same words: nothing to do.
    expect(await take()).toEqual({ kernel: {}, canvases: [], svgs: [] });
    await page.keyboard.press("x");
    await expect.poll(hash).toContain("+x");
    return take();
  }

  it.each(chapterIds)("%s: the steps once, and each of 128 words' pictures once", async (chapter) => {
    const { heads } = traceOf(initialLesson, chapter);
    const { kernel, canvases, svgs } = await costOfKey(chapter, "proper", 127);
    // Q, K, V and W_O, and for each head: QKᵀ plain, scaled and masked, its softmax, and its mix of values.
    const { length } = heads;
    expect(kernel).toEqual({ matmul: 4 + length, attention: 3 * length, softmax: length });
    // The step's matrix, the weights, and what more of 64 words and up the chapter shows.
    expect(canvases.length).toBeGreaterThanOrEqual(2);
    expect(new Set(canvases)).toEqual(new Set([1]));
    expect(svgs).toEqual([1, 1]);
  });

  it("128 words in 16 heads are drawn, all of them in one picture", async () => {
    const words = Array.from({ length: 128 }, (_, i) => `w${i}`).join("+");
    const wide = `sentence=${words}&sentence.width=16&sentence.vectors=r1`;
    await open(`#v1/multiHead/proper?${wide}&multiHead.heads=16&multiHead.projections=r1&lang=en`);
    const { heads } = en.lesson.figures;
    expect(await page.$$eval(".picture canvas", (all) => all.map((canvas) => canvas.ariaLabel))).toEqual([
      expect.stringContaining(heads),
    ]);
  });

  it.each(chapterIds.flatMap((chapter) => (["notebook", "differs"] as const).map((view) => [chapter, view] as const)))(
    "%s, %s: as many calls of the kernel for 128 words as for 4",
    async (chapter, view) => {
      const few = await costOfKey(chapter, view, 3);
      const many = await costOfKey(chapter, view, 127);
      expect(many.kernel).toEqual(few.kernel);
    },
  );
});

describe("the address", () => {
  it("keeps what was done, and restores it", async () => {
    await open("#v1/cross/proper?lang=en");
    await page.select(".settings select", "2");
    await page.click(".settings > .choice label:nth-of-type(2)");
    await expect.poll(hash).toContain("cross.projections=r1");
    const address = await hash();
    const shown = await gridsIn("#view");
    const { lesson, viewState, isDamaged } = restore(address, "ko");
    expect(isDamaged).toBe(false);
    expect(lesson.settings.cross.heads).toBe(2);
    expect(viewState).toMatchObject({ chapter: "cross", view: "proper", language: "en" });
    await open(address);
    expect(await gridsIn("#view")).toEqual(shown);
  });

  it("back and forward go between chapters and views", async () => {
    await open("#v1/self/notebook?lang=ko");
    await page.click(".chapters li:nth-child(3) a");
    await page.click(".tabs button:nth-child(3)");
    const where = async () => [await text("main h2"), await text("[role=tab][aria-selected=true]")];
    const { notebook, proper } = ko.lesson.views;
    expect(await where()).toEqual([ko.mechanisms.masked.title, proper]);
    await page.goBack();
    await expect.poll(where).toEqual([ko.mechanisms.masked.title, notebook]);
    await page.goBack();
    await expect.poll(where).toEqual([ko.mechanisms.self.title, notebook]);
    await page.goForward();
    await expect.poll(where).toEqual([ko.mechanisms.masked.title, notebook]);
  });

  it.each(["#v1/self/proper?sentence.vectors=NaN", "#nonsense/../<b>", "#v9/self"])(
    "%s: said to be damaged, and a page all the same",
    async (damaged) => {
      await open(damaged);
      expect(await text(".notice")).toContain(en.lesson.notices.address);
      await page.click(".notice button");
      expect(await page.$(".notice")).toBeNull();
      expect((await gridsIn(".figures"))[0]?.[0]).toBe(0.4711);
    },
  );
});

it("the keyboard alone goes from end to end", async () => {
  await open("#v1/self/notebook?lang=en");
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key as "Tab")), Promise.resolve());
  const tabTo = async (selector: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not come to ${selector}`);
  };
  const isHelpOpen = () => page.$eval("dialog", (dialog) => dialog.open);
  await press("?");
  expect(await isHelpOpen()).toBe(true);
  expect(await text(".keys")).toContain(en.lesson.help.undo);
  await press("Escape");
  await expect.poll(isHelpOpen).toBe(false);
  await press("3");
  expect(await text("main h2")).toBe(en.mechanisms.masked.title);
  await tabTo("[role=tab]");
  await press("ArrowRight", "ArrowRight");
  expect(await text("[role=tab][aria-selected=true]")).toBe(en.lesson.views.proper);
  await press("n", "n", "n", "n");
  expect(await text(".step h3")).toContain(en.lesson.steps.softmax.title);
  await press("p");
  expect(await text(".step h3")).toContain(en.lesson.steps.mask.title);
  await tabTo(".words input");
  await press("ArrowRight", "ArrowRight");
  await expect.poll(hash).toContain("row=3");
  await tabTo(".figures attn-heatmap");
  await press("ArrowDown", "ArrowDown", "Enter");
  await expect.poll(hash).toContain("masked.hidden=3-1");
  await page.keyboard.down("Control");
  await press("z");
  await page.keyboard.up("Control");
  await expect.poll(hash).not.toContain("masked.hidden");
  await tabTo(".engineers summary");
  await press("Enter");
  await page.waitForSelector(".engineer");
  await tabTo(".sentence textarea");
  await page.keyboard.type("!");
  await expect.poll(hash).toContain("sentence=");
});

describe.each(languages)("in %s", (language) => {
  it.each(["light", "dark"])("axe finds nothing, %s, in any view of any chapter", async (theme) => {
    for (const chapter of chapterIds) {
      for (const view of viewIds) {
        await open(
          `#v1/${chapter}/${view}?lang=${language}&theme=${theme}&${chapter}.hidden=1-1`,
          view === "proper" ? 360 : 1200,
        );
        await page.$$eval("details", (all) => {
          for (const details of all) details.open = true;
        });
        await page.waitForSelector(".engineer");
        await page.evaluate(axe);
        const { violations } = (await page.evaluate("axe.run()")) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        expect(violations.map(({ id, nodes }) => `${chapter}/${view} ${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
    }
  });

  it.each([360, 768, 1440])("nothing is wider than %i pixels", async (width) => {
    for (const chapter of chapterIds) {
      for (const view of viewIds) {
        const wide = "sentence.width=16&sentence.vectors=r1&multiHead.heads=16&multiHead.projections=r1";
        await open(`#v1/${chapter}/${view}?lang=${language}&${wide}`, width);
        await page.$$eval("details", (all) => {
          for (const details of all) details.open = true;
        });
        await page.waitForSelector(".engineer");
        await page.evaluate(() => document.fonts.ready.then(() => undefined));
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth),
          `${chapter}/${view}`,
        ).toBeLessThanOrEqual(width);
      }
    }
  });

  it("is said to be so, and has its own font", async () => {
    await open(`#v1/self/notebook?lang=${language}`);
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
    await page.evaluate(() => document.fonts.ready);
    expect(await page.evaluate(() => document.fonts.check("16px Pretendard", "나는"))).toBe(true);
    expect(await page.evaluate(() => [...document.fonts].some((font) => font.status === "loaded"))).toBe(true);
  });
});

describe("for engineers", () => {
  let downloads: string;
  beforeEach(async () => {
    downloads = mkdtempSync(join(tmpdir(), "attn-demo-"));
    const session = await page.createCDPSession();
    const browserContextId = page.browserContext().id;
    await session.send("Browser.setDownloadBehavior", {
      behavior: "allow",
      downloadPath: downloads,
      ...(browserContextId !== undefined && { browserContextId }),
    });
    await open("#v1/masked/proper?lang=en");
    await page.click(".engineers summary");
    await page.waitForSelector(".engineer");
  });
  afterEach(() => rmSync(downloads, { recursive: true }));

  it("variant, shapes, error, and times when asked for", async () => {
    const panel = await text(".engineer");
    expect(panel).toMatch(/\b(simd|relaxed)\b/);
    expect(panel).toContain("weights [1, 3, 3]");
    await page.click(".engineer button");
    await page.waitForSelector(".engineer li:nth-child(3)");
    const times = (await text(".engineer ul")).match(/[\d.]+(?= µs)/g)?.map(Number);
    expect(times).toHaveLength(3);
    for (const time of times ?? []) expect(time).toBeGreaterThan(0);
  });

  it("files that can be read", async () => {
    const buttons = await page.$$(".engineer dd.history button");
    for (const button of buttons) await button.click();
    const wanted = ["csv", "json", "png", "svg"].map((ending) => `attention-masked-1.${ending}`);
    await expect.poll(() => readdirSync(downloads).sort()).toEqual(wanted);
    const [csv, json, png, svg] = wanted.map((name) => readFileSync(join(downloads, name)));
    expect(csv?.toString().split("\r\n")[0]).toBe(",나는,사과를,먹었다");
    expect(csv?.toString().split("\r\n")[1]).toBe("나는,1,,");
    expect(JSON.parse(String(json))).toMatchObject({
      call: "maskedMultiHeadSelfAttention",
      options: { heads: 1 },
      x: { words: ["나는", "사과를", "먹었다"] },
    });
    expect(png?.subarray(1, 4).toString()).toBe("PNG");
    const parser = new SaxesParser();
    parser.on("error", (error) => expect.fail(String(error)));
    parser.write(String(svg)).close();
    expect(String(svg)).toContain("0.6405");
  });
});

it("works offline after the first load", async () => {
  const host = await serve(dist);
  home = host.url;
  await page.goto(`${home}#v1/self/proper?lang=en`);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await page.waitForSelector("main h2");
  await host.close();
  await expect(fetch(home)).rejects.toThrow();
  await page.reload();
  await page.waitForSelector("main h2");
  expect((await gridsIn(".figures"))[0]?.[0]).toBe(0.4711);
  expect(
    await page.evaluate(() => document.fonts.ready.then(() => document.fonts.check("16px Pretendard", "나는"))),
  ).toBe(true);
});

it("motion that is not wanted is not made", async () => {
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await open();
  const moving = await page.$$eval(
    "*",
    (all) => all.filter((element) => Number.parseFloat(getComputedStyle(element).transitionDuration) > 0).length,
  );
  expect(moving).toBe(0);
});

describe.skipIf(process.arch !== "x64")("without SIMD", () => {
  it("the page says so, and what to use", async () => {
    const old = await launch({ args: ["--js-flags=--no-enable-sse4-1"] });
    try {
      const bare = await newPage(old);
      await bare.goto(served.url);
      await bare.waitForSelector("[role=alert]");
      expect(await bare.$eval("[role=alert]", (element) => element.textContent)).toMatch(/Chrome 91/);
    } finally {
      await old.close();
    }
  });
});

it("Firefox, where there is one: the main path", async ({ skip }) => {
  const firefox = await launchFirefox();
  if (!firefox) return skip("no Firefox on this machine");
  try {
    const opened = await newPage(firefox);
    await opened.goto(`${served.url}#v1/masked/proper?step=softmax&lang=ko`);
    await opened.waitForSelector(".figures attn-heatmap");
    const cells = () =>
      opened.$eval(".figures attn-heatmap", (element) =>
        [...(element.shadowRoot as ShadowRoot).querySelectorAll("td[role=gridcell]")].map((cell) => cell.textContent),
      );
    await expect.poll(cells).toEqual(["1.0000", "", "", "0.3595", "0.6405", "", "0.2645", "0.2645", "0.4711"]);
    await opened.click(".chapters li:nth-child(4) a");
    expect(await opened.$eval("main h2", (element) => element.textContent)).toBe(ko.mechanisms.cross.title);
  } finally {
    await firefox.close();
  }
});
