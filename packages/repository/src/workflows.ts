// The workflows and local actions under .github as data, and the steps in them. Judges nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import { parse } from "yaml";
import { root } from "./root.ts";

export interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

export type Permissions = Readonly<Record<string, "read" | "write" | "none">> | "read-all" | "write-all";

export interface Job {
  readonly needs?: string | readonly string[];
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Workflow {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** An action as its action.yml has it. */
export interface Action {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** An action of this repository, which is a list of steps. */
export interface LocalAction extends Action {
  readonly path: string;
  readonly text: string;
  readonly steps: readonly Step[];
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");

const listed = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => posix.join(folder, ...name.split(sep)))
    .sort();

export const workflows: readonly Workflow[] = listed(".github/workflows").map((path) => {
  const text = read(path);
  return { ...(parse(text) as Pick<Workflow, "permissions" | "jobs">), path, text };
});

/** By the name that a step uses them under. */
export const localActions: Readonly<Record<string, LocalAction>> = Object.fromEntries(
  listed(".github/actions").map((path) => {
    const text = read(path);
    const {
      inputs = {},
      outputs = {},
      runs,
    } = parse(text) as {
      inputs?: object;
      outputs?: object;
      runs: { steps: readonly Step[] };
    };
    const action = { path, text, inputs: Object.keys(inputs), outputs: Object.keys(outputs), steps: runs.steps };
    return [`./${dirname(path)}`, action];
  }),
);
