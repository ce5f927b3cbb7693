// The notebook's mask: for each word of the sentence, whether it is seen.
import { Index, type JSX } from "solid-js";
import { languageOfWord } from "../i18n/index.ts";
import { useMessages } from "./settings.ts";
import type { InputState } from "./state.ts";

export function MaskEditor(props: { readonly state: InputState }): JSX.Element {
  const messages = useMessages();
  return (
    <fieldset class="mask">
      <legend>{messages().page.maskLegend}</legend>
      <Index each={props.state.inputs().visible}>
        {(isVisible, i) => (
          <label lang={languageOfWord(props.state.inputs().sentence.words[i])}>
            <input
              type="checkbox"
              checked={isVisible()}
              onChange={(event) => props.state.setVisible(i, event.currentTarget.checked)}
            />
            {props.state.inputs().sentence.words[i]}
          </label>
        )}
      </Index>
      <p class="hint">{messages().page.maskHint}</p>
    </fieldset>
  );
}
