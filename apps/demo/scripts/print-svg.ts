// The terminal print as a picture for the READMEs: one mechanism, as a dark terminal with 24-bit colours shows it.
import Anser from "anser";
import { Chalk } from "chalk";
import { messagesIn } from "../src/i18n/index.ts";
import type { Language } from "../src/language.ts";
import { notebook } from "../src/notebook.ts";
import { printMechanisms } from "../src/terminal/print.ts";
import { displayWidth } from "../src/terminal/width.ts";

const [WIDTH, CELL, LINE, PAD] = [84, 8.4, 20, 16] as const;
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escapeXml = (text: string): string => text.replace(/[&<>]/g, (mark) => entities[mark] as string);
const hex = (rgb: string): string =>
  `#${rgb
    .split(",")
    .map((x) => Number(x).toString(16).padStart(2, "0"))
    .join("")}`;

/** What stands between two rules, from 0: the words, then a mechanism each. */
function sectionOf(language: Language, index: number): string[] {
  const chalk = new Chalk({ level: 3 });
  const print = printMechanisms(notebook, { messages: messagesIn[language], chalk, width: WIDTH });
  const rule = chalk.dim("─".repeat(WIDTH));
  return (print.split(`\n${rule}\n`)[index] ?? "").trim().split("\n");
}

const MASKED = 3;

export function printSvg(language: Language): string {
  const lines = sectionOf(language, MASKED);
  const marks = lines.flatMap((line, i) => {
    let column = 0;
    return Anser.ansiToJson(line, { remove_empty: true }).flatMap(({ content, fg, bg, decorations }) => {
      const [x, y, width] = [PAD + column * CELL, PAD + i * LINE, displayWidth(content) * CELL];
      column += displayWidth(content);
      const box = bg
        ? [`<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${LINE}" fill="${hex(bg)}"/>`]
        : [];
      if (content.trim() === "") return box;
      const weight = decorations.includes("bold") ? ' font-weight="bold"' : "";
      const fill = fg ? hex(fg) : decorations.includes("dim") ? "#9fadad" : "#e4eae9";
      const place = `x="${x.toFixed(1)}" y="${y + LINE / 2}" textLength="${width.toFixed(1)}"`;
      return [...box, `<text ${place} fill="${fill}"${weight} xml:space="preserve">${escapeXml(content)}</text>`];
    });
  });
  const [width, height] = [Math.ceil(2 * PAD + WIDTH * CELL), 2 * PAD + lines.length * LINE];
  const label = escapeXml(messagesIn[language].mechanisms.masked.title);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-family="ui-monospace, Menlo, Consolas, D2Coding, 'Noto Sans Mono CJK KR', monospace" font-size="14" dominant-baseline="central" lengthAdjust="spacingAndGlyphs">
<rect width="${width}" height="${height}" rx="8" fill="#14191a"/>
${marks.join("\n")}
</svg>
`;
}
