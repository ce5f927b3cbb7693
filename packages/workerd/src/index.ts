// A real workerd on loopback, on a port of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface Running extends AsyncDisposable {
  readonly origin: string;
  /** Bytes of memory that the process holds. */
  resident(): number;
  /** Milliseconds of CPU that the process has taken so far, which is less of the machine's load than the time by a clock. */
  cpu(): number;
}

/** Linux counts a process's time in these, whatever the kernel's own. */
const TICK_MS = 10;

/** The binary's file. By require, since what the package exports differs between importers. */
const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };

/** workerd says on the control pipe which port it was given. */
async function portOf(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdio[3] as Readable });
  for await (const line of lines) {
    const { event, port } = JSON.parse(line) as { event: string; port?: number };
    if (event === "listen" && port !== undefined) return port;
  }
  throw new Error("workerd ended before it listened");
}

/** Serves the folder's workerd.capnp; `environment` is what its bindings "fromEnvironment" read. */
export async function startWorker(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const args = ["serve", "workerd.capnp", "--socket-addr=http=127.0.0.1:0", "--control-fd=3"];
  const env = { ...process.env, ...environment };
  const child = spawn(workerd, args, { cwd: folder, env, stdio: ["ignore", "inherit", "inherit", "pipe"] });
  const port = await portOf(child);
  return {
    origin: `http://127.0.0.1:${port}`,
    resident() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    cpu() {
      // Behind the name, which may hold spaces: fields 14 and 15 of proc(5), in user and in kernel mode.
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
