// The browser is real: it loads a page over HTTP, and runs WebAssembly with SIMD in it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type Browser, launch, launchFirefox, type Served, serve } from "../src/index.ts";

/** (module (func (export "f") (result i32) (i32x4.extract_lane 0 (i32x4.splat (i32.const 7))))) */
const wasm = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 5, 1, 96, 0, 1, 127], // type: () → i32
  ...[3, 2, 1, 0], // function 0 has type 0
  ...[7, 5, 1, 1, 102, 0, 0], // export "f"
  ...[10, 11, 1, 9, 0, 65, 7, 253, 17, 253, 27, 0, 11], // const 7, splat, extract lane 0
]);

const csp = "default-src 'self' 'wasm-unsafe-eval'; style-src 'none'";
let folder: string;
let served: Served;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "attn-browser-"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>a page</title><p style='color:red'>나는</p>");
  writeFileSync(join(folder, "seven.wasm"), wasm);
  served = await serve(folder, { headers: { "content-security-policy": csp } });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

async function look(browser: Browser): Promise<void> {
  try {
    const page = await browser.newPage();
    const response = await page.goto(served.url);
    expect(response?.headers()["content-security-policy"]).toBe(csp);
    expect(await page.title()).toBe("a page");
    const seen = await page.evaluate(async () => {
      // Streaming compilation wants the right content type.
      const { instance } = await WebAssembly.instantiateStreaming(fetch("seven.wasm"));
      const word = document.querySelector("p") as HTMLElement;
      return {
        seven: (instance.exports.f as () => number)(),
        word: word.textContent,
        color: getComputedStyle(word).color,
      };
    });
    // The policy keeps the red off.
    expect(seen).toEqual({ seven: 7, word: "나는", color: "rgb(0, 0, 0)" });
  } finally {
    await browser.close();
  }
}

const wish = (value: string | undefined): void => {
  vi.stubEnv("ATTN_BROWSER", value);
  onTestFinished(() => void vi.unstubAllEnvs());
};

it("the machine's Chromium runs WebAssembly SIMD from a served page", async () => {
  wish(undefined);
  await look(await launch());
});

const hasPackage = process.platform === "linux" && process.arch === "x64";
it.runIf(hasPackage)("the Chromium of the package does, and leaves the environment as it was", async () => {
  wish("bundled");
  const before = { ...process.env };
  const browser = await launch();
  expect(browser.process()?.spawnfile).toContain("node_modules/.cache/chromium-");
  expect({ ...process.env }).toEqual(before);
  await look(browser);
});

it("Firefox does, where there is one", async ({ skip }) => {
  const browser = await launchFirefox();
  if (!browser) return skip("no Firefox on this machine");
  await look(browser);
});

describe("serve", () => {
  it("has the types of WebAssembly, and 404 for what is not there", async () => {
    const response = await fetch(`${served.url}seven.wasm`);
    expect(response.headers.get("content-type")).toBe("application/wasm");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(wasm);
    expect((await fetch(`${served.url}eight.wasm`)).status).toBe(404);
  });

  it("does not leave its folder", async () => {
    expect((await fetch(`${served.url}..%2f..%2fetc%2fpasswd`)).status).toBe(404);
  });

  it("can be closed, twice, and answers no more", async () => {
    await using other = await serve(folder);
    expect((await fetch(other.url)).status).toBe(200);
    await other.close();
    await expect(fetch(other.url)).rejects.toThrow();
  });
});

it("a wish that is not known is refused", async () => {
  wish("netscape");
  await expect(launch()).rejects.toThrow('ATTN_BROWSER must be "bundled" or not there, got "netscape"');
});
