// The element's style sheet, one for each document that it is in: a constructed sheet serves no other.
import { colorOf } from "../colors.ts";
import { heatScale } from "../heat.ts";

const steps = heatScale.light
  .map((light, i) => {
    const dark = heatScale.dark[i] as typeof light;
    return `.h${i}{background:light-dark(${light.background},${dark.background});color:light-dark(${light.text},${dark.text})}`;
  })
  .join("");
const roles = (["ink", "muted", "line", "accent", "paper"] as const)
  .map((role) => `--${role}:var(--attn-${role},light-dark(${colorOf(role, "light")},${colorOf(role, "dark")}));`)
  .join("");

// The picture goes from left to right on every page; what it says goes as its words do.
const CSS = `
:host{display:block;${roles}color:var(--ink);font-variant-numeric:tabular-nums}
:host([hidden]){display:none}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
.box{direction:ltr;position:relative;overflow:auto;width:fit-content;max-width:100%;max-height:var(--attn-max-height,36rem)}
table{border-spacing:2px;font-size:.875rem}
th{font-weight:400;color:var(--muted);white-space:nowrap;padding:.1rem .35rem;background:var(--paper);position:sticky;left:0;text-align:left;max-width:9rem;overflow:hidden;text-overflow:ellipsis}
tr:first-child th{left:auto;top:0;z-index:1;text-align:center}
.many tr:first-child th{writing-mode:vertical-rl;text-align:left;padding:.35rem .1rem;max-height:9rem}
td{min-width:3.4rem;height:2.1rem;padding:0 .35rem;border-radius:.2rem;text-align:center;box-sizing:border-box}
.many td{min-width:1.5rem;width:1.5rem;height:1.5rem;padding:0;font-size:0}
td[role=presentation]{position:sticky;left:0;top:0;z-index:2;background:var(--paper);min-width:0;height:auto}
.hidden,canvas{background:linear-gradient(135deg,transparent 46%,var(--line) 46% 54%,transparent 54%) 0 0/8px 8px}
.hidden{color:var(--muted);box-shadow:inset 0 0 0 1px var(--line)}
.odd{color:var(--ink);background:none;box-shadow:inset 0 0 0 2px var(--accent)}
.lit{outline:2px solid var(--accent);outline-offset:-1px}
th.lit{color:var(--accent);outline:none;text-decoration:underline}
td:focus-visible,canvas:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
canvas:focus-visible{outline-offset:-3px}
:host([interactive]) :is(td,canvas){cursor:pointer}
canvas{display:block;image-rendering:pixelated;caret-color:light-dark(#000,#fff);transition:caret-color 1ms;animation:shown 1ms}
@keyframes shown{}
.band,.cursor{position:absolute;pointer-events:none;box-sizing:border-box;outline:1.5px solid var(--accent)}
.cursor{outline-width:3px}
.said{direction:ltr;unicode-bidi:plaintext;width:fit-content;margin:.25rem 0 0;min-height:1.4em;font-size:.875rem;color:var(--ink)}
.said:empty:last-child{display:none}
${steps}
@media (prefers-reduced-motion:no-preference){.fading td{transition:background-color 150ms}}
@media (forced-colors:active){td{border:1px solid;forced-color-adjust:none}}
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** None for a document that no window shows. */
export function sheetOf(document: Document): CSSStyleSheet | undefined {
  const view = document.defaultView as typeof globalThis | null;
  if (!view) return undefined;
  let sheet = sheets.get(document);
  if (!sheet) {
    sheet = new view.CSSStyleSheet();
    sheet.replaceSync(CSS);
    sheets.set(document, sheet);
  }
  return sheet;
}
