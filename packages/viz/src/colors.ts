// What each role of colour is in each theme. The heat scale is heat.ts's.
import { heatScale, heatSteps, type Theme } from "./heat.ts";
import type { Role } from "./scene.ts";

const roles: Readonly<Record<Theme, Readonly<Record<Exclude<Role, number>, string>>>> = {
  light: { ink: "#1c2425", muted: "#566264", line: "#858f8f", accent: "#07605d", paper: "#ffffff" },
  dark: { ink: "#e4eae9", muted: "#9fadad", line: "#6f7d7d", accent: "#7be6e2", paper: "#14191a" },
};

export const heatStep = (place: number): number => Math.round(Math.min(1, Math.max(0, place)) * (heatSteps - 1));

/** The colour of a role as a fill or a line; `isText`: of text upon that place of the heat scale. */
export function colorOf(role: Role, theme: Theme, isText = false): string {
  if (typeof role !== "number") return roles[theme][role];
  const paint = heatScale[theme][heatStep(role)] as (typeof heatScale)[Theme][number];
  return isText ? paint.text : paint.background;
}
