// The public packages as their users get them. Knows packing and installing, and nothing of who runs the result.
export { disagreement, type Result } from "./cases.ts";
export { copyRepository, root } from "./copy.ts";
export { type PublicPackage, pack, publicPackages } from "./pack.ts";
export { type Installer, makeProject, writeProgram } from "./project.ts";
export { run } from "./run.ts";
