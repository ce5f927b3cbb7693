// A scene as an SVG document, the same characters each time.

import { wrongValue } from "./check.ts";
import { colorOf, heatStep } from "./colors.ts";
import type { Theme } from "./heat.ts";
import { hatch, type Mark, type Role, type Scene } from "./scene.ts";
import { escapeXml } from "./text.ts";

export interface SvgOptions {
  /** "auto" follows the reader's, by a style sheet inside the picture. Default "auto". */
  readonly theme?: Theme | "auto" | undefined;
  /** Of the svg element; its title and description take theirs from it. Default "attn". Unique in a document. */
  readonly id?: string | undefined;
}

const number = (x: number): string => String(Math.round(x * 100) / 100 + 0);
const attributes = (given: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(given)
    .map(([name, value]) =>
      value === undefined ? "" : ` ${name}="${typeof value === "number" ? number(value) : escapeXml(value)}"`,
    )
    .join("");

const FAMILY = "system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif";

/** A complete svg element with a name and a description; each cell says what it is in a tooltip. */
export function toSvg(scene: Scene, { theme = "auto", id = "attn" }: SvgOptions = {}): string {
  if (!["auto", "light", "dark"].includes(theme))
    throw wrongValue("toSvg", "theme", '"auto", "light" or "dark"', String(theme));
  if (!/^[A-Za-z][\w-]*$/.test(id))
    throw wrongValue("toSvg", "id", "a letter, then letters, digits, - and _", JSON.stringify(id));
  const used = new Map<string, readonly [role: Role, isText: boolean, property: string]>();
  /** A colour: as an attribute, or as a class whose rule follows the theme. */
  const color = (property: "fill" | "stroke", role: Role, isText = false): Record<string, string> => {
    if (theme !== "auto") return { [property]: colorOf(role, theme, isText) };
    const name = `${property[0]}${isText && typeof role === "number" ? "t" : ""}${typeof role === "number" ? heatStep(role) : role}`;
    used.set(name, [role, isText, property]);
    return { class: name };
  };
  const tag = (name: string, given: Readonly<Record<string, string | number | undefined>>, content = ""): string =>
    content ? `<${name}${attributes(given)}>${content}</${name}>` : `<${name}${attributes(given)}/>`;
  const titled = (title: string | undefined): string => (title === undefined ? "" : tag("title", {}, escapeXml(title)));

  const draw = (mark: Mark): string => {
    switch (mark.kind) {
      case "rect": {
        const { x, y, width, height, fill, stroke, isHatched, title } = mark;
        const filled = fill === undefined ? { fill: "none" } : color("fill", fill);
        const stroked = stroke === undefined ? {} : { ...color("stroke", stroke), "stroke-width": 1 };
        const names = [filled.class, (stroked as Record<string, string>).class].filter(Boolean).join(" ");
        const paint = { ...filled, ...stroked, ...(names && { class: names }) };
        // A box without a filling would not be pointed at.
        const events = fill === undefined && title !== undefined ? { "pointer-events": "all" } : {};
        const box = tag("rect", { x, y, width, height, ...paint, ...events }, titled(title));
        if (!isHatched) return box;
        const d = hatch(x, y, width, height)
          .map(([a, b, c, e]) => `M${number(a)} ${number(b)}L${number(c)} ${number(e)}`)
          .join("");
        return `${box}\n${tag("path", { d, fill: "none", ...color("stroke", stroke ?? "line"), "stroke-width": 1, "pointer-events": "none" })}`;
      }
      case "curve": {
        const [a, b, c, e, f, g, h, i] = mark.points.map(number);
        const d = `M${a} ${b}C${c} ${e} ${f} ${g} ${h} ${i}`;
        const paint = { ...color("stroke", mark.stroke), "stroke-width": mark.width, "stroke-opacity": mark.opacity };
        return tag("path", { d, fill: "none", ...paint }, titled(mark.title));
      }
      case "text": {
        const { x, y, text, size, fill, anchor, isBold, isTurned } = mark;
        const given = {
          x,
          y,
          "font-size": size,
          "text-anchor": anchor,
          "dominant-baseline": "central",
          ...color("fill", fill, true),
          ...(isBold && { "font-weight": "bold" }),
          ...(isTurned && { transform: `rotate(-90 ${number(x)} ${number(y)})` }),
        };
        return tag("text", given, escapeXml(text));
      }
    }
  };
  const body = scene.marks.map(draw).join("\n");
  const background = tag("rect", { width: scene.width, height: scene.height, ...color("fill", "paper") });
  const rules = (which: Theme): string =>
    [...used]
      .map(([name, [role, isText, property]]) => `#${id} .${name}{${property}:${colorOf(role, which, isText)}}`)
      .join("");
  const style =
    theme === "auto" ? `<style>${rules("light")}@media (prefers-color-scheme:dark){${rules("dark")}}</style>\n` : "";
  const root = attributes({
    xmlns: "http://www.w3.org/2000/svg",
    id,
    width: Math.ceil(scene.width),
    height: Math.ceil(scene.height),
    viewBox: `0 0 ${Math.ceil(scene.width)} ${Math.ceil(scene.height)}`,
    role: "img",
    "aria-labelledby": `${id}-title ${id}-desc`,
    "font-family": FAMILY,
  });
  return `<svg${root}>
<title id="${id}-title">${escapeXml(scene.title)}</title>
<desc id="${id}-desc">${escapeXml(scene.description)}</desc>
${style}${background}
${body}
</svg>
`;
}
