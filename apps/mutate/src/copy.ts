// A copy of the repository to put bugs into: the files that git knows or would, installed from pnpm's store. The
// repository itself is only read.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "@attn/packed";

export const root: string = fileURLToPath(new URL("../../../", import.meta.url));

export interface Copy extends Disposable {
  readonly root: string;
}

export function makeCopy(): Copy {
  const copy = mkdtempSync(join(tmpdir(), "attn-mutate-"));
  const remove = () => rmSync(copy, { recursive: true, force: true });
  // Ctrl-C ends a process without leaving any block that would clean up.
  process.once("SIGINT", () => {
    remove();
    process.exit(130);
  });
  try {
    const files = run(root, "git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).split("\0");
    for (const file of files.filter((name) => name !== "" && existsSync(join(root, name)))) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(root, file), join(copy, file));
    }
    run(copy, "pnpm", ["install", "--frozen-lockfile", "--prefer-offline"]);
  } catch (error) {
    remove();
    throw error;
  }
  return { root: copy, [Symbol.dispose]: remove };
}
