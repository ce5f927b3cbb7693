// A block of query rows, begun and finished: its records filled in and its queries scaled, its outputs normalised.
import { AttentionArguments, WeightsMode } from "./arguments";
import { Group, end_of_keys, first_key } from "./group";
import { row_at } from "./row";
import { normalize_row } from "./softmax";
import { log } from "../lib/exp";
import { add_scaled, fill_row, write_scaled } from "../lib/rows";
import { KC, KC_BYTES, MR } from "../lib/sizes";

/** Fills in the records of rows from … from+count-1 of the group, scales their queries, clears their output. */
export function start_rows(a: AttentionArguments, g: Group, from: i32, count: i32): void {
  const H = a.heads / a.keyValueHeads, L = a.queryLength, S = <usize>a.keyLength, b = <usize>g.batch;
  let head = from / L, l = from % L;
  for (let r = 0; r < count; ++r) {
    const row = row_at(g.rows, r);
    const h = <usize>(g.keyValueHead * H + head), q = <usize>l;
    const position = g.position + l;
    row.position = position;
    row.low = first_key(a, position);
    row.high = end_of_keys(a, position, g.keys);
    row.slope = a.slopes ? load<f32>(a.slopes + (h << 2)) : 0;
    row.maximum = a.sinks ? load<f32>(a.sinks + (h << 2)) : -Infinity;
    row.sum = row.maximum == -Infinity ? 0 : 1;
    row.mask = a.mask ? a.mask + b * a.maskBatchStride + h * a.maskHeadStride + q * a.maskQueryStride : 0;
    row.bias = a.bias ? a.bias + b * a.biasBatchStride + h * a.biasHeadStride + q * a.biasQueryStride : 0;
    if (row.mask && a.maskKeyStride == 0) {
      // One byte for the whole row: it hides the row or does nothing.
      if (load<u8>(row.mask) == 0) row.high = 0;
      row.mask = 0;
    }
    const index = (b * <usize>a.heads + h) * <usize>L + q;
    row.scores = a.scores ? a.scores + ((index * S) << 2) : 0;
    row.lse = a.lse ? a.lse + (index << 2) : 0;
    row.weights = a.weights ? (a.weightsMode == WeightsMode.MEAN ? g.mean + ((<usize>r * S) << 2) : a.weights + ((index * S) << 2)) : 0;
    row.output = a.output + b * a.outputBatchStride + h * a.outputHeadStride + q * a.outputStride;
    const query = a.query + b * a.queryBatchStride + h * a.queryHeadStride + q * a.queryStride;
    scale_query(g.query + <usize>r * g.queryStride, g.unpacked ? KC_BYTES : g.queryChunk, query, a.headSize, a.scale);
    if (++l == L) {
      l = 0;
      ++head;
    }
  }
  if (g.unpacked) {
    memory.fill(g.output, 0, <usize>count * g.outputStride);
    return;
  }
  // The last tile may have rows past the end: zeros go through it, not what an earlier call left.
  const whole = (count + MR - 1) / MR * MR;
  memory.fill(g.output, 0, <usize>whole * g.outputStride);
  for (let d = 0; d < a.headSize; d += KC) {
    for (let r = count; r < whole; ++r) {
      fill_row(g.query + <usize>(d / KC) * g.queryChunk + <usize>r * KC_BYTES, min(KC, a.headSize - d), 0);
    }
  }
}

/** One query row times scale, in chunks of KC numbers. */
function scale_query(to: usize, chunk: usize, from: usize, depth: i32, scale: f32): void {
  for (let d = 0; d < depth; d += KC) {
    write_scaled(to, from, min(KC, depth - d), scale);
    to += chunk;
    from += KC_BYTES;
  }
}

/** Normalises the block's outputs and weights, and writes its log-sum-exp. */
export function finish_rows(a: AttentionArguments, g: Group, from: i32, count: i32): void {
  const L = a.queryLength, S = a.keyLength;
  let l = from % L;
  for (let r = 0; r < count; ++r) {
    const row = row_at(g.rows, r);
    // Nothing attended to: the output is 0. A sum of NaN stays one.
    const inverse: f32 = row.sum == 0 ? 0 : 1 / row.sum;
    write_scaled(row.output, g.output + <usize>r * g.outputStride, a.valueSize, inverse);
    if (row.lse) store<f32>(row.lse, row.sum == 0 ? -Infinity : row.maximum + log(row.sum));
    if (row.weights) {
      normalize_row(row.weights, S, row.maximum, inverse, g.table);
      if (a.weightsMode == WeightsMode.MEAN) {
        const mean = a.weights + (((<usize>g.batch * <usize>L + <usize>l) * <usize>S) << 2);
        add_scaled(mean, row.weights, S, <f32>1 / <f32>a.heads);
      }
    }
    if (++l == L) l = 0;
  }
}
