// The built page: small, and hostable under any path.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const read = (name: string): Buffer => readFileSync(new URL(name, dist));

it("weighs at most 150 KB gzipped without the fonts, which weigh less than 600", () => {
  const size = (isFont: boolean): number =>
    files
      .filter(({ name }) => name.endsWith(".woff2") === isFont)
      .reduce((sum, { name, parentPath }) => sum + gzipSync(readFileSync(`${parentPath}/${name}`)).length, 0);
  expect(size(false)).toBeLessThanOrEqual(150 * 1024);
  expect(size(true)).toBeLessThanOrEqual(600 * 1024);
});

it("refers to its files relatively", () => {
  const html = read("index.html").toString();
  const references = [...html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, reference]) => reference as string);
  expect(references.length).toBeGreaterThanOrEqual(3);
  for (const reference of references) expect(reference).toMatch(/^(?:\.\/|data:)/u);
});
