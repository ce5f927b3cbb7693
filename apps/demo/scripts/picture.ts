// Writes the READMEs' pictures of the terminal print: npx -y pnpm@12 --filter @attn/demo picture
import { writeFileSync } from "node:fs";
import { printSvg } from "./print-svg.ts";

for (const language of ["en", "ko"] as const)
  writeFileSync(new URL(`../print.${language}.svg`, import.meta.url), printSvg(language));
