// One mechanism: the notebook's result on one side, the proper one on the other, and what lies between in words.
import { createMemo, Index, type JSX, Show } from "solid-js";
import { asScore, asShare } from "../format.ts";
import type { Mechanism } from "../mechanisms/index.ts";
import { numpyPrint } from "../numpy.ts";
import { Heatmap } from "./Heatmap.tsx";
import { Scroller } from "./Scroller.tsx";
import { useMessages } from "./settings.ts";
import type { InputState } from "./state.ts";

interface MechanismSectionProps {
  readonly mechanism: Mechanism;
  readonly number: number;
  readonly state: InputState;
  /** Controls that belong to this mechanism alone: above its results, or on the notebook's side. */
  readonly above?: JSX.Element;
  readonly besideNotebook?: JSX.Element;
}

export function MechanismSection(props: MechanismSectionProps): JSX.Element {
  const messages = useMessages();
  const words = () => messages().mechanisms[props.mechanism.id];
  const terms = () => messages().terms;
  const result = createMemo(() => props.mechanism.compute(props.state.inputs()));
  const calls = createMemo(() => props.mechanism.calls(props.state.inputs()));
  const notebookHeads = () => result().notebook.heads;
  const weights = () => result().proper.weights;
  const headingId = `${props.mechanism.id}-title`;

  return (
    <section id={props.mechanism.id} class="mechanism" aria-labelledby={headingId}>
      <header>
        <h2 id={headingId}>
          <span class="number">{props.number}</span> {words().title}
        </h2>
        <p class="what">{words().what}</p>
      </header>
      {props.above}
      <div class="sides">
        <div class="side">
          <h3>{terms().notebook}</h3>
          <Call text={calls().notebook} />
          <div class="maps">
            <Index each={notebookHeads()}>
              {(matrix, head) => (
                <Heatmap
                  matrix={matrix()}
                  title={notebookHeads().length > 1 ? terms().head(head + 1) : terms().scores}
                  formula={result().notebook.formula}
                  format={asScore}
                />
              )}
            </Index>
          </div>
          {props.besideNotebook}
          <p class="print-title">{messages().page.printed}</p>
          <Scroller label={messages().page.scrollable(messages().page.printed)}>
            <pre lang="en">{`${result().notebook.heading}\n${numpyPrint(result().notebook.printed)}`}</pre>
          </Scroller>
        </div>
        <div class="side">
          <h3>{terms().proper}</h3>
          <Call text={calls().proper} />
          <div class="maps">
            <Index each={weights()}>
              {(matrix, head) => (
                <Heatmap
                  matrix={matrix()}
                  title={
                    weights().length > 1 ? `${terms().head(head + 1)}: ${terms().headAsks[head]}` : terms().weights
                  }
                  formula={result().proper.formulas.weights[head] ?? ""}
                  format={asShare}
                />
              )}
            </Index>
            <Heatmap
              matrix={result().proper.output}
              title={`${terms().output} (${terms().features})`}
              formula={result().proper.formulas.output}
              format={asShare}
            />
            <Index each={result().proper.projections}>
              {(projection) => (
                <Heatmap
                  matrix={projection().matrix}
                  title={messages().page.projectionOf(projection().name)}
                  formula={messages().terms.headsByFeatures}
                  format={asScore}
                />
              )}
            </Index>
          </div>
          <Show when={result().proper.projections.length > 0}>
            <p class="hint">{messages().projections}</p>
          </Show>
        </div>
      </div>
      <dl class="notes">
        <dt>{terms().difference}</dt>
        <dd>{words().difference}</dd>
        <dt>{messages().page.tryIt}</dt>
        <dd>{words().tryIt}</dd>
      </dl>
    </section>
  );
}

/** The call that computes what follows, as a user of @attn/core would write it. */
function Call(props: { readonly text: string }): JSX.Element {
  return (
    <p class="call">
      <code lang="en">{props.text}</code>
    </p>
  );
}
