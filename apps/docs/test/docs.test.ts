// The pages that the build made: one for each name that a user can import.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as core from "@attn/core";
import * as kernel from "@attn/kernel";
import * as kernelNn from "@attn/kernel/nn";
import * as nn from "@attn/nn";
import * as viz from "@attn/viz";
import * as element from "@attn/viz/element";
import { describe, expect, it } from "vitest";

// The version is the package's: its page is @attn/kernel's.
const { version: _, ...ownOfKernelNn } = kernelNn;

const page = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

describe.each(
  Object.entries({
    _attn_core: core,
    _attn_kernel: kernel,
    _attn_kernel_nn: ownOfKernelNn,
    _attn_nn: nn,
    _attn_viz: viz,
    _attn_viz_element: element,
  }),
)("%s", (module, names) => {
  it.each(Object.keys(names))("%s has a page with its docstring", (name) => {
    const files = ["functions", "variables", "classes"].map((kind) => page(`${kind}/${module}.${name}.html`));
    const html = readFileSync(files.find((file) => existsSync(file)) ?? `a page of ${name}`, "utf8");
    expect(html.includes('class="tsd-comment')).toBe(true);
  });
});

it("the start page is the README of @attn/core", () => {
  expect(readFileSync(page("index.html"), "utf8")).toContain("Where it runs");
});
