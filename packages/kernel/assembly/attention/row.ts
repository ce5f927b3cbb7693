// One record for each query row that is being worked on: where its numbers are, which keys it sees, and the running
// softmax. Filled in once a row, so that the passes over a tile need no shape, no stride and no option.

@unmanaged
export class Row {
  /** Visible keys lie in low … high-1. */
  low: i32;
  high: i32;
  /** The key index that this row's query stands at, for ALiBi. */
  position: i32;
  slope: f32;
  /** Online softmax: the largest logit so far, and the sum of exp(logit - maximum). */
  maximum: f32;
  sum: f32;
  /** Each at key 0 of this row; 0 = absent. */
  mask: usize;
  bias: usize;
  weights: usize;
  scores: usize;
  output: usize;
  lse: usize;
}

/** Record r of those at `rows`. */
@inline
export function row_at(rows: usize, r: i32): Row {
  return changetype<Row>(rows + <usize>r * offsetof<Row>());
}
