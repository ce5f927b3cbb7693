// One number of one vector. Keeps what is typed, and reports it only when it is a number that can be shown.
import { createEffect, type JSX, on } from "solid-js";
import { maximumMagnitude, parseNumber } from "../inputs.ts";

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly isWrong: boolean;
  /** The id of the message beside it. */
  readonly messageId: string;
  readonly onNumber: (value: number) => void;
  readonly onWrong: () => void;
}

export function NumberField(props: NumberFieldProps): JSX.Element {
  let field!: HTMLInputElement;
  const read = (): void => {
    const value = parseNumber(field.value);
    if (value === undefined) props.onWrong();
    else props.onNumber(value);
  };
  // Rewritten only where the value changed elsewhere: "1.0" stays as it was typed.
  createEffect(
    on(
      () => props.value,
      (value) => {
        if (parseNumber(field.value) !== value) field.value = String(value);
      },
    ),
  );
  return (
    <input
      ref={field}
      type="number"
      step="0.1"
      min={-maximumMagnitude}
      max={maximumMagnitude}
      autocomplete="off"
      aria-label={props.label}
      aria-invalid={props.isWrong}
      aria-describedby={props.isWrong ? props.messageId : undefined}
      onInput={read}
    />
  );
}
