// How long a reader of the built page waits, measured in Chromium from this machine's own server: medians in milliseconds,
// as JSON on stdout. For the bench and for people; no test reads it.
//
//   npx -y pnpm@12 --filter @attn/demo measure [--runs 11]
//
//   loadToFirstPaint  from the navigation to the first contentful paint, in a new browser context each time: nothing cached
//   keyToScreen       from a key pressed in a sentence of 128 words to the end of the frame that shows what it changed, in
//                     each view of masked self-attention
//   pictureToScreen   from new values for <attn-heatmap> to the end of the frame that shows them, L × L
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch, newPage, type Page, serve } from "@attn/browser";
import { viewIds } from "../src/lesson/view-state.ts";

const WORDS = 128;
const SIZES = [16, 64, 128] as const;
/** Compilers and caches have seen everything by then. */
const WARM_UP = 5;

const { values } = parseArgs({ options: { runs: { type: "string", default: "11" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1)
  throw new RangeError(`measure: --runs must be a positive integer, got ${JSON.stringify(values.runs)}`);

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
if (!existsSync(`${dist}index.html`)) throw new Error("measure: the page is not built; run its build first");

/** Of an even number the upper of the two in the middle. */
const median = (times: readonly number[]): number =>
  Number((times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number).toFixed(1));

const address = (view: string): string => {
  const words = Array.from({ length: WORDS }, (_, i) => `w${i}`).join("+");
  return `#v1/masked/${view}?step=softmax&sentence=${words}&sentence.width=8&sentence.vectors=r1&lang=en`;
};

async function firstPaint(page: Page, url: string): Promise<number> {
  await page.goto(url);
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const [paint] = list.getEntriesByName("first-contentful-paint");
          if (paint) resolve(paint.startTime);
        }).observe({ type: "paint", buffered: true });
      }),
  );
}

/** `afterFrame` of the page calls back when the next frame is done: a message comes after what the frame renders. */
const installAfterFrame = (page: Page): Promise<unknown> =>
  page.evaluateOnNewDocument(() => {
    Object.assign(globalThis, {
      afterFrame: (then: () => void) =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = then;
          port2.postMessage(undefined);
        }),
    });
  });
declare const afterFrame: (then: () => void) => void;

async function keyTimes(page: Page, url: string): Promise<number[]> {
  await page.goto("about:blank");
  await page.goto(url);
  await page.waitForSelector(".figures attn-heatmap");
  await page.$eval(".sentence textarea", (element) => {
    const field = element as HTMLTextAreaElement;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    const times: number[] = [];
    let pressed = 0;
    const noteKey = (event: KeyboardEvent): void => {
      pressed = event.timeStamp;
    };
    field.addEventListener("keydown", noteKey);
    field.addEventListener("input", () => afterFrame(() => times.push(performance.now() - pressed)));
    Object.assign(globalThis, { times });
  });
  for (let i = 0; i < WARM_UP + runs; i++) {
    // The last word changes, and its number of letters stays small.
    await page.keyboard.press(i % 2 === 0 ? "x" : "Backspace");
    await page.waitForFunction(`times.length === ${i + 1}`);
  }
  return ((await page.evaluate("times")) as number[]).slice(WARM_UP);
}

const pictureTimes = (page: Page, size: number): Promise<number[]> =>
  page.evaluate(
    async (L, count) => {
      const element = document.createElement("attn-heatmap");
      document.body.prepend(element);
      const rows = Array.from({ length: L }, (_, i) => `w${i}`);
      const times: number[] = [];
      for (let n = 0; n < count; n++) {
        const matrix = {
          values: rows.map((_, i) => rows.map((_, j) => ((i * 7 + j * 3 + n) % 101) / 100)),
          rows,
          columns: rows,
        };
        const start = performance.now();
        Object.assign(element, { matrix });
        await new Promise<void>((resolve) => afterFrame(resolve));
        times.push(performance.now() - start);
      }
      element.remove();
      return times;
    },
    size,
    WARM_UP + runs,
  );

const served = await serve(dist);
const browser = await launch();
try {
  const paints: number[] = [];
  for (let i = 0; i < runs; i++) {
    const page = await newPage(browser);
    paints.push(await firstPaint(page, served.url));
    await page.browserContext().close();
  }
  const page = await newPage(browser);
  await installAfterFrame(page);
  const keyToScreen: Record<string, number> = {};
  for (const view of viewIds) keyToScreen[view] = median(await keyTimes(page, `${served.url}${address(view)}`));
  await page.goto("about:blank");
  await page.goto(served.url);
  const pictureToScreen: Record<string, number> = {};
  for (const size of SIZES) pictureToScreen[size] = median((await pictureTimes(page, size)).slice(WARM_UP));
  const result = {
    browser: await browser.version(),
    runs,
    words: WORDS,
    loadToFirstPaint: median(paints),
    keyToScreen,
    pictureToScreen,
  };
  console.log(JSON.stringify(result, null, 2));
} finally {
  await browser.close();
  await served.close();
}
