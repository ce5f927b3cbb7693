// A scene as an SVG document, the same characters each time.

import { checkScene, wrongValue } from "./check.ts";
import { colorOf, heatStep } from "./colors.ts";
import type { Theme } from "./heat.ts";
import { hatch, lineWidth, type Mark, type Role, type Scene } from "./scene.ts";
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

/**
 * A complete svg element with a name and a description; each cell says what it is in a tooltip. It looks the same on pages
 * from left to right and from right to left, and without a style sheet, where a Content-Security-Policy forbids one:
 * "auto" is light there.
 *
 * @example
 * ```ts
 * import { heatmap, toSvg } from "@attn/viz";
 * const svg = toSvg(heatmap({ values: [[0.25, 0.75]] }), { theme: "dark", id: "weights" });
 * console.log(svg.match(/id="[^"]*"/g)?.join(" ")); // → id="weights" id="weights-title" id="weights-desc"
 * ```
 *
 * @throws TypeError for what is no scene, RangeError for a theme or an id that is none.
 */
export function toSvg(scene: Scene, { theme = "auto", id = "attn" }: SvgOptions = {}): string {
  checkScene("toSvg", scene);
  if (!["auto", "light", "dark"].includes(theme))
    throw wrongValue("toSvg", "theme", 'be "auto", "light" or "dark"', JSON.stringify(theme));
  if (!/^[A-Za-z][\w-]*$/.test(id))
    throw wrongValue("toSvg", "id", "be a letter, then letters, digits, - and _", JSON.stringify(id));
  const used = new Map<string, readonly [role: Role, isText: boolean, property: string]>();
  const first = theme === "auto" ? "light" : theme;
  /** A colour as an attribute, and a class whose rule follows the theme: any rule goes before an attribute. */
  const color = (property: "fill" | "stroke", role: Role, isText = false): Record<string, string | undefined> => {
    const plain = { [property]: colorOf(role, first, isText) };
    if (theme !== "auto") return plain;
    const name = `${property[0]}${isText && typeof role === "number" ? "t" : ""}${typeof role === "number" ? heatStep(role) : role}`;
    used.set(name, [role, isText, property]);
    return { ...plain, class: name };
  };
  const tag = (name: string, given: Readonly<Record<string, string | number | undefined>>, content = ""): string =>
    content ? `<${name}${attributes(given)}>${content}</${name}>` : `<${name}${attributes(given)}/>`;
  const titled = (title: string | undefined): string => (title === undefined ? "" : tag("title", {}, escapeXml(title)));

  const draw = (mark: Mark): string => {
    switch (mark.kind) {
      case "rect": {
        const { x, y, width, height, fill, stroke, isHatched, title } = mark;
        const filled = fill === undefined ? { fill: "none" } : color("fill", fill);
        const stroked = stroke === undefined ? {} : color("stroke", stroke);
        const names = [filled.class, stroked.class].filter(Boolean).join(" ");
        // A box without a filling would not be pointed at.
        const events = fill === undefined && title !== undefined && { "pointer-events": "all" };
        const thin = stroke !== undefined &&
          lineWidth(width, height) < 1 && { "stroke-width": lineWidth(width, height) };
        const paint = { ...filled, ...stroked, ...(names && { class: names }), ...thin, ...events };
        if (!isHatched) return tag("rect", { x, y, width, height, ...paint }, titled(title));
        const lines = hatch(x, y, width, height).map(
          ([a, b, c, e]) => `M${number(a)} ${number(b)}L${number(c)} ${number(e)}`,
        );
        const box = `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}z`;
        return tag("path", { d: box + lines.join(""), ...paint }, titled(title));
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
  const rules = [...used]
    .map(([name, [role, isText, property]]) => `#${id} .${name}{${property}:${colorOf(role, "dark", isText)}}`)
    .join("");
  const style = theme === "auto" ? `<style>@media (prefers-color-scheme:dark){${rules}}</style>\n` : "";
  const root = attributes({
    xmlns: "http://www.w3.org/2000/svg",
    id,
    width: Math.ceil(scene.width),
    height: Math.ceil(scene.height),
    viewBox: `0 0 ${Math.ceil(scene.width)} ${Math.ceil(scene.height)}`,
    role: "img",
    "aria-labelledby": `${id}-title ${id}-desc`,
    direction: "ltr",
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
