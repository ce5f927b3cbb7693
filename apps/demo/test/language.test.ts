// Which language a tag and a word are in.
import { expect, it } from "vitest";
import { isLanguage, languageOf, languageOfWord, languages } from "../src/language.ts";

it.each([
  ["ko", "ko"],
  ["ko-KR", "ko"],
  ["ko_KR.UTF-8", "ko"],
  ["KO", "ko"],
  ["kok-IN", "en"],
  ["en-US", "en"],
  ["C", "en"],
  [undefined, "en"],
])("%s → %s", (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});

it("knows its languages", () => {
  expect(languages.every(isLanguage)).toBe(true);
  expect(isLanguage("fr")).toBe(false);
  expect(languageOfWord("나는")).toBe("ko");
  expect(languageOfWord("I")).toBeUndefined();
});
