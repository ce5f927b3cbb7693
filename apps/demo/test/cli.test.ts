// The demo as a child process: what it prints, where it serves, and how it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

/** Windows has no signals: to be killed is all that a process can be sent there. */
const interrupts = it.skipIf(process.platform === "win32");
const main = fileURLToPath(new URL("../src/terminal/main.ts", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();
const servers = new Set<Server>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  for (const server of servers) server.close();
});

function start(args: readonly string[], environment: Record<string, string> = {}): Run {
  const env: NodeJS.ProcessEnv = { ...process.env, LANG: "C", CI: "", NO_COLOR: "1", ...environment };
  for (const name of ["LC_ALL", "LC_MESSAGES", "FORCE_COLOR"]) if (!(name in environment)) delete env[name];
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** The address that is printed, once it is. */
async function address(run: Run): Promise<string> {
  const found = new Promise<string>((resolve) => {
    run.child.stdout?.on("data", () => {
      const url = /http:\/\/localhost:\d+\//u.exec(run.stdout())?.[0];
      if (url) resolve(url);
    });
  });
  const early = run.ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${run.stderr()}`)));
  return Promise.race([found, early]);
}

/** A port of localhost that something listens on, and whose successor is free as far as one can know. */
async function takenPort(): Promise<number> {
  const server = createServer();
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const bound = server.address();
  return typeof bound === "object" && bound ? bound.port : 0;
}

describe("--once", () => {
  it.each([
    ["as an option", ["--once"], {}],
    ["behind a --", ["--", "--once"], {}],
    ["as CI=1", [], { CI: "1" }],
  ])("%s: prints the four and ends with 0", async (_, args, environment) => {
    const run = start(args, environment);
    expect(await run.ended).toBe(0);
    expect(run.stderr()).toBe("");
    expect(run.stdout()).not.toContain("http://");
    for (const heading of ["Self", "Multi-Head Self", "Masked Self", "Cross"]) {
      expect(run.stdout()).toContain(`\n${heading}-Attention Matrix:\n[[`);
    }
  });

  it("follows NO_COLOR, FORCE_COLOR and LANG", async () => {
    const plain = start(["--once"], { LANG: "ko_KR.UTF-8" });
    const coloured = start(["--once", "--lang", "en"], { NO_COLOR: "", FORCE_COLOR: "3" });
    expect([await plain.ended, await coloured.ended]).toEqual([0, 0]);
    expect(plain.stdout()).toContain("어텐션, 네 가지");
    expect(plain.stdout()).not.toContain("\u001B");
    expect(coloured.stdout()).toContain("Attention, four ways");
    expect(coloured.stdout()).toContain("\u001B[48;2;");
  });
});

it("--help says how, and ends with 0", async () => {
  const run = start(["--help"]);
  expect(await run.ended).toBe(0);
  for (const option of ["--once", "--port", "--lang", "--help"]) expect(run.stdout()).toContain(option);
});

it.each([[["--bogus"]], [["--port", "x"]], [["word"]]])("%j is an error of one line, and ends with 2", async (args) => {
  const run = start(args);
  expect(await run.ended).toBe(2);
  expect(run.stdout()).toBe("");
  expect(run.stderr().trim().split("\n")).toHaveLength(1);
});

describe("serving", () => {
  interrupts("takes the next port where one is taken, serves the page, and ends with 0 on SIGINT", async () => {
    const taken = await takenPort();
    const run = start(["--port", String(taken)]);
    const url = await address(run);
    const port = Number(new URL(url).port);
    expect(port).toBeGreaterThan(taken);

    const page = await fetch(url);
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain('<div id="app">');
    const script = /src="([^"]+\.js)"/u.exec(html)?.[1] ?? "";
    const code = await fetch(new URL(script, url));
    expect(code.status).toBe(200);
    expect(code.headers.get("content-type")).toMatch(/javascript/u);
    await code.arrayBuffer();

    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);
    expect(run.stderr()).toBe("");
  });

  it("says so in one line where no port is left", async () => {
    const server = createServer();
    servers.add(server);
    // Where it is taken already, that is as good.
    await new Promise<void>((resolve) => server.once("error", () => resolve()).listen(65535, "localhost", resolve));
    const run = start(["--port", "65535"]);
    expect(await run.ended).toBe(1);
    expect(run.stderr().trim().split("\n")).toHaveLength(1);
  });

  interrupts("an interrupt while it is still starting ends it with 0", async () => {
    const run = start(["--port", "0"]);
    await new Promise<void>((resolve) => run.child.stdout?.once("data", () => resolve()));
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);
    expect(run.stderr()).toBe("");
  });
});
