// Edge runtimes, which refuse to compile bytes: each gets the program as its own tool bundles it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "@attn/packed";
import { startWorker } from "@attn/workerd";
import { EdgeRuntime } from "edge-runtime";
import { build } from "esbuild";
import type { Attempt } from "./attempt.ts";

const wrangler = fileURLToPath(new URL("../binaries/node_modules/wrangler/bin/wrangler.js", import.meta.url));
const DATE = "2026-11-01";

/** wrangler's bundle of the program `name`.js, as it would deploy it. */
function bundleByWrangler(project: string, name: string): string {
  const folder = join(project, `wrangler-${name}`);
  const settings = { name: "fresh", main: `${name}.js`, compatibility_date: DATE };
  writeFileSync(join(project, "wrangler.json"), JSON.stringify(settings));
  execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", folder], {
    cwd: project,
    stdio: "pipe",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: project },
  });
  const wasm = readdirSync(folder).filter((file) => file.endsWith(".wasm"));
  const modules = [
    `(name = "${name}.js", esModule = embed "${name}.js")`,
    ...wasm.map((file) => `(name = "./${file}", wasm = embed "${file}")`),
  ];
  writeFileSync(
    join(folder, "workerd.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (modules = [${modules.join(", ")}], compatibilityDate = "${DATE}");
`,
  );
  return folder;
}

async function inWorkerd(project: string, name: string): Promise<Result> {
  const folder = bundleByWrangler(project, name);
  const start = performance.now();
  await using worker = await startWorker(folder);
  const response = await fetch(worker.origin);
  const text = await response.text();
  const first = performance.now() - start;
  if (!response.ok) throw new Error(`error ${response.status}: ${text}`);
  return { ...(JSON.parse(text) as Result), first };
}

/** Vercel's build hands `?module` imports over as globals of the runtime; so does this. */
async function inEdgeRuntime(project: string, name: string): Promise<Result> {
  const modules: Record<string, WebAssembly.Module> = {};
  const folder = join(project, `edge-${name}`);
  mkdirSync(folder);
  const outfile = join(folder, "edge.js");
  writeFileSync(
    join(project, `listen-${name}.js`),
    `import worker from "./${name}.js"; addEventListener("fetch", (event) => event.respondWith(worker.fetch()));`,
  );
  await build({
    entryPoints: [join(project, `listen-${name}.js`)],
    bundle: true,
    format: "iife",
    conditions: ["edge-light"],
    outfile,
    plugins: [
      {
        name: "modules",
        setup({ onResolve, onLoad, resolve }) {
          onResolve({ filter: /\.wasm\?module$/ }, async ({ path, resolveDir, kind }) => {
            const found = await resolve(path.replace("?module", ""), { resolveDir, kind });
            return { path: found.path, namespace: "module" };
          });
          onLoad({ filter: /.*/, namespace: "module" }, ({ path }) => {
            const global = `wasm_${basename(path, ".wasm").replace(".", "_")}`;
            modules[global] = new WebAssembly.Module(readFileSync(path));
            return { contents: `export default ${global};` };
          });
        },
      },
    ],
  });
  const start = performance.now();
  const runtime = new EdgeRuntime({
    initialCode: readFileSync(outfile, "utf8"),
    extend: (context) => Object.assign(context, modules),
  });
  const response = await runtime.dispatchFetch("http://127.0.0.1/");
  const result = (await response.json()) as Result;
  return { ...result, first: performance.now() - start };
}

export async function tryEdge(attempt: Attempt, project: () => string): Promise<void> {
  await attempt("workerd", "bundled by wrangler", () => inWorkerd(project(), "fetch"));
  await attempt("workerd", "a tiny model, bundled by wrangler", () => inWorkerd(project(), "fetch-model"));
  await attempt("Vercel edge-runtime", "bundled by esbuild", () => inEdgeRuntime(project(), "fetch"));
  await attempt("Vercel edge-runtime", "a tiny model, bundled by esbuild", () =>
    inEdgeRuntime(project(), "fetch-model"),
  );
}
