// A scene of @attn/viz as inline SVG, with its name above.
import { type Scene, toSvg } from "@attn/viz";
import { createUniqueId, type JSX } from "solid-js";
import { Scroller } from "./Scroller.tsx";
import { useMessages } from "./settings.ts";

interface PictureProps {
  readonly title: string;
  readonly scene: Scene;
  readonly theme: "light" | "dark";
}

export function Picture(props: PictureProps): JSX.Element {
  const messages = useMessages();
  const id = `picture-${createUniqueId()}`;
  const svg = () => toSvg({ ...props.scene, title: props.title }, { theme: props.theme, id });
  return (
    <figure class="picture">
      <figcaption>{props.title}</figcaption>
      <Scroller label={messages().page.scrollable(props.title)}>
        {/* The text is escaped where the picture is made. */}
        <div innerHTML={svg()} />
      </Scroller>
    </figure>
  );
}
