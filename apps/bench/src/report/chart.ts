// The chart of the README: each benchmark a row of dots on a logarithmic axis, how many times as long as @attn/core a peer
// takes. A pure function of the results; colours follow the reader's light or dark theme.
import { times } from "./format.ts";
import type { BenchmarkResult, CaseResult } from "./results.ts";

interface Series {
  readonly name: string;
  readonly css: string;
}

/** By the name of a peer; Okabe and Ito's colours, told apart also by those who see fewer. */
const series: readonly Series[] = [
  { name: "@attn/core", css: "ours" },
  { name: "onnxruntime-web", css: "web" },
  { name: "@tensorflow/tfjs-backend-wasm", css: "tfjs" },
  { name: "@jax-js/jax", css: "jax" },
  { name: "plain JavaScript", css: "plain" },
  { name: "onnxruntime-node", css: "native" },
];

const [left, right, top, step, width] = [250, 40, 96, 26, 860] as const;
const [least, most] = [0.125, 64] as const;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot" }[c]};`);

const at = (ratio: number): number => {
  const share = Math.log(Math.min(most, Math.max(least, ratio)) / least) / Math.log(most / least);
  return Math.round(10 * (left + share * (width - left - right))) / 10;
};

/** The markers differ in shape, too. */
function marker(css: string, x: number, y: number, title: string): string {
  const [r, label] = [5.5, `<title>${escaped(title)}</title>`];
  const polygon = (points: readonly (readonly [number, number])[]): string =>
    `<polygon class="${css}" points="${points.map(([dx, dy]) => `${x + dx * r},${y + dy * r}`).join(" ")}">${label}</polygon>`;
  if (css === "tfjs") return `<rect class="${css}" x="${x - 5}" y="${y - 5}" width="10" height="10">${label}</rect>`;
  if (css === "jax")
    return polygon([
      [0, -1.2],
      [1.1, 0.9],
      [-1.1, 0.9],
    ]);
  if (css === "plain")
    return polygon([
      [0, -1.25],
      [1.25, 0],
      [0, 1.25],
      [-1.25, 0],
    ]);
  return `<circle class="${css}" cx="${x}" cy="${y}" r="${r}">${label}</circle>`;
}

/** The quickest case of each series, among those of the mode that is charted. */
function shown({ cases, baseline }: BenchmarkResult, mode: string | undefined): Map<string, CaseResult> {
  const best = new Map<string, CaseResult>();
  for (const result of cases) {
    const chosen = result.kind === "ours" ? result.key === baseline : mode === undefined || result.label === mode;
    if (result.ratio === undefined || !chosen) continue;
    const known = best.get(result.name);
    if (!known || result.ratio < (known.ratio as number)) best.set(result.name, result);
  }
  return best;
}

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .grid { stroke: #d1d9e0; }
  .one { stroke: #59636e; stroke-width: 1.5; }
  .ours { fill: #0072b2; } .web { fill: #d55e00; } .tfjs { fill: #e69f00; } .jax { fill: #009e73; } .plain { fill: #7b5ea7; }
  .native { fill: none; stroke: #59636e; stroke-width: 1.8; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #3d444d; } .one { stroke: #9198a1; }
    .ours { fill: #56b4e9; } .web { fill: #f0883e; } .tfjs { fill: #f0c541; } .jax { fill: #2fc49a; } .plain { fill: #b39ddb; }
    .native { stroke: #9198a1; }
  }`;

/** What the benchmarks want charted, where a peer was measured, as an SVG document. */
export function drawChart(results: readonly BenchmarkResult[], caption: string): string {
  const rows = results
    .flatMap((result) => result.chart.map(({ label, mode }) => ({ title: label, quickest: shown(result, mode) })))
    .filter(({ quickest }) => quickest.size > 1 && quickest.has("@attn/core"));
  const bottom = top + rows.length * step;
  const height = bottom + 52;

  const legend = series.map(({ name, css }, i) => {
    const [x, y] = [22 + (i % 3) * 270, 46 + Math.floor(i / 3) * 20];
    const text = css === "native" ? `${name} (native)` : name;
    return `${marker(css, x, y, text)}<text class="quiet" x="${x + 12}" y="${y + 4}">${escaped(text)}</text>`;
  });
  const ticks: string[] = [];
  for (let ratio: number = least; ratio <= most; ratio *= 2) {
    const x = at(ratio);
    const text = ratio < 1 ? `1/${1 / ratio}` : `${ratio}`;
    ticks.push(
      `<line class="${ratio === 1 ? "one" : "grid"}" x1="${x}" x2="${x}" y1="${top - 8}" y2="${bottom}"/>`,
      `<text class="quiet" x="${x}" y="${bottom + 18}" text-anchor="middle">${text}×</text>`,
    );
  }
  const drawn = rows.flatMap(({ title, quickest }, i) => {
    const y = top + i * step + step / 2;
    const label = `<text x="${left - 16}" y="${y + 4}" text-anchor="end">${escaped(title)}</text>`;
    const markers = series.toReversed().flatMap(({ name, css }) => {
      const result = quickest.get(name);
      if (!result) return [];
      const about = [result.label, result.strategy].filter((text) => text !== "").join(", ");
      return [
        marker(
          css,
          at(result.ratio as number),
          y,
          `${name}${about && ` (${about})`}: ${times(result.ratio as number)}`,
        ),
      ];
    });
    return [label, ...markers];
  });

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<style>${style}\n</style>`,
    `<title id="title">Time of one call, as a multiple of @attn/core's</title>`,
    `<text class="title" x="16" y="24">Time of one call, as a multiple of @attn/core's: further right is slower</text>`,
    ...legend,
    ...ticks,
    ...drawn,
    `<text class="quiet" x="16" y="${height - 10}">${escaped(caption)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}
