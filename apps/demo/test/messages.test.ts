// Both languages say everything. That no key is missing is the type's to prove; that none is empty or untranslated is not.
import { expect, expectTypeOf, it } from "vitest";
import { en } from "../src/i18n/en.ts";
import { type Messages, messagesIn } from "../src/i18n/index.ts";
import { ko } from "../src/i18n/ko.ts";
import { languages } from "../src/language.ts";
import { mechanisms } from "../src/mechanisms/index.ts";
import { notebook } from "../src/notebook.ts";

/** All texts by their path; functions are called with numbers for whatever they want. */
function texts(value: unknown, path: string): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return texts(value(1, 2, 3, 4), path);
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}
const koTexts = texts({ ...ko, glosses: {} }, "");
const enTexts = texts({ ...en, glosses: {} }, "");

it("has one type for both", () => {
  expectTypeOf(ko).toEqualTypeOf<Messages>();
  expectTypeOf(en).toEqualTypeOf<Messages>();
  // @ts-expect-error A missing key is an error of the type check.
  const incomplete: Messages["page"]["themes"] = { auto: "", light: "" };
  expect(incomplete).toBeDefined();
});

it("has the same texts in both, and none is empty", () => {
  expect(koTexts.map(([path]) => path)).toEqual(enTexts.map(([path]) => path));
  for (const [path, text] of [...koTexts, ...enTexts]) expect(text.trim(), path).not.toBe("");
});

it("has Hangul in the Korean texts and none in the English ones but the notebook's words", () => {
  const words = new Set([notebook.sentence, notebook.question, notebook.answer].flatMap((sequence) => sequence.words));
  for (const [path, text] of koTexts) expect(text, path).toMatch(/\p{Script=Hangul}/u);
  for (const [path, text] of enTexts) {
    for (const hangul of text.match(/\p{Script=Hangul}+/gu) ?? []) expect(words, path).toContain(hangul);
  }
});

it("has an English gloss for every word of the notebook", () => {
  const words = [notebook.sentence, notebook.question, notebook.answer].flatMap((sequence) => sequence.words);
  for (const word of words) expect(en.glosses[word]).toBeTruthy();
});

it("says one sentence about what differs", () => {
  for (const { id } of mechanisms) {
    for (const language of languages) expect(messagesIn[language].mechanisms[id].difference).toMatch(/^[^.]*\.$/u);
  }
});
