// That the workflows ask for what exists: actions at a known commit, with inputs and outputs that these have there; and that
// only the job which publishes may. An action that is given an input it has not may ignore it or refuse to run.
//
// actions.json says what each action.yml has, by hand: whoever moves an action to another version reads its action.yml at
// that commit and writes down the names of its inputs and outputs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../src/root.ts";
import { type Action, localActions, type Step, workflows } from "../src/workflows.ts";
import facts from "./actions.json" with { type: "json" };

interface Fact extends Action {
  readonly version: string;
  readonly commit: string;
}
const known: Readonly<Record<string, Fact>> = facts;

/** What a step uses: a fact for the actions of others, the file for our own. */
function actionOf(uses: string): Action | undefined {
  return uses.startsWith("./") ? localActions[uses] : known[uses.split("@")[0] as string];
}

const places: readonly { path: string; text: string; steps: readonly Step[] }[] = [
  ...workflows.map(({ path, text, jobs }) => ({
    path,
    text,
    steps: Object.values(jobs).flatMap(({ steps }) => steps),
  })),
  ...Object.values(localActions),
];

it("there are workflows", () => {
  const names = ["ci", "mutate", "release"].map((name) => `.github/workflows/${name}.yml`);
  expect(workflows.map(({ path }) => path)).toEqual(names);
});

describe.each(places)("$path", ({ text, steps }) => {
  const using = steps.filter((step) => step.uses !== undefined);

  it("uses others' actions at a commit, with its version in a comment", () => {
    for (const { uses = "" } of using.filter((step) => !step.uses?.startsWith("./"))) {
      const { version, commit } = known[uses.split("@")[0] as string] ?? {};
      expect(text).toContain(`uses: ${uses.split("@")[0]}@${commit} # ${version}\n`);
      expect(uses).toMatch(/@[0-9a-f]{40}$/);
    }
  });

  it("gives actions inputs that they have", () => {
    for (const { uses = "", with: given = {} } of using) {
      const action = actionOf(uses);
      expect(action, uses).toBeDefined();
      for (const name of Object.keys(given)) expect(action?.inputs, `inputs of ${uses}`).toContain(name);
    }
  });

  it("checks out without leaving a token on the disk", () => {
    for (const step of using.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
      expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  it("runs scripts that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const { run = "" } of steps)
      for (const [, name] of run.matchAll(/\bpnpm(?:@[\d.]+)? (?:run )?([\w:]+)/g))
        if (name !== "install") expect(Object.keys(scripts)).toContain(name);
  });
});

describe.each(workflows)("$path", ({ text, permissions, jobs }) => {
  it("reads outputs that there are", () => {
    for (const { steps, outputs = {} } of Object.values(jobs)) {
      for (const expression of Object.values(outputs)) {
        const [, id, name] = /^\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}$/.exec(expression) ?? [];
        const step = steps.find((each) => each.id === id);
        expect(actionOf(step?.uses ?? "")?.outputs, expression).toContain(name);
      }
    }
    for (const [, job = "", name = ""] of text.matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g))
      expect(Object.keys(jobs[job]?.outputs ?? {})).toContain(name);
  });

  it("reads outputs of jobs that it waits for", () => {
    for (const job of Object.values(jobs))
      for (const [, name] of JSON.stringify(job).matchAll(/needs\.([\w-]+)\./g))
        expect([job.needs].flat()).toContain(name);
  });

  it("grants nothing by default but reading", () => {
    expect([{}, { contents: "read" }]).toContainEqual(permissions);
  });
});

describe("what may be published", () => {
  const release = workflows.find(({ path }) => path.endsWith("/release.yml"));
  const publishing = Object.entries(release?.jobs ?? {}).filter(([, { permissions }]) =>
    Object.hasOwn((permissions as object) ?? {}, "id-token"),
  );

  it("is published by one job of one workflow", () => {
    expect(publishing.map(([name]) => name)).toEqual(["publish"]);
    for (const { path, text } of places) if (path !== release?.path) expect(text).not.toMatch(/id-token|write-all/);
  });

  it("is tested and packed in jobs that cannot publish", () => {
    const [, publish] = publishing[0] ?? [];
    expect(publish?.steps.filter(({ run }) => run !== undefined)).toEqual([]);
    expect([publish?.needs].flat().sort()).toEqual(["pack", "test"]);
    for (const name of ["test", "pack"]) expect(release?.jobs[name]?.permissions).toEqual({ contents: "read" });
  });

  it("is published by the pnpm that the repository names", () => {
    const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const used = [...(localActions["./.github/actions/install"]?.text ?? "").matchAll(/pnpm@[\d.]+/g)].map(String);
    expect(used).toEqual([packageManager]);
    expect(release?.text).not.toMatch(/npx/);
  });
});
