// How a sentence becomes tokens. Knows the writing of languages; nothing of vectors.
//
// Words as Unicode's segmentation has them (UAX #29, with the dictionaries that browsers carry for Chinese, Japanese and
// Thai), and every mark by itself. Korean is divided at its spaces, as the notebook divides it: 사과를 stays whole.

const words = typeof Intl.Segmenter === "function" ? new Intl.Segmenter("ko", { granularity: "word" }) : undefined;

/** The tokens of a text, none of them blank. */
export function tokenize(text: string): string[] {
  const parts = words ? Array.from(words.segment(text), ({ segment }) => segment) : text.split(/\s+/u);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
