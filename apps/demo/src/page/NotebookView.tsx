// The chapter as the notebook has it: its idea, its call, its matrix as it was printed.
import { createMemo, For, Index, type JSX, Show } from "solid-js";
import { asScore } from "../format.ts";
import { languageOfWord } from "../language.ts";
import { mechanisms } from "../mechanisms/index.ts";
import { numpyPrint } from "../numpy.ts";
import { Grid } from "./Grid.tsx";
import { useMessages } from "./locale.ts";
import { Scroller } from "./Scroller.tsx";
import type { Store } from "./store.ts";

/** More words than this are not printed: the heatmaps say it better. */
const MOST_PRINTED = 16;

export function NotebookView(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const mechanism = createMemo(
    () => mechanisms.find(({ id }) => id === props.store.viewState().chapter) as (typeof mechanisms)[number],
  );
  const result = createMemo(() => mechanism().computeNotebook(props.store.lesson()));
  const call = createMemo(() => mechanism().calls(props.store.lesson()).notebook);
  const words = () => messages().mechanisms[mechanism().id];
  return (
    <>
      <p class="call">
        <code lang="en">{call()}</code>
      </p>
      <Show when={props.store.viewState().chapter === "masked"}>
        <VisibleWords store={props.store} />
      </Show>
      <div class="maps">
        <Index each={result().heads}>
          {(matrix, head) => (
            <Grid
              matrix={matrix()}
              title={result().heads.length > 1 ? messages().terms.head(head + 1) : messages().terms.scores}
              formula={result().formula}
              format={asScore}
              lit={props.store.lit()}
              onPoint={(point) => props.store.setLit(point ?? {})}
            />
          )}
        </Index>
      </div>
      <Show when={Math.max(...result().printed.shape) <= MOST_PRINTED}>
        <p class="print-title">{messages().page.printed}</p>
        <Scroller label={messages().page.scrollable(messages().page.printed)}>
          <pre lang="en">{`${result().heading}\n${numpyPrint(result().printed)}`}</pre>
        </Scroller>
      </Show>
      <dl class="notes">
        <dt>{messages().terms.difference}</dt>
        <dd>{words().difference}</dd>
        <dt>{messages().page.tryIt}</dt>
        <dd>{words().tryIt}</dd>
      </dl>
    </>
  );
}

/** The notebook's mask: for each word of the sentence, whether it is seen. */
function VisibleWords(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const sentence = () => props.store.lesson().sentence;
  const set = (index: number, isVisible: boolean): void =>
    props.store.change(`visible ${index}`, (lesson) => ({ ...lesson, visible: lesson.visible.with(index, isVisible) }));
  return (
    <fieldset class="mask">
      <legend>{messages().page.maskLegend}</legend>
      <For each={sentence().words}>
        {(word, i) => (
          <label lang={languageOfWord(word)}>
            <input
              type="checkbox"
              checked={props.store.lesson().visible[i()] ?? true}
              onChange={(event) => set(i(), event.currentTarget.checked)}
            />
            {word}
          </label>
        )}
      </For>
      <p class="hint">{messages().page.maskHint}</p>
    </fieldset>
  );
}
