// Language and theme: chosen once, remembered where the browser allows it, and written to the root element. Knows
// nothing of what is shown.
import { type Accessor, type Context, createContext, createEffect, createSignal, useContext } from "solid-js";
import { isLanguage, type Language, languageOf, type Messages, messagesIn } from "../i18n/index.ts";

export const themeChoices = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof themeChoices)[number];

export interface Settings {
  readonly language: Accessor<Language>;
  readonly setLanguage: (language: Language) => void;
  readonly theme: Accessor<ThemeChoice>;
  readonly setTheme: (theme: ThemeChoice) => void;
  readonly messages: Accessor<Messages>;
}

// Storage throws where a browser forbids it; a choice then lasts as long as the page.
function recall(key: string): string | null {
  try {
    return localStorage.getItem(`attn-demo:${key}`);
  } catch {
    return null;
  }
}
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`attn-demo:${key}`, value);
  } catch {}
}

const isThemeChoice = (x: string | null): x is ThemeChoice => themeChoices.some((choice) => choice === x);

export function createSettings(): Settings {
  const storedLanguage = recall("language");
  const storedTheme = recall("theme");
  const [language, setLanguage] = createSignal<Language>(
    isLanguage(storedLanguage) ? storedLanguage : languageOf(navigator.language),
  );
  const [theme, setTheme] = createSignal<ThemeChoice>(isThemeChoice(storedTheme) ? storedTheme : "auto");
  const messages = (): Messages => messagesIn[language()];

  createEffect(() => {
    document.documentElement.lang = language();
    document.title = messages().title;
  });
  createEffect(() => {
    document.documentElement.dataset.theme = theme();
  });
  return {
    language,
    theme,
    messages,
    setLanguage: (choice) => remember("language", setLanguage(choice)),
    setTheme: (choice) => remember("theme", setTheme(choice)),
  };
}

export const SettingsContext: Context<Settings | undefined> = createContext<Settings>();

/** The messages of the language that is chosen now. */
export function useMessages(): Accessor<Messages> {
  return useSettings().messages;
}
export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("useSettings: outside of SettingsContext");
  return settings;
}
