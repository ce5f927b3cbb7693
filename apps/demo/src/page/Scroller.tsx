// A box whose content may be wider than it is. Only then can it be focused, for the arrow keys to scroll it.
import { createSignal, type JSX, onCleanup, onMount } from "solid-js";

export function Scroller(props: { readonly label: string; readonly children: JSX.Element }): JSX.Element {
  let box!: HTMLDivElement;
  const [overflows, setOverflows] = createSignal(false);
  onMount(() => {
    const observer = new ResizeObserver(() => setOverflows(box.scrollWidth > box.clientWidth));
    observer.observe(box);
    for (const child of box.children) observer.observe(child);
    onCleanup(() => observer.disconnect());
  });
  return (
    <div ref={box} class="scroller" {...(overflows() ? { role: "group", "aria-label": props.label, tabindex: 0 } : {})}>
      {props.children}
    </div>
  );
}
