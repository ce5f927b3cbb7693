// The whole page: language and theme, chapters, the three views of one, its settings, and what engineers look for.
import { createEffect, createSignal, For, type JSX, lazy, Match, Show, Suspense, Switch } from "solid-js";
import { messagesIn } from "../i18n/index.ts";
import { languages } from "../language.ts";
import { chapterIds } from "../lesson/lesson.ts";
import { themes, type ViewId, viewIds } from "../lesson/view-state.ts";
import { Choice } from "./Choice.tsx";
import { DiffersView } from "./DiffersView.tsx";
import { Figures } from "./Figures.tsx";
import { Help } from "./Help.tsx";
import { LocaleContext } from "./locale.ts";
import { NotebookView } from "./NotebookView.tsx";
import { ProperView } from "./ProperView.tsx";
import { SettingsPanel } from "./SettingsPanel.tsx";
import { createStore, type Store } from "./store.ts";

const Engineer = lazy(() => import("./Engineer.tsx"));

export function App(): JSX.Element {
  const store = createStore();
  const language = () => store.viewState().language;
  const messages = () => messagesIn[language()];
  createEffect(() => {
    document.documentElement.lang = language();
    document.title = `${messages().mechanisms[store.viewState().chapter].title} · ${messages().title}`;
  });
  createEffect(() => {
    document.documentElement.dataset.theme = store.viewState().theme;
  });
  const chapter = () => messages().mechanisms[store.viewState().chapter];
  return (
    <LocaleContext.Provider value={{ language, messages }}>
      <header class="top">
        <div>
          <h1>{messages().title}</h1>
          <p class="lead">{messages().lead}</p>
        </div>
        <div class="preferences">
          <Choice
            legend={messages().page.languageChoice}
            options={languages}
            label={(option) => messagesIn[option].language}
            lang={(option) => option}
            chosen={language()}
            onChoose={(choice) => store.go({ language: choice })}
          />
          <Choice
            legend={messages().page.themeChoice}
            options={themes}
            label={(option) => messages().page.themes[option]}
            chosen={store.viewState().theme}
            onChoose={(theme) => store.go({ theme })}
          />
          <Help store={store} />
        </div>
      </header>
      <Show when={store.isDamaged()}>
        <p class="notice" role="status">
          {messages().lesson.notices.address}{" "}
          <button type="button" onClick={() => store.dismiss()}>
            {messages().lesson.notices.dismiss}
          </button>
        </p>
      </Show>
      <nav class="chapters" aria-label={messages().page.contents}>
        <ol>
          <For each={chapterIds}>
            {(id) => (
              <li>
                <a
                  href={`#v1/${id}/${store.viewState().view}`}
                  aria-current={id === store.viewState().chapter ? "page" : undefined}
                  onClick={(event) => {
                    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                    event.preventDefault();
                    store.go({ chapter: id });
                  }}
                >
                  {messages().mechanisms[id].title}
                </a>
              </li>
            )}
          </For>
        </ol>
      </nav>
      <div class="columns">
        <main>
          <header>
            <h2>{chapter().title}</h2>
            <p class="what">{chapter().what}</p>
            <p class="reading">{messages().reading}</p>
          </header>
          <Views store={store} />
          <Figures store={store} />
          <EngineerPanel store={store} />
        </main>
        <aside>
          <SettingsPanel store={store} />
        </aside>
      </div>
      <footer>{messages().page.footer}</footer>
    </LocaleContext.Provider>
  );
}

function Views(props: { readonly store: Store }): JSX.Element {
  const messages = () => messagesIn[props.store.viewState().language];
  const view = () => props.store.viewState().view;
  const tabs: Partial<Record<ViewId, HTMLButtonElement>> = {};
  const onKey = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = viewIds[(viewIds.indexOf(view()) + by + viewIds.length) % viewIds.length] as ViewId;
    props.store.go({ view: next });
    tabs[next]?.focus();
  };
  return (
    <section class="chapter">
      <div role="tablist" class="tabs" aria-label={messages().mechanisms[props.store.viewState().chapter].title}>
        <For each={viewIds}>
          {(id) => (
            <button
              ref={(element) => {
                tabs[id] = element;
              }}
              type="button"
              role="tab"
              id={`tab-${id}`}
              aria-selected={id === view()}
              aria-controls="view"
              tabindex={id === view() ? 0 : -1}
              onClick={() => props.store.go({ view: id })}
              onKeyDown={onKey}
            >
              {messages().lesson.views[id]}
            </button>
          )}
        </For>
      </div>
      <div id="view" role="tabpanel" aria-labelledby={`tab-${view()}`}>
        <Switch>
          <Match when={view() === "notebook"}>
            <NotebookView store={props.store} />
          </Match>
          <Match when={view() === "differs"}>
            <DiffersView store={props.store} />
          </Match>
          <Match when={view() === "proper"}>
            <ProperView store={props.store} />
          </Match>
        </Switch>
      </div>
    </section>
  );
}

function EngineerPanel(props: { readonly store: Store }): JSX.Element {
  const messages = () => messagesIn[props.store.viewState().language];
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details class="engineers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{messages().lesson.engineer.title}</summary>
      <Show when={isOpen()}>
        <Suspense>
          <Engineer store={props.store} />
        </Suspense>
      </Show>
    </details>
  );
}
