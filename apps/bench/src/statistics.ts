// A few measurements into the metrics that are printed.

/** The middle one; between the two middle ones of an even number. NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Median absolute deviation from the median, as a share of it. */
export function spread(numbers: readonly number[]): number {
  const middle = median(numbers);
  return median(numbers.map((x) => Math.abs(x - middle))) / middle;
}
