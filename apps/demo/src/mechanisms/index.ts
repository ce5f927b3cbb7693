// The four mechanisms, in the notebook's order; shared by the terminal and the page.
import { cross } from "./cross.ts";
import { masked } from "./masked.ts";
import { multiHead } from "./multi-head.ts";
import { self } from "./self.ts";
import type { Mechanism } from "./types.ts";

export { multiHeadProjections } from "./multi-head.ts";
export type * from "./types.ts";

export const mechanisms: readonly Mechanism[] = [self, multiHead, masked, cross];
