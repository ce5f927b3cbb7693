// Text in a picture: about how wide it is, cut where it must be, and as XML. Knows no marks.

/** Hangul, Han, kana, full forms and emoji: as wide as they are high. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const NONE = /\p{Mark}|\p{Format}/u;

/** In pixels, estimated: a picture is made where no font is. */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const letter of text) ems += NONE.test(letter) ? 0 : WIDE.test(letter) ? 1 : 0.6;
  return ems * size;
}

/** As much as fits, with an ellipsis where something is missing. */
export function cut(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  const letters = Array.from(text);
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > room) letters.pop();
  return `${letters.join("")}…`;
}

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
