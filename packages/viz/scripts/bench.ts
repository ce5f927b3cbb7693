// How long pictures take, in milliseconds: each made and written as SVG here, and drawn by the element in a Chromium. Medians;
// a figure for people, which no test asserts. `node scripts/bench.ts [folder of a build] [--json]`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { launch, serve } from "@attn/browser";
import { build } from "rolldown";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const dist = pathToFileURL(join(positionals[0] ?? join(import.meta.dirname, "../dist"), "/"));
const say = (...words: string[]): void => {
  if (!values.json) console.log(...words);
};
const ROUNDS = 5;
const SIDES = [8, 64, 128, 256, 512, 1024, 2048];

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] as number;
/** A causal matrix of n × n, and what is hidden of it. */
const causal = (n: number) => {
  const words = Array.from({ length: n }, (_, i) => `w${i}`);
  const values = words.map((_, i) => words.map((_, j) => (j > i ? 0 : 1 / (i + 1))));
  return { values, rows: words, columns: words, hidden: words.map((_, i) => words.map((_, j) => j > i)) };
};
const seen = (time: number | string): string => (typeof time === "number" ? `${time.toFixed(1)} ms` : time);
/** Milliseconds by side, or why there are none. */
const [svgTimes, elementTimes]: [Record<string, number | string>, Record<string, number | string>] = [{}, {}];

const { heatmap, toSvg } = (await import(new URL("index.js", dist).href)) as typeof import("../src/index.ts");
say("heatmap, then toSvg");
for (const side of SIDES) {
  const matrix = causal(side);
  try {
    let svg = "";
    const times = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      svg = toSvg(heatmap(matrix));
      return performance.now() - start;
    });
    svgTimes[`${side}²`] = median(times);
    say(`${side}²`.padEnd(8), seen(median(times)).padStart(12), `${(svg.length / 1e6).toFixed(2)} MB`.padStart(10));
  } catch (error) {
    svgTimes[`${side}²`] = String(error);
    say(`${side}²`.padEnd(8), String(error));
  }
}

const folder = mkdtempSync(join(tmpdir(), "attn-viz-bench-"));
await build({
  input: fileURLToPath(new URL("element.js", dist)),
  output: { file: join(folder, "element.js") },
  logLevel: "silent",
});
writeFileSync(
  join(folder, "index.html"),
  `<!doctype html><script type="module" src="element.js"></script><attn-heatmap></attn-heatmap>`,
);
await using served = await serve(folder);
const browser = await launch();
const page = await browser.newPage();
await page.goto(served.url);
await page.waitForFunction("customElements.get('attn-heatmap')");
say("attn-heatmap, until it has drawn");
for (const side of SIDES) {
  const time = await page.evaluate(`(async () => {
    const heat = document.querySelector("attn-heatmap");
    const times = [];
    const failed = new Promise((resolve) => addEventListener("error", ({ message }) => resolve(message), { once: true }));
    const matrix = (${causal})(${side});
    for (let round = 0; round < ${ROUNDS}; round++) {
      const start = performance.now();
      heat.matrix = { ...matrix };
      await null;
      // What is queued for the compositor is part of it.
      heat.shadowRoot?.querySelector("canvas")?.getContext("2d").getImageData(0, 0, 1, 1);
      times.push(performance.now() - start);
      if (times.at(-1) > 2000) break;
    }
    const error = await Promise.race([failed, new Promise((resolve) => requestAnimationFrame(() => resolve()))]);
    return error ?? times.sort((a, b) => a - b)[times.length >> 1];
  })()`);
  elementTimes[`${side}²`] = time as number | string;
  say(`${side}²`.padEnd(8), seen(time as number | string).padStart(12));
}
if (values.json) console.log(JSON.stringify({ svg: svgTimes, element: elementTimes }, null, 2));
await browser.close();
rmSync(folder, { recursive: true });
