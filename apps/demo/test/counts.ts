// What a page does, counted from outside and the same on every machine: calls of the kernel, and how often a picture is
// drawn. The page knows nothing of it.
import type { Page } from "@attn/browser";

export interface Counts {
  /** Calls by operation: "matmul", "softmax". Those that only ask for a size of scratch are left out. */
  readonly kernel: Readonly<Record<string, number>>;
  /** For each canvas that was drawn on: how often its most drawn spot was. */
  readonly canvases: readonly number[];
  /** For each SVG picture that was drawn: how often. */
  readonly svgs: readonly number[];
}

/** Counts in all documents that the page opens from now on. */
export async function countWork(page: Page): Promise<{ take(): Promise<Counts> }> {
  await page.evaluateOnNewDocument(() => {
    const kernel: Record<string, number> = {};
    const spots = new Map<HTMLCanvasElement, Map<string, number>>();
    const svgs = new Map<Element, number>();
    const increment = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);

    const { Instance } = WebAssembly;
    class Counted {
      readonly exports: WebAssembly.Exports;
      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        const { exports } = new Instance(module, imports);
        const wrap = ([name, run]: [string, unknown]) => {
          const [operation = ""] = name.split("_");
          const counted = (...args: unknown[]) => {
            if (!name.endsWith("_scratch")) kernel[operation] = (kernel[operation] ?? 0) + 1;
            return (run as (...args: unknown[]) => unknown)(...args);
          };
          return [name, typeof run === "function" ? counted : run];
        };
        this.exports = Object.fromEntries(Object.entries(exports).map(wrap));
      }
    }
    WebAssembly.Instance = Counted as unknown as typeof WebAssembly.Instance;

    const drawing = CanvasRenderingContext2D.prototype;
    for (const name of ["fillRect", "putImageData", "drawImage"] as const) {
      const draw = drawing[name] as (...args: unknown[]) => void;
      drawing[name] = function (this: CanvasRenderingContext2D, ...args: unknown[]) {
        const counts = spots.get(this.canvas) ?? new Map<string, number>();
        spots.set(this.canvas, counts);
        increment(counts, [name, ...args.filter((arg) => typeof arg === "number")].join(" "));
        draw.apply(this, args);
      };
    }

    const observer = new MutationObserver((records) => {
      for (const { target, addedNodes } of records) {
        for (const node of addedNodes) if (node instanceof SVGElement) increment(svgs, target as Element);
      }
    });
    observer.observe(document, { childList: true, subtree: true });

    Object.assign(globalThis, {
      takeCounts: (): Counts => {
        const taken = {
          kernel: { ...kernel },
          canvases: Array.from(spots.values(), (counts) => Math.max(...counts.values())),
          svgs: [...svgs.values()],
        };
        for (const name of Object.keys(kernel)) delete kernel[name];
        spots.clear();
        svgs.clear();
        return taken;
      },
    });
  });
  return { take: () => page.evaluate("takeCounts()") as Promise<Counts> };
}
