// What the reader can change of the mechanisms' inputs. Holds good values only: a field keeps its own text until it is
// one, and so the pictures stay at the last that was good.
import { type Accessor, createSignal } from "solid-js";
import { type Inputs, realign, type SequenceName, withNumber, withWords } from "../inputs.ts";
import { notebook } from "../notebook.ts";

export interface InputState {
  readonly inputs: Accessor<Inputs>;
  /** Grows with every reset: fields drop their texts then. */
  readonly revision: Accessor<number>;
  setWords(name: SequenceName, words: readonly string[]): void;
  setNumber(name: SequenceName, word: number, feature: number, value: number): void;
  setVisible(word: number, isVisible: boolean): void;
  reset(): void;
}

export function createInputState(): InputState {
  const [inputs, setInputs] = createSignal<Inputs>(notebook);
  const [revision, setRevision] = createSignal(1);
  return {
    inputs,
    revision,
    setWords: (name, words) =>
      setInputs((before) => ({
        ...before,
        [name]: withWords(before[name], words),
        ...(name === "sentence" && { visible: realign(before.sentence.words, words, before.visible, () => true) }),
      })),
    setNumber: (name, word, feature, value) =>
      setInputs((before) => ({ ...before, [name]: withNumber(before[name], word, feature, value) })),
    setVisible: (word, isVisible) =>
      setInputs((before) => ({ ...before, visible: before.visible.with(word, isVisible) })),
    reset: () => {
      setInputs(notebook);
      setRevision((n) => n + 1);
    },
  };
}
