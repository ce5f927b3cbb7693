// The languages that the demo speaks, and how one is chosen. What is said in them is i18n's.

export type Language = "ko" | "en";

export const languages: readonly Language[] = ["ko", "en"];

export const isLanguage = (x: string | null | undefined): x is Language => x === "ko" || x === "en";

/** For "ko", "ko-KR" and "ko_KR.UTF-8" Korean, for all else English. */
export const languageOf = (tag: string | undefined): Language => (/^ko(?![a-z])/iu.test(tag ?? "") ? "ko" : "en");

/** The language of a word among others, for those who hear it read; undefined = that of what surrounds it. */
export const languageOfWord = (word: string | undefined): Language | undefined =>
  /\p{Script=Hangul}/u.test(word ?? "") ? "ko" : undefined;
