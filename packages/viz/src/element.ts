// The entry @attn/viz/element: importing it registers <attn-heatmap>, where there are custom elements.
import { AttnHeatmap } from "./element/heatmap.ts";

export { AttnHeatmap } from "./element/heatmap.ts";
export type { Highlight } from "./element/view.ts";
export type { Point } from "./matrix.ts";

if (typeof customElements !== "undefined" && !customElements.get("attn-heatmap"))
  customElements.define("attn-heatmap", AttnHeatmap);

declare global {
  interface HTMLElementTagNameMap {
    "attn-heatmap": AttnHeatmap;
  }
}
