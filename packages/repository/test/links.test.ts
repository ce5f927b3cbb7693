// That what the repository's Markdown points to within it is there.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../src/root.ts";

const exclude = ["**/node_modules/**", "**/dist/**", "**/CHANGELOG.md"];
const files = globSync(["**/*.md", ".github/**/*.md", ".changeset/*.md"], { cwd: root, exclude }).sort();

/** Of links and pictures: neither addresses nor headings of the same file. */
function targets(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, "");
  const found = [...prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)].map(([, a, b]) => (a ?? b) as string);
  return found.filter((target) => !/^(?:[a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*/, ""));
}

it("there are some", () => expect(files).toContain("README.md"));

it.each(files)("%s", (file) => {
  const missing = targets(readFileSync(join(root, file), "utf8")).filter(
    (target) => !existsSync(join(root, dirname(file), target)),
  );
  expect(missing).toEqual([]);
});

it("the tour leads to files that there are", () => {
  const tour = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const paths = [...tour.matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(9);
  const isThere = (path: string) =>
    ["", "packages", "packages/core/src", "packages/kernel", "packages/nn/src"].some((from) =>
      existsSync(join(root, from, path)),
    );
  expect(paths.filter((path) => !isThere(path))).toEqual([]);
});
