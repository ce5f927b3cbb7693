// A real browser for tests, on a machine that may have none. Knows nothing about what is tested.
import { type Browser, type Page, launch as start } from "puppeteer-core";
import { findChromium, findFirefox } from "./find.ts";
import { patience } from "./patience.ts";

export type { Browser, Page } from "puppeteer-core";
export { type Served, serve } from "./serve.ts";

const waits = { timeout: patience, protocolTimeout: patience };

/** Headless, and it asks nobody on the network for anything. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** CHROME_PATH, a Chromium on PATH, an installed Chrome, or the one in this package's dependencies. `args` are Chromium's own. */
export async function launch({ args: own = [] }: { args?: readonly string[] } = {}): Promise<Browser> {
  const { executablePath, env } = await findChromium();
  return start({ executablePath, env: { ...process.env, ...env }, args: [...args, ...own], ...waits });
}

/** FIREFOX_PATH, a Firefox on PATH, or none. */
export async function launchFirefox(): Promise<Browser | undefined> {
  const executablePath = findFirefox();
  return executablePath === undefined ? undefined : start({ browser: "firefox", executablePath, ...waits });
}

/** A page in a context of its own: no storage and no service worker from another. Close it by its context. */
export async function newPage(browser: Browser): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  page.setDefaultTimeout(patience);
  return page;
}
