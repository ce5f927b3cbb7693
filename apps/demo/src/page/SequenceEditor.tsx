// A sentence and its vectors, to be edited. What is not a sentence or not a number is answered beside its field and goes
// no further.
import { type Accessor, createMemo, createSignal, createUniqueId, Index, type JSX, Show } from "solid-js";
import { languageOfWord } from "../i18n/index.ts";
import { maximumMagnitude, maximumWords, type SequenceName, tokenize, widthOf } from "../inputs.ts";
import { NumberField } from "./NumberField.tsx";
import { Scroller } from "./Scroller.tsx";
import { useMessages, useSettings } from "./settings.ts";
import type { InputState } from "./state.ts";

interface SequenceEditorProps {
  readonly name: SequenceName;
  readonly state: InputState;
}

export function SequenceEditor(props: SequenceEditorProps): JSX.Element {
  const messages = useMessages();
  const sequence = createMemo(() => props.state.inputs()[props.name]);
  const features = createMemo(() => Array.from({ length: widthOf(sequence()) }, (_, i) => i + 1));
  const title = (): string => messages().terms[props.name];
  return (
    <div class="sequence">
      <SentenceField name={props.name} state={props.state} />
      <Scroller label={messages().page.scrollable(messages().page.vectorsOf(title()))}>
        <table class="vectors">
          <caption class="visually-hidden">{messages().page.vectorsOf(title())}</caption>
          <thead>
            <tr>
              <td />
              <Index each={features()}>
                {(feature) => (
                  <th scope="col">
                    {messages().terms.feature} {feature()}
                  </th>
                )}
              </Index>
            </tr>
          </thead>
          <tbody>
            <Index each={sequence().words}>
              {(word, i) => (
                <VectorRow
                  name={props.name}
                  state={props.state}
                  word={word}
                  index={i}
                  vector={() => sequence().vectors[i] ?? []}
                />
              )}
            </Index>
          </tbody>
        </table>
      </Scroller>
    </div>
  );
}

function SentenceField(props: SequenceEditorProps): JSX.Element {
  const messages = useMessages();
  const fieldId = createUniqueId();
  const messageId = createUniqueId();
  const [wrong, setWrong] = createSignal<"noWords" | "tooManyWords">();
  // Only to begin with: a field that follows what it feeds would move the caret of who types.
  const initial = props.state.inputs()[props.name].words.join(" ");
  const read = (text: string): void => {
    const words = tokenize(text);
    setWrong(words.length === 0 ? "noWords" : words.length > maximumWords ? "tooManyWords" : undefined);
    if (!wrong()) props.state.setWords(props.name, words);
  };
  const message = (): string => {
    const { noWords, tooManyWords } = messages().errors;
    return wrong() === "noWords" ? noWords : tooManyWords(maximumWords);
  };
  return (
    <div class="sentence">
      <label for={fieldId}>{messages().terms[props.name]}</label>
      <input
        id={fieldId}
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={initial}
        aria-invalid={wrong() !== undefined}
        aria-describedby={wrong() ? messageId : undefined}
        onInput={(event) => read(event.currentTarget.value)}
      />
      <p id={messageId} class="error" aria-live="polite">
        <Show when={wrong()}>{message()}</Show>
      </p>
    </div>
  );
}

interface VectorRowProps extends SequenceEditorProps {
  readonly word: Accessor<string>;
  readonly index: number;
  readonly vector: Accessor<readonly number[]>;
}

function VectorRow(props: VectorRowProps): JSX.Element {
  const { messages, language } = useSettings();
  const messageId = createUniqueId();
  const [wrong, setWrong] = createSignal<readonly number[]>([]);
  const without = (feature: number): readonly number[] => wrong().filter((other) => other !== feature);
  const messageFor = (feature: number): string =>
    messages().errors.number(props.word(), feature + 1, props.vector()[feature] ?? 0, maximumMagnitude);
  return (
    <>
      <tr>
        <th scope="row" lang={languageOfWord(props.word())}>
          {props.word()}
          <Show when={messages().glosses[props.word()]}>
            {(gloss) => (
              <span class="gloss" lang={language()}>
                {gloss()}
              </span>
            )}
          </Show>
        </th>
        <Index each={props.vector()}>
          {(value, feature) => (
            <td>
              <NumberField
                label={messages().page.numberLabel(props.word(), feature + 1)}
                value={value()}
                isWrong={wrong().includes(feature)}
                messageId={messageId}
                onNumber={(number) => {
                  setWrong(without(feature));
                  props.state.setNumber(props.name, props.index, feature, number);
                }}
                onWrong={() => setWrong([...without(feature), feature])}
              />
            </td>
          )}
        </Index>
      </tr>
      <tr>
        <td id={messageId} colspan={props.vector().length + 1} class="error" aria-live="polite">
          <Index each={wrong()}>{(feature) => <p>{messageFor(feature())}</p>}</Index>
        </td>
      </tr>
    </>
  );
}
