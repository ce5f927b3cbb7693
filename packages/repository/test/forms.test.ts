// That GitHub can read what it is given: issue forms as its form schema has them, and updates for everything that is locked.
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "../src/root.ts";

const read = (path: string) => parse(readFileSync(join(root, path), "utf8"));
const templates = ".github/ISSUE_TEMPLATE";
const forms = readdirSync(join(root, templates)).filter((name) => name !== "config.yml");

interface Field {
  readonly type: string;
  readonly id: string;
  readonly attributes: { readonly label: string; readonly options?: readonly string[] };
}

it("there are forms, and no way past them", () => {
  expect(forms.sort()).toEqual(["bug.yml", "question.yml"]);
  expect(read(`${templates}/config.yml`).blank_issues_enabled).toBe(false);
});

describe.each(forms)("%s", (name) => {
  const form = read(`${templates}/${name}`) as { name: string; description: string; body: Field[] };
  it("says what it is for", () => {
    expect(form.name).toBeTruthy();
    expect(form.description).toBeTruthy();
  });
  it("asks with fields that there are, each under a name of its own", () => {
    for (const { type, attributes } of form.body) {
      expect(["textarea", "input", "dropdown", "checkboxes"]).toContain(type);
      expect(attributes.label).toBeTruthy();
      if (type === "dropdown") expect(new Set(attributes.options).size).toBe(attributes.options?.length);
    }
    const ids = form.body.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

it("everything that has a lockfile, and every action, is kept up to date", () => {
  const { updates } = read(".github/dependabot.yml") as {
    updates: { "package-ecosystem": string; directories: string[] }[];
  };
  const of = (ecosystem: string) => updates.find((each) => each["package-ecosystem"] === ecosystem)?.directories;
  const exclude = ["**/node_modules/**"];
  const locked = globSync("**/pnpm-lock.yaml", { cwd: root, exclude }).map((file) =>
    `/${dirname(file)}`.replaceAll(sep, "/").replace(/^\/\.$/, "/"),
  );
  expect(of("npm")?.toSorted()).toEqual(locked.sort());
  expect(of("github-actions")).toEqual(["/", "/.github/actions/*"]);
});
