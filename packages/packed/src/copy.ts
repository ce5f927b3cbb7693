// The repository as a commit of everything would have it, elsewhere: for what must not touch the one that is worked in.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

/** The repository's root. */
export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

/** Copies every file that git knows or does not ignore. Nothing is installed there. */
export function copyRepository(to: string): void {
  const files = run(root, "git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).split("\0");
  for (const file of files.filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(root, file), join(to, file));
  }
}
