// Attention done properly, one step at a time: what happens, its formula, the shapes, the numbers.
import { createMemo, For, type JSX, Show } from "solid-js";
import { asScore, asShare } from "../format.ts";
import { callOf } from "../lesson/snippet.ts";
import type { Rows, Trace } from "../lesson/trace.ts";
import { type StepId, stepIds } from "../lesson/view-state.ts";
import type { Matrix } from "../matrix.ts";
import { Grid } from "./Grid.tsx";
import { useMessages } from "./locale.ts";
import type { Store } from "./store.ts";

interface Shown {
  readonly name: string;
  readonly formula: string;
  readonly matrix: Matrix;
  readonly format: (x: number) => string;
}

const byFeatures = (values: Rows, rows: readonly string[]): Matrix => ({
  rows,
  columns: (values[0] ?? []).map((_, i) => String(i + 1)),
  columnKind: "features",
  values,
});
/** -Infinity as the field writes it. */
const asLogit = (x: number): string => (x === Number.NEGATIVE_INFINITY ? "−∞" : asScore(x));

/** The matrices of a step, of one head where it has heads. */
function shownAt(step: StepId, trace: Trace, head: number): readonly Shown[] {
  const { x, memory, hidden, heads, headSize, settings, projected, concatenated, output } = trace;
  const one = heads[head];
  if (!one) return [];
  const among = settings.heads > 1 ? `${head + 1}` : "";
  const words = (name: string, formula: string, values: Rows, format = asScore, marked?: Matrix["hidden"]): Shown => ({
    name,
    formula,
    format,
    matrix: { rows: x.words, columns: memory.words, columnKind: "words", values, ...(marked && { hidden: marked }) },
  });
  const features = (name: string, formula: string, values: Rows, rows: readonly string[]): Shown => ({
    name,
    formula,
    format: asShare,
    matrix: byFeatures(values, rows),
  });
  const temperature = settings.temperature === 1 ? "" : `·${settings.temperature}`;
  switch (step) {
    case "project":
      return [
        features("Q", "x W_Qᵀ", projected.query, x.words),
        features("K", trace.chapter === "cross" ? "m W_Kᵀ" : "x W_Kᵀ", projected.key, memory.words),
        features("V", trace.chapter === "cross" ? "m W_Vᵀ" : "x W_Vᵀ", projected.value, memory.words),
      ];
    case "scores":
      return [words(`S${among}`, `Q${among}K${among}ᵀ`, one.scores)];
    case "scale":
      return [words(`S${among}`, `Q${among}K${among}ᵀ / (√${headSize}${temperature})`, one.scaled, asShare)];
    case "mask":
      return [words(`S${among}`, "−∞", one.masked, asLogit, hidden)];
    case "softmax":
      return [words(`A${among}`, `softmax(S${among})`, one.weights, asShare, hidden)];
    case "mix":
      return [features(`A${among}V${among}`, `A${among} · V${among}`, one.mixed, x.words)];
    case "concatenate":
      return [features("", heads.map((_, i) => `A${i + 1}V${i + 1}`).join("  "), concatenated, x.words)];
    case "output":
      return [features("", "[ … ] W_Oᵀ", output, x.words)];
  }
}

export function ProperView(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const lesson = () => messages().lesson;
  const step = () => props.store.viewState().step;
  const index = () => stepIds.indexOf(step());
  const shown = createMemo(() => shownAt(step(), props.store.trace(), props.store.viewState().head));
  const move = (by: number): void => {
    const next = stepIds[index() + by];
    if (next) props.store.go({ step: next });
  };
  const isByWords = (matrix: Matrix): boolean => matrix.columnKind === "words";
  return (
    <>
      <p class="call">
        <code lang="en">{callOf(props.store.trace())}</code>
      </p>
      <nav class="steps" aria-label={lesson().stepsLabel}>
        <ol>
          <For each={stepIds}>
            {(id) => (
              <li>
                <button
                  type="button"
                  aria-current={id === step() ? "step" : undefined}
                  onClick={() => props.store.go({ step: id })}
                >
                  {lesson().steps[id].title}
                </button>
              </li>
            )}
          </For>
        </ol>
      </nav>
      <section class="step" aria-live="polite">
        <h3>
          <span class="number">{lesson().step(index() + 1, stepIds.length)}</span> {lesson().steps[step()].title}
        </h3>
        <p>{lesson().steps[step()].what}</p>
      </section>
      <div class="maps">
        <For each={shown()}>
          {({ name, formula, matrix, format }) => (
            <div>
              <Grid
                matrix={matrix}
                title={name}
                formula={formula}
                format={format}
                lit={isByWords(matrix) ? props.store.lit() : { row: props.store.lit().row }}
                onPoint={(point) =>
                  props.store.setLit(
                    point ? { row: point.row, ...(isByWords(matrix) && { column: point.column }) } : {},
                  )
                }
              />
              <p class="shape">
                {lesson().shape} [{matrix.rows.length}, {matrix.columns.length}]
              </p>
            </div>
          )}
        </For>
      </div>
      <p class="pages">
        <button type="button" disabled={index() === 0} onClick={() => move(-1)}>
          {lesson().previousStep}
        </button>
        <button type="button" disabled={index() === stepIds.length - 1} onClick={() => move(1)}>
          {lesson().nextStep}
        </button>
      </p>
      <Show when={props.store.trace().hidden[props.store.viewState().row]?.every(Boolean)}>
        <p class="error">
          {lesson().figures.allHidden(props.store.trace().x.words[props.store.viewState().row] ?? "")}
        </p>
      </Show>
    </>
  );
}
