// A copy of the repository to put bugs into, installed from pnpm's store. The repository itself is only read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyRepository, run } from "@attn/packed";

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
    copyRepository(copy);
    run(copy, "pnpm", ["install", "--frozen-lockfile", "--prefer-offline"]);
  } catch (error) {
    remove();
    throw error;
  }
  return { root: copy, [Symbol.dispose]: remove };
}
