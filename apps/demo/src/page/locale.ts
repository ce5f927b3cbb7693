// The page's language and its messages, for whoever shows something. Where the choice is kept is store.ts's.
import { type Accessor, type Context, createContext, useContext } from "solid-js";
import type { Messages } from "../i18n/index.ts";
import type { Language } from "../language.ts";

export interface Locale {
  readonly language: Accessor<Language>;
  readonly messages: Accessor<Messages>;
}

export const LocaleContext: Context<Locale | undefined> = createContext<Locale>();

export function useLocale(): Locale {
  const locale = useContext(LocaleContext);
  if (!locale) throw new Error("useLocale: outside of LocaleContext");
  return locale;
}
/** The messages of the language that is chosen now. */
export const useMessages = (): Accessor<Messages> => useLocale().messages;
