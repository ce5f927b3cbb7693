// The heat scale: legible at every step, and monotone, in both themes and in the terminal's palette.

import { contrast, domainOf, heat, heatScale, heatSteps, share, type Theme } from "@attn/viz";
import { describe, expect, it } from "vitest";
import { inkOn, ramp256 } from "../src/terminal/palette.ts";

const AA = 4.5;
const white = "#ffffff";

describe.each<Theme>(["light", "dark"])("%s", (theme) => {
  const scale = heatScale[theme];

  it("has AA contrast at every step", () => {
    expect(scale).toHaveLength(heatSteps);
    for (const { background, text } of scale) expect(contrast(background, text)).toBeGreaterThanOrEqual(AA);
  });

  it("goes one way only: more stands out more", () => {
    const distances = scale.map(({ background }) => contrast(background, white));
    const sorted = [...distances].sort((x, y) => (theme === "light" ? x - y : y - x));
    expect(distances).toEqual(sorted);
    expect(new Set(distances).size).toBe(heatSteps);
  });

  it("meets its ends, and goes past neither", () => {
    for (const value of [-5, 0]) expect(heat(value, [0, 1], theme)).toEqual(scale[0]);
    for (const value of [1, 7]) expect(heat(value, [0, 1], theme)).toEqual(scale.at(-1));
  });
});

it("has AA contrast and one direction in 256 colours", () => {
  for (const { hex } of ramp256)
    expect(contrast(hex, inkOn(hex) === 16 ? "#000000" : white)).toBeGreaterThanOrEqual(AA);
  const distances = ramp256.map(({ hex }) => contrast(hex, white));
  expect(distances).toEqual([...distances].sort((x, y) => y - x));
});

it("names colours of the 6×6×6 cube and the greys by their codes", () => {
  const levels = [0, 95, 135, 175, 215, 255];
  const hexOf = (code: number): string => {
    const cube = [Math.floor((code - 16) / 36), Math.floor((code - 16) / 6) % 6, (code - 16) % 6];
    const rgb =
      code >= 232 ? Array<number>(3).fill(8 + 10 * (code - 232)) : cube.map((level) => levels[level] as number);
    return `#${rgb.map((x) => x.toString(16).padStart(2, "0")).join("")}`;
  };
  for (const { code, hex } of ramp256) expect(hexOf(code)).toBe(hex);
});

it("knows the contrast of black on white", () => {
  expect(contrast("#000000", white)).toBeCloseTo(21, 10);
  expect(contrast("#767676", white)).toBeCloseTo(4.54, 2);
});

it("takes 0 … 1 as the domain, wider only for values outside of it", () => {
  expect(domainOf([[0.2, 0.8]])).toEqual([0, 1]);
  expect(domainOf([[-3], [5]])).toEqual([-3, 5]);
  expect(domainOf([[Number.NEGATIVE_INFINITY, 1]])).toEqual([0, 1]);
  expect(share(1, [-1, 3])).toBe(0.5);
});
