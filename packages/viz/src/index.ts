// The whole of @attn/viz but its element: pictures as scenes, and what a scene can become.
export { toCsv } from "./csv.ts";
export { domainOf } from "./domain.ts";
export {
  contrast,
  type Domain,
  heat,
  heatScale,
  heatSteps,
  type Paint,
  share,
  type Theme,
} from "./heat.ts";
export type { Matrix, TensorLike, Values } from "./matrix.ts";
export { type Canvas2D, type PaintOptions, paint } from "./paint.ts";
export { arcs, distribution, heads, heatmap, mask } from "./pictures.ts";
export type { Mark, PictureOptions, Role, Scene } from "./scene.ts";
export { type SvgOptions, toSvg } from "./svg.ts";
export type { Texts } from "./words.ts";
