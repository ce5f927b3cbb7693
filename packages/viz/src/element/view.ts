// What the element and a view of its matrix ask of each other. A view draws, and says where it is pointed at; the element
// has the properties, the keys and the events.
import type { Domain } from "../heat.ts";
import type { Cells, Point } from "../matrix.ts";
import type { Format, Texts } from "../words.ts";

/** What is to be seen. */
export interface Shown {
  readonly cells: Cells;
  readonly domain: Domain;
  readonly label: string;
  readonly format: Format;
  readonly texts: Texts;
  /** What a screen reader says of a cell. */
  readonly describe: (row: number, column: number) => string;
}

/** A row and a column to outline, counted from 0. */
export interface Highlight {
  readonly row?: number | undefined;
  readonly column?: number | undefined;
}

/** What a reader does in a view. */
export interface Reader {
  /** Points at a cell, or at none. */
  hover(point: Point | null): void;
  /** Has come to a cell, by Tab or by a click. */
  reach(point: Point): void;
  select(point: Point): void;
}

export interface View {
  /** What stands in the element. */
  readonly root: HTMLElement;
  /** Writes what has changed. */
  draw(shown: Shown): void;
  highlight(at: Highlight): void;
  /** Makes a cell the one that Tab comes to; `hasFocus`: and goes there. */
  move(to: Point, hasFocus: boolean): void;
}

/** An element with a class, of the document that the view is in. */
export function make<K extends keyof HTMLElementTagNameMap>(
  document: Document,
  name: K,
  className = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.className = className;
  return element;
}
