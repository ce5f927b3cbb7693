// A release as it happens, in a copy of the repository: changesets make a version, it is built and published; a second one
// follows; a stranger installs either and runs it. Each test is a step of it and needs those before.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  copyRepository,
  disagreement,
  publicPackages,
  type Result,
  root,
  run as runWith,
  writeProgram,
} from "@attn/packed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Registry, startRegistry } from "./registry.ts";

const folder = mkdtempSync(join(tmpdir(), "attn-release-"));
const copy = join(folder, "repository");
const names = publicPackages.map(({ name }) => name);
let registry: Registry;
let env: Record<string, string | undefined>;

const run = (cwd: string, command: string, ...args: string[]): string => runWith(cwd, command, args, env);
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));

beforeAll(async () => {
  registry = await startRegistry();
  env = { CI: "true" };
  copyRepository(copy);
  run(copy, "git", "init", "--quiet", "--initial-branch=main");
  run(copy, "git", "config", "user.name", "Release");
  run(copy, "git", "config", "user.email", "release@localhost");
  // So that there is something to release, whatever is pending.
  writeFileSync(
    join(copy, ".changeset/rehearsal.md"),
    `---\n${names.map((name) => `"${name}": minor\n`).join("")}---\n\nA release that is rehearsed.\n`,
  );
  commit("Everything");
  // From the store that the repository's own install filled.
  run(copy, "pnpm", "install", "--frozen-lockfile", "--prefer-offline");
  // From here on npm and pnpm know this registry alone, whatever the machine's settings are.
  const { host } = new URL(registry.url);
  writeFileSync(join(folder, ".npmrc"), `registry=${registry.url}\n//${host}/:_authToken=${registry.token}\n`);
  const settings = Object.keys(process.env).filter((name) => /^p?npm_config_/i.test(name));
  env = {
    ...env,
    ...Object.fromEntries(settings.map((name) => [name, undefined])),
    HOME: folder,
    USERPROFILE: folder,
    npm_config_registry: registry.url,
    // A new version is a changed manifest, for which pnpm would install again before each script.
    pnpm_config_verify_deps_before_run: "false",
    TURBO_TELEMETRY_DISABLED: "1",
  };
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function commit(message: string): void {
  run(copy, "git", "add", "--all");
  run(copy, "git", "commit", "--quiet", "--message", message);
}

/** What the first release is, by hand: version, commit, build and publish. */
function releaseByHand(): void {
  run(copy, "pnpm", "run", "version");
  commit("Version");
  run(copy, "pnpm", "run", "release");
}

/** What changesets' actions run in the workflow, job after job: version, plan, pack, publish. */
function releaseByWorkflow(): void {
  run(copy, "changeset", "version");
  commit("Version");
  const plan = join(folder, "publish-plan.json");
  const packed = join(folder, "packed");
  run(copy, "changeset", "publish-plan", "--output", plan);
  expect(
    json(plan)
      .plan.flat()
      .map(({ name }: { name: string }) => name)
      .sort(),
  ).toEqual(names.toSorted());
  run(copy, "pnpm", "build", "--filter=./packages/*");
  run(copy, "changeset", "pack", "--from-publish-plan", plan, "--out-dir", packed);
  run(copy, "changeset", "publish", "--from-pack-dir", packed);
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
/** As the registry has it. */
const published = (name: string, version: string) =>
  JSON.parse(run(folder, "npm", "view", `${name}@${version}`, "--json")) as Manifest;

function install(name: string, ...what: string[]): string {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  run(project, "npm", "install", "--no-audit", "--no-fund", ...what);
  writeProgram(project);
  return project;
}

let first: string;
describe("the first version", () => {
  it("is published with what the changesets say", () => {
    releaseByHand();
    first = json(copy, "packages/core/package.json").version;
    expect(first).toMatch(/^\d+\.\d+\.\d+$/);
    expect(json(root, "packages/core/package.json").version).not.toBe(first);
    for (const name of names) {
      const manifest = published(name, first);
      expect(manifest.version).toBe(first);
      expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|link:/);
      // Siblings of one release go together, and with no other.
      for (const [sibling, range] of Object.entries(manifest.dependencies ?? {}))
        if (names.includes(sibling)) expect(range).toBe(first);
    }
  });

  it("is tagged", () => {
    const tags = run(copy, "git", "tag").trim().split("\n");
    expect(tags.sort()).toEqual(names.map((name) => `${name}@${first}`).sort());
  });

  it("has a changelog without hashes and without lines that say nothing", () => {
    for (const each of publicPackages) {
      const text = readFileSync(join(copy, "packages", basename(each.folder), "CHANGELOG.md"), "utf8");
      expect(text).toContain(`# ${each.name}\n\n## ${first}\n`);
      expect(text).not.toMatch(/Updated dependencies|\b[0-9a-f]{7,40}:/);
      expect(text.match(/^- .{20,}/gm)?.length).toBeGreaterThan(0);
    }
  });

  it("is installed by npm and runs", () => {
    const project = install("first", `@attn/core@${first}`);
    expect(disagreement(JSON.parse(run(project, process.execPath, "print.js")) as Result)).toBeUndefined();
  });
});

describe("the second version", () => {
  let second: string;
  it("is published after another changeset", () => {
    writeFileSync(
      join(copy, ".changeset/another.md"),
      '---\n"@attn/core": patch\n---\n\nA sentence that a user reads,\nin two lines.\n',
    );
    commit("Change something");
    releaseByWorkflow();
    second = json(copy, "packages/core/package.json").version;
    expect(second).not.toBe(first);
    // The packages of the fixed group stay together.
    const [kernel, core] = ["kernel", "core"].map((name) => json(copy, "packages", name, "package.json").version);
    expect(kernel).toBe(core);
    for (const name of names)
      for (const version of [first, second]) expect(published(name, version).version).toBe(version);
    const text = readFileSync(join(copy, "packages/core/CHANGELOG.md"), "utf8");
    expect(text).toContain(`## ${second}\n\n### Patch Changes\n\n- A sentence that a user reads,\n  in two lines.\n`);
  });

  it("is what npm installs, and its kernel says so", () => {
    const project = install("second", "@attn/core");
    const { version } = json(project, "node_modules/@attn/core/package.json");
    expect(version).toBe(second);
    expect(disagreement(JSON.parse(run(project, process.execPath, "print.js")) as Result)).toBeUndefined();
    const code = 'import { version } from "@attn/kernel"; console.log(version);';
    expect(run(project, process.execPath, "--input-type=module", "--eval", code).trim()).toBe(second);
  });

  it("refuses a .wasm of the first, and says which is which", () => {
    const project = join(folder, "second");
    const old = join(folder, "first/node_modules/@attn/kernel/dist/attention.simd.wasm");
    const code = `import { readFileSync } from "node:fs";
import { createAttention } from "@attn/core/slim";
try { createAttention({ module: readFileSync(${JSON.stringify(old)}) }); } catch (error) { console.log(String(error)); }`;
    expect(run(project, process.execPath, "--input-type=module", "--eval", code).trim()).toBe(
      `RangeError: createAttention: "module" must be of @attn/kernel ${second}, got version ${first}`,
    );
  });

  it("publishes nothing where nothing has changed", () => {
    const plan = join(folder, "nothing.json");
    run(copy, "changeset", "publish-plan", "--output", plan);
    expect(json(plan).plan).toEqual([]);
    expect(run(copy, "pnpm", "run", "release")).toContain("No unpublished projects");
  });
});
