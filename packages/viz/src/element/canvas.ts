// The view of more cells than a table bears: a canvas, a cursor, and a line that says where it is. Its picture takes time
// as it has pixels, at most four million; of more cells than that a pixel shows the largest of a block.
import { colorOf, heatStep } from "../colors.ts";
import { heatSteps, share, type Theme } from "../heat.ts";
import type { Point } from "../matrix.ts";
import { type Block, blockOf, largest, pool } from "../pool.ts";
import { type Highlight, make, type Reader, type Shown, type View } from "./view.ts";

/** Pixels of a cell, at most; of the canvas in a row or a column, and in all: what every browser bears. */
const PIXELS = 8;
const SIDE = 8192;
const AREA = 2 ** 22;

/** As ImageData has it in memory, on the little-endian machines that browsers run on. */
const wordOf = (hex: string): number =>
  (0xff000000 |
    (Number.parseInt(hex.slice(5, 7), 16) << 16) |
    (Number.parseInt(hex.slice(3, 5), 16) << 8) |
    Number.parseInt(hex.slice(1, 3), 16)) >>>
  0;

export function canvasView(document: Document, reader: Reader): View {
  const root = make(document, "div");
  const box = make(document, "div", "box");
  const canvas = make(document, "canvas");
  const cursor = make(document, "div", "cursor");
  const bands = { row: make(document, "div", "band"), column: make(document, "div", "band") };
  const status = make(document, "p", "said");
  const note = make(document, "p", "said");
  status.setAttribute("aria-live", "polite");
  canvas.tabIndex = 0;
  // Arrow keys move a cursor inside, and the line below says where it is.
  canvas.setAttribute("role", "application");
  box.append(canvas);
  root.append(box, status, note);

  let shown: Shown | undefined;
  let painted: Theme | undefined;
  let block: Block = [1, 1];
  /** Pixels of a square. */
  let [height, width] = [PIXELS, PIXELS];
  let stop: Point = { row: 0, column: 0 };
  let lit: Highlight = {};

  // The style sheet gives it a colour in each theme, so it is the one that table and page have.
  const themeNow = (): Theme =>
    document.defaultView?.getComputedStyle(canvas).caretColor === "rgb(255, 255, 255)" ? "dark" : "light";

  const paint = (): void => {
    if (!shown) return;
    const { cells: whole, domain } = shown;
    const cells = pool(whole, block);
    const [L, S] = [cells.rows.length, cells.columns.length];
    let size = PIXELS;
    do {
      [height, width] = [Math.min(size, Math.floor(SIDE / L)), Math.min(size, Math.floor(SIDE / S))];
      size--;
    } while (height * width * L * S > AREA);
    canvas.width = S * width;
    canvas.height = L * height;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("attn-heatmap: this browser gives no canvas to paint on");
    painted = themeNow();
    const theme = painted;
    const heat = Array.from({ length: heatSteps }, (_, step) => wordOf(colorOf(step / (heatSteps - 1), theme)));
    const [accent, paper] = [wordOf(colorOf("accent", theme)), wordOf(colorOf("paper", theme))];
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    // Two lines of pixels make a row of cells: what is no number is a frame.
    const [edge, middle] = [new Uint32Array(canvas.width), new Uint32Array(canvas.width)];
    for (let i = 0; i < L; i++) {
      for (let j = 0, at = 0; j < S; j++) {
        const value = cells.value(i, j);
        const isOdd = !Number.isFinite(value);
        // What is hidden lets the hatching through that is behind the canvas.
        const word = cells.isHidden(i, j) ? 0 : isOdd ? accent : (heat[heatStep(share(value, domain))] as number);
        for (let x = 0; x < width; x++, at++) {
          edge[at] = word;
          middle[at] = word && isOdd && x > 0 && x < width - 1 ? paper : word;
        }
      }
      for (let y = 0; y < height; y++)
        pixels.set(y === 0 || y === height - 1 ? edge : middle, (i * height + y) * canvas.width);
    }
    context.putImageData(image, 0, 0);
  };
  const repaint = (): void => {
    if (painted && painted !== themeNow()) paint();
  };
  // A change of theme is a transition of that colour, wherever it comes from; none runs where nothing is displayed, and an
  // animation begins when it is again.
  for (const name of ["transitionend", "animationend"]) canvas.addEventListener(name, repaint);

  const place = (mark: HTMLElement, left: number, top: number, across: number, down: number): void => {
    Object.assign(mark.style, { left: `${left}px`, top: `${top}px`, width: `${across}px`, height: `${down}px` });
    box.append(mark);
  };
  const squareOf = ({ row, column }: Point): [left: number, top: number] => [
    Math.floor(column / block[1]) * width,
    Math.floor(row / block[0]) * height,
  ];
  const tell = (point: Point | undefined): void => {
    if (shown && point) status.textContent = shown.describe(point.row, point.column);
  };
  const mark = (): void => {
    const { rows = [], columns = [] } = shown?.cells ?? {};
    const [row, column] = [lit.row ?? -1, lit.column ?? -1];
    const [left, top] = squareOf({ row, column });
    if (row in rows) place(bands.row, 0, top, canvas.width, height);
    else bands.row.remove();
    if (column in columns) place(bands.column, left, 0, width, canvas.height);
    else bands.column.remove();
  };
  const move = (to: Point): void => {
    stop = to;
    place(cursor, ...squareOf(to), width, height);
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    tell(to);
    reader.hover(to);
  };

  /** The cell that the square under the pointer shows. */
  const under = ({ clientX, clientY }: MouseEvent): Point | undefined => {
    if (!shown) return;
    const { left, top } = canvas.getBoundingClientRect();
    const row = Math.floor((clientY - top) / height) * block[0];
    const column = Math.floor((clientX - left) / width) * block[1];
    const { rows, columns } = shown.cells;
    if (!(row >= 0 && column >= 0 && row < rows.length && column < columns.length)) return;
    return largest(shown.cells, row, column, block) ?? { row, column };
  };
  let last = "";
  const hover = (point: Point | undefined): void => {
    const key = `${point?.row} ${point?.column}`;
    if (key === last) return;
    last = key;
    tell(point);
    reader.hover(point ?? null);
  };
  canvas.addEventListener("pointermove", (event) => hover(under(event)));
  canvas.addEventListener("pointerleave", () => hover(undefined));
  // The focus comes next, and would go back to where the cursor was.
  canvas.addEventListener("pointerdown", (event) => {
    stop = under(event) ?? stop;
  });
  canvas.addEventListener("focus", () => move(stop));
  canvas.addEventListener("blur", () => reader.hover(null));
  canvas.addEventListener("click", (event) => {
    const point = under(event);
    if (!point) return;
    reader.reach(point);
    move(point);
    reader.select(point);
  });

  return {
    root,
    draw(next) {
      shown = next;
      block = blockOf(next.cells.rows.length, next.cells.columns.length, SIDE, AREA);
      canvas.setAttribute("aria-label", next.label);
      note.textContent = block[0] * block[1] > 1 ? next.texts.pooled(...block) : "";
      paint();
      mark();
      if (cursor.isConnected) place(cursor, ...squareOf(stop), width, height);
    },
    highlight(at) {
      lit = at;
      mark();
    },
    move(to, hasFocus) {
      if (hasFocus) {
        canvas.focus();
        move(to);
      } else stop = to;
    },
  };
}
