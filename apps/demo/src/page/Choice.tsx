// One of a few, as a row of radio buttons. Knows neither language nor theme.
import { createUniqueId, For, type JSX } from "solid-js";

interface ChoiceProps<T extends string> {
  readonly legend: string;
  /** Whether the legend is seen, and not only said. */
  readonly isLegendShown?: boolean;
  readonly options: readonly T[];
  readonly label: (option: T) => string;
  /** The language that an option's label is written in, where it is not the page's. */
  readonly lang?: (option: T) => string;
  readonly chosen: T;
  readonly onChoose: (option: T) => void;
}

export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  const name = createUniqueId();
  return (
    <fieldset class="choice">
      <legend class={props.isLegendShown ? "" : "visually-hidden"}>{props.legend}</legend>
      <div class="options">
        <For each={props.options}>
          {(option) => (
            <label lang={props.lang?.(option)}>
              <input
                type="radio"
                name={name}
                value={option}
                checked={props.chosen === option}
                onChange={() => props.onChoose(option)}
              />
              <span>{props.label(option)}</span>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
