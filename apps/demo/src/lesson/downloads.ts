// What is on screen as files: the head's weights as a picture and as a table, all of it as JSON.
import { heatmap, paint, type Scene, toCsv, toSvg } from "@attn/viz";
import { asShare } from "../format.ts";
import { apiOf, fused, optionsOf, rowsOf, type Walk } from "./walk.ts";

export type Format = "SVG" | "PNG" | "CSV" | "JSON";
export interface Download {
  readonly name: string;
  readonly blob: Blob;
}
type Make = (walked: Walk, head: number, theme: "light" | "dark") => Promise<Download>;

const matrixOf = ({ x, memory, heads, hidden }: Walk, head: number) => ({
  rows: x.words,
  columns: memory.words,
  values: heads[head]?.weights ?? [],
  hidden,
});
const sceneOf = (walked: Walk, head: number): Scene =>
  heatmap(matrixOf(walked, head), { title: `${apiOf(walked.chapter, walked.play)}, ${head + 1}`, format: asShare });
const named = (walked: Walk, head: number, ending: string): string =>
  `attention-${walked.chapter}-${head + 1}.${ending}`;

/** Inputs, options and results, as numbers. */
export function jsonOf(walked: Walk): string {
  const { x, memory, chapter, play } = walked;
  const { output, weights } = fused(walked);
  const content = {
    call: apiOf(chapter, play),
    x: { words: x.words, vectors: x.vectors },
    ...(chapter === "cross" && { memory: { words: memory.words, vectors: memory.vectors } }),
    options: optionsOf(walked),
    output: rowsOf(output),
    weights: walked.heads.map(({ weights: rows }) => rows),
    shapes: { output: output.shape, weights: weights.shape },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const PIXEL_RATIO = 2;

export const downloads: Readonly<Record<Format, Make>> = {
  async SVG(walked, head, theme) {
    const svg = toSvg(sceneOf(walked, head), { theme });
    return { name: named(walked, head, "svg"), blob: new Blob([svg], { type: "image/svg+xml" }) };
  },
  async PNG(walked, head, theme) {
    const scene = sceneOf(walked, head);
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(scene.width * PIXEL_RATIO);
    canvas.height = Math.ceil(scene.height * PIXEL_RATIO);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser gives no canvas");
    paint(context, scene, { theme, pixelRatio: PIXEL_RATIO });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("this browser makes no PNG");
    return { name: named(walked, head, "png"), blob };
  },
  async CSV(walked, head) {
    const csv = toCsv(matrixOf(walked, head));
    return { name: named(walked, head, "csv"), blob: new Blob([csv], { type: "text/csv;charset=utf-8" }) };
  },
  async JSON(walked, head) {
    return { name: named(walked, head, "json"), blob: new Blob([jsonOf(walked)], { type: "application/json" }) };
  },
};
