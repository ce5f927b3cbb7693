// Text in a picture: what of it is to be seen, about how wide it is, cut where it must be, and as XML. Knows no marks.

/** Hangul, Han, kana, full forms and emoji: as wide as they are high. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const NONE = /\p{Mark}|\p{Format}/u;
const widthOf = (letter: string): number => (NONE.test(letter) ? 0 : WIDE.test(letter) ? 1 : 0.6);

/** In pixels, estimated: a picture is made where no font is. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const letter of text) ems += widthOf(letter);
  return ems * size;
}

/** As much as fits, with an ellipsis where something is missing. */
export function cut(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  let [kept, ems] = ["", widthOf("…")];
  for (const letter of text) {
    ems += widthOf(letter);
    if (kept && ems * size > room) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** The widest of all labels, as far as it matters. */
export function widest(labels: readonly string[], size: number, most: number): number {
  let width = 0;
  for (let i = 0; i < labels.length && width < most; i++) width = Math.max(width, textWidth(labels[i] as string, size));
  return Math.min(width, most);
}

/** Of a label, in ems. */
const LONGEST = 80;
const SIGNS: Readonly<Record<string, string>> = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥" };
/**
 * Spaces, controls, line ends and what directs the order of letters; not the single space between two words, and not the
 * joiners of emoji and scripts.
 */
const UNSEEN = /(?<!\S) | (?!\S)|[^\S ]|[\p{Cc}\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;

/** A label whose whitespace is seen, as viewers of tokens have it: "␣the", "⏎", "\u00a0". */
export function legible(label: string): string {
  const seen = label
    .slice(0, 4 * LONGEST)
    .replace(UNSEEN, (sign) => SIGNS[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return seen.length > LONGEST ? cut(seen, 1, LONGEST) : seen;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Isolated (UAX #9), where it would turn what stands around it: "query → key" is read in that order in any script. */
export const isolated = (label: string): string => (RIGHT_TO_LEFT.test(label) ? `\u2068${label}\u2069` : label);

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** As XML's text or attribute; characters that XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (mark) => ENTITIES[mark] as string);
}
