// The page's state: what the reader made, what can be taken back, and where the reader stands; kept in the address. One
// direction: a change makes a new state, all else follows from it.
import { type Accessor, batch, createEffect, createMemo, createSignal, onCleanup } from "solid-js";
import { isLanguage, languageOf } from "../language.ts";
import type { Place } from "../lesson/place.ts";
import { isTheme } from "../lesson/place.ts";
import { hashOf, restore } from "../lesson/url.ts";
import { type Walk, walk } from "../lesson/walk.ts";
import { type ChapterId, initialWork, readBy, type Work } from "../lesson/work.ts";

export interface Lit {
  readonly row?: number | undefined;
  readonly column?: number | undefined;
}

export interface Store {
  readonly work: Accessor<Work>;
  readonly place: Accessor<Place>;
  /** The current chapter, walked. */
  readonly walked: Accessor<Walk>;
  /** The same before the last change; undefined where there was none. */
  readonly walkedBefore: Accessor<Walk | undefined>;
  readonly lit: Accessor<Lit>;
  readonly setLit: (lit: Lit) => void;
  /** Changes of one key that follow soon are one step for undo. */
  readonly change: (key: string, next: (work: Work) => Work) => void;
  readonly go: (to: Partial<Place>) => void;
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

/** A place that is there: a head and a row that the work has. */
function within(work: Work, place: Place): Place {
  const { x } = readBy(work, place.chapter);
  return {
    ...place,
    head: Math.min(place.head, work.play[place.chapter].heads - 1),
    row: Math.min(place.row, x.words.length - 1),
  };
}

export function createStore(): Store {
  const stored = recall("language");
  const storedTheme = recall("theme") ?? "";
  const own = isLanguage(stored) ? stored : languageOf(navigator.language);
  const read = (): ReturnType<typeof restore> => {
    const restored = restore(location.hash, own);
    const hasTheme = /[?&]theme=/.test(location.hash);
    const theme = !hasTheme && isTheme(storedTheme) ? storedTheme : restored.place.theme;
    return { ...restored, place: { ...restored.place, theme } };
  };
  const start = read();
  const [work, setWork] = createSignal(start.work);
  const [place, setPlace] = createSignal(start.place);
  const [past, setPast] = createSignal<readonly Work[]>([]);
  const [future, setFuture] = createSignal<readonly Work[]>([]);
  const [lit, setLit] = createSignal<Lit>({});
  const [revision, setRevision] = createSignal(1);
  const [isDamaged, setDamaged] = createSignal(start.isDamaged);
  let last = { key: "", at: 0 };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const [prefersDark, setPrefersDark] = createSignal(dark.matches);
  dark.addEventListener("change", () => setPrefersDark(dark.matches));

  const here = (): string => hashOf(work(), place());
  const settle = (next: Work): void => {
    setWork(next);
    setPlace((before) => within(next, before));
    setLit({});
  };
  const change: Store["change"] = (key, make) => {
    const [before, now] = [work(), performance.now()];
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
  const jump = (next: Work): void => {
    last = { key: "", at: 0 };
    settle(next);
    setRevision((n) => n + 1);
  };
  const undo = (): void => {
    const before = past().at(-1);
    if (!before) return;
    batch(() => {
      setFuture((steps) => [...steps, work()]);
      setPast((steps) => steps.slice(0, -1));
      jump(before);
    });
  };
  const redo = (): void => {
    const next = future().at(-1);
    if (!next) return;
    batch(() => {
      setPast((steps) => [...steps, work()]);
      setFuture((steps) => steps.slice(0, -1));
      jump(next);
    });
  };
  const go: Store["go"] = (to) => {
    const before = place();
    const next = within(work(), { ...before, ...to });
    if (to.language) remember("language", to.language);
    if (to.theme) remember("theme", to.theme);
    const isElsewhere = next.chapter !== before.chapter || next.view !== before.view;
    batch(() => {
      setPlace(next);
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
      if (hashOf(restored.work, restored.place) === here()) return;
      if (JSON.stringify(restored.work) !== JSON.stringify(work())) {
        setPast((steps) => [...steps, work()].slice(-MOST_STEPS));
        setFuture([]);
        jump(restored.work);
      }
      setPlace(within(restored.work, restored.place));
      setDamaged(restored.isDamaged);
    });
  };
  addEventListener("popstate", onMove);
  addEventListener("hashchange", onMove);
  onCleanup(() => {
    removeEventListener("popstate", onMove);
    removeEventListener("hashchange", onMove);
  });

  const chapter = createMemo<ChapterId>(() => place().chapter);
  const theme = createMemo(() => {
    const choice = place().theme;
    return choice === "auto" ? (prefersDark() ? "dark" : "light") : choice;
  });
  return {
    work,
    place,
    walked: createMemo(() => walk(work(), chapter())),
    walkedBefore: createMemo(() => {
      const before = past().at(-1);
      return before && walk(before, chapter());
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
      change("reset", () => initialWork);
      setRevision((n) => n + 1);
    },
    revision,
    isDamaged,
    dismiss: () => setDamaged(false),
    theme,
  };
}
