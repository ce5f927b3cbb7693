// The public packages as their users get them. Knows packing and installing, and nothing of who runs the result.
import { casesDisagreement, type Result } from "./cases.ts";
import { modelDisagreement } from "./model.ts";

export { copyRepository, root } from "./copy.ts";
export { type PublicPackage, pack, publicPackages } from "./pack.ts";
export { type Installer, makeProject, writeProgram } from "./project.ts";
export { run } from "./run.ts";
export type { Result };

/** What is wrong with a program's numbers; undefined where nothing is. */
export const disagreement = (result: Result): string | undefined =>
  result.model ? modelDisagreement(result) : casesDisagreement(result);
