// What is published: a change of any snapshot here is a change that users see.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, sep } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, describe, expect, it } from "vitest";
import { pack, publicPackages, root, run } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "attn-packed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REPOSITORY = "https://github.com/attn-js/attn";

/** Of the tarball, in bytes. */
const BUDGETS: Readonly<Record<string, number>> = {
  "@attn/kernel": 60_000,
  "@attn/core": 50_000,
  "@attn/nn": 125_000,
  "@attn/viz": 35_000,
};

describe.each(publicPackages)("$name", (each) => {
  const file = pack(each, folder);
  const tarball = readFileSync(file);
  // From its folder: some tars take the colon of a drive for the end of a host's name.
  const tar = (how: string, ...paths: string[]) => run(folder, "tar", [how, basename(file), ...paths]);
  const listed = tar("-tzf").trim().split(/\r?\n/).sort();
  const read = (path: string) => tar("-xzOf", `package/${path}`);
  const manifest = JSON.parse(read("package.json"));

  it("publint has nothing to say", async () => {
    const data = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: data as ArrayBuffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("the types are right, says attw", async () => {
    const excludeEntrypoints = [/\.wasm$/];
    const { types, ...rest } = await checkPackage(createPackageFromTarballData(tarball), { excludeEntrypoints });
    expect(types).toBeTruthy();
    const { problems } = rest as { problems: { kind: string; resolutionKind?: string }[] };
    // ES modules alone, which Node 20 and all after it also `require`; the resolution of Node 10 knows no "exports".
    const real = problems.filter((x) => x.resolutionKind !== "node10" && x.kind !== "CJSResolvesToESM");
    expect(real).toEqual([]);
  });

  it("contains these files", () => expect(listed).toMatchSnapshot());
  it("exports these paths", () => expect(manifest.exports).toMatchSnapshot());

  it("exports these names", async () => {
    const paths = Object.keys(manifest.exports).filter((path) => !/\.(wasm|json)$/.test(path));
    const names = paths.map(async (path) => [path, Object.keys(await import(path.replace(".", each.name))).sort()]);
    expect(Object.fromEntries(await Promise.all(names))).toMatchSnapshot();
  });

  it("has a manifest that a stranger can install", () => {
    const dependencies: Record<string, string> = manifest.dependencies ?? {};
    for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^?\d+\.\d+\.\d+/);
    expect(manifest).toMatchObject({ license: "MIT", type: "module", engines: { node: ">=20" } });
    // An element registers itself; all else does nothing when it is imported.
    expect([false, "./dist/element.js"]).toContain([manifest.sideEffects].flat()[0]);
    expect(manifest.description).toBeTruthy();
    expect(manifest.keywords.length).toBeGreaterThan(2);
    // npm takes provenance only from the repository that the manifest names.
    const directory = relative(root, each.folder).replaceAll(sep, "/");
    const repository = { type: "git", url: `git+${REPOSITORY}.git`, directory };
    const homepage = `${REPOSITORY}/tree/main/${directory}#readme`;
    expect(manifest).toMatchObject({ repository, homepage, bugs: `${REPOSITORY}/issues` });
    expect(manifest.scripts?.install ?? manifest.scripts?.postinstall).toBeUndefined();
  });

  it("keeps to its budget", () => {
    expect(tarball.length).toBeLessThanOrEqual(BUDGETS[each.name] ?? 0);
  });

  it("has a license, and a README that says how to install it, where it runs and what it throws", () => {
    expect(listed).toContain("package/LICENSE");
    const readme = read("README.md");
    expect(readme).toContain(`npm install ${each.name}`);
    for (const heading of ["## Where it runs", "## Errors"]) expect(readme).toContain(heading);
    expect(readme).toMatch(/```(ts|js)\n/);
  });
});
