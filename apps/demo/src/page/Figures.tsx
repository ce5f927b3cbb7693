// What the chapter's attention looks like: the weights to choose edges from, arcs, heads, mask, one row; and what the last
// change did.
import { arcs, distribution, heads, mask } from "@attn/viz";
import { createMemo, For, Index, type JSX, Show } from "solid-js";
import { asShare } from "../format.ts";
import { languageOfWord } from "../language.ts";
import { changes } from "../lesson/changes.ts";
import { withEdgeToggled } from "../lesson/lesson.ts";
import type { Trace } from "../lesson/trace.ts";
import type { Matrix } from "../matrix.ts";
import { Grid } from "./Grid.tsx";
import { useMessages } from "./locale.ts";
import { Picture } from "./Picture.tsx";
import type { Store } from "./store.ts";
import type { Table } from "./Twin.tsx";

/** More edges than this, and only those of the chosen row are drawn. */
const MOST_ARCS = 1024;
/** The most bars of a row. */
const MOST_BARS = 16;
/** The most changes that are told. */
const MOST_TOLD = 5;

export function weightsMatrix({ x, memory, heads: all, hidden }: Trace, head: number): Matrix {
  return { rows: x.words, columns: memory.words, columnKind: "words", values: all[head]?.weights ?? [], hidden };
}

export function Figures(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.figures;
  const viewState = () => props.store.viewState();
  const trace = () => props.store.trace();
  const matrix = createMemo(() => weightsMatrix(trace(), viewState().head));
  const title = () => words().weightsOf(viewState().head + 1);
  const row = () => props.store.lit().row ?? viewState().row;
  const arcsMatrix = createMemo((): Matrix => {
    const { rows, columns, values } = matrix();
    if (rows.length * columns.length <= MOST_ARCS) return matrix();
    return { ...matrix(), values: values.map((each, i) => (i === row() ? each : each.map(() => 0))) };
  });
  const table = (of: Matrix, name = title()): Table => ({ title: name, formula: "A", matrix: of, format: asShare });
  const oneRow = (): Matrix => {
    const { rows, columns, columnKind, values } = matrix();
    return { rows: [rows[row()] ?? ""], columns, columnKind, values: [values[row()] ?? []] };
  };
  /** The keys that bars are drawn for: all of them in order, or of many the ones with the largest weights. */
  const strongest = createMemo((): readonly number[] => {
    const weights = matrix().values[row()] ?? [];
    const keys = weights.map((_, j) => j);
    if (keys.length <= MOST_BARS) return keys;
    return keys.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0)).slice(0, MOST_BARS);
  });
  const told = createMemo(() => changes(props.store.traceBefore(), trace(), viewState().head));
  return (
    <section class="figures" aria-labelledby="figures-title">
      <h2 id="figures-title">{words().title}</h2>
      <Words store={props.store} />
      <Show when={trace().settings.heads > 1}>
        <label class="field">
          {words().head}
          <select onChange={(event) => props.store.go({ head: Number(event.currentTarget.value) })}>
            <Index each={trace().heads}>
              {(_, head) => (
                <option value={head} selected={head === viewState().head}>
                  {messages().terms.head(head + 1)}
                </option>
              )}
            </Index>
          </select>
        </label>
      </Show>
      <p class="hint">{words().gridHint}</p>
      <div class="maps">
        <Grid
          matrix={matrix()}
          title={title()}
          formula="A"
          format={asShare}
          lit={props.store.lit()}
          onPoint={(point) => props.store.setLit(point ?? {})}
          onChoose={({ row: i, column: j }) =>
            props.store.change(`edge ${i} ${j}`, (lesson) => withEdgeToggled(lesson, viewState().chapter, [i, j]))
          }
        />
        <Picture
          title={words().distribution(trace().x.words[row()] ?? "")}
          theme={props.store.theme()}
          tables={[table(oneRow())]}
          scene={distribution(
            strongest().map((j) => matrix().values[row()]?.[j] ?? 0),
            strongest().map((j) => matrix().columns[j] ?? ""),
            {
              format: asShare,
              domain: [0, 1],
              highlight: { column: strongest().indexOf(props.store.lit().column ?? -1) },
            },
          )}
        />
        <Picture
          title={words().arcs}
          theme={props.store.theme()}
          tables={[table(matrix())]}
          scene={arcs(arcsMatrix(), {
            format: asShare,
            threshold: Math.min(0.02, 1.2 / Math.max(1, matrix().columns.length)),
            highlight: props.store.lit(),
          })}
        />
        <Show when={trace().settings.heads > 1}>
          <Picture
            title={words().heads}
            theme={props.store.theme()}
            tables={trace().heads.map((_, head) =>
              table(weightsMatrix(trace(), head), messages().terms.head(head + 1)),
            )}
            scene={heads(
              trace().heads.map((_, head) => weightsMatrix(trace(), head)),
              {
                format: asShare,
                texts: { hidden: words().hidden },
                names: trace().heads.map((_, head) => messages().terms.head(head + 1)),
                across: 2,
              },
            )}
          />
        </Show>
        <Show when={trace().hidden.some((line) => line.some(Boolean))}>
          <Picture
            title={words().mask}
            theme={props.store.theme()}
            scene={mask(matrix(), { texts: { hidden: words().hidden, seen: words().seen } })}
            tables={[table(matrix())]}
          />
        </Show>
      </div>
      <Show when={told()}>
        {(list) => (
          <div class="change" aria-live="polite">
            <h3>{words().change}</h3>
            <Show when={list().length > 0} fallback={<p>{words().noChange}</p>}>
              <ul>
                <For each={list().slice(0, MOST_TOLD)}>
                  {({ query, key, before, after }) => (
                    <li>{words().changed(query, key, asShare(before), asShare(after))}</li>
                  )}
                </For>
              </ul>
              <div class="maps">
                <Show when={props.store.traceBefore()}>
                  {(before) => (
                    <Picture
                      title={words().before}
                      theme={props.store.theme()}
                      tables={[table(weightsMatrix(before(), viewState().head))]}
                      scene={heads([weightsMatrix(before(), viewState().head)], {
                        format: asShare,
                        texts: { hidden: words().hidden },
                        names: ["A"],
                      })}
                    />
                  )}
                </Show>
                <Picture
                  title={words().after}
                  theme={props.store.theme()}
                  tables={[table(matrix())]}
                  scene={heads([matrix()], { format: asShare, texts: { hidden: words().hidden }, names: ["A"] })}
                />
              </div>
            </Show>
          </div>
        )}
      </Show>
    </section>
  );
}

/** The words that ask: pointed at they light up everywhere, chosen their row is told in detail. */
function Words(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const isCross = () => props.store.viewState().chapter === "cross";
  const light = (index: number): void => props.store.setLit(isCross() ? { row: index } : { row: index, column: index });
  return (
    <fieldset class="words">
      <legend>{messages().lesson.figures.askedBy}</legend>
      <For each={props.store.trace().x.words}>
        {(word, i) => (
          <label
            lang={languageOfWord(word)}
            onPointerEnter={() => light(i())}
            onPointerLeave={() => props.store.setLit({})}
          >
            <input
              type="radio"
              name="row"
              value={i()}
              checked={props.store.viewState().row === i()}
              onFocus={() => light(i())}
              onBlur={() => props.store.setLit({})}
              onChange={() => {
                props.store.go({ row: i() });
                light(i());
              }}
            />
            <span class="word">{word}</span>
          </label>
        )}
      </For>
    </fieldset>
  );
}
