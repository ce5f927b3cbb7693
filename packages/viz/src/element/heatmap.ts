// The element: properties, attributes, keys and events. What is to be seen of them is a view's: table.ts, canvas.ts.
import { scaleOf } from "../domain.ts";
import type { Theme } from "../heat.ts";
import { type Cells, type Matrix, type Point, readMatrix } from "../matrix.ts";
import { legible } from "../text.ts";
import { type Format, saidOf, type Texts, textsOf, twoDecimals } from "../words.ts";
import { canvasView } from "./canvas.ts";
import { cellByKey, within } from "./keys.ts";
import { sentence } from "./sentence.ts";
import { sheetOf } from "./style.ts";
import { tableView } from "./table.ts";
import type { Highlight, Reader, View } from "./view.ts";

/** More rows or columns than this are painted on a canvas. */
const MOST_CELLS = 64;

const Base: typeof HTMLElement =
  typeof HTMLElement === "undefined" ? (class {} as unknown as typeof HTMLElement) : HTMLElement;

/**
 * `<attn-heatmap>`: one matrix on a page, to look at, to point at and to select from.
 *
 * Events: "attn-hover" with a {@link Point} where pointer or focus is, or null where it has left; "attn-select" with a
 * Point by click, Enter or Space, where `interactive` is set. Styles: --attn-ink, --attn-muted, --attn-line,
 * --attn-accent, --attn-paper, --attn-max-height. What cannot be drawn is an error that the page's console has, and its
 * sentence stands where the picture would.
 *
 * @example
 * ```ts
 * import { AttnHeatmap } from "@attn/viz/element";
 * if (typeof document !== "undefined") {
 *   const heatmap = new AttnHeatmap();
 *   heatmap.label = "Weights";
 *   heatmap.matrix = { values: [[0.25, 0.75]], rows: ["it"], columns: ["cat", "mat"] };
 *   document.body.append(heatmap);
 * }
 * ```
 */
export class AttnHeatmap extends Base {
  static readonly observedAttributes: readonly string[] = ["values", "rows", "columns", "hidden-cells", "label"];

  #matrix: Partial<Matrix> = {};
  #format: Format = twoDecimals;
  #describe: ((row: number, column: number) => string) | undefined;
  #domain: readonly [number, number] | undefined;
  #texts: Partial<Texts> | undefined;
  #highlight: Highlight = {};
  #isQueued = false;
  /** What is on screen. */
  #view: View | undefined;
  #kind = "";
  #cells: Cells | undefined;
  /** The cell that Tab comes to. */
  #at: Point = { row: 0, column: 0 };
  #reader: Reader = {
    hover: (point) => this.#say("attn-hover", point),
    reach: (point) => this.#move(point, false),
    select: (point) => this.#select(point),
  };

  /** L rows of S numbers, or a tensor of shape [L, S]. Whatever is changed inside of it is seen when it is set again. */
  get values(): Matrix["values"] | undefined {
    return this.#matrix.values;
  }
  set values(values: Matrix["values"] | undefined) {
    this.#give({ values });
  }
  /** Labels of the rows, the queries; undefined: "1", "2", … */
  get rows(): readonly string[] | undefined {
    return this.#matrix.rows;
  }
  set rows(rows: readonly string[] | undefined) {
    this.#give({ rows });
  }
  /** Labels of the columns, the keys; undefined: "1", "2", … */
  get columns(): readonly string[] | undefined {
    return this.#matrix.columns;
  }
  set columns(columns: readonly string[] | undefined) {
    this.#give({ columns });
  }
  /** true: hidden by a mask. Undefined: none is. */
  get hiddenCells(): Matrix["hidden"] {
    return this.#matrix.hidden;
  }
  set hiddenCells(hidden: Matrix["hidden"]) {
    this.#give({ hidden });
  }
  /** All of it at once, checked at once: a matrix that does not fit itself is a TypeError or a RangeError here. */
  get matrix(): Matrix | undefined {
    return this.#matrix.values && (this.#matrix as Matrix);
  }
  set matrix(matrix: Matrix | undefined) {
    if (matrix) readMatrix("attn-heatmap", matrix);
    this.#matrix = matrix ?? {};
    this.#queue();
  }
  /** The accessible name. */
  get label(): string {
    return this.getAttribute("label") ?? "";
  }
  set label(label: string) {
    this.setAttribute("label", label);
  }
  /** "auto" is the color-scheme that the page has where the element is. */
  get theme(): Theme | "auto" {
    const theme = this.getAttribute("theme");
    return theme === "light" || theme === "dark" ? theme : "auto";
  }
  set theme(theme: Theme | "auto") {
    this.setAttribute("theme", theme);
  }
  /** Whether cells can be selected. */
  get interactive(): boolean {
    return this.hasAttribute("interactive");
  }
  set interactive(is: boolean) {
    this.toggleAttribute("interactive", is);
  }
  /** A value as text. */
  get format(): Format {
    return this.#format;
  }
  set format(format: Format | undefined) {
    this.#format = format ?? twoDecimals;
    this.#queue();
  }
  /** What a screen reader says of a cell. Default: "row → column value". */
  get describe(): (row: number, column: number) => string {
    return this.#describe ?? this.#plain;
  }
  set describe(describe: ((row: number, column: number) => string) | undefined) {
    this.#describe = describe;
    this.#queue();
  }
  /** The values at the ends of the colour scale; undefined: as heatmap has it by default. */
  get domain(): readonly [number, number] | undefined {
    return this.#domain;
  }
  set domain(domain: readonly [number, number] | undefined) {
    this.#domain = domain;
    this.#queue();
  }
  /** What it says of itself in another language than English. */
  get texts(): Partial<Texts> | undefined {
    return this.#texts;
  }
  set texts(texts: Partial<Texts> | undefined) {
    this.#texts = texts;
    this.#queue();
  }
  /** A row and a column to outline. */
  get highlight(): Highlight {
    return this.#highlight;
  }
  set highlight(highlight: Highlight | undefined) {
    this.#highlight = highlight ?? {};
    this.#view?.highlight(this.#highlight);
  }

  connectedCallback(): void {
    // Properties that were set before the element was known are in the way of its own.
    for (const name of Object.keys(this)) {
      if (!(name in AttnHeatmap.prototype)) continue;
      const value = Reflect.get(this, name);
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, value);
    }
    this.#queue();
  }

  /** In another document it needs another style sheet, and elements of that document's. */
  adoptedCallback(): void {
    this.#view = undefined;
    this.#queue();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === "label") {
      this.#queue();
      return;
    }
    try {
      this.#give({ [name === "hidden-cells" ? "hidden" : name]: value === null ? undefined : JSON.parse(value) });
    } catch (cause) {
      const got = JSON.stringify(value?.slice(0, 40));
      throw new TypeError(`attn-heatmap: "${name}" must be JSON, got ${got}`, { cause });
    }
  }

  #give(part: { readonly [K in keyof Matrix]?: Matrix[K] | undefined }): void {
    this.#matrix = { ...this.#matrix, ...part } as Partial<Matrix>;
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
    try {
      if (this.#matrix.values) this.#draw();
      else this.#show(undefined);
    } catch (error) {
      this.#show(sentence(this.ownerDocument, (error as Error).message));
      throw error;
    }
  }

  #draw(): void {
    const read = readMatrix("attn-heatmap", this.#matrix);
    const cells = { ...read, rows: read.rows.map(legible), columns: read.columns.map(legible) };
    const [L, S] = [cells.rows.length, cells.columns.length];
    const texts = textsOf(this.#texts);
    this.#cells = cells;
    this.#at = within(this.#at, L, S);
    const isLarge = Math.max(L, S) > MOST_CELLS;
    const kind = L * S === 0 ? texts.empty : isLarge ? "canvas" : `${L} × ${S}`;
    if (this.#kind !== kind || !this.#view) {
      const hadFocus = Boolean(this.shadowRoot?.activeElement);
      const document = this.ownerDocument;
      if (L * S === 0) this.#show(sentence(document, texts.empty), kind);
      else this.#show(isLarge ? canvasView(document, this.#reader) : tableView(document, L, S, this.#reader), kind);
      this.#view?.move(this.#at, hadFocus);
    }
    const domain = scaleOf([cells], this.#domain);
    const { label, describe } = this;
    this.#view?.draw({ cells, domain, label, format: this.#format, texts, describe });
    this.#view?.highlight(this.#highlight);
  }

  #show(view: View | undefined, kind = ""): void {
    const document = this.ownerDocument;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = sheetOf(document);
    root.adoptedStyleSheets = sheet ? [sheet] : [];
    root.replaceChildren(...(view ? [view.root] : []));
    view?.root.addEventListener("keydown", (event) => this.#key(event));
    [this.#view, this.#kind] = [view, kind];
  }

  #plain = (row: number, column: number): string =>
    this.#cells ? saidOf(this.#cells, row, column, this.#format, textsOf(this.#texts).hidden, "") : "";

  #say(name: "attn-hover" | "attn-select", detail: Point | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #select(point: Point): void {
    if (this.interactive) this.#say("attn-select", point);
  }

  #move(point: Point, hasFocus: boolean): void {
    this.#at = point;
    this.#view?.move(point, hasFocus);
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || !this.#cells) return;
    const { rows, columns } = this.#cells;
    const isChoice = event.key === "Enter" || event.key === " ";
    const to = cellByKey(this.#at, event, rows.length, columns.length);
    if (!to && !isChoice) return;
    event.preventDefault();
    if (to) this.#move(to, true);
    else this.#select(this.#at);
  }
}
