// Metrics as a reader wants them: three digits, and the unit that suits their size.

/** Three significant digits, never in exponential notation. */
export const digits = (x: number): string => {
  if (x >= 100) return Math.round(x).toString();
  const [decimals] = [Math.max(0, 2 - Math.floor(Math.log10(Math.max(x, 1e-9))))];
  return x.toFixed(Math.min(decimals, 3));
};

export function duration(ms: number): string {
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

export function bytes(n: number): string {
  if (n < 2 ** 20) return `${digits(n / 1024)} KiB`;
  return `${digits(n / 2 ** 20)} MiB`;
}

export const times = (x: number): string => `${x < 10 ? x.toFixed(2) : digits(x)}×`;
export const percent = (share: number): string => `${Math.round(100 * share)} %`;
