// How many columns text takes in a terminal, and laying it out by that. Hangul and other East Asian characters take
// two; those that Unicode calls ambiguous are counted as one, as most terminals draw them.
import { stripVTControlCharacters } from "node:util";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** First code points of wide graphemes, [first, last]: Unicode's East_Asian_Width W and F, in blocks. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul Jamo, also the first of a decomposed syllable
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3], // Hangul syllables
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mark}\p{Format}\p{Control}]+$/u.test(grapheme)) return 0;
  const code = grapheme.codePointAt(0) as number;
  const isWide =
    wide.some(([first, last]) => first <= code && code <= last) || /\p{Emoji_Presentation}|\uFE0F/u.test(grapheme);
  return isWide ? 2 : 1;
}

/** Columns that one line takes; colours take none. */
export function displayWidth(line: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(line))) width += graphemeWidth(segment);
  return width;
}

export const padLeft = (text: string, width: number): string =>
  " ".repeat(Math.max(0, width - displayWidth(text))) + text;
export const padRight = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)));

/** Breaks at spaces, so that no line is wider than `width` unless one word is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
