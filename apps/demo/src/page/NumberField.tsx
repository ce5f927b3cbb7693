// One number. Keeps what is typed, and reports it only when it is a number that can be shown; says so beside it otherwise.
import { createEffect, createSignal, createUniqueId, type JSX, on, Show } from "solid-js";
import { useMessages } from "./locale.ts";

interface NumberFieldProps {
  readonly label: string;
  /** Whether the label stands beside the field, and is not only said. */
  readonly hasLabel?: boolean;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly onNumber: (value: number) => void;
}

export function NumberField(props: NumberFieldProps): JSX.Element {
  const messages = useMessages();
  const [fieldId, messageId] = [createUniqueId(), createUniqueId()];
  const [isWrong, setWrong] = createSignal(false);
  let field!: HTMLInputElement;
  const parse = (text: string): number | undefined => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const isWhole = props.step % 1 !== 0 || Number.isInteger(value);
    return value >= props.least && value <= props.most && isWhole ? value : undefined;
  };
  const read = (): void => {
    const value = parse(field.value);
    setWrong(value === undefined);
    if (value !== undefined && value !== props.value) props.onNumber(value);
  };
  // Rewritten only where the value changed elsewhere: "1.0" stays as it was typed.
  createEffect(
    on(
      () => props.value,
      (value) => {
        if (parse(field.value) === value) return;
        field.value = String(value);
        setWrong(false);
      },
    ),
  );
  return (
    <div class="quantity">
      <Show when={props.hasLabel}>
        <label for={fieldId}>{props.label}</label>
      </Show>
      <input
        ref={field}
        id={fieldId}
        type="number"
        inputmode="decimal"
        step={props.step}
        min={props.least}
        max={props.most}
        autocomplete="off"
        aria-label={props.hasLabel ? undefined : props.label}
        aria-invalid={isWrong()}
        aria-describedby={isWrong() ? messageId : undefined}
        onInput={read}
      />
      <p id={messageId} class="error" aria-live="polite">
        <Show when={isWrong()}>{messages().lesson.notices.value(props.least, props.most, String(props.value))}</Show>
      </p>
    </div>
  );
}
