// A scene of @attn/viz with its name above: as inline SVG, or on a canvas where it has more marks than a page bears.
import { paint, type Scene, toSvg } from "@attn/viz";
import { createEffect, createMemo, createUniqueId, type JSX, Show } from "solid-js";
import { useMessages } from "./locale.ts";
import { Scroller } from "./Scroller.tsx";
import { type Table, Twin } from "./Twin.tsx";

interface PictureProps {
  readonly title: string;
  readonly scene: Scene;
  readonly theme: "light" | "dark";
  /** The same as tables. */
  readonly tables: readonly Table[];
}

/** About what 64×64 cells make. */
const MOST_MARKS = 4400;

export function Picture(props: PictureProps): JSX.Element {
  const messages = useMessages();
  const id = `picture-${createUniqueId()}`;
  // Made once for a change, however many look at it.
  const scene = createMemo(() => props.scene);
  const isLarge = () => scene().marks.length > MOST_MARKS;
  return (
    <figure class="picture">
      <figcaption>{props.title}</figcaption>
      <Scroller label={messages().page.scrollable(props.title)}>
        <Show when={isLarge()} fallback={<Svg {...props} scene={scene()} id={id} />}>
          <Canvas {...props} scene={scene()} />
        </Show>
      </Scroller>
      <Twin title={props.title} tables={props.tables} />
    </figure>
  );
}

function Svg(props: PictureProps & { readonly id: string }): JSX.Element {
  const messages = useMessages();
  const svg = () =>
    toSvg(
      { ...props.scene, title: props.title, description: messages().lesson.figures.inTable },
      { theme: props.theme, id: props.id },
    );
  // The text is escaped where the picture is made.
  return <div innerHTML={svg()} />;
}

function Canvas(props: PictureProps): JSX.Element {
  const messages = useMessages();
  let canvas!: HTMLCanvasElement;
  createEffect(() => {
    canvas.width = Math.ceil(props.scene.width);
    canvas.height = Math.ceil(props.scene.height);
    const context = canvas.getContext("2d");
    if (context) paint(context, props.scene, { theme: props.theme });
  });
  return <canvas ref={canvas} role="img" aria-label={`${props.title}. ${messages().lesson.figures.inTable}`} />;
}
