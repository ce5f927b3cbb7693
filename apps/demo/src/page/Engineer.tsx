// For engineers: variant, shapes, error, times, the code, downloads. Fetched when it is first opened.
import { createAttention } from "@attn/core";
import { createMemo, createSignal, For, type JSX } from "solid-js";
import { downloads, type Format } from "../lesson/downloads.ts";
import { largestError } from "../lesson/error.ts";
import { makeTyped, naive } from "../lesson/plain.ts";
import { snippetOf } from "../lesson/snippet.ts";
import { fused, prepare } from "../lesson/trace.ts";
import { useMessages } from "./locale.ts";
import type { Store } from "./store.ts";

const formats: readonly Format[] = ["SVG", "PNG", "CSV", "JSON"];

/** Median of batches that take some milliseconds each, so that a coarse clock will do. */
function microseconds(call: () => unknown): number {
  const times: number[] = [];
  for (let count = 1, batch = 0; batch < 7; ) {
    const start = performance.now();
    for (let i = 0; i < count; i++) call();
    const time = performance.now() - start;
    if (time < 5) count *= 2;
    else {
      times.push((1000 * time) / count);
      batch++;
    }
  }
  return times.toSorted((a, b) => a - b)[3] as number;
}

export default function Engineer(props: { readonly store: Store }): JSX.Element {
  const messages = useMessages();
  const words = () => messages().lesson.engineer;
  const trace = () => props.store.trace();
  const result = createMemo(() => fused(trace()));
  const { variant } = createAttention();
  const [times, setTimes] = createSignal<readonly string[]>();
  const [copied, setCopied] = createSignal<"copied" | "notCopied">();
  const snippet = createMemo(() => {
    setCopied(undefined);
    setTimes(undefined);
    return snippetOf(trace());
  });
  const measure = (): void => {
    const given = trace();
    const typed = makeTyped(given);
    const one = (call: () => unknown) => microseconds(call).toFixed(1);
    setTimes([
      words().measured(words().fused, one(prepare(given))),
      words().measured(words().plain, one(typed)),
      words().measured(
        words().naive,
        one(() => naive(given)),
      ),
    ]);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(snippet());
      setCopied("copied");
    } catch {
      setCopied("notCopied");
    }
  };
  const save = async (format: Format): Promise<void> => {
    const { name, blob } = await downloads[format](trace(), props.store.viewState().head, props.store.theme());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <dl class="engineer">
      <dt>{words().variant}</dt>
      <dd>
        <code lang="en">{variant}</code>
      </dd>
      <dt>{words().shapes}</dt>
      <dd>
        <code lang="en">
          x [{trace().x.words.length}, {trace().x.vectors[0]?.length}] · output [{result().output.shape.join(", ")}] ·
          weights [{result().weights.shape.join(", ")}]
        </code>
      </dd>
      <dt>{words().error}</dt>
      <dd>
        <code lang="en">{largestError(trace()).toExponential(1)}</code>
        <p class="hint">{words().errorHint}</p>
      </dd>
      <dt>{words().time}</dt>
      <dd>
        <button type="button" onClick={measure}>
          {words().measure}
        </button>
        <ul aria-live="polite">
          <For each={times()}>{(line) => <li>{line}</li>}</For>
        </ul>
      </dd>
      <dt>{words().snippet}</dt>
      <dd>
        <button type="button" onClick={copy}>
          {words().copy}
        </button>
        <span aria-live="polite"> {copied() && words()[copied() as "copied"]}</span>
        <pre lang="en" tabindex={0}>
          {snippet()}
        </pre>
      </dd>
      <dt>{words().downloads}</dt>
      <dd class="history">
        <For each={formats}>
          {(format) => (
            <button type="button" onClick={() => save(format)}>
              {words().download(format)}
            </button>
          )}
        </For>
      </dd>
    </dl>
  );
}
