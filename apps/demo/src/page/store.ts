// The page's state: what the reader made, what can be taken back, and where the reader stands; kept in the address. One
// direction: a change makes a new state, all else follows from it.
import { type Accessor, batch, createEffect, createMemo, createSignal, onCleanup } from "solid-js";
import { isLanguage, languageOf } from "../language.ts";
import { type ChapterId, initialLesson, type Lesson, readBy } from "../lesson/lesson.ts";
import { type Trace, traceOf } from "../lesson/trace.ts";
import { hashOf, restore } from "../lesson/url.ts";
import type { ViewState } from "../lesson/view-state.ts";
import { isTheme } from "../lesson/view-state.ts";

export interface Lit {
  readonly row?: number | undefined;
  readonly column?: number | undefined;
}

export interface Store {
  readonly lesson: Accessor<Lesson>;
  readonly viewState: Accessor<ViewState>;
  /** The current chapter, step by step. */
  readonly trace: Accessor<Trace>;
  /** The same before the last change; undefined where there was none. */
  readonly traceBefore: Accessor<Trace | undefined>;
  readonly lit: Accessor<Lit>;
  readonly setLit: (lit: Lit) => void;
  /** Changes of one key that follow soon are one step for undo. */
  readonly change: (key: string, next: (lesson: Lesson) => Lesson) => void;
  readonly go: (to: Partial<ViewState>) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly canUndo: Accessor<boolean>;
  readonly canRedo: Accessor<boolean>;
  readonly reset: () => void;
  /** Grows with each state that fields did not make themselves: they drop their texts then. */
  readonly revision: Accessor<number>;
  /** Whether part of the address could not be read. */
  readonly isDamaged: Accessor<boolean>;
  readonly dismiss: () => void;
  readonly theme: Accessor<"light" | "dark">;
}

/** Storage throws where a browser forbids it; a choice then lasts as long as the page. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`attn-demo:${key}`);
  } catch {
    return null;
  }
}
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`attn-demo:${key}`, value);
  } catch {}
}

const SOON = 800;
const MOST_STEPS = 200;

/** With a head and a row that the lesson has. */
function within(lesson: Lesson, viewState: ViewState): ViewState {
  const { x } = readBy(lesson, viewState.chapter);
  return {
    ...viewState,
    head: Math.min(viewState.head, lesson.settings[viewState.chapter].heads - 1),
    row: Math.min(viewState.row, x.words.length - 1),
  };
}

export function createStore(): Store {
  const stored = recall("language");
  const storedTheme = recall("theme") ?? "";
  const own = isLanguage(stored) ? stored : languageOf(navigator.language);
  const read = (): ReturnType<typeof restore> => {
    const restored = restore(location.hash, own);
    const hasTheme = /[?&]theme=/.test(location.hash);
    const theme = !hasTheme && isTheme(storedTheme) ? storedTheme : restored.viewState.theme;
    return { ...restored, viewState: { ...restored.viewState, theme } };
  };
  const start = read();
  const [lesson, setLesson] = createSignal(start.lesson);
  const [viewState, setViewState] = createSignal(start.viewState);
  const [past, setPast] = createSignal<readonly Lesson[]>([]);
  const [future, setFuture] = createSignal<readonly Lesson[]>([]);
  const [lit, setLit] = createSignal<Lit>({});
  const [revision, setRevision] = createSignal(1);
  const [isDamaged, setDamaged] = createSignal(start.isDamaged);
  let last = { key: "", at: 0 };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const [prefersDark, setPrefersDark] = createSignal(dark.matches);
  dark.addEventListener("change", () => setPrefersDark(dark.matches));

  const here = (): string => hashOf(lesson(), viewState());
  const settle = (next: Lesson): void => {
    setLesson(next);
    setViewState((before) => within(next, before));
    setLit({});
  };
  const change: Store["change"] = (key, make) => {
    const [before, now] = [lesson(), performance.now()];
    const next = make(before);
    if (next === before) return;
    batch(() => {
      const isSame = key === last.key && now - last.at < SOON && past().length > 0;
      if (!isSame) setPast((steps) => [...steps, before].slice(-MOST_STEPS));
      setFuture([]);
      settle(next);
    });
    last = { key, at: now };
  };
  const jump = (next: Lesson): void => {
    last = { key: "", at: 0 };
    settle(next);
    setRevision((n) => n + 1);
  };
  const undo = (): void => {
    const before = past().at(-1);
    if (!before) return;
    batch(() => {
      setFuture((steps) => [...steps, lesson()]);
      setPast((steps) => steps.slice(0, -1));
      jump(before);
    });
  };
  const redo = (): void => {
    const next = future().at(-1);
    if (!next) return;
    batch(() => {
      setPast((steps) => [...steps, lesson()]);
      setFuture((steps) => steps.slice(0, -1));
      jump(next);
    });
  };
  const go: Store["go"] = (to) => {
    const before = viewState();
    const next = within(lesson(), { ...before, ...to });
    if (to.language) remember("language", to.language);
    if (to.theme) remember("theme", to.theme);
    const isElsewhere = next.chapter !== before.chapter || next.view !== before.view;
    batch(() => {
      setViewState(next);
      setLit({});
    });
    // Back and forward go between chapters and views; all else only changes the address.
    if (isElsewhere) history.pushState(null, "", here());
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  createEffect(() => {
    const hash = here();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (hash !== location.hash) history.replaceState(null, "", hash);
    }, 150);
  });
  const onMove = (): void => {
    const restored = read();
    batch(() => {
      if (hashOf(restored.lesson, restored.viewState) === here()) return;
      if (JSON.stringify(restored.lesson) !== JSON.stringify(lesson())) {
        setPast((steps) => [...steps, lesson()].slice(-MOST_STEPS));
        setFuture([]);
        jump(restored.lesson);
      }
      setViewState(within(restored.lesson, restored.viewState));
      setDamaged(restored.isDamaged);
    });
  };
  addEventListener("popstate", onMove);
  addEventListener("hashchange", onMove);
  onCleanup(() => {
    removeEventListener("popstate", onMove);
    removeEventListener("hashchange", onMove);
  });

  const chapter = createMemo<ChapterId>(() => viewState().chapter);
  // The last two: what is on screen, and what it is compared with. A change then costs one trace: the lesson before it was
  // on screen.
  let traces: readonly { readonly lesson: Lesson; readonly trace: Trace }[] = [];
  const tracedOnce = (of: Lesson): Trace => {
    const known = traces.find(({ lesson, trace }) => lesson === of && trace.chapter === chapter());
    const latest = known ?? { lesson: of, trace: traceOf(of, chapter()) };
    traces = [latest, ...traces.filter((each) => each !== known)].slice(0, 2);
    return latest.trace;
  };
  const theme = createMemo(() => {
    const choice = viewState().theme;
    return choice === "auto" ? (prefersDark() ? "dark" : "light") : choice;
  });
  return {
    lesson,
    viewState,
    trace: createMemo(() => tracedOnce(lesson())),
    traceBefore: createMemo(() => {
      const before = past().at(-1);
      return before && tracedOnce(before);
    }),
    lit,
    setLit,
    change,
    go,
    undo,
    redo,
    canUndo: () => past().length > 0,
    canRedo: () => future().length > 0,
    reset: () => {
      change("reset", () => initialLesson);
      setRevision((n) => n + 1);
    },
    revision,
    isDamaged,
    dismiss: () => setDamaged(false),
    theme,
  };
}
