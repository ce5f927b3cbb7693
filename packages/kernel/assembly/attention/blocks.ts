// A block of query rows, begun and finished: its records filled in and its queries scaled, its outputs normalised.
import { AttentionArguments, WeightsMode } from "./arguments";
import { Group, carry_output, end_of_keys, first_key } from "./group";
import { row_at } from "./row";
import { normalize_row } from "./softmax";
import { scale_exp } from "../lib/constants";
import { log } from "../lib/exp";
import { add_scaled, all_finite, fill_row, not_finite, write_scaled } from "../lib/rows";
import { KC, KC_BYTES, LONG, MR } from "../lib/sizes";

/**
 * Fills in the records of rows from … from+count-1 of the group, scales their queries, clears their output. `again`: the
 * records are there since the first time; a row whose softmax was NaN then gets exact products.
 */
export function start_rows(a: AttentionArguments, g: Group, from: i32, count: i32, again: bool): void {
  const H = a.heads / a.keyValueHeads, L = a.queryLength, S = <usize>a.keyLength, b = <usize>g.batch;
  let head = from / L, l = from % L;
  g.mends = a.value == 0 || again || a.headSize > LONG;
  const scale = f32x4.splat(a.scale), chunk = g.unpacked ? KC_BYTES : g.queryChunk;
  // As integers, positive f32 have the same order; 0 - 1 is the largest of all.
  let smallest = i32x4.splat(-1), largest = i32x4.splat(0);
  for (let r = 0; r < count; ++r) {
    const row = row_at(g.rows, r);
    const failed = again && row.sum != row.sum;
    const h = <usize>(g.keyValueHead * H + head), q = <usize>l;
    const position = g.position + l;
    row.position = position;
    row.low = first_key(a, position);
    row.high = end_of_keys(a, position, g.keys);
    row.slope = a.slopes ? load<f32>(a.slopes + (h << 2)) : 0;
    row.reference = -Infinity;
    row.sum = 0;
    if (a.sinks) {
      row.reference = load<f32>(a.sinks + (h << 2));
      if (row.reference != -Infinity) row.sum = 1 / g.unit;
    }
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
    row.query = a.query + b * a.queryBatchStride + h * a.queryHeadStride + q * a.queryStride;
    row.exact = failed || a.headSize > LONG;
    let x = row.query;
    for (let d = 0, to = g.query + <usize>r * g.queryStride; d < a.headSize; d += KC, to += chunk) {
      let y = to, n = min(KC, a.headSize - d);
      for (; n >= 4; n -= 4) {
        const v = v128.load(x), size = f32x4.abs(v);
        v128.store(y, f32x4.mul(v, scale));
        smallest = i32x4.min_u(smallest, i32x4.sub(size, i32x4.splat(1)));
        largest = i32x4.max_u(largest, size);
        x += 16;
        y += 16;
      }
      for (; n > 0; --n) {
        const v = v128.load32_splat(x), size = f32x4.abs(v);
        v128.store32_lane(y, f32x4.mul(v, scale), 0);
        smallest = i32x4.min_u(smallest, i32x4.sub(size, i32x4.splat(1)));
        largest = i32x4.max_u(largest, size);
        x += 4;
        y += 4;
      }
    }
    if (++l == L) {
      l = 0;
      ++head;
    }
  }
  if (v128.any_true(v128.or(i32x4.lt_u(smallest, i32x4.splat(reinterpret<i32>(g.least) - 1)), i32x4.gt_u(largest, f32x4.splat(g.most))))) {
    g.mends = true;
    for (let r = 0; r < count; ++r) {
      const row = row_at(g.rows, r);
      if (!scales_well(g, row.query, a.headSize)) row.exact = true;
    }
  }
  // The last tile may have rows past the end: zeros go through it, not what an earlier call left.
  const whole = g.unpacked ? count : (count + MR - 1) / MR * MR;
  memory.fill(g.output, 0, <usize>whole * g.outputStride);
  if (g.total) {
    memory.fill(g.total, 0, <usize>count * g.outputStride);
    memory.fill(g.total + g.lost, 0, <usize>count * g.outputStride);
  }
  for (let d = 0; d < a.headSize; d += KC) {
    for (let r = count; r < whole; ++r) {
      fill_row(g.query + <usize>(d / KC) * g.queryChunk + <usize>r * KC_BYTES, min(KC, a.headSize - d), 0);
    }
  }
}

/** Whether scaling a query is as good as scaling its products: no number of it but 0 is outside least … most. */
function scales_well(g: Group, query: usize, depth: i32): bool {
  for (; depth > 0; --depth) {
    const size = abs(load<f32>(query));
    if (size > g.most || (size < g.least && size != 0)) return false;
    query += 4;
  }
  return true;
}

/**
 * Normalises the block's outputs and weights, and writes its log-sum-exp. The first time it returns false, and does no
 * more, where an output is not finite: its sums may have passed all f32 on their way.
 */
export function finish_rows(a: AttentionArguments, g: Group, from: i32, count: i32, again: bool): bool {
  const L = a.queryLength, S = a.keyLength;
  if (g.total) carry_output(g, count);
  let out = g.total ? g.total : g.output;
  const finite = again || all_finite(out, count * <i32>(g.outputStride >> 2));
  for (let r = 0; r < count; ++r) {
    const row = row_at(g.rows, r);
    // Nothing attended to: the output is 0. A sum of NaN stays one.
    const inverse = row.sum == 0 ? 0 : 1 / row.sum;
    if (again) mend_row(row.output, out, a.valueSize, inverse);
    else write_scaled(row.output, out, a.valueSize, <f32>inverse);
    out += g.outputStride;
  }
  if (!finite) return false;
  if (again) scale_exp(g.table, 0);
  if (a.lse == 0 && a.weights == 0) return true;
  let l = from % L;
  for (let r = 0; r < count; ++r) {
    const row = row_at(g.rows, r), sum = row.sum * g.unit;
    if (row.lse) store<f32>(row.lse, sum == 0 ? -Infinity : <f32>(<f64>row.reference + log(sum)));
    if (row.weights) {
      normalize_row(row.weights, S, row.reference, sum == 0 ? 0 : <f32>(1 / sum), g.table);
      if (a.weightsMode == WeightsMode.MEAN) {
        const mean = a.weights + (((<usize>g.batch * <usize>L + <usize>l) * <usize>S) << 2);
        add_scaled(mean, row.weights, S, <f32>1 / <f32>a.heads);
      }
    }
    if (++l == L) l = 0;
  }
  return true;
}

/** to = by·from where `to` is not finite. A mean of finite numbers is none that is larger than f32 has. */
function mend_row(to: usize, from: usize, n: i32, by: f64): void {
  for (; n > 0; --n) {
    const x = load<f32>(from);
    if (v128.any_true(not_finite(v128.load32_splat(to)))) {
      const y = <f32>(<f64>x * by);
      store<f32>(to, abs(x) < Infinity ? max(-f32.MAX_VALUE, min(f32.MAX_VALUE, y)) : y);
    }
    to += 4;
    from += 4;
  }
}
