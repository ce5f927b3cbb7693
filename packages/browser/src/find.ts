// Which browser there is: one on the machine, else a Chromium unpacked from a package. Starts none.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { executablePath } from "puppeteer-core";
import { patience } from "./patience.ts";

export interface Found {
  readonly executablePath: string;
  /** Put over the environment of this process. */
  readonly env: Record<string, string>;
}

const onPath = (...names: string[]): string | undefined =>
  names
    .flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)))
    .find((file) => existsSync(file));

const unpacked = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));

/** Unpacks beside its place and moves there: tests that start at the same time never see half of a browser. */
function unpack(folder: string): void {
  mkdirSync(unpacked, { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  try {
    // The package unpacks into the temporary folder, its libraries only where it believes to be on Lambda, and leaves
    // its mark on the environment: so in a process of its own.
    const code = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
    const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" };
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, env, timeout: patience });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Unless another process was first.
    if (!existsSync(folder)) throw error;
  }
}

function bundled(): Found {
  const machine = `${process.platform} ${process.arch}`;
  if (machine !== "linux x64")
    throw new Error(`no Chrome is installed, and none is in a package for ${machine}: CHROME_PATH may name one`);
  const require = createRequire(import.meta.url);
  const { version } = require(join(require.resolve("@sparticuz/chromium"), "../../../package.json"));
  const folder = join(unpacked, `chromium-${version}`);
  if (!existsSync(folder)) unpack(folder);
  const libraries = [join(folder, "al2023/lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { executablePath: join(folder, "chromium"), env: { LD_LIBRARY_PATH: libraries } };
}

/** Chrome where it installs itself, which on macOS and Windows is not on PATH. */
async function installed(): Promise<string | undefined> {
  const file = await executablePath("chrome");
  return existsSync(file) ? file : undefined;
}

/** ATTN_BROWSER=bundled is for the one from the package, whatever the machine has. */
export async function findChromium(): Promise<Found> {
  const wanted = process.env.ATTN_BROWSER;
  if (wanted !== undefined && wanted !== "bundled")
    throw new RangeError(`ATTN_BROWSER must be "bundled" or not there, got ${JSON.stringify(wanted)}`);
  if (wanted) return bundled();
  const own = process.env.CHROME_PATH || onPath("chromium", "chromium-browser", "google-chrome") || (await installed());
  return own ? { executablePath: own, env: {} } : bundled();
}

export const findFirefox = (): string | undefined => process.env.FIREFOX_PATH || onPath("firefox-esr", "firefox");
