// Arrays as the reference sees them: numbers and a shape. Sizes and broadcasting, no arithmetic and no attention.

/** What the reference reads: dense, row-major, any array of numbers. A tensor and a mask of the API both fit. */
export interface NumericArray {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** What the reference returns: the same, in float64. */
export interface RealArray {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** Π shape; 1 for the empty shape, 0 as soon as one dimension is 0. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Element `index` of an array that is known to be that long. A read past the end throws: in a reference an
 * index error must not turn into a quiet NaN.
 */
export function at(data: ArrayLike<number>, index: number): number {
  const value = data[index];
  if (value === undefined) throw new RangeError(`element ${index} of an array of ${data.length}`);
  return value;
}

/** Throws unless data and shape agree; `name` is what the message calls the array. */
export function checkArray(name: string, array: NumericArray): void {
  if (array.data.length !== sizeOf(array.shape))
    throw new RangeError(
      `"${name}" holds ${array.data.length} numbers, its shape [${array.shape}] ${sizeOf(array.shape)}`,
    );
}

/**
 * The array repeated until it has `shape`. The rule is NumPy's broadcast_to: axes are aligned from the right, an
 * axis of 1 stretches, a missing leading axis counts as 1; more axes than `shape` has, or any other extent, throws.
 */
export function broadcast(name: string, array: NumericArray, shape: readonly number[]): RealArray {
  checkArray(name, array);
  const lead = shape.length - array.shape.length;
  const fits = lead >= 0 && array.shape.every((extent, axis) => extent === 1 || extent === shape[axis + lead]);
  if (!fits) throw new RangeError(`"${name}" of shape [${array.shape}] does not broadcast to [${shape}]`);

  const data = new Float64Array(sizeOf(shape));
  for (let flat = 0; flat < data.length; flat++) {
    let rest = flat;
    let source = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= lead; axis--) {
      const extent = at(array.shape, axis - lead);
      const coordinate = rest % at(shape, axis);
      rest = Math.floor(rest / at(shape, axis));
      if (extent !== 1) source += coordinate * stride;
      stride *= extent;
    }
    data[flat] = at(array.data, source);
  }
  return { data, shape };
}
