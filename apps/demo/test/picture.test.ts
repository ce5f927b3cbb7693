// The READMEs' pictures are what the print is now.
import { readFileSync } from "node:fs";
import { SaxesParser } from "saxes";
import { expect, it } from "vitest";
import { printSvg } from "../scripts/print-svg.ts";

it.each(["en", "ko"] as const)("print.%s.svg is up to date, and well-formed", (language) => {
  const svg = readFileSync(new URL(`../print.${language}.svg`, import.meta.url), "utf8");
  expect(svg).toBe(printSvg(language));
  const parser = new SaxesParser();
  parser.on("error", (error) => expect.fail(String(error)));
  parser.write(svg).close();
  expect(svg).toContain("0.6405");
});
