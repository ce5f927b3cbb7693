// What a bug is: one exact text of one file, what is put in its place, and the tests that are to notice. Knows no bug and
// runs no test.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The narrowest tests that should notice: a file of a package's test/, without its ending. */
export interface Suite {
  /** The folder, as "packages/core". */
  readonly folder: string;
  readonly file: string;
  /** Only tests whose name matches, as a regular expression. */
  readonly only?: string;
}

export interface Bug {
  /** What a reviewer would call it. */
  readonly name: string;
  /** From the root. */
  readonly file: string;
  /** Found exactly once in the file. */
  readonly text: string;
  readonly instead: string;
  readonly suite: Suite;
}

/** The file with the bug in it, and without; an Error where the text is not there exactly once. */
export function applied(
  { name, file, text, instead }: Bug,
  root: string,
): { readonly before: string; readonly after: string } {
  const before = readFileSync(join(root, file), "utf8");
  const count = before.split(text).length - 1;
  if (count !== 1) throw new Error(`"${name}": its text must be found once in ${file}, got ${count} times: ${text}`);
  if (text === instead) throw new Error(`"${name}": it must change its text`);
  return { before, after: before.replace(text, () => instead) };
}

/** Runs `act` while the bug is in its file under `root`. */
export async function withBug<T>(bug: Bug, root: string, act: () => Promise<T>): Promise<T> {
  const { before, after } = applied(bug, root);
  writeFileSync(join(root, bug.file), after);
  try {
    return await act();
  } finally {
    writeFileSync(join(root, bug.file), before);
  }
}
