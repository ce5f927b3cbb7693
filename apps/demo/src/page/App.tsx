// The whole page: settings, the sentence, and a section for each mechanism. What a section needs beside its results is
// decided here.
import { ErrorBoundary, For, type JSX, Show } from "solid-js";
import { languages, messagesIn } from "../i18n/index.ts";
import { mechanisms } from "../mechanisms/index.ts";
import { Choice } from "./Choice.tsx";
import { MaskEditor } from "./MaskEditor.tsx";
import { MechanismSection } from "./MechanismSection.tsx";
import { SequenceEditor } from "./SequenceEditor.tsx";
import { createSettings, SettingsContext, themeChoices, useSettings } from "./settings.ts";
import { createInputState, type InputState } from "./state.ts";

export function App(): JSX.Element {
  const settings = createSettings();
  const state = createInputState();
  const { messages } = settings;
  return (
    <SettingsContext.Provider value={settings}>
      <header class="top">
        <div>
          <h1>{messages().title}</h1>
          <p class="lead">{messages().lead}</p>
        </div>
        <SettingsBar />
      </header>
      <div class="columns">
        <aside>
          <Inputs state={state} />
          <nav aria-label={messages().page.contents}>
            <ol>
              <For each={mechanisms}>
                {({ id }) => (
                  <li>
                    <a href={`#${id}`}>{messages().mechanisms[id].title}</a>
                  </li>
                )}
              </For>
            </ol>
          </nav>
        </aside>
        <main>
          <p class="reading">{messages().reading}</p>
          <ErrorBoundary
            fallback={(error: unknown) => (
              <p class="error">{messages().page.failed(error instanceof Error ? error.message : String(error))}</p>
            )}
          >
            <For each={mechanisms}>
              {(mechanism, i) => (
                <MechanismSection
                  mechanism={mechanism}
                  number={i() + 1}
                  state={state}
                  {...extras(mechanism.id, state)}
                />
              )}
            </For>
          </ErrorBoundary>
        </main>
      </div>
      <footer>{messages().page.footer}</footer>
    </SettingsContext.Provider>
  );
}

function extras(
  id: (typeof mechanisms)[number]["id"],
  state: InputState,
): { above?: JSX.Element; besideNotebook?: JSX.Element } {
  if (id === "masked") return { besideNotebook: <MaskEditor state={state} /> };
  if (id === "cross") return { above: <CrossInputs state={state} /> };
  return {};
}

function SettingsBar(): JSX.Element {
  const { messages, language, setLanguage, theme, setTheme } = useSettings();
  return (
    <div class="settings">
      <Choice
        legend={messages().page.languageChoice}
        options={languages}
        label={(option) => messagesIn[option].language}
        lang={(option) => option}
        chosen={language()}
        onChoose={setLanguage}
      />
      <Choice
        legend={messages().page.themeChoice}
        options={themeChoices}
        label={(option) => messages().page.themes[option]}
        chosen={theme()}
        onChoose={setTheme}
      />
    </div>
  );
}

function Inputs(props: { readonly state: InputState }): JSX.Element {
  const { messages } = useSettings();
  return (
    <div class="inputs">
      <Show when={props.state.revision()} keyed>
        <SequenceEditor name="sentence" state={props.state} />
      </Show>
      <p class="hint">{messages().page.sentenceHint}</p>
      <button type="button" onClick={() => props.state.reset()}>
        {messages().page.reset}
      </button>
    </div>
  );
}

function CrossInputs(props: { readonly state: InputState }): JSX.Element {
  return (
    <div class="inputs pair">
      <Show when={props.state.revision()} keyed>
        <SequenceEditor name="question" state={props.state} />
        <SequenceEditor name="answer" state={props.state} />
      </Show>
    </div>
  );
}
