// What the bundlers make of the program, in real browsers: on a page and in its worker; and the .wasm as a file of its own.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, launch, launchFirefox, serve } from "@attn/browser";
import type { Result } from "@attn/packed";
import type { Attempt } from "./attempt.ts";
import { type Bundle, bundlers } from "./bundlers.ts";

const HOSTED = (url: string) => `${url}
import { loadAttention } from "@attn/core/slim";
import { run } from "./cases.js";
const engine = await loadAttention(url);
engine.selfAttention([[1, 0], [0, 1]]);
globalThis.attnResult = { variant: engine.variant, first: performance.now(), outputs: run(engine) };
`;
/** How the bundlers that can are asked for a file's address. */
const hosted: Readonly<Record<string, string>> = {
  Vite: HOSTED('import url from "@attn/kernel/relaxed.wasm?url";'),
  webpack: HOSTED('const url = new URL("@attn/kernel/relaxed.wasm", import.meta.url);'),
};

/** webpack's output is a classic script, the others' are modules. */
const load = (bundler: string, file: string): string =>
  `<script ${bundler === "webpack" ? "defer" : 'type="module"'} src="${file}"></script>`;
const WORKER = `<script type="module">
const worker = new Worker("worker.js", { type: "module" });
worker.onmessage = ({ data }) => { globalThis.attnResult = data; };
worker.onerror = ({ message }) => { globalThis.attnError = message; };
</script>`;

async function look(start: () => Promise<Browser | undefined>, folder: string): Promise<Result | undefined> {
  const browser = await start();
  if (!browser) return undefined;
  await using served = await serve(folder);
  try {
    const page = await browser.newPage();
    let failure: unknown;
    page.on("pageerror", (error) => {
      failure = error;
    });
    await page.goto(served.url);
    await page
      .waitForFunction("globalThis.attnResult || globalThis.attnError", { timeout: 20_000 })
      .catch((error: unknown) => Promise.reject(failure ?? error));
    const error = (await page.evaluate("globalThis.attnError")) as string | undefined;
    if (error !== undefined) throw new Error(error);
    return (await page.evaluate("globalThis.attnResult")) as Result;
  } finally {
    await browser.close();
  }
}

let sites = 0;
async function makeSite(project: string, bundle: Bundle, name: string, html: string): Promise<string> {
  const folder = join(project, `site-${++sites}`);
  mkdirSync(folder);
  await bundle(project, name, folder);
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>attn</title>${html}`);
  return folder;
}

export async function tryBrowsers(attempt: Attempt, project: () => string): Promise<void> {
  for (const [where, start] of [
    ["Chromium", launch],
    ["Firefox", launchFirefox],
  ] as const) {
    for (const [name, bundle] of Object.entries(bundlers)) {
      await attempt(where, `a page, by ${name}`, async () =>
        look(start, await makeSite(project(), bundle, "page", load(name, "page.js"))),
      );
      await attempt(where, `a tiny model on a page, by ${name}`, async () =>
        look(start, await makeSite(project(), bundle, "page-model", load(name, "page-model.js"))),
      );
      await attempt(where, `a Web Worker, by ${name}`, async () =>
        look(start, await makeSite(project(), bundle, "worker", WORKER)),
      );
      const entry = hosted[name];
      if (entry === undefined) continue;
      await attempt(where, `slim with the .wasm as a file, by ${name}`, async () => {
        writeFileSync(join(project(), `hosted-${name}.js`), entry);
        return look(start, await makeSite(project(), bundle, `hosted-${name}`, load(name, `hosted-${name}.js`)));
      });
    }
  }
}
