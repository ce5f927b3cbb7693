// The keys, in a dialog; and what the keys that need no focus do.
import { createSignal, For, type JSX, onCleanup, onMount } from "solid-js";
import { chapterIds } from "../lesson/lesson.ts";
import { stepIds } from "../lesson/view-state.ts";
import { useMessages } from "./locale.ts";
import { recall, remember, type Store } from "./store.ts";

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input:not([type=radio], [type=checkbox]), textarea, select");

export function Help(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.help;
  let dialog!: HTMLDialogElement;
  const [hasSingleKeys, setSingleKeys] = createSignal(recall("keys") !== "off");
  const step = (by: number): void => {
    const next = stepIds[stepIds.indexOf(props.store.viewState().step) + by];
    if (next) props.store.go({ view: "proper", step: next });
  };
  const onKey = (event: KeyboardEvent): void => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      // A field takes back its own typing.
      if (isTyping(event.target)) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) props.store.redo();
      else props.store.undo();
      return;
    }
    if (!hasSingleKeys() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialog.open)
      return;
    const chapter = chapterIds[Number(key) - 1];
    if (event.key === "?") dialog.showModal();
    else if (chapter) props.store.go({ chapter });
    else if (key === "n") step(1);
    else if (key === "p") step(-1);
    else return;
    event.preventDefault();
  };
  onMount(() => {
    addEventListener("keydown", onKey);
    onCleanup(() => removeEventListener("keydown", onKey));
  });
  const list = (): readonly (readonly [keys: string, what: string])[] => [
    ["Tab, Shift+Tab", words().tab],
    ["1 2 3 4", words().chapters],
    ["← →", words().views],
    ["n, p", words().steps],
    ["↑ ↓ ← →", words().grid],
    ["Enter, Space", words().hide],
    ["Ctrl+Z, Ctrl+Y", words().undo],
    ["?", words().help],
  ];
  return (
    <>
      <button type="button" onClick={() => dialog.showModal()}>
        {words().open}
      </button>
      <dialog ref={dialog} aria-labelledby="help-title">
        <h2 id="help-title">{words().title}</h2>
        <table class="keys">
          <tbody>
            <For each={list()}>
              {([keys, what]) => (
                <tr>
                  <th scope="row">
                    <kbd lang="en">{keys}</kbd>
                  </th>
                  <td>{what}</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
        <label class="check">
          <input
            type="checkbox"
            checked={hasSingleKeys()}
            onChange={(event) => {
              setSingleKeys(event.currentTarget.checked);
              remember("keys", event.currentTarget.checked ? "on" : "off");
            }}
          />
          {words().singleKeys}
        </label>
        <button type="button" onClick={() => dialog.close()}>
          {words().close}
        </button>
      </dialog>
    </>
  );
}
