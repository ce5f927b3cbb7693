// Shapes: what holds of a list of lengths, whatever it is the shape of. Imports nothing, checks nothing.

/** The number of elements. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const dimension of shape) n *= dimension;
  return n;
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;
