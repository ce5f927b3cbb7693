// What a picture is before it has colours: sizes, words and marks. Every picture makes one; svg.ts and paint.ts draw it.
import type { Texts } from "./words.ts";

export interface PictureOptions {
  /** Stands above the picture, and names it for screen readers. */
  readonly title?: string | undefined;
  /** A value as text. Default: two decimals. */
  readonly format?: ((x: number) => string) | undefined;
  /** What the picture says of itself in another language than English. */
  readonly texts?: Partial<Texts> | undefined;
  /**
   * The values at the ends of the colour scale. Default: 0 … 1, or as much wider as the values need; where more than 64
   * columns share out a row's 1, 0 … the largest value.
   */
  readonly domain?: readonly [low: number, high: number] | undefined;
  /** A row and a column to outline, counted from 0. */
  readonly highlight?: { readonly row?: number | undefined; readonly column?: number | undefined } | undefined;
}

/** A colour by what it is for; a number is a place on the heat scale, 0 … 1. */
export type Role = "ink" | "muted" | "line" | "accent" | "paper" | number;

export type Mark =
  | {
      readonly kind: "rect";
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill?: Role;
      readonly stroke?: Role;
      /** Diagonals across it, in the stroke's colour. */
      readonly isHatched?: boolean;
      /** Said of it by a tooltip. */
      readonly title?: string;
    }
  | {
      readonly kind: "curve";
      /** Start, two control points, end. */
      readonly points: readonly [number, number, number, number, number, number, number, number];
      readonly stroke: Role;
      readonly width: number;
      readonly opacity: number;
      readonly title?: string;
    }
  | {
      readonly kind: "text";
      readonly x: number;
      /** Of its middle. */
      readonly y: number;
      readonly text: string;
      readonly size: number;
      /** A number: legible on that place of the heat scale. */
      readonly fill: Role;
      /** "start" is the left, whatever the script. */
      readonly anchor: "start" | "middle" | "end";
      readonly isBold?: boolean;
      /** Read from below, turned about where it is anchored. */
      readonly isTurned?: boolean;
    };

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What is to be seen, for those who do not see it. */
  readonly description: string;
  readonly marks: readonly Mark[];
}

/** How wide the lines of a rectangle are: those of small cells lie so close that they would be a surface. */
export const lineWidth = (width: number, height: number): number => (Math.min(width, height) < 8 ? 0.4 : 1);

/** The diagonals of a hatched rectangle, each from one edge to another. */
export function hatch(x: number, y: number, width: number, height: number): [number, number, number, number][] {
  const step = Math.max(5, Math.min(width, height) / 4);
  const lines: [number, number, number, number][] = [];
  for (let c = step; c < width + height; c += step) {
    const [left, right] = [Math.max(0, c - height), Math.min(width, c)];
    lines.push([x + left, y + c - left, x + right, y + c - right]);
  }
  return lines;
}
