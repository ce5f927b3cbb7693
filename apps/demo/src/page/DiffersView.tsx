// What the notebook has otherwise: each claim, what is the case, and the numbers of both side by side.
import { createMemo, For, type JSX } from "solid-js";
import { asScore } from "../format.ts";
import { type Exhibit, evidenceOf, type MisconceptionId, misconceptionIds } from "../lesson/misconceptions.ts";
import { Grid } from "./Grid.tsx";
import { useMessages } from "./locale.ts";
import type { Store } from "./store.ts";

export function DiffersView(props: { readonly store: Store }): JSX.Element {
  return (
    <ol class="claims">
      <For each={misconceptionIds[props.store.viewState().chapter]}>
        {(id) => <Claim id={id} store={props.store} />}
      </For>
    </ol>
  );
}

function Claim(props: { readonly id: MisconceptionId; readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.misconceptions[props.id];
  const evidence = createMemo(() => evidenceOf(props.id, props.store.lesson(), props.store.trace()));
  return (
    <li class="claim" data-claim={props.id}>
      <h3>{words().claim}</h3>
      <p>{words().truth}</p>
      <div class="sides">
        <Side title={messages().terms.notebook} exhibits={evidence().notebook} />
        <Side title={messages().terms.proper} exhibits={evidence().proper} />
      </div>
    </li>
  );
}

function Side(props: { readonly title: string; readonly exhibits: readonly Exhibit[] }): JSX.Element {
  return (
    <div class="side">
      <h4>{props.title}</h4>
      <div class="maps">
        <For each={props.exhibits}>
          {({ formula, matrix }) => <Grid matrix={matrix} title="" formula={formula} format={asScore} />}
        </For>
      </div>
    </div>
  );
}
