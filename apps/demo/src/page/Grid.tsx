// One matrix: <attn-heatmap>, its name above, and the same as a table for who wants it. Takes values; computes none.
import type { AttnHeatmap, Point } from "@attn/viz/element";
import "@attn/viz/element";
import { createEffect, type JSX, on, onMount } from "solid-js";
import { useMessages } from "./locale.ts";
import type { Lit } from "./store.ts";
import { type Table, Twin } from "./Twin.tsx";

declare module "solid-js" {
  namespace JSX {
    interface IntrinsicElements {
      "attn-heatmap": JSX.HTMLAttributes<AttnHeatmap>;
    }
  }
}

interface GridProps extends Table {
  readonly lit?: Lit;
  readonly onPoint?: (point: Point | null) => void;
  readonly onChoose?: (point: Point) => void;
}

export function Grid(props: GridProps): JSX.Element {
  const messages = useMessages();
  let element!: AttnHeatmap;
  const describe = (row: number, column: number): string => {
    const { rows, columns, values, hidden } = props.matrix;
    const { point, pointHidden } = messages().lesson.figures;
    const [query, key] = [rows[row] ?? "", columns[column] ?? ""];
    return hidden?.[row]?.[column]
      ? pointHidden(query, key)
      : point(query, key, props.format(values[row]?.[column] ?? 0));
  };
  onMount(() => {
    element.addEventListener("attn-hover", (event) => props.onPoint?.((event as CustomEvent<Point | null>).detail));
    element.addEventListener("attn-select", (event) => props.onChoose?.((event as CustomEvent<Point>).detail));
  });
  createEffect(() => {
    element.label = `${props.title} ${props.formula}`.trim();
    element.interactive = props.onChoose !== undefined;
    element.format = props.format;
    element.matrix = props.matrix;
  });
  createEffect(
    on(messages, () => {
      element.describe = describe;
    }),
  );
  createEffect(() => {
    element.highlight = props.lit ?? {};
  });
  return (
    <figure class="grid">
      <figcaption>
        {props.title}
        <span class="formula">{props.formula}</span>
      </figcaption>
      <attn-heatmap ref={element} />
      <Twin title={props.title || props.formula} tables={[props]} />
    </figure>
  );
}
