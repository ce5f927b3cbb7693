// <attn-heatmap>: one matrix on a page, to look at, to point at and to choose from. Up to 64×64 a grid of cells that screen
// readers walk; above that a canvas with a cursor. Importing it registers it, where there are custom elements.
import { checkMatrix } from "./check.ts";
import { colorOf, heatStep } from "./colors.ts";
import { domainOf, heatScale, share, type Theme } from "./heat.ts";
import type { Matrix } from "./scene.ts";

/** More rows or columns than this are painted on a canvas. */
const MOST_CELLS = 64;
/** More columns than this have no room for numbers. */
const MOST_NUMBERS = 16;
/** Pixels of a cell on the canvas. */
const PIXELS = 8;

/** What "attn-point" and "attn-choose" carry: a cell, from 0. */
export interface Point {
  readonly row: number;
  readonly column: number;
}

const steps = heatScale.light
  .map((light, i) => {
    const dark = heatScale.dark[i] as typeof light;
    return `.h${i}{background:light-dark(${light.background},${dark.background});color:light-dark(${light.text},${dark.text})}`;
  })
  .join("");
const variable = (role: "ink" | "muted" | "line" | "accent" | "paper"): string =>
  `--${role}:var(--attn-${role},light-dark(${colorOf(role, "light")},${colorOf(role, "dark")}));`;

const CSS = `
:host{display:block;${(["ink", "muted", "line", "accent", "paper"] as const).map(variable).join("")}color:var(--ink);font-variant-numeric:tabular-nums}
:host([hidden]){display:none}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
.box{position:relative;overflow:auto;max-width:100%;max-height:var(--attn-max-height,36rem)}
table{border-spacing:2px;font-size:.875rem}
th{font-weight:400;color:var(--muted);white-space:nowrap;padding:.1rem .35rem;background:var(--paper);position:sticky;max-width:9rem;overflow:hidden;text-overflow:ellipsis}
thead th{top:0;z-index:1}
tbody th{left:0;text-align:start}
thead th:first-child{left:0;z-index:2}
.many thead th:not(:first-child){writing-mode:vertical-rl;padding:.35rem .1rem;max-height:9rem}
td{min-width:3.4rem;height:2.1rem;padding:0 .35rem;border-radius:.2rem;text-align:center;box-sizing:border-box}
.many td{min-width:1.5rem;width:1.5rem;height:1.5rem;padding:0;font-size:0}
.hidden{color:var(--muted);background:repeating-linear-gradient(135deg,transparent 0 4px,var(--line) 4px 5px);box-shadow:inset 0 0 0 1px var(--line)}
.odd{color:var(--ink);background:none;box-shadow:inset 0 0 0 2px var(--accent)}
.lit{outline:2px solid var(--accent);outline-offset:-1px}
th.lit{color:var(--accent);outline:none;text-decoration:underline}
td:focus-visible,canvas:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
.choosable td,.choosable canvas{cursor:pointer}
canvas{display:block;image-rendering:pixelated}
.band,.cursor{position:absolute;pointer-events:none;box-sizing:border-box;outline:1.5px solid var(--accent)}
.cursor{outline-width:3px}
.status{margin:.25rem 0 0;min-height:1.4em;font-size:.875rem;color:var(--ink)}
${steps}
@media (prefers-reduced-motion:no-preference){td{transition:background-color 150ms}}
@media (forced-colors:active){td{border:1px solid;forced-color-adjust:none}}
`;

const Base: typeof HTMLElement =
  typeof HTMLElement === "undefined" ? (class {} as unknown as typeof HTMLElement) : HTMLElement;

let sheet: CSSStyleSheet | undefined;
const twoDecimals = (x: number): string => x.toFixed(2);

/**
 * @example
 * ```html
 * <attn-heatmap label="Weights" rows='["나는"]' columns='["사과를"]' values="[[1]]"></attn-heatmap>
 * ```
 *
 * Events: "attn-point" with a {@link Point} or null where pointer and focus are; "attn-choose" with a Point by click,
 * Enter or Space, where `interactive` is set. Styles: --attn-ink, --attn-muted, --attn-line, --attn-accent, --attn-paper,
 * --attn-max-height.
 */
export class AttnHeatmap extends Base {
  static readonly observedAttributes: readonly string[] = [
    "values",
    "rows",
    "columns",
    "hidden-cells",
    "label",
    "theme",
    "interactive",
  ];

  #matrix: Matrix = { values: [], rows: [], columns: [] };
  #given: Partial<Record<"values" | "rows" | "columns" | "hidden", unknown>> = {};
  #format: (x: number) => string = twoDecimals;
  #describe: ((row: number, column: number) => string) | undefined;
  #domain: readonly [number, number] | undefined;
  #lit: { readonly row?: number | undefined; readonly column?: number | undefined } = {};
  #isQueued = false;
  /** What is on screen: cells in order of rows, or a canvas. */
  #cells: HTMLTableCellElement[] = [];
  #shape = "";
  #box: HTMLElement | undefined;
  #status: HTMLElement | undefined;
  /** The cell that Tab comes to. */
  #at: Point = { row: 0, column: 0 };

  /** L rows of S numbers. */
  get values(): Matrix["values"] {
    return this.#matrix.values;
  }
  set values(values: Matrix["values"]) {
    this.#give("values", values);
  }
  /** Labels of the rows: who asks. */
  get rows(): readonly string[] {
    return this.#matrix.rows;
  }
  set rows(rows: readonly string[]) {
    this.#give("rows", rows);
  }
  /** Labels of the columns: who is asked. */
  get columns(): readonly string[] {
    return this.#matrix.columns;
  }
  set columns(columns: readonly string[]) {
    this.#give("columns", columns);
  }
  /** true: hidden by a mask. Undefined: none is. */
  get hiddenCells(): Matrix["hidden"] {
    return this.#matrix.hidden;
  }
  set hiddenCells(hidden: Matrix["hidden"]) {
    this.#give("hidden", hidden);
  }
  /** All of it at once, checked at once. */
  get matrix(): Matrix {
    return this.#matrix;
  }
  set matrix(matrix: Matrix) {
    checkMatrix("attn-heatmap", matrix);
    const { values, rows, columns, hidden } = matrix;
    this.#given = { values, rows, columns, hidden };
    this.#queue();
  }
  /** The accessible name. */
  get label(): string {
    return this.getAttribute("label") ?? "";
  }
  set label(label: string) {
    this.setAttribute("label", label);
  }
  get theme(): Theme | "auto" {
    const theme = this.getAttribute("theme");
    return theme === "light" || theme === "dark" ? theme : "auto";
  }
  set theme(theme: Theme | "auto") {
    this.setAttribute("theme", theme);
  }
  /** Whether cells can be chosen. */
  get interactive(): boolean {
    return this.hasAttribute("interactive");
  }
  set interactive(is: boolean) {
    this.toggleAttribute("interactive", is);
  }
  /** A value as text. */
  get format(): (x: number) => string {
    return this.#format;
  }
  set format(format: (x: number) => string) {
    this.#format = format;
    this.#queue();
  }
  /** What a screen reader says of a cell. Default: "row → column value". */
  get describe(): (row: number, column: number) => string {
    return this.#describe ?? ((row, column) => this.#plain(row, column));
  }
  set describe(describe: ((row: number, column: number) => string) | undefined) {
    this.#describe = describe;
    this.#queue();
  }
  /** The values at the ends of the colour scale; undefined: 0 … 1, or wider. */
  get domain(): readonly [number, number] | undefined {
    return this.#domain;
  }
  set domain(domain: readonly [number, number] | undefined) {
    this.#domain = domain;
    this.#queue();
  }
  /** A row and a column to outline. */
  get lit(): { readonly row?: number | undefined; readonly column?: number | undefined } {
    return this.#lit;
  }
  set lit(lit: { readonly row?: number | undefined; readonly column?: number | undefined } | undefined) {
    this.#lit = lit ?? {};
    this.#light();
  }

  connectedCallback(): void {
    // Properties that were set before the element was known.
    for (const name of [
      "matrix",
      "values",
      "rows",
      "columns",
      "hiddenCells",
      "format",
      "describe",
      "domain",
      "lit",
    ] as const) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
    this.#queue();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === "label" || name === "theme" || name === "interactive") {
      this.#queue();
      return;
    }
    const key = name === "hidden-cells" ? "hidden" : (name as "values" | "rows" | "columns");
    try {
      this.#give(key, value === null ? undefined : JSON.parse(value));
    } catch (cause) {
      throw new TypeError(`attn-heatmap: "${name}" must be JSON, got ${JSON.stringify(value?.slice(0, 40))}`, {
        cause,
      });
    }
  }

  #give(key: "values" | "rows" | "columns" | "hidden", value: unknown): void {
    this.#given[key] = value;
    this.#queue();
  }

  /** Properties come one after the other, and fit each other only then: so all are looked at when they are in. */
  #queue(): void {
    if (this.#isQueued || !this.isConnected) return;
    this.#isQueued = true;
    queueMicrotask(() => {
      this.#isQueued = false;
      if (this.isConnected) this.#render();
    });
  }

  #render(): void {
    const { values = [], rows, columns, hidden } = this.#given as Partial<Matrix>;
    const matrix: Matrix = {
      values,
      rows: rows ?? values.map((_, i) => String(i + 1)),
      columns: columns ?? (values[0] ?? []).map((_, j) => String(j + 1)),
      hidden,
    };
    checkMatrix("attn-heatmap", matrix);
    this.#matrix = matrix;
    const [L, S] = [matrix.rows.length, matrix.columns.length];
    const isLarge = Math.max(L, S) > MOST_CELLS;
    const shape = `${isLarge}/${L}/${S}`;
    if (this.#shape !== shape) this.#build(isLarge, L, S, shape);
    this.#at = {
      row: Math.min(this.#at.row, Math.max(0, L - 1)),
      column: Math.min(this.#at.column, Math.max(0, S - 1)),
    };
    this.#box?.classList.toggle("choosable", this.interactive);
    if (isLarge) this.#paint(L, S);
    else this.#fill(L, S);
    this.#light();
  }

  #build(isLarge: boolean, L: number, S: number, shape: string): void {
    this.#shape = shape;
    this.#cells = [];
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    root.adoptedStyleSheets = [sheet];
    const box = document.createElement("div");
    box.className = "box";
    box.classList.toggle("many", S > MOST_NUMBERS);
    const status = document.createElement("p");
    status.className = "status";
    status.setAttribute("aria-live", "polite");
    root.replaceChildren(...(isLarge ? [box, status] : [box]));
    [this.#box, this.#status] = [box, isLarge ? status : undefined];
    if (isLarge) this.#buildCanvas(box);
    else this.#buildTable(box, L, S);
  }

  #buildTable(box: HTMLElement, L: number, S: number): void {
    const table = document.createElement("table");
    table.setAttribute("role", "grid");
    const line = (parent: HTMLElement): HTMLTableRowElement => {
      const row = document.createElement("tr");
      row.setAttribute("role", "row");
      parent.append(row);
      return row;
    };
    const header = (role: string): HTMLTableCellElement => {
      const cell = document.createElement("th");
      cell.setAttribute("role", role);
      return cell;
    };
    const head = line(table.createTHead());
    const corner = document.createElement("td");
    corner.setAttribute("role", "presentation");
    corner.className = "corner";
    corner.style.cssText = "min-width:0;height:auto";
    head.append(corner, ...Array.from({ length: S }, () => header("columnheader")));
    const body = table.createTBody();
    for (let i = 0; i < L; i++) {
      const row = line(body);
      row.append(header("rowheader"));
      for (let j = 0; j < S; j++) {
        const cell = document.createElement("td");
        cell.setAttribute("role", "gridcell");
        this.#cells.push(cell);
        row.append(cell);
      }
    }
    const pointOf = (event: Event): Point | undefined => {
      const index = this.#cells.indexOf((event.target as Element).closest("td[role=gridcell]") as HTMLTableCellElement);
      return index < 0 ? undefined : { row: Math.floor(index / S), column: index % S };
    };
    table.addEventListener("pointerover", (event) => this.#say("attn-point", pointOf(event) ?? null));
    table.addEventListener("pointerleave", () => this.#say("attn-point", null));
    table.addEventListener("focusin", (event) => {
      const point = pointOf(event);
      if (!point) return;
      this.#move(point, false);
      this.#say("attn-point", point);
    });
    table.addEventListener("focusout", () => this.#say("attn-point", null));
    table.addEventListener("click", (event) => {
      const point = pointOf(event);
      if (!point) return;
      this.#move(point, true);
      this.#choose(point);
    });
    table.addEventListener("keydown", (event) => this.#key(event));
    box.replaceChildren(table);
  }

  /** Writes what has changed, and nothing else: the focus stays where it is. */
  #fill(L: number, S: number): void {
    const { values, rows, columns, hidden } = this.#matrix;
    const table = this.#box?.firstElementChild as HTMLTableElement;
    const put = (element: Element, name: string, value: string): void => {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    };
    const write = (element: Element, text: string): void => {
      if (element.textContent !== text) element.textContent = text;
    };
    put(table, "aria-label", this.label);
    const header = table.tHead?.rows[0] as HTMLTableRowElement;
    for (const [j, label] of columns.entries()) {
      const cell = header.cells[j + 1] as HTMLTableCellElement;
      write(cell, label);
      put(cell, "title", label);
    }
    const domain = this.#scale();
    for (let i = 0; i < L; i++) {
      const line = table.tBodies[0]?.rows[i] as HTMLTableRowElement;
      const name = line.cells[0] as HTMLTableCellElement;
      write(name, rows[i] as string);
      put(name, "title", rows[i] as string);
      for (let j = 0; j < S; j++) {
        const cell = this.#cells[i * S + j] as HTMLTableCellElement;
        const value = values[i]?.[j] as number;
        const isHidden = hidden?.[i]?.[j] ?? false;
        const look = isHidden ? "hidden" : Number.isFinite(value) ? `h${heatStep(share(value, domain))}` : "odd";
        const isLit = cell.classList.contains("lit");
        if (cell.className.replace(" lit", "") !== look) cell.className = isLit ? `${look} lit` : look;
        write(cell, isHidden ? "" : this.#format(value));
        put(cell, "aria-label", this.describe(i, j));
        put(cell, "tabindex", i === this.#at.row && j === this.#at.column ? "0" : "-1");
      }
    }
  }

  #buildCanvas(box: HTMLElement): void {
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    // Arrow keys move a cursor inside, and the line below says where it is.
    canvas.setAttribute("role", "application");
    const under = (event: PointerEvent | MouseEvent): Point | undefined => {
      const { left, top } = canvas.getBoundingClientRect();
      const point = {
        row: Math.floor((event.clientY - top) / PIXELS),
        column: Math.floor((event.clientX - left) / PIXELS),
      };
      return point.row < this.#matrix.rows.length && point.column < this.#matrix.columns.length ? point : undefined;
    };
    let last = "";
    canvas.addEventListener("pointermove", (event) => {
      const point = under(event);
      const key = JSON.stringify(point);
      if (key === last) return;
      last = key;
      this.#tell(point);
      this.#say("attn-point", point ?? null);
    });
    canvas.addEventListener("pointerleave", () => this.#say("attn-point", null));
    canvas.addEventListener("focus", () => this.#move(this.#at, false));
    canvas.addEventListener("blur", () => this.#say("attn-point", null));
    canvas.addEventListener("click", (event) => {
      const point = under(event);
      if (!point) return;
      this.#move(point, false);
      this.#choose(point);
    });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    box.replaceChildren(canvas);
  }

  #paint(L: number, S: number): void {
    const canvas = this.#box?.firstElementChild as HTMLCanvasElement;
    canvas.setAttribute("aria-label", this.label);
    canvas.width = S * PIXELS;
    canvas.height = L * PIXELS;
    const context = canvas.getContext("2d");
    if (!context) return;
    const theme = this.#themeNow();
    const { values, hidden } = this.#matrix;
    const domain = this.#scale();
    context.lineWidth = 1;
    for (let i = 0; i < L; i++) {
      for (let j = 0; j < S; j++) {
        const value = values[i]?.[j] as number;
        const [x, y] = [j * PIXELS, i * PIXELS];
        const isHidden = hidden?.[i]?.[j] ?? false;
        if (!isHidden && Number.isFinite(value)) {
          context.fillStyle = colorOf(share(value, domain), theme);
          context.fillRect(x, y, PIXELS, PIXELS);
          continue;
        }
        context.strokeStyle = colorOf(isHidden ? "line" : "accent", theme);
        context.beginPath();
        context.moveTo(x, y + PIXELS);
        context.lineTo(x + PIXELS, y);
        context.stroke();
      }
    }
  }

  #scale(): readonly [number, number] {
    const { values, hidden } = this.#matrix;
    return this.#domain ?? domainOf(values.map((row, i) => row.filter((_, j) => !hidden?.[i]?.[j])));
  }

  #themeNow(): Theme {
    const scheme = getComputedStyle(this).colorScheme;
    if (scheme === "light" || scheme === "dark") return scheme;
    return scheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }

  #plain(row: number, column: number): string {
    const { values, rows, columns, hidden } = this.#matrix;
    const value = hidden?.[row]?.[column] ? "hidden" : this.#format(values[row]?.[column] as number);
    return `${rows[row]} → ${columns[column]} ${value}`;
  }

  #light(): void {
    const box = this.#box;
    if (!box) return;
    const { row, column } = this.#lit;
    const S = this.#matrix.columns.length;
    if (this.#status) {
      for (const band of box.querySelectorAll(".band")) band.remove();
      const [height, width] = [this.#matrix.rows.length * PIXELS, S * PIXELS];
      if (row !== undefined) box.append(mark("band", 0, row * PIXELS, width, PIXELS));
      if (column !== undefined) box.append(mark("band", column * PIXELS, 0, PIXELS, height));
      return;
    }
    const table = box.firstElementChild as HTMLTableElement;
    for (const cell of table.querySelectorAll(".lit")) cell.classList.remove("lit");
    const lines = table.tBodies[0]?.rows;
    const across = row === undefined ? undefined : lines?.[row];
    for (const cell of across?.cells ?? []) cell.classList.add("lit");
    if (column === undefined || column >= S) return;
    table.tHead?.rows[0]?.cells[column + 1]?.classList.add("lit");
    for (const line of lines ?? []) line.cells[column + 1]?.classList.add("lit");
  }

  #tell(point: Point | undefined): void {
    if (this.#status && point) this.#status.textContent = this.describe(point.row, point.column);
  }

  #say(name: "attn-point" | "attn-choose", detail: Point | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #choose(point: Point): void {
    if (this.interactive) this.#say("attn-choose", point);
  }

  /** Makes a cell the one that Tab comes to, and goes there. */
  #move(point: Point, hasFocus: boolean): void {
    const S = this.#matrix.columns.length;
    const before = this.#cells[this.#at.row * S + this.#at.column];
    this.#at = point;
    if (this.#status) {
      for (const cursor of this.#box?.querySelectorAll(".cursor") ?? []) cursor.remove();
      const cursor = mark("cursor", point.column * PIXELS, point.row * PIXELS, PIXELS, PIXELS);
      this.#box?.append(cursor);
      cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.#tell(point);
      this.#say("attn-point", point);
      return;
    }
    const cell = this.#cells[point.row * S + point.column];
    before?.setAttribute("tabindex", "-1");
    cell?.setAttribute("tabindex", "0");
    if (hasFocus) cell?.focus();
  }

  #key(event: KeyboardEvent): void {
    const [L, S] = [this.#matrix.rows.length, this.#matrix.columns.length];
    const { row, column } = this.#at;
    const isWhole = event.ctrlKey || event.metaKey;
    const to: Readonly<Record<string, Point>> = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      Home: { row: isWhole ? 0 : row, column: 0 },
      End: { row: isWhole ? L - 1 : row, column: S - 1 },
    };
    if (event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(this.#at);
      return;
    }
    const next = to[event.key];
    if (!next) return;
    event.preventDefault();
    const point = { row: Math.min(L - 1, Math.max(0, next.row)), column: Math.min(S - 1, Math.max(0, next.column)) };
    this.#move(point, true);
  }
}

function mark(name: string, left: number, top: number, width: number, height: number): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  Object.assign(element.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  return element;
}

if (typeof customElements !== "undefined" && !customElements.get("attn-heatmap"))
  customElements.define("attn-heatmap", AttnHeatmap);

declare global {
  interface HTMLElementTagNameMap {
    "attn-heatmap": AttnHeatmap;
  }
}
