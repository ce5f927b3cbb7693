// One matrix as a table: numbers in cells, and colours that repeat them. Takes values; computes none.

import { type Domain, domainOf, heat } from "@attn/viz";
import { createMemo, Index, type JSX, Show } from "solid-js";
import { languageOfWord } from "../language.ts";
import type { Matrix } from "../matrix.ts";
import { useMessages } from "./locale.ts";
import { Scroller } from "./Scroller.tsx";

interface HeatmapProps {
  readonly matrix: Matrix;
  readonly title: string;
  /** How it is computed, or what it is of: below the title. */
  readonly formula: string;
  readonly format: (x: number) => string;
}

function paint(value: number, domain: Domain): JSX.CSSProperties {
  const [light, dark] = [heat(value, domain, "light"), heat(value, domain, "dark")];
  return {
    background: `light-dark(${light.background}, ${dark.background})`,
    color: `light-dark(${light.text}, ${dark.text})`,
  };
}

export function Heatmap(props: HeatmapProps): JSX.Element {
  const messages = useMessages();
  const domain = createMemo(() => domainOf(props.matrix.values));
  const isHidden = (i: number, j: number): boolean => props.matrix.hidden?.[i]?.[j] ?? false;
  return (
    <Scroller label={messages().page.scrollable(props.title)}>
      <table class="heatmap">
        <caption>
          {props.title}
          <span class="formula">{props.formula}</span>
        </caption>
        <thead>
          <tr>
            <td />
            <Index each={props.matrix.columns}>
              {(column) => (
                <th scope="col" lang={languageOfWord(column())}>
                  <Show when={props.matrix.columnKind === "features"}>
                    <span class="visually-hidden">{messages().terms.feature} </span>
                  </Show>
                  {column()}
                </th>
              )}
            </Index>
          </tr>
        </thead>
        <tbody>
          <Index each={props.matrix.values}>
            {(row, i) => (
              <tr>
                <th scope="row" lang={languageOfWord(props.matrix.rows[i])}>
                  {props.matrix.rows[i]}
                </th>
                <Index each={row()}>
                  {(value, j) => (
                    <Show
                      when={isHidden(i, j)}
                      fallback={
                        <td class="cell" style={paint(value(), domain())}>
                          {props.format(value())}
                        </td>
                      }
                    >
                      <td class="cell hidden-cell">
                        {value()}
                        <span class="visually-hidden"> ({messages().terms.hidden})</span>
                      </td>
                    </Show>
                  )}
                </Index>
              </tr>
            )}
          </Index>
        </tbody>
      </table>
    </Scroller>
  );
}
