// What one group of attention works with: its pieces of scratch, its rows, the keys it sees. Computes nothing.
import { AttentionArguments, Format, WeightsMode } from "./arguments";
import { ROW_BYTES } from "./row";
import { TABLE_BYTES } from "../lib/constants";
import { carry_row, scale_row } from "../lib/rows";
import { ATTENTION_UNPACKED_ROWS, KC, KC_BYTES, LONG, MC, MR, round_up_64, round_up_8 } from "../lib/sizes";

/** Where scratch has the Group; the table comes before it. */
export const GROUP_OFFSET: usize = TABLE_BYTES;
const GROUP_BYTES: usize = (offsetof<Group>() + 63) & ~63;
/** 2⁻¹²⁶, below which an f32 has fewer bits; and the smallest of all. */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;
const SMALLEST: f32 = 1.401298464324817e-45;
const ROWS_BYTES: usize = <usize>MC * ROW_BYTES;
export const TILE_BYTES: usize = <usize>MR * KC_BYTES;

/** What a group's work needs beside the arguments: where its pieces of scratch are, and its place. */
@unmanaged
export class Group {
  table: usize;
  rows: usize;
  tile: usize;
  /** A copy of the tile's logits, which tell a hidden key from a weight that underflowed. */
  logits: usize;
  /** Scaled query rows: `queryStride` bytes apart, in chunks of KC columns `queryChunk` bytes apart. */
  query: usize;
  queryStride: usize;
  queryChunk: usize;
  /** Unnormalised output rows, `outputStride` bytes apart: of the last keys, where there are more than LONG. */
  output: usize;
  outputStride: usize;
  /** Where there are: such rows of all keys before those, and `lost` bytes on, what their sums lack (see carry_row). 0 elsewhere. */
  total: usize;
  lost: usize;
  /** exp(x - reference) comes times 1/unit: 1, but where a row is done again since its sums passed all f32. */
  unit: f32;
  /** [MC, S]: weights of a row block before they join the mean over heads. */
  mean: usize;
  /** One byte for each block of keys: whether v has a NaN or an Infinity there. */
  nonFinite: usize;
  keyPanels: usize;
  valuePanels: usize;
  /** Bytes between panels of v. */
  valuePanel: usize;
  /** K and V are read where they lie; there are no panels. */
  unpacked: bool;
  /** Some row of the block may need exact products. */
  mends: bool;
  /** Between these, a query's number times scale is a normal f32, and so are its products with stored keys. */
  least: f32;
  most: f32;

  batch: i32;
  keyValueHead: i32;
  /** The number of keys that may be read, and the key index that query 0 stands at. */
  keys: i32;
  position: i32;
  /** Keys that any row sees: first … last-1, first a multiple of KC. */
  first: i32;
  last: i32;
}

@inline
export function group_rows(a: AttentionArguments): i32 {
  return a.heads / a.keyValueHeads * a.queryLength;
}

/** Whether K and V are read where they lie. What may have an f16 that is not finite is always packed. */
@inline
function is_unpacked(a: AttentionArguments): bool {
  return group_rows(a) <= ATTENTION_UNPACKED_ROWS && a.format != Format.F16;
}

/** Bytes of scratch for these arguments; only sizes, format and weightsMode are read. 2³²-1 stands for more than there can be. */
export function attention_f32_scratch(p: usize): usize {
  const a = changetype<AttentionArguments>(p);
  if (a.batch == 0 || a.keyValueHeads == 0 || a.queryLength == 0) return 0;
  const S = <u64>a.keyLength, D = <u64>a.headSize, Dv8 = <u64>round_up_8(a.valueSize);
  const keys = (S + 7) & ~7, chunks = (D + KC - 1) / KC;
  let bytes = <u64>(GROUP_OFFSET + GROUP_BYTES + ROWS_BYTES + 2 * TILE_BYTES);
  bytes += <u64>MC * (chunks * <u64>KC_BYTES + Dv8 * 4) + round_up_64(S / KC + 1);
  if (!is_unpacked(a)) bytes += round_up_64(keys * D * 4) + round_up_64(keys * Dv8 * 4);
  if (a.keyLength > LONG) bytes += 2 * <u64>MC * Dv8 * 4;
  if (a.weightsMode == WeightsMode.MEAN) bytes += round_up_64(<u64>MC * S * 4);
  return bytes > 0xffffffff ? 0xffffffff : <usize>bytes;
}

/** Cuts scratch into the group's pieces, as `attention_f32_scratch` counted them. */
export function lay_out(a: AttentionArguments, g: Group): void {
  const dv8 = <usize>round_up_8(a.valueSize), keys = <usize>round_up_8(a.keyLength);
  const chunks = <usize>((a.headSize + KC - 1) / KC);
  let p = a.scratch;
  g.table = p;
  p += GROUP_OFFSET + GROUP_BYTES;
  g.rows = p;
  p += ROWS_BYTES;
  g.tile = p;
  p += TILE_BYTES;
  g.logits = p;
  p += TILE_BYTES;
  g.unpacked = is_unpacked(a);
  // int8 products come without the scale of their token, and must not pass all f32 before they get it.
  const scale = abs(a.scale), room: f32 = a.format == Format.INT8 ? 128 * <f32>(a.headSize + 1) : 1;
  g.most = f32.MAX_VALUE / (scale * room);
  g.least = scale == 0 ? 0 : max<f32>(SMALLEST_NORMAL / scale, SMALLEST);
  g.query = p;
  // Rows that are read whole lie together; rows of tiles lie KC floats apart, as the micro-kernel wants them.
  g.queryStride = g.unpacked ? chunks * KC_BYTES : KC_BYTES;
  g.queryChunk = <usize>MC * KC_BYTES;
  p += chunks * g.queryChunk;
  g.output = p;
  g.outputStride = dv8 << 2;
  p += <usize>MC * g.outputStride;
  g.nonFinite = p;
  p += <usize>round_up_64(<u64>(a.keyLength / KC + 1));
  if (!g.unpacked) {
    g.keyPanels = p;
    p += <usize>round_up_64(<u64>keys * <u64>a.headSize * 4);
    g.valuePanels = p;
    g.valuePanel = keys << 5;
    p += <usize>round_up_64(<u64>keys * <u64>dv8 * 4);
  }
  g.total = 0;
  if (a.keyLength > LONG) {
    g.total = p;
    g.lost = <usize>MC * g.outputStride;
    p += 2 * g.lost;
  }
  g.mean = p;
}

/** Output rows so far times `by`: row r of the block. */
export function scale_output(g: Group, r: i32, by: f32): void {
  const at = <usize>r * g.outputStride, n = <i32>(g.outputStride >> 2);
  scale_row(g.output + at, n, by);
  if (g.total) {
    scale_row(g.total + at, n, by);
    scale_row(g.total + g.lost + at, n, by);
  }
}

/** Adds the output of the last keys to that of all before, for the first `count` rows. */
export function carry_output(g: Group, count: i32): void {
  carry_row(g.total, g.output, g.total + g.lost, count * <i32>(g.outputStride >> 2));
}

@inline
export function first_key(a: AttentionArguments, position: i32): i32 {
  return a.left < 0 ? 0 : <i32>max<i64>(0, <i64>position - a.left);
}

@inline
export function end_of_keys(a: AttentionArguments, position: i32, keys: i32): i32 {
  return a.right < 0 ? keys : <i32>max<i64>(0, min<i64>(keys, <i64>position + a.right + 1));
}
