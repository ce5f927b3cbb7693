// The heat scale as a terminal can draw it. With 24-bit colour it is the page's own; the 256-colour palette has too few
// tones of one hue for that, so there the nearest ramp that it does have stands in; with 16 colours there is none.

import { contrast, type Domain, heat, share } from "@attn/viz";
import type { ChalkInstance } from "chalk";

/** From the palette's 6×6×6 cube: near-black, then teal by teal up to near-white. */
export const ramp256: readonly { readonly code: number; readonly hex: string }[] = [
  { code: 236, hex: "#303030" },
  { code: 23, hex: "#005f5f" },
  { code: 30, hex: "#008787" },
  { code: 37, hex: "#00afaf" },
  { code: 44, hex: "#00d7d7" },
  { code: 87, hex: "#5fffff" },
  { code: 159, hex: "#afffff" },
];

/** Black or white of the cube, whichever stands out more. */
export const inkOn = (hex: string): 16 | 231 => (contrast(hex, "#000000") >= contrast(hex, "#ffffff") ? 16 : 231);

export const hasScale = (chalk: ChalkInstance): boolean => chalk.level >= 2;

/** Text on the colour of a value. Both colours are set, so that it reads on any background. */
export function paint(chalk: ChalkInstance, text: string, value: number, domain: Domain): string {
  if (chalk.level === 3) {
    const { background, text: ink } = heat(value, domain, "dark");
    return chalk.bgHex(background).hex(ink)(text);
  }
  const { code, hex } = ramp256[Math.round(share(value, domain) * (ramp256.length - 1))] as (typeof ramp256)[number];
  return chalk.bgAnsi256(code).ansi256(inkOn(hex))(text);
}
