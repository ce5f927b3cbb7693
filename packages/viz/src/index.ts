// The whole of @attn/viz but its element: pictures as scenes, and what a scene can become.
export { toCsv } from "./csv.ts";
export {
  contrast,
  type Domain,
  domainOf,
  heat,
  heatScale,
  heatSteps,
  type Paint,
  share,
  type Theme,
} from "./heat.ts";
export { type Canvas2D, type PaintOptions, paint } from "./paint.ts";
export { arcs, distribution, heads, heatmap, maskPicture } from "./pictures.ts";
export type { Mark, Matrix, PictureOptions, Role, Scene } from "./scene.ts";
export { type SvgOptions, toSvg } from "./svg.ts";
