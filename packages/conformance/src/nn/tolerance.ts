// How far float32 may lie from the float64 references of the layers; ../tolerance.ts tells the way of reasoning and has u.

import { dotTolerance, unitRoundoff } from "../tolerance.ts";

/**
 * Error of an activation relative to |x|, since each is x times a factor in [-0.2, 1.2]: the factor is 1/(1 + exp) or a
 * polynomial beside an exp. An exp of y loses 2u and u·|y|, and the slopes make of the factor's error at most
 * u·max_y |y|·(factor's slope), below u/3; twelve roundings more are a dozen operations. Where |x| is large the factor is
 * 0 or 1 and nothing is lost; where the result is small it is small beside x, and not relative to itself.
 */
export const activationTolerance: number = 16 * unitRoundoff;

/** Error of a norm over E numbers relative to its reference's condition: two sums of E, and eight roundings besides. */
export function normTolerance(E: number): number {
  return dotTolerance(E + 8);
}

/** Error of a rotated number relative to |a| + |b|: sine and cosine rounded, two products, one sum. */
export const rotationTolerance: number = 4 * unitRoundoff;

/**
 * What a linear layer loses where a row of x is rounded to whole numbers of at most `top`: an error of up to half a step
 * a number, uniform, so that the products with a weight row add up to step/√12·‖w‖ and, by the central limit theorem, to six
 * times that once in 5e8 sums, which is what is allowed; the step is max|x|/top.
 */
export function integerLinearTolerance(largest: number, weightNorm: number, top: number): number {
  return ((6 / Math.sqrt(12)) * largest * weightNorm) / top;
}

/**
 * Absolute error of a whole layer or block of moderate width: plain float32 is within 1e-6 of the largest number, since
 * norms keep all sums of order 1; the wrong gelu, or a wrong eps, differs by 2e-4 and more.
 */
export function layerTolerance(largest: number): number {
  return 2e-5 * Math.max(1, largest);
}
