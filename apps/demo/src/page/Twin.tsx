// A picture's numbers as tables, made when they are asked for.
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Matrix } from "../matrix.ts";
import { Heatmap } from "./Heatmap.tsx";
import { useMessages } from "./locale.ts";

export interface Table {
  readonly title: string;
  readonly formula: string;
  readonly matrix: Matrix;
  readonly format: (x: number) => string;
}

export function Twin(props: { readonly title: string; readonly tables: readonly Table[] }): JSX.Element {
  const messages = useMessages();
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details class="twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{messages().lesson.figures.table(props.title)}</summary>
      <Show when={isOpen()}>
        <For each={props.tables}>{(table) => <Heatmap {...table} />}</For>
      </Show>
    </details>
  );
}
