// Language and theme as the page has them now, for whoever shows something. Where they are kept is store.ts's.
import { type Accessor, type Context, createContext, useContext } from "solid-js";
import type { Messages } from "../i18n/index.ts";
import type { Language } from "../language.ts";

export interface Settings {
  readonly language: Accessor<Language>;
  readonly messages: Accessor<Messages>;
}

export const SettingsContext: Context<Settings | undefined> = createContext<Settings>();

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("useSettings: outside of SettingsContext");
  return settings;
}
/** The messages of the language that is chosen now. */
export const useMessages = (): Accessor<Messages> => useSettings().messages;
