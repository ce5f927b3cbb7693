// What the tests of the command share: a folder, files in it, and the built command run as anyone runs it. Holds no cases.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const bin: string = fileURLToPath(new URL("../bin/attn-nn.js", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a test's own. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "attn-nn-"));

  /** The path of a file in it, which gets this content. */
  file(name: string, content: Uint8Array | string | object): string {
    const path = join(this.path, name);
    writeFileSync(
      path,
      typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    return path;
  }

  /** Runs the command in it. */
  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
    const options = { cwd: this.path, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 2 ** 26 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], options);
    return { status, stdout, stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
