// The pages that the build made: one for each name that a user can import.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as core from "@attn/core";
import { expect, it } from "vitest";

const page = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

it.each(Object.keys(core))("%s has a page with its docstring", (name) => {
  const file = page(`functions/_attn_core.${name}.html`);
  const variable = page(`variables/_attn_core.${name}.html`);
  const html = readFileSync(existsSync(file) ? file : variable, "utf8");
  expect(html).toContain('class="tsd-comment');
});

it("the start page is the README of @attn/core", () => {
  expect(readFileSync(page("index.html"), "utf8")).toContain("Where it runs");
});
