// The installed packages in real browsers: on a page, in a worker, under a policy, and with a .wasm that a page hosts.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, launch, launchFirefox, type Served, serve } from "@attn/browser";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicExamples } from "../src/examples.ts";
import { disagreement, makeProject, type Result } from "../src/index.ts";

const SLIM = `import { createAttention, loadAttention } from "@attn/core/slim";
import { run } from "./cases.js";
const said = async (promise) => promise.then((engine) => ({ variant: engine.variant, first: 0, outputs: run(engine) }), (error) => String(error));
globalThis.slim = {
  url: () => said(loadAttention(new URL("simd.wasm", location.href))),
  path: () => said(loadAttention("relaxed.wasm")),
  response: () => said(loadAttention(fetch("simd.wasm"))),
  async module() { return said(Promise.resolve(createAttention({ module: await WebAssembly.compileStreaming(fetch("simd.wasm")) }))); },
  async bytes() { return said(Promise.resolve(createAttention({ module: await (await fetch("relaxed.wasm")).arrayBuffer() }))); },
  missing: () => said(loadAttention("missing.wasm")),
  page: () => said(loadAttention("index.html")),
  async refused() { try { return createAttention({ module: await (await fetch("simd.wasm")).arrayBuffer() }).variant; } catch (error) { return String(error); } },
};
`;
const REFUSED = `import { selfAttention } from "@attn/core";
try { globalThis.said = selfAttention([[1]]).output.data[0]; } catch (error) { globalThis.said = String(error); }
`;
/** What READMEs and docstrings show of HTML, with what it imports bundled. */
const examples = publicExamples().filter(({ language }) => language === "html");
const SCRIPT = /<script type="module">(.*?)<\/script>/s;

const html = (script: string) => `<!doctype html><title>attn</title><script type="module" src="${script}"></script>`;

let folder: string;
let served: Served;
let strict: Served;
beforeAll(async () => {
  const project = makeProject("npm");
  folder = join(project, "site");
  mkdirSync(folder);
  writeFileSync(join(project, "slim.js"), SLIM);
  writeFileSync(join(project, "refused.js"), REFUSED);
  for (const name of ["page", "page-model", "worker", "slim", "refused"]) {
    await build({ input: join(project, `${name}.js`), output: { file: join(folder, `${name}.js`), minify: true } });
    writeFileSync(join(folder, `${name}.html`), html(`${name}.js`));
  }
  for (const [i, { code }] of examples.entries()) {
    const name = `example${i}`;
    writeFileSync(join(project, `${name}.js`), SCRIPT.exec(code)?.[1] ?? 'import "@attn/viz/element";');
    await build({ input: join(project, `${name}.js`), output: { file: join(folder, `${name}.js`), minify: true } });
    writeFileSync(join(folder, `${name}.html`), html(`${name}.js`) + code.replace(SCRIPT, ""));
  }
  writeFileSync(join(folder, "index.html"), html("none.js").replace(/<script.*/, ""));
  for (const variant of ["simd", "relaxed"])
    cpSync(join(project, `node_modules/@attn/kernel/dist/attention.${variant}.wasm`), join(folder, `${variant}.wasm`));
  served = await serve(folder, { headers: { "content-security-policy": "script-src 'self' 'wasm-unsafe-eval'" } });
  strict = await serve(folder, { headers: { "content-security-policy": "script-src 'self'" } });
});
afterAll(async () => {
  await served.close();
  await strict.close();
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

const firefox = await launchFirefox();
await firefox?.close();

describe.each([
  ["Chromium", launch],
  ...(firefox ? [["Firefox", launchFirefox as typeof launch] as const] : []),
] as const)("%s", (_, start) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await start();
  });
  afterAll(() => browser.close());

  const open = async (url: string) => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => void errors.push(String(error)));
    await page.goto(url);
    return { page, errors };
  };
  const expectCases = (result: Result, variant: string) => {
    expect(disagreement(result)).toBeUndefined();
    expect(result.variant).toBe(variant);
  };

  it("a page", async () => {
    const { page, errors } = await open(`${served.url}page.html`);
    await page.waitForFunction("globalThis.attnResult");
    expectCases((await page.evaluate("globalThis.attnResult")) as Result, "relaxed");
    expect(errors).toEqual([]);
  });

  it("a page that runs a model, with the same bits as here", async () => {
    const { page, errors } = await open(`${served.url}page-model.html`);
    await page.waitForFunction("globalThis.attnResult");
    expectCases((await page.evaluate("globalThis.attnResult")) as Result, "simd");
    expect(errors).toEqual([]);
  });

  it("a worker of a page", async () => {
    const { page } = await open(served.url);
    const result = await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker("worker.js", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message));
        }),
    );
    expectCases(result as Result, "relaxed");
  });

  it.each(examples.map(({ name }, i) => [name, i] as const))(
    "the example of %s draws what it is given",
    async (_, i) => {
      const { page, errors } = await open(`${served.url}example${i}.html`);
      await page.waitForFunction("document.querySelector('attn-heatmap')?.shadowRoot?.textContent.includes('나는')");
      expect(errors).toEqual([]);
    },
  );

  describe("slim, the .wasm from", () => {
    it.each([
      ["url", "simd"],
      ["path", "relaxed"],
      ["response", "simd"],
      ["module", "simd"],
      ["bytes", "relaxed"],
    ])("%s", async (how, variant) => {
      const { page } = await open(`${served.url}slim.html`);
      await page.waitForFunction("globalThis.slim");
      expectCases((await page.evaluate(`slim.${how}()`)) as Result, variant);
    });

    it.each([
      ["missing", /^Error: loadAttention: "source" must be .*, got 404 .*from missing\.wasm$/],
      ["page", /^Error: loadAttention: "source" must be WebAssembly, got "text\/html.*from index\.html/],
    ])("nowhere: %s", async (how, message) => {
      const { page } = await open(`${served.url}slim.html`);
      await page.waitForFunction("globalThis.slim");
      expect(await page.evaluate(`slim.${how}()`)).toMatch(message);
    });
  });

  it("a policy without 'wasm-unsafe-eval' is told what to allow", async () => {
    const { page } = await open(`${strict.url}refused.html`);
    await page.waitForFunction("globalThis.said");
    const refused = /^Error: \w+: this runtime refuses to compile WebAssembly .*'wasm-unsafe-eval' in its script-src/;
    expect(await page.evaluate("globalThis.said")).toMatch(refused);

    const slim = (await open(`${strict.url}slim.html`)).page;
    await slim.waitForFunction("globalThis.slim");
    for (const how of ["url", "refused"]) expect(await slim.evaluate(`slim.${how}()`)).toMatch(refused);
  });
});
