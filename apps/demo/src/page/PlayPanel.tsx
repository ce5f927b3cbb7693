// Everything that can be changed of the chapter: sentences, vectors, heads, temperature, causality, projections; and taken
// back.
import { createMemo, For, type JSX, Show } from "solid-js";
import {
  type ProjectionName,
  type Projections,
  projectionNames,
  weightsOf,
  withWeight,
} from "../lesson/projections.ts";
import { maximumMagnitude, maximumSeed } from "../lesson/sequence.ts";
import { headChoices, temperatures, widthIn, withPlay } from "../lesson/work.ts";
import { Choice } from "./Choice.tsx";
import { NumberField } from "./NumberField.tsx";
import { Scroller } from "./Scroller.tsx";
import { SequenceEditor } from "./SequenceEditor.tsx";
import { useMessages } from "./settings.ts";
import type { Store } from "./store.ts";

const kinds: readonly Projections["kind"][] = ["identity", "random", "hand"];

export function PlayPanel(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.play;
  const chapter = () => props.store.place().chapter;
  const play = createMemo(() => props.store.work().play[chapter()]);
  const width = () => widthIn(props.store.work(), chapter());
  const change = (key: string, next: Partial<ReturnType<typeof play>>): void =>
    props.store.change(`${chapter()} ${key}`, (work) => withPlay(work, chapter(), next));
  const setKind = (kind: Projections["kind"]): void => {
    const projections: Projections =
      kind === "identity"
        ? { kind }
        : kind === "random"
          ? { kind, seed: 1 }
          : { kind, weights: weightsOf(play().projections, width()) };
    change("projections", { projections });
  };
  const seed = () => {
    const { projections } = play();
    return projections.kind === "random" ? projections.seed : undefined;
  };
  return (
    <section class="play" aria-labelledby="play-title">
      <h2 id="play-title">{words().title}</h2>
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
              <option value={count} selected={count === play().heads}>
                {count}
              </option>
            )}
          </For>
        </select>
      </label>
      <NumberField
        label={words().temperature}
        hasLabel
        value={play().temperature}
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
            checked={play().causal}
            onChange={(event) => change("causal", { causal: event.currentTarget.checked })}
          />
          {words().causal}
        </label>
      </Show>
      <Show when={play().hidden.length > 0}>
        <p class="pages">
          <span>{words().hiddenByHand(play().hidden.length)}</span>
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
        chosen={play().projections.kind}
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
      <Show when={play().projections.kind === "hand"}>
        <For each={projectionNames}>{(name) => <Weight name={name} store={props.store} />}</For>
      </Show>
    </section>
  );
}

function Weight(props: { readonly name: ProjectionName; readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.play;
  const title = () => words().projection[props.name];
  const chapter = () => props.store.place().chapter;
  const width = () => widthIn(props.store.work(), chapter());
  const indices = createMemo(() => Array.from({ length: width() }, (_, i) => i));
  const weight = createMemo(() => weightsOf(props.store.work().play[chapter()].projections, width())[props.name]);
  const set = (row: number, column: number, value: number): void =>
    props.store.change(`${chapter()} ${props.name} ${row} ${column}`, (work) =>
      withPlay(work, chapter(), {
        projections: withWeight(work.play[chapter()].projections, width(), props.name, row, column, value),
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
