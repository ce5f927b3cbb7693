// A registry of our own on loopback, empty, which asks no other one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** A user's who may publish. */
  readonly token: string;
}

const verdaccio = fileURLToPath(new URL("../registry/node_modules/verdaccio/bin/verdaccio", import.meta.url));

const CONFIG = `storage: ./storage
auth:
  htpasswd:
    file: ./htpasswd
uplinks: {}
packages:
  "**":
    access: $all
    publish: $authenticated
log: { type: stdout, format: json, level: error }
`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${child.exitCode}`);
    const response = await fetch(`${url}-/ping`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the registry does not answer");
}

async function addUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:publisher`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "publisher", password: "a password of this test alone" }),
  });
  if (!response.ok) throw new Error(`no user was added: ${response.status}`);
  return ((await response.json()) as { token: string }).token;
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), "attn-registry-"));
  writeFileSync(join(folder, "config.yaml"), CONFIG);
  const url = `http://127.0.0.1:${await freePort()}/`;
  const child = spawn(process.execPath, [verdaccio, "--config", "config.yaml", "--listen", url.slice(0, -1)], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  await answers(url, child);
  return {
    url,
    token: await addUser(url),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
