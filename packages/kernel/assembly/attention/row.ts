// One record for each query row that is being worked on: where its numbers are, which keys it sees, and the running
// softmax. Filled in once a row, so that the passes over a tile need no shape, no stride and no option.

@unmanaged
export class Row {
  /** Online softmax: the sum of exp(logit - reference) so far. In f64: one term a block, of many blocks. */
  sum: f64;
  reference: f32;
  slope: f32;
  /** Visible keys lie in low … high-1. */
  low: i32;
  high: i32;
  /** The key index that this row's query stands at, for ALiBi. */
  position: i32;
  /** q·k in f64, for a query that the scale may not be multiplied into. */
  exact: bool;
  query: usize;
  /** Each at key 0 of this row; 0 = absent. */
  mask: usize;
  bias: usize;
  weights: usize;
  scores: usize;
  output: usize;
  lse: usize;
}

/** A record's size, of which each begins with an f64. */
export const ROW_BYTES: usize = (offsetof<Row>() + 7) & ~7;

/** Record r of those at `rows`. */
@inline
export function row_at(rows: usize, r: i32): Row {
  return changetype<Row>(rows + <usize>r * ROW_BYTES);
}
