// Which packages are published, and their tarballs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

export interface PublicPackage {
  readonly name: string;
  readonly folder: string;
}

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** Every package of the workspace that is not private. */
export const publicPackages: readonly PublicPackage[] = readdirSync(packages)
  .map((entry) => join(packages, entry))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
  .filter(({ manifest }) => !manifest.private)
  .map(({ folder, manifest }) => ({ folder, name: manifest.name as string }));

/** Packs a package as it would be published; returns the tarball's path. */
export function pack({ folder }: PublicPackage, to: string): string {
  const printed = run(folder, "pnpm", ["pack", "--json", "--pack-destination", to]);
  return (JSON.parse(printed) as { filename: string }).filename;
}
