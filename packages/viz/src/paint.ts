// A scene on a canvas.
import { checkScene } from "./check.ts";
import { colorOf } from "./colors.ts";
import type { Theme } from "./heat.ts";
import { hatch, lineWidth, type Scene } from "./scene.ts";

/** What is used of CanvasRenderingContext2D, so that any canvas will do. */
export interface Canvas2D {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: "start" | "end" | "left" | "right" | "center";
  direction?: "ltr" | "rtl" | "inherit";
  textBaseline: "top" | "hanging" | "middle" | "alphabetic" | "ideographic" | "bottom";
  save(): void;
  restore(): void;
  scale(x: number, y: number): void;
  translate(x: number, y: number): void;
  rotate(angle: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  bezierCurveTo(a: number, b: number, c: number, d: number, e: number, f: number): void;
  stroke(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
}

export interface PaintOptions {
  /** Default "light". */
  readonly theme?: Theme | undefined;
  /** Pixels of the canvas for one of the scene. Default 1. */
  readonly pixelRatio?: number | undefined;
}

/**
 * Paints all of a scene, its background first, from the canvas's upper left corner on. The canvas has to be as large as
 * the scene, times `pixelRatio`; browsers leave one blank that is larger than they bear.
 *
 * @example
 * ```ts
 * import { heatmap, paint } from "@attn/viz";
 * const scene = heatmap({ values: [[0.25, 0.75]] });
 * if (typeof document !== "undefined") {
 *   const canvas = Object.assign(document.createElement("canvas"), { width: scene.width * 2, height: scene.height * 2 });
 *   paint(canvas.getContext("2d")!, scene, { pixelRatio: 2 });
 * }
 * ```
 *
 * @throws TypeError for what is no scene.
 */
export function paint(context: Canvas2D, scene: Scene, { theme = "light", pixelRatio = 1 }: PaintOptions = {}): void {
  checkScene("paint", scene);
  context.save();
  context.scale(pixelRatio, pixelRatio);
  context.fillStyle = colorOf("paper", theme);
  context.fillRect(0, 0, scene.width, scene.height);
  for (const mark of scene.marks) {
    context.globalAlpha = mark.kind === "curve" ? mark.opacity : 1;
    if (mark.kind === "rect") {
      const { x, y, width, height, fill, stroke, isHatched } = mark;
      if (fill !== undefined) {
        context.fillStyle = colorOf(fill, theme);
        context.fillRect(x, y, width, height);
      }
      if (stroke === undefined) continue;
      context.strokeStyle = colorOf(stroke, theme);
      context.lineWidth = lineWidth(width, height);
      context.strokeRect(x, y, width, height);
      if (!isHatched) continue;
      context.beginPath();
      for (const [a, b, c, d] of hatch(x, y, width, height)) {
        context.moveTo(a, b);
        context.lineTo(c, d);
      }
      context.stroke();
    } else if (mark.kind === "curve") {
      const [a, b, c, d, e, f, g, h] = mark.points;
      context.strokeStyle = colorOf(mark.stroke, theme);
      context.lineWidth = mark.width;
      context.beginPath();
      context.moveTo(a, b);
      context.bezierCurveTo(c, d, e, f, g, h);
      context.stroke();
    } else {
      context.save();
      context.translate(mark.x, mark.y);
      if (mark.isTurned) context.rotate(-Math.PI / 2);
      context.fillStyle = colorOf(mark.fill, theme, true);
      context.font = `${mark.isBold ? "bold " : ""}${mark.size}px system-ui, sans-serif`;
      context.textAlign = ({ start: "left", middle: "center", end: "right" } as const)[mark.anchor];
      context.direction = "ltr";
      context.textBaseline = "middle";
      context.fillText(mark.text, 0, 0);
      context.restore();
    }
  }
  context.restore();
}
