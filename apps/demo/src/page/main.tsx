// The page's entry: puts the app into the document, or says what the browser lacks.
import { createAttention } from "@attn/core";
import { render } from "solid-js/web";
import { messagesIn } from "../i18n/index.ts";
import { languageOf } from "../language.ts";
import { App } from "./App.tsx";
import "./style.css";

const root = document.getElementById("app") as HTMLElement;

/** Why the kernel cannot run here; undefined where it can. */
function obstacle(): string | undefined {
  try {
    createAttention().dispose();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = obstacle();
if (reason === undefined) render(() => <App />, root);
else {
  const language = languageOf(navigator.language);
  document.documentElement.lang = language;
  const { title, lesson } = messagesIn[language];
  render(
    () => (
      <main class="obstacle">
        <h1>{title}</h1>
        <p role="alert">{lesson.notices.noSimd}</p>
        <p class="hint" lang="en">
          {reason}
        </p>
      </main>
    ),
    root,
  );
}
