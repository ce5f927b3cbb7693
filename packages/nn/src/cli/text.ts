// Text for a terminal: what files say made harmless, columns, sizes. Knows nothing of tensors.
import prettyBytes from "pretty-bytes";
import stringWidth from "string-width";

/** Without what a terminal obeys or hides: control characters, marks of direction, line and paragraph ends. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
  });

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Lines of aligned cells; the first has the titles. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => lines.reduce((most, line) => Math.max(most, stringWidth(line[i] ?? "")), 0));
  return lines.map((line) =>
    columns
      .map(({ align }, i) => {
        const cell = line[i] ?? "";
        const space = " ".repeat((widths[i] as number) - stringWidth(cell));
        return align === "right" ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** "1.2 MB", in powers of 1000. */
export const sizeText = (bytes: number): string => prettyBytes(bytes);

/** "12,345". */
export const countText = (count: number): string => count.toLocaleString("en");

/** "1 tensor", "1,200 tensors". */
export const counted = (count: number, noun: string): string => `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
