// A Next project of one page and two kinds of routes: a server component, node routes, edge routes, built by either bundler.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { makeProject, type Result } from "@attn/packed";
import type { Attempt } from "./attempt.ts";

const dependencies = { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" };
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

const route = (runtime: string, program: string) => `export const runtime = "${runtime}";
export const dynamic = "force-dynamic";
export async function GET() {
  const { result } = await import("../../${program}.js");
  return Response.json(result);
}
`;
const files: Readonly<Record<string, string>> = {
  "app/layout.js": `import { createElement } from "react";
export default function Layout({ children }) {
  return createElement("html", null, createElement("body", null, children));
}
`,
  "app/page.js": `import { createElement } from "react";
import { result } from "../main.js";
export const dynamic = "force-dynamic";
export default function Page() {
  return createElement("pre", null, "BEGIN" + btoa(JSON.stringify(result)) + "END");
}
`,
  "app/node/route.js": route("nodejs", "main"),
  "app/edge/route.js": route("edge", "main"),
  "app/node-model/route.js": route("nodejs", "model"),
  "app/edge-model/route.js": route("edge", "model"),
};

function makeNext(): string {
  const folder = makeProject("npm", dependencies);
  // As create-next-app leaves it: with "type": "module", Next's webpack cannot build an edge route, whatever is in it.
  const manifest = join(folder, "package.json");
  const { type: _, ...project } = JSON.parse(readFileSync(manifest, "utf8"));
  writeFileSync(manifest, JSON.stringify(project));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function start(folder: string): Promise<{ readonly origin: string; readonly child: ChildProcess }> {
  const args = [join(folder, "node_modules/next/dist/bin/next"), "start", "--hostname", "127.0.0.1", "--port", "0"];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (origin) return { origin, child };
  }
  throw new Error("next ended before it listened");
}

async function ask(url: string): Promise<Result> {
  const begin = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  const first = performance.now() - begin;
  if (!response.ok) throw new Error(`error ${response.status}: ${text.slice(0, 300)}`);
  const encoded = /BEGIN([\w+/=]+)END/.exec(text)?.[1];
  return { ...(JSON.parse(encoded ? atob(encoded) : text) as Result), first };
}

export async function tryNext(attempt: Attempt): Promise<void> {
  const all: readonly [how: string, path: string][] = [
    ["server component", "/"],
    ["node route", "/node"],
    ["edge route", "/edge"],
    ["a tiny model in a node route", "/node-model"],
    ["a tiny model in an edge route", "/edge-model"],
  ];
  let folder: string | undefined;
  for (const bundler of ["Turbopack", "webpack"]) {
    let running: ReturnType<typeof start> | undefined;
    const build = async () => {
      folder ??= makeNext();
      rmSync(join(folder, ".next"), { recursive: true, force: true });
      const args = [join(folder, "node_modules/next/dist/bin/next"), "build", `--${bundler.toLowerCase()}`];
      execFileSync(process.execPath, args, { cwd: folder, env, stdio: "pipe" });
      return start(folder);
    };
    for (const [how, path] of all) {
      await attempt("Next 16", `${how}, by ${bundler}`, async () => {
        running ??= build();
        return ask(`${(await running).origin}${path}`);
      });
    }
    const child = (await running?.catch(() => undefined))?.child;
    if (!child) continue;
    const ended = once(child, "exit");
    child.kill();
    await ended;
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
