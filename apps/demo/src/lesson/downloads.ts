// What is on screen as files: the head's weights as a picture and as a table, all of it as JSON.
import { heatmap, paint, type Scene, toCsv, toSvg } from "@attn/viz";
import { asShare } from "../format.ts";
import { apiOf, fused, optionsOf, rowsOf, type Trace } from "./trace.ts";

export type Format = "SVG" | "PNG" | "CSV" | "JSON";
export interface Download {
  readonly name: string;
  readonly blob: Blob;
}
type Make = (trace: Trace, head: number, theme: "light" | "dark") => Promise<Download>;

const matrixOf = ({ x, memory, heads, hidden }: Trace, head: number) => ({
  rows: x.words,
  columns: memory.words,
  values: heads[head]?.weights ?? [],
  hidden,
});
const sceneOf = (trace: Trace, head: number): Scene =>
  heatmap(matrixOf(trace, head), { title: `${apiOf(trace.chapter, trace.settings)}, ${head + 1}`, format: asShare });
const named = (trace: Trace, head: number, ending: string): string =>
  `attention-${trace.chapter}-${head + 1}.${ending}`;

/** Inputs, options and results, as numbers. */
export function jsonOf(trace: Trace): string {
  const { x, memory, chapter, settings } = trace;
  const { output, weights } = fused(trace);
  const content = {
    call: apiOf(chapter, settings),
    x: { words: x.words, vectors: x.vectors },
    ...(chapter === "cross" && { memory: { words: memory.words, vectors: memory.vectors } }),
    options: optionsOf(trace),
    output: rowsOf(output),
    weights: trace.heads.map(({ weights: rows }) => rows),
    shapes: { output: output.shape, weights: weights.shape },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const PIXEL_RATIO = 2;

export const downloads: Readonly<Record<Format, Make>> = {
  async SVG(trace, head, theme) {
    const svg = toSvg(sceneOf(trace, head), { theme });
    return { name: named(trace, head, "svg"), blob: new Blob([svg], { type: "image/svg+xml" }) };
  },
  async PNG(trace, head, theme) {
    const scene = sceneOf(trace, head);
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(scene.width * PIXEL_RATIO);
    canvas.height = Math.ceil(scene.height * PIXEL_RATIO);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser gives no canvas");
    paint(context, scene, { theme, pixelRatio: PIXEL_RATIO });
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("this browser makes no PNG");
    return { name: named(trace, head, "png"), blob };
  },
  async CSV(trace, head) {
    const csv = toCsv(matrixOf(trace, head));
    return { name: named(trace, head, "csv"), blob: new Blob([csv], { type: "text/csv;charset=utf-8" }) };
  },
  async JSON(trace, head) {
    return { name: named(trace, head, "json"), blob: new Blob([jsonOf(trace)], { type: "application/json" }) };
  },
};
