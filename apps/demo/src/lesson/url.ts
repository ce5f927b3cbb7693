// The whole state as the part of an address behind #, and back. What is the notebook's own is left out, so a fresh page
// has a short address; what cannot be read falls back to the notebook's, and is said to have.
//
//   #v1/masked/proper?sentence=나는 사과를&sentence.vectors=r7&masked.heads=3&lang=ko
import { isLanguage } from "../language.ts";
import {
  type ChapterId,
  chapterIds,
  type Edge,
  headChoices,
  initialLesson,
  type Lesson,
  readBy,
  type SequenceName,
  type Settings,
  temperatures,
} from "./lesson.ts";
import { type Projections, projectionNames, type Weights, withProjectionWidth } from "./projections.ts";
import {
  maximumMagnitude,
  maximumSeed,
  maximumWidth,
  maximumWord,
  maximumWords,
  type Sequence,
  sequenceOf,
  type VectorSource,
  widthOf,
} from "./sequence.ts";
import { initialViewState, isChapter, isStep, isTheme, isView, type ViewState } from "./view-state.ts";

const VERSION = "v1";
const sequenceNames: readonly SequenceName[] = ["sentence", "question", "answer"];

export interface Restored {
  readonly lesson: Lesson;
  readonly viewState: ViewState;
  /** Whether something could not be read, and is the notebook's instead. */
  readonly isDamaged: boolean;
}

// ---------------------------------------------------------------------------------------------------- writing

const rowsText = (rows: readonly (readonly number[])[]): string => rows.map((row) => row.join(",")).join(";");

/** The address of a state, from # on. `language` is what a page without an address would choose. */
export function hashOf(lesson: Lesson, viewState: ViewState): string {
  const out: string[] = [];
  // A space is written as +, as in forms; the rest so that any word survives.
  const add = (key: string, value: string): void => {
    out.push(`${key}=${encodeURIComponent(value).replace(/%20/g, "+").replace(/%2C/g, ",").replace(/%3B/g, ";")}`);
  };
  for (const name of sequenceNames) {
    const [now, before] = [lesson[name], initialLesson[name]];
    if (now.words.join(" ") !== before.words.join(" ")) add(name, now.words.join(" "));
    if (widthOf(now) !== widthOf(before)) add(`${name}.width`, String(widthOf(now)));
    if (now.source.kind === "random") add(`${name}.vectors`, `r${now.source.seed}`);
    if (now.source.kind === "hand") add(`${name}.vectors`, rowsText(now.vectors));
  }
  const visible = lesson.visible.map(Number).join("");
  if (visible !== defaultVisible(lesson.sentence.words.length).map(Number).join("")) add("visible", visible);
  for (const chapter of chapterIds)
    writeSettings(chapter, lesson.settings[chapter], initialLesson.settings[chapter], add);
  const start = initialViewState(viewState.language);
  if (viewState.step !== start.step) add("step", viewState.step);
  if (viewState.head !== start.head) add("head", String(viewState.head + 1));
  if (viewState.row !== start.row) add("row", String(viewState.row + 1));
  add("lang", viewState.language);
  if (viewState.theme !== start.theme) add("theme", viewState.theme);
  return `#${VERSION}/${viewState.chapter}/${viewState.view}?${out.join("&")}`;
}

function writeSettings(
  chapter: ChapterId,
  now: Settings,
  before: Settings,
  add: (key: string, value: string) => void,
): void {
  if (now.heads !== before.heads) add(`${chapter}.heads`, String(now.heads));
  if (now.temperature !== before.temperature) add(`${chapter}.temperature`, String(now.temperature));
  if (now.causal !== before.causal) add(`${chapter}.causal`, now.causal ? "1" : "0");
  if (now.hidden.length > 0) add(`${chapter}.hidden`, now.hidden.map(([i, j]) => `${i + 1}-${j + 1}`).join(","));
  if (JSON.stringify(now.projections) !== JSON.stringify(before.projections))
    add(`${chapter}.projections`, projectionsText(now.projections));
}

function projectionsText(projections: Projections): string {
  if (projections.kind === "identity") return "identity";
  if (projections.kind === "random") return `r${projections.seed}`;
  return projectionNames.map((name) => rowsText(projections.weights[name])).join("|");
}

// ---------------------------------------------------------------------------------------------------- reading

const defaultVisible = (length: number): boolean[] =>
  Array.from({ length }, (_, i) => initialLesson.visible[i] ?? true);

/** Thrown while reading, and never past this file. */
class Unreadable extends Error {}

const integer = (text: string, least: number, most: number): number => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new Unreadable();
  return value;
};

const decimal = (text: string, least: number, most: number): number => {
  const value = /^-?\d{1,4}(\.\d{1,20})?(e-\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new Unreadable();
  return value;
};

function rowsFrom(text: string, rows: number, columns: number): number[][] {
  const parsed = text
    .split(";")
    .map((row) => row.split(",").map((x) => decimal(x, -maximumMagnitude, maximumMagnitude)));
  if (parsed.length !== rows || parsed.some((row) => row.length !== columns)) throw new Unreadable();
  return parsed;
}

function wordsFrom(text: string): string[] {
  const words = text.split(" ").filter((word) => word !== "");
  if (words.length === 0 || words.length > maximumWords) throw new Unreadable();
  if (words.some((word) => word.length > maximumWord || /\s/u.test(word))) throw new Unreadable();
  return words;
}

function sourceFrom(text: string): VectorSource {
  return { kind: "random", seed: integer(text.slice(1), 0, maximumSeed) };
}

function projectionsFrom(text: string, width: number): Projections {
  if (text === "identity") return { kind: "identity" };
  if (text.startsWith("r")) return { kind: "random", seed: integer(text.slice(1), 0, maximumSeed) };
  const parts = text.split("|");
  if (parts.length !== projectionNames.length) throw new Unreadable();
  const weights = parts.map((part, i) => [projectionNames[i], rowsFrom(part, width, width)] as const);
  return { kind: "hand", weights: { ...Object.fromEntries(weights) } as unknown as Weights };
}

function edgesFrom(text: string, L: number, S: number): Edge[] {
  const edges = text.split(",").map((pair): Edge => {
    const [i = "", j = "", ...more] = pair.split("-");
    if (more.length > 0) throw new Unreadable();
    return [integer(i, 1, L) - 1, integer(j, 1, S) - 1];
  });
  const keys = new Set(edges.map(String));
  if (keys.size !== edges.length) throw new Unreadable();
  return edges.toSorted(([a, b], [c, d]) => a - c || b - d);
}

/** Reads an address; anything unknown or out of bounds becomes the notebook's own. */
export function restore(hash: string, language: ViewState["language"]): Restored {
  let isDamaged = false;
  const fresh: Restored = { lesson: initialLesson, viewState: initialViewState(language), isDamaged: false };
  const [path = "", query = ""] = splitOnce(hash.replace(/^#/, ""), "?");
  if (path === "" && query === "") return fresh;
  const [version, chapterText = "", viewText = "", ...more] = path.split("/");
  if (version !== VERSION || more.length > 0) return { ...fresh, isDamaged: true };

  const given = new URLSearchParams(query);
  /** What a key holds, read; or otherwise, where it is absent or cannot be read. */
  const take = <T>(key: string, read: (text: string) => T, otherwise: T): T => {
    const text = given.get(key);
    if (text === null) return otherwise;
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      isDamaged = true;
      return otherwise;
    }
  };
  const choice =
    <T extends string>(is: (x: string) => x is T) =>
    (text: string): T => {
      if (!is(text)) throw new Unreadable();
      return text;
    };

  const sequence = (name: SequenceName, width: number): Sequence => {
    const before = initialLesson[name];
    const words = take(name, wordsFrom, before.words);
    const plain = sequenceOf(words, width, { kind: "oneHot" });
    return take(
      `${name}.vectors`,
      (text) =>
        text.startsWith("r")
          ? sequenceOf(words, width, sourceFrom(text))
          : { words, vectors: rowsFrom(text, words.length, width), source: { kind: "hand" } },
      plain,
    );
  };
  const width = (name: SequenceName): number =>
    take(`${name}.width`, (text) => integer(text, 1, maximumWidth), widthOf(initialLesson[name]));
  const sentence = sequence("sentence", width("sentence"));
  // The two meet in a dot product, so they have one width: the question's.
  const pair = width("question");
  const bare: Lesson = {
    sentence,
    visible: take(
      "visible",
      (text) => {
        if (!/^[01]+$/.test(text) || text.length !== sentence.words.length) throw new Unreadable();
        return Array.from(text, (bit) => bit === "1");
      },
      defaultVisible(sentence.words.length),
    ),
    question: sequence("question", pair),
    answer: sequence("answer", pair),
    settings: initialLesson.settings,
  };
  const settings = (chapter: ChapterId): Settings => {
    const before = initialLesson.settings[chapter];
    const { x, memory } = readBy(bare, chapter);
    const wide = widthOf(x);
    const choices = headChoices(wide);
    const fitting = choices.findLast((count) => count <= before.heads) ?? 1;
    return {
      heads: take(
        `${chapter}.heads`,
        (text) => {
          const heads = integer(text, 1, wide);
          if (!choices.includes(heads)) throw new Unreadable();
          return heads;
        },
        fitting,
      ),
      temperature: take(
        `${chapter}.temperature`,
        (text) => decimal(text, temperatures.least, temperatures.most),
        before.temperature,
      ),
      causal: take(`${chapter}.causal`, (text) => integer(text, 0, 1) === 1, before.causal),
      projections: take(
        `${chapter}.projections`,
        (text) => projectionsFrom(text, wide),
        withProjectionWidth(before.projections, wide),
      ),
      hidden: take(`${chapter}.hidden`, (text) => edgesFrom(text, x.words.length, memory.words.length), before.hidden),
    };
  };
  const lesson: Lesson = {
    ...bare,
    settings: {
      self: settings("self"),
      multiHead: settings("multiHead"),
      masked: settings("masked"),
      cross: settings("cross"),
    },
  };
  if (!isChapter(chapterText) || (viewText !== "" && !isView(viewText))) isDamaged = true;
  const chapter = isChapter(chapterText) ? chapterText : fresh.viewState.chapter;
  const { x } = readBy(lesson, chapter);
  const viewState: ViewState = {
    chapter,
    view: isView(viewText) ? viewText : fresh.viewState.view,
    step: take("step", choice(isStep), fresh.viewState.step),
    head: take("head", (text) => integer(text, 1, lesson.settings[chapter].heads) - 1, 0),
    row: take("row", (text) => integer(text, 1, x.words.length) - 1, 0),
    language: take("lang", choice(isLanguage), fresh.viewState.language),
    theme: take("theme", choice(isTheme), fresh.viewState.theme),
  };
  return { lesson, viewState, isDamaged };
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
