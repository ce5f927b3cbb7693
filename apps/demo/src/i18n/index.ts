// All that is said, in both languages.
import type { Language } from "../language.ts";
import { en } from "./en.ts";
import { ko } from "./ko.ts";
import type { Messages } from "./messages.ts";

export type * from "./messages.ts";

export const messagesIn: Readonly<Record<Language, Messages>> = { ko, en };
