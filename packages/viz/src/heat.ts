// The heat scale of the terminal and the page: one hue, and lightness says how much. Computes colours; draws nothing.
//
// Between the two ends lightness moves evenly in OKLCH (Björn Ottosson, "A perceptual color space for image
// processing", 2020), so that equal differences look equal. Text is black or white, whichever stands out more: for
// any background one of them has a contrast of at least 4.58, and WCAG AA asks for 4.5.

export type Theme = "light" | "dark";

export interface Paint {
  readonly background: string;
  readonly text: string;
}

/** The values at the two ends of the scale. */
export type Domain = readonly [low: number, high: number];

interface Lch {
  readonly l: number;
  readonly c: number;
}

/** Enough that neighbours are hard to tell apart, few enough that a test can look at them all. */
export const heatSteps = 21;

const hue = (192 * Math.PI) / 180;
/** On paper more is darker; on a dark page more is brighter. */
const ends: Record<Theme, readonly [Lch, Lch]> = {
  light: [
    { l: 0.972, c: 0.008 },
    { l: 0.4, c: 0.075 },
  ],
  dark: [
    { l: 0.27, c: 0.014 },
    { l: 0.86, c: 0.1 },
  ],
};

const gamma = (x: number): number => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);
const linear = (x: number): number => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const toByte = (x: number): number => Math.round(255 * Math.min(1, Math.max(0, x)));

function hexOf({ l, c }: Lch): string {
  const a = c * Math.cos(hue);
  const b = c * Math.sin(hue);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
  return `#${rgb.map((x) => toByte(gamma(x)).toString(16).padStart(2, "0")).join("")}`;
}

/** Relative luminance of "#rrggbb", as WCAG 2 defines it. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * Contrast ratio of two "#rrggbb", 1 … 21, as WCAG 2 defines it.
 *
 * @example
 * ```ts
 * import { contrast } from "@attn/viz";
 * console.log(contrast("#000000", "#ffffff")); // → 21
 * ```
 */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function paintAt(t: number, [from, to]: readonly [Lch, Lch]): Paint {
  const background = hexOf({ l: from.l + t * (to.l - from.l), c: from.c + t * (to.c - from.c) });
  const text = contrast(background, "#000000") >= contrast(background, "#ffffff") ? "#000000" : "#ffffff";
  return { background, text };
}

const scaleOf = (theme: Theme): Paint[] =>
  Array.from({ length: heatSteps }, (_, step) => paintAt(step / (heatSteps - 1), ends[theme]));

/** All steps from least to most. */
export const heatScale: Record<Theme, readonly Paint[]> = { light: scaleOf("light"), dark: scaleOf("dark") };

/**
 * Where a value stands in its domain: 0 … 1, and 0 for NaN.
 *
 * @example
 * ```ts
 * import { share } from "@attn/viz";
 * console.log(share(3, [0, 4])); // → 0.75
 * ```
 */
export function share(value: number, [low, high]: Domain): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low))) || 0;
}

/**
 * The paint of a value in its domain, as the steps of the scale have it.
 *
 * @example
 * ```ts
 * import { heat } from "@attn/viz";
 * const { background, text } = heat(1, [0, 1], "light");
 * console.log(background, text); // → #005452 #ffffff
 * ```
 */
export function heat(value: number, domain: Domain, theme: Theme): Paint {
  return heatScale[theme][Math.round(share(value, domain) * (heatSteps - 1))] as Paint;
}
