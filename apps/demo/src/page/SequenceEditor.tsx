// A sentence and its vectors, to be edited. What is not a sentence or not a number is answered beside its field and goes
// no further.
import { createMemo, createSignal, createUniqueId, For, Index, type JSX, Show } from "solid-js";
import { languageOfWord } from "../language.ts";
import { type SequenceName, withFeatures, withSentence } from "../lesson/lesson.ts";
import {
  maximumMagnitude,
  maximumSeed,
  maximumWidth,
  maximumWord,
  maximumWords,
  type VectorSource,
  widthOf,
  withNumber,
  withSource,
} from "../lesson/sequence.ts";
import { tokenize } from "../lesson/tokens.ts";
import { Choice } from "./Choice.tsx";
import { useMessages } from "./locale.ts";
import { NumberField } from "./NumberField.tsx";
import { Scroller } from "./Scroller.tsx";
import type { Store } from "./store.ts";

interface SequenceEditorProps {
  readonly name: SequenceName;
  readonly store: Store;
}

/** Words whose vectors are shown at a time. */
const PAGE = 8;
const sources: readonly VectorSource["kind"][] = ["oneHot", "random", "hand"];

export function SequenceEditor(props: SequenceEditorProps): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.settings;
  const sequence = createMemo(() => props.store.lesson()[props.name]);
  const title = () => messages().terms[props.name];
  const setSource = (source: VectorSource): void =>
    props.store.change(`${props.name} source`, (lesson) => ({
      ...lesson,
      [props.name]: withSource(lesson[props.name], source),
    }));
  const seed = () => {
    const { source } = sequence();
    return source.kind === "random" ? source.seed : undefined;
  };
  return (
    <div class="sequence">
      <Show when={props.store.revision()} keyed>
        <SentenceField name={props.name} store={props.store} />
      </Show>
      <Choice
        legend={`${title()}: ${words().source}`}
        options={sources}
        label={(kind) => words().sources[kind]}
        chosen={sequence().source.kind}
        onChoose={(kind) => setSource(kind === "random" ? { kind, seed: 1 } : { kind })}
      />
      <div class="pair-of-numbers">
        <NumberField
          label={words().width}
          hasLabel
          value={widthOf(sequence())}
          least={1}
          most={maximumWidth}
          step={1}
          onNumber={(width) =>
            props.store.change(`${props.name} width`, (lesson) => withFeatures(lesson, props.name, width))
          }
        />
        <Show when={seed() !== undefined}>
          <NumberField
            label={words().seed}
            hasLabel
            value={seed() ?? 0}
            least={0}
            most={maximumSeed}
            step={1}
            onNumber={(next) => setSource({ kind: "random", seed: next })}
          />
        </Show>
      </div>
      <details class="numbers">
        <summary>
          {title()}: {words().vectors}
        </summary>
        <Vectors name={props.name} store={props.store} />
      </details>
    </div>
  );
}

function SentenceField(props: SequenceEditorProps): JSX.Element {
  const messages = useMessages();
  const [fieldId, messageId] = [createUniqueId(), createUniqueId()];
  const [wrong, setWrong] = createSignal<"noWords" | "tooManyWords" | "longWord">();
  // Only to begin with: a field that follows what it feeds would move the caret of who types.
  const initial = props.store.lesson()[props.name].words.join(" ");
  const read = (text: string): void => {
    const words = tokenize(text);
    const isLong = words.some((word) => word.length > maximumWord);
    setWrong(
      words.length === 0 ? "noWords" : words.length > maximumWords ? "tooManyWords" : isLong ? "longWord" : undefined,
    );
    if (!wrong()) props.store.change(`${props.name} words`, (lesson) => withSentence(lesson, props.name, words));
  };
  const message = (): string => {
    const { noWords, tooManyWords } = messages().errors;
    if (wrong() === "noWords") return noWords;
    return wrong() === "tooManyWords" ? tooManyWords(maximumWords) : messages().lesson.notices.longWord(maximumWord);
  };
  return (
    <div class="sentence">
      <label for={fieldId}>{messages().terms[props.name]}</label>
      <textarea
        id={fieldId}
        rows={2}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={wrong() !== undefined}
        aria-describedby={wrong() ? messageId : undefined}
        onInput={(event) => read(event.currentTarget.value)}
      >
        {initial}
      </textarea>
      <p id={messageId} class="error" aria-live="polite">
        <Show when={wrong()}>{message()}</Show>
      </p>
    </div>
  );
}

function Vectors(props: SequenceEditorProps): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.settings;
  const sequence = createMemo(() => props.store.lesson()[props.name]);
  const [page, setPage] = createSignal(0);
  const count = () => sequence().words.length;
  const from = () => Math.min(page(), Math.floor((count() - 1) / PAGE)) * PAGE;
  const to = () => Math.min(count(), from() + PAGE);
  const indices = createMemo(() => Array.from({ length: to() - from() }, (_, i) => from() + i));
  const features = createMemo(() => Array.from({ length: widthOf(sequence()) }, (_, i) => i));
  const set = (word: number, feature: number, value: number): void =>
    props.store.change(`${props.name} ${word} ${feature}`, (lesson) => ({
      ...lesson,
      [props.name]: withNumber(lesson[props.name], word, feature, value),
    }));
  return (
    <>
      <Show when={count() > PAGE}>
        <p class="pages">
          <button type="button" disabled={from() === 0} onClick={() => setPage(from() / PAGE - 1)}>
            {words().earlier}
          </button>
          <span>{words().wordsShown(from() + 1, to(), count())}</span>
          <button type="button" disabled={to() === count()} onClick={() => setPage(from() / PAGE + 1)}>
            {words().later}
          </button>
        </p>
      </Show>
      <Scroller label={messages().page.scrollable(messages().page.vectorsOf(messages().terms[props.name]))}>
        <table class="vectors">
          <caption class="visually-hidden">{messages().page.vectorsOf(messages().terms[props.name])}</caption>
          <thead>
            <tr>
              <td />
              <For each={features()}>{(feature) => <th scope="col">{feature + 1}</th>}</For>
            </tr>
          </thead>
          <tbody>
            <Index each={indices()}>
              {(index) => (
                <tr>
                  <th scope="row" lang={languageOfWord(sequence().words[index()])}>
                    {sequence().words[index()]}
                    <Show when={messages().glosses[sequence().words[index()] ?? ""]}>
                      {(gloss) => (
                        <span class="gloss" lang="en">
                          {gloss()}
                        </span>
                      )}
                    </Show>
                  </th>
                  <For each={features()}>
                    {(feature) => (
                      <td>
                        <NumberField
                          label={messages().page.numberLabel(sequence().words[index()] ?? "", feature + 1)}
                          value={sequence().vectors[index()]?.[feature] ?? 0}
                          least={-maximumMagnitude}
                          most={maximumMagnitude}
                          step={0.1}
                          onNumber={(value) => set(index(), feature, value)}
                        />
                      </td>
                    )}
                  </For>
                </tr>
              )}
            </Index>
          </tbody>
        </table>
      </Scroller>
    </>
  );
}
