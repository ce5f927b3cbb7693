// The README's picture: causal weights of the notebook's three words, as the kernel computes them.
import { writeFileSync } from "node:fs";
import { picture } from "./weights.ts";

writeFileSync(new URL("../heatmap.svg", import.meta.url), picture());
