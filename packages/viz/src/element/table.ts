// The view of up to 64 × 64 cells: a table that is an ARIA grid, its numbers where there is room for them.
import { heatStep } from "../colors.ts";
import { share } from "../heat.ts";
import type { Point } from "../matrix.ts";
import { said } from "../words.ts";
import { make, type Reader, type View } from "./view.ts";

/** More columns than this have no room for numbers. */
const MOST_NUMBERS = 16;
/** More cells than this change at once: a transition each took seconds for 64 × 64. */
const MOST_FADING = 256;

const put = (element: Element, name: string, value: string): void => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};
const write = (element: Element, text: string): void => {
  if (element.textContent !== text) element.textContent = text;
};

export function tableView(document: Document, L: number, S: number, reader: Reader): View {
  const root = make(document, "div", S > MOST_NUMBERS ? "box many" : "box");
  root.classList.toggle("fading", L * S <= MOST_FADING);
  const table = make(document, "table");
  root.append(table);
  const cell = (name: "th" | "td", role: string): HTMLTableCellElement => {
    const made = make(document, name);
    made.setAttribute("role", role);
    // A label's own script says where it begins.
    if (name === "th") made.dir = "auto";
    return made;
  };
  const line = (first: HTMLElement, role: "th" | "td"): HTMLTableCellElement[] => {
    const row = make(document, "tr");
    row.setAttribute("role", "row");
    const cells = Array.from({ length: S }, () => cell(role, role === "th" ? "columnheader" : "gridcell"));
    row.append(first, ...cells);
    table.append(row);
    return cells;
  };
  table.setAttribute("role", "grid");
  const columns = line(cell("td", "presentation"), "th");
  const rows = Array.from({ length: L }, () => cell("th", "rowheader"));
  const cells = rows.map((name) => line(name, "td"));

  const pointOf = ({ target }: Event): Point | null => {
    const at = (target as Element).closest("td");
    const row = cells.findIndex((line) => line.includes(at as HTMLTableCellElement));
    return row < 0 ? null : { row, column: (cells[row] as HTMLTableCellElement[]).indexOf(at as HTMLTableCellElement) };
  };
  const at = ({ row, column }: Point): HTMLTableCellElement | undefined => cells[row]?.[column];
  let stop: Point = { row: 0, column: 0 };
  table.addEventListener("pointerover", (event) => reader.hover(pointOf(event)));
  table.addEventListener("pointerleave", () => reader.hover(null));
  table.addEventListener("focusin", (event) => {
    const point = pointOf(event);
    if (!point) return;
    reader.reach(point);
    reader.hover(point);
  });
  table.addEventListener("focusout", () => reader.hover(null));
  table.addEventListener("click", (event) => {
    const point = pointOf(event);
    if (!point) return;
    at(point)?.focus();
    reader.select(point);
  });

  return {
    root,
    draw({ cells: matrix, domain, label, format, describe }) {
      put(table, "aria-label", label);
      const name = (header: HTMLElement, label: string): void => {
        write(header, label);
        put(header, "title", label);
      };
      for (const [j, header] of columns.entries()) name(header, matrix.columns[j] as string);
      for (const [i, header] of rows.entries()) {
        name(header, matrix.rows[i] as string);
        for (const [j, cell] of (cells[i] as HTMLTableCellElement[]).entries()) {
          const value = matrix.value(i, j);
          const isHidden = matrix.isHidden(i, j);
          const look = isHidden ? "hidden" : Number.isFinite(value) ? `h${heatStep(share(value, domain))}` : "odd";
          const isLit = cell.classList.contains("lit");
          if (cell.className.replace(" lit", "") !== look) cell.className = isLit ? `${look} lit` : look;
          write(cell, isHidden ? "" : said(value, format));
          put(cell, "aria-label", describe(i, j));
          put(cell, "tabindex", i === stop.row && j === stop.column ? "0" : "-1");
        }
      }
    },
    highlight({ row, column }) {
      const light = (cell: Element, is: boolean): boolean => cell.classList.toggle("lit", is);
      for (const [j, header] of columns.entries()) light(header, j === column);
      for (const [i, header] of rows.entries()) {
        light(header, i === row);
        for (const [j, cell] of (cells[i] as HTMLTableCellElement[]).entries()) light(cell, i === row || j === column);
      }
    },
    move(to, hasFocus) {
      at(stop)?.setAttribute("tabindex", "-1");
      stop = to;
      at(stop)?.setAttribute("tabindex", "0");
      if (hasFocus) at(stop)?.focus();
    },
  };
}
