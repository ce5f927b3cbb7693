// Everything that can be changed of the chapter: sentences, vectors, heads, temperature, causality, projections; and taken
// back.
import { createMemo, For, type JSX, Show } from "solid-js";
import { headChoices, temperatures, widthIn, withSettings } from "../lesson/lesson.ts";
import {
  type ProjectionName,
  type Projections,
  projectionNames,
  weightsOf,
  withWeight,
} from "../lesson/projections.ts";
import { maximumMagnitude, maximumSeed } from "../lesson/sequence.ts";
import { Choice } from "./Choice.tsx";
import { useMessages } from "./locale.ts";
import { NumberField } from "./NumberField.tsx";
import { Scroller } from "./Scroller.tsx";
import { SequenceEditor } from "./SequenceEditor.tsx";
import type { Store } from "./store.ts";

const kinds: readonly Projections["kind"][] = ["identity", "random", "hand"];

export function SettingsPanel(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.settings;
  const chapter = () => props.store.viewState().chapter;
  const settings = createMemo(() => props.store.lesson().settings[chapter()]);
  const width = () => widthIn(props.store.lesson(), chapter());
  const change = (key: string, next: Partial<ReturnType<typeof settings>>): void =>
    props.store.change(`${chapter()} ${key}`, (lesson) => withSettings(lesson, chapter(), next));
  const setKind = (kind: Projections["kind"]): void => {
    const projections: Projections =
      kind === "identity"
        ? { kind }
        : kind === "random"
          ? { kind, seed: 1 }
          : { kind, weights: weightsOf(settings().projections, width()) };
    change("projections", { projections });
  };
  const seed = () => {
    const { projections } = settings();
    return projections.kind === "random" ? projections.seed : undefined;
  };
  return (
    <section class="settings" aria-labelledby="settings-title">
      <h2 id="settings-title">{words().title}</h2>
      <div class="history">
        <button type="button" disabled={!props.store.canUndo()} onClick={() => props.store.undo()}>
          {words().undo}
        </button>
        <button type="button" disabled={!props.store.canRedo()} onClick={() => props.store.redo()}>
          {words().redo}
        </button>
        <button type="button" onClick={() => props.store.reset()}>
          {words().reset}
        </button>
      </div>
      <Show when={chapter() === "cross"} fallback={<SequenceEditor name="sentence" store={props.store} />}>
        <SequenceEditor name="answer" store={props.store} />
        <SequenceEditor name="question" store={props.store} />
      </Show>
      <p class="hint">{words().wordsHint}</p>
      <label class="field">
        {words().heads}
        <select onChange={(event) => change("heads", { heads: Number(event.currentTarget.value) })}>
          <For each={headChoices(width())}>
            {(count) => (
              <option value={count} selected={count === settings().heads}>
                {count}
              </option>
            )}
          </For>
        </select>
      </label>
      <NumberField
        label={words().temperature}
        hasLabel
        value={settings().temperature}
        least={temperatures.least}
        most={temperatures.most}
        step={0.1}
        onNumber={(temperature) => change("temperature", { temperature })}
      />
      <p class="hint">{words().temperatureHint}</p>
      <Show when={chapter() !== "cross"}>
        <label class="check">
          <input
            type="checkbox"
            checked={settings().causal}
            onChange={(event) => change("causal", { causal: event.currentTarget.checked })}
          />
          {words().causal}
        </label>
      </Show>
      <Show when={settings().hidden.length > 0}>
        <p class="pages">
          <span>{words().hiddenByHand(settings().hidden.length)}</span>
          <button type="button" onClick={() => change("hidden", { hidden: [] })}>
            {words().showAll}
          </button>
        </p>
      </Show>
      <Choice
        legend={words().projections}
        isLegendShown
        options={kinds}
        label={(kind) => words().projectionKinds[kind]}
        chosen={settings().projections.kind}
        onChoose={setKind}
      />
      <Show when={seed() !== undefined}>
        <NumberField
          label={`${words().projections}: ${words().seed}`}
          hasLabel
          value={seed() ?? 0}
          least={0}
          most={maximumSeed}
          step={1}
          onNumber={(next) => change("projections seed", { projections: { kind: "random", seed: next } })}
        />
      </Show>
      <Show when={settings().projections.kind === "hand"}>
        <For each={projectionNames}>{(name) => <Weight name={name} store={props.store} />}</For>
      </Show>
    </section>
  );
}

function Weight(props: { readonly name: ProjectionName; readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.settings;
  const title = () => words().projection[props.name];
  const chapter = () => props.store.viewState().chapter;
  const width = () => widthIn(props.store.lesson(), chapter());
  const indices = createMemo(() => Array.from({ length: width() }, (_, i) => i));
  const weight = createMemo(() => weightsOf(props.store.lesson().settings[chapter()].projections, width())[props.name]);
  const set = (row: number, column: number, value: number): void =>
    props.store.change(`${chapter()} ${props.name} ${row} ${column}`, (lesson) =>
      withSettings(lesson, chapter(), {
        projections: withWeight(lesson.settings[chapter()].projections, width(), props.name, row, column, value),
      }),
    );
  return (
    <details class="numbers">
      <summary>{title()}</summary>
      <Scroller label={messages().page.scrollable(title())}>
        <table class="vectors">
          <caption class="visually-hidden">{title()}</caption>
          <tbody>
            <For each={indices()}>
              {(row) => (
                <tr>
                  <For each={indices()}>
                    {(column) => (
                      <td>
                        <NumberField
                          label={words().weightLabel(title(), row + 1, column + 1)}
                          value={weight()[row]?.[column] ?? 0}
                          least={-maximumMagnitude}
                          most={maximumMagnitude}
                          step={0.1}
                          onNumber={(value) => set(row, column, value)}
                        />
                      </td>
                    )}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Scroller>
    </details>
  );
}
