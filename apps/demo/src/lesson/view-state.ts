// Where the reader stands: chapter, view, step, head, row, language and theme. Plain data; nothing here is undone.
import type { Language } from "../language.ts";
import { type ChapterId, chapterIds } from "./lesson.ts";

export const viewIds = ["notebook", "differs", "proper"] as const;
export type ViewId = (typeof viewIds)[number];

export const stepIds = ["project", "scores", "scale", "mask", "softmax", "mix", "concatenate", "output"] as const;
/** Q, K, V → QKᵀ → ÷√d → mask → softmax → ·V → concatenate → W_O. */
export type StepId = (typeof stepIds)[number];

export const themes = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof themes)[number];

export interface ViewState {
  readonly chapter: ChapterId;
  readonly view: ViewId;
  readonly step: StepId;
  /** The head whose matrices are shown, from 0. */
  readonly head: number;
  /** The word that asks, whose row is told in detail, from 0. */
  readonly row: number;
  readonly language: Language;
  readonly theme: ThemeChoice;
}

export const initialViewState = (language: Language): ViewState => ({
  chapter: "self",
  view: "notebook",
  step: "project",
  head: 0,
  row: 0,
  language,
  theme: "auto",
});

const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (x: string): x is T =>
    choices.some((choice) => choice === x);

export const isChapter: (x: string) => x is ChapterId = oneOf(chapterIds);
export const isView: (x: string) => x is ViewId = oneOf(viewIds);
export const isStep: (x: string) => x is StepId = oneOf(stepIds);
export const isTheme: (x: string) => x is ThemeChoice = oneOf(themes);
