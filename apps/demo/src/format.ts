// Numbers as the cells of a heatmap show them. Every number of one kind has the same form, so that columns read easily.

/** Shares of a row, and what is mixed by them: four decimals always. */
export const asShare = (x: number): string => (x + 0).toFixed(4);

/** Scores: integers bare, as a notebook's; others with at most four decimals. */
export const asScore = (x: number): string => String(Number(x.toFixed(4)) + 0);
