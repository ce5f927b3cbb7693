// The one type that both languages fill, so that a missing or misspelt key fails the type check. No behaviour.
import type { MisconceptionId } from "../lesson/misconceptions.ts";
import type { ProjectionName } from "../lesson/projections.ts";
import type { StepId, ViewId } from "../lesson/view-state.ts";
import type { MechanismId } from "../mechanisms/types.ts";

export interface MechanismMessages {
  readonly title: string;
  /** What it does, in one sentence. */
  readonly what: string;
  /** Where the notebook's way and the whole way part, in one kind sentence. */
  readonly difference: string;
  /** Something to change on the page, and what it will show. */
  readonly tryIt: string;
}

/** What the page says beyond the four results: the steps, the settings, what engineers look for. */
export interface LessonMessages {
  readonly views: Readonly<Record<ViewId, string>>;
  readonly misconceptions: Readonly<Record<MisconceptionId, { readonly claim: string; readonly truth: string }>>;
  readonly steps: Readonly<Record<StepId, { readonly title: string; readonly what: string }>>;
  readonly step: (number: number, count: number) => string;
  readonly previousStep: string;
  readonly nextStep: string;
  readonly stepsLabel: string;
  readonly shape: string;
  readonly settings: {
    readonly title: string;
    readonly wordsHint: string;
    readonly source: string;
    readonly sources: { readonly oneHot: string; readonly random: string; readonly hand: string };
    readonly seed: string;
    readonly width: string;
    readonly vectors: string;
    readonly wordsShown: (from: number, to: number, total: number) => string;
    readonly earlier: string;
    readonly later: string;
    readonly heads: string;
    readonly temperature: string;
    readonly temperatureHint: string;
    readonly causal: string;
    readonly projections: string;
    readonly projectionKinds: { readonly identity: string; readonly random: string; readonly hand: string };
    readonly projection: Readonly<Record<ProjectionName, string>>;
    readonly weightLabel: (name: string, row: number, column: number) => string;
    readonly undo: string;
    readonly redo: string;
    readonly reset: string;
    readonly hiddenByHand: (count: number) => string;
    readonly showAll: string;
  };
  readonly figures: {
    readonly title: string;
    readonly gridHint: string;
    readonly askedBy: string;
    readonly head: string;
    readonly weightsOf: (head: number) => string;
    readonly arcs: string;
    readonly heads: string;
    readonly mask: string;
    readonly distribution: (word: string) => string;
    readonly before: string;
    readonly after: string;
    readonly change: string;
    readonly noChange: string;
    readonly changed: (query: string, key: string, before: string, after: string) => string;
    readonly table: (title: string) => string;
    /** Said of a picture to those who do not see it. */
    readonly inTable: string;
    readonly seen: string;
    readonly hidden: string;
    readonly point: (query: string, key: string, value: string) => string;
    readonly pointHidden: (query: string, key: string) => string;
    readonly allHidden: (word: string) => string;
  };
  readonly engineer: {
    readonly title: string;
    readonly variant: string;
    readonly shapes: string;
    readonly error: string;
    readonly errorHint: string;
    readonly time: string;
    readonly measure: string;
    readonly measured: (what: string, microseconds: string) => string;
    readonly fused: string;
    readonly plain: string;
    readonly naive: string;
    readonly snippet: string;
    readonly copy: string;
    readonly copied: string;
    readonly notCopied: string;
    readonly downloads: string;
    readonly download: (format: string) => string;
  };
  readonly help: {
    readonly open: string;
    readonly title: string;
    readonly close: string;
    readonly singleKeys: string;
    readonly chapters: string;
    readonly views: string;
    readonly steps: string;
    readonly grid: string;
    readonly hide: string;
    readonly undo: string;
    readonly tab: string;
    readonly help: string;
  };
  readonly notices: {
    readonly address: string;
    readonly dismiss: string;
    readonly longWord: (limit: number) => string;
    readonly value: (least: number, most: number, kept: string) => string;
    readonly noSimd: string;
  };
}

export interface Messages {
  readonly lesson: LessonMessages;
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
    readonly vectorsOf: (sequence: string) => string;
    readonly numberLabel: (word: string, feature: number) => string;
    readonly tryIt: string;
    readonly printed: string;
    readonly maskLegend: string;
    readonly maskHint: string;
    readonly scrollable: (caption: string) => string;
    readonly footer: string;
  };
  readonly errors: {
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
