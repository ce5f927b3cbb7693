// The one type that both languages fill, so that a missing or misspelt key fails the type check. No behaviour.
import type { MechanismId } from "../mechanisms/types.ts";

export type Language = "ko" | "en";

export interface MechanismMessages {
  readonly title: string;
  /** What it does, in one sentence. */
  readonly what: string;
  /** Where the notebook's way and the whole way part, in one kind sentence. */
  readonly difference: string;
  /** Something to change on the page, and what it will show. */
  readonly tryIt: string;
}

export interface Messages {
  /** The language's own name for itself. */
  readonly language: string;
  readonly title: string;
  readonly lead: string;
  readonly reading: string;
  readonly mechanisms: Readonly<Record<MechanismId, MechanismMessages>>;
  /** Short meanings of the notebook's words; empty where the reader needs none. */
  readonly glosses: Readonly<Record<string, string>>;
  readonly terms: {
    readonly notebook: string;
    readonly proper: string;
    readonly difference: string;
    readonly scores: string;
    readonly weights: string;
    readonly output: string;
    readonly head: (number: number) => string;
    /** What each head of multi-head attention asks. */
    readonly headAsks: readonly [string, string, string];
    readonly feature: string;
    readonly features: string;
    readonly headsByFeatures: string;
    readonly hidden: string;
    readonly question: string;
    readonly answer: string;
    readonly sentence: string;
  };
  readonly projections: string;
  readonly page: {
    readonly languageChoice: string;
    readonly themeChoice: string;
    readonly themes: { readonly auto: string; readonly light: string; readonly dark: string };
    readonly contents: string;
    readonly sentenceHint: string;
    readonly vectorsOf: (sequence: string) => string;
    readonly numberLabel: (word: string, feature: number) => string;
    readonly reset: string;
    readonly tryIt: string;
    readonly printed: string;
    readonly maskLegend: string;
    readonly maskHint: string;
    readonly projectionOf: (name: string) => string;
    readonly scrollable: (caption: string) => string;
    readonly footer: string;
    readonly failed: (reason: string) => string;
  };
  readonly errors: {
    readonly number: (word: string, feature: number, kept: number, limit: number) => string;
    readonly noWords: string;
    readonly tooManyWords: (limit: number) => string;
  };
  readonly terminal: {
    readonly vectors: string;
    readonly legend: string;
    readonly served: (url: string) => string;
    readonly stop: string;
    readonly notBuilt: string;
    readonly failed: (reason: string) => string;
    readonly help: string;
    readonly unknownOption: (option: string) => string;
    readonly unexpectedArgument: (argument: string) => string;
    readonly needsNoValue: (option: string) => string;
    readonly badValue: (option: string, expected: string, got: string) => string;
    readonly portRange: string;
    readonly seeHelp: string;
  };
}
