// What one group of attention works with: its pieces of scratch, its rows, the keys it sees. Computes nothing.
import { AttentionArguments, F16, MEAN } from "./arguments";
import { TABLE_BYTES } from "./constants";
import { Row } from "./rows";
import { ROWS } from "./simd";
import { DEPTH } from "./tiles";

export const ROW: usize = DEPTH * 4;
/** Query rows that go through all blocks of keys together, so that a block is fetched once for them: a multiple of 4 and 6. */
export const BLOCK_ROWS: i32 = 96;
/** Up to as many rows in a group, packing K and V costs more than it saves. */
const FEW: i32 = 8;

const ROWS_BYTES: usize = <usize>BLOCK_ROWS * offsetof<Row>();
export const TILE_BYTES: usize = <usize>ROWS * ROW;

/** What a group's work needs beside the arguments: where its pieces of scratch are, and its place. */
@unmanaged
export class Group {
  table: usize;
  rows: usize;
  tile: usize;
  /** A copy of the tile's logits, which tell a hidden key from a weight that underflowed. */
  logits: usize;
  /** Scaled query rows: `queryStride` bytes apart, in chunks of DEPTH columns `queryChunk` bytes apart. */
  query: usize;
  queryStride: usize;
  queryChunk: usize;
  /** Unnormalised output rows, `outputStride` bytes apart. */
  output: usize;
  outputStride: usize;
  /** [BLOCK_ROWS, S]: weights of a row block before they join the mean over heads. */
  mean: usize;
  /** One byte for each block of keys: whether v has a NaN or an Infinity there. */
  odd: usize;
  keyPanels: usize;
  valuePanels: usize;
  /** Bytes between panels of v. */
  valuePanel: usize;
  direct: bool;

  batch: i32;
  keyValueHead: i32;
  /** The number of keys that may be read, and the key index that query 0 stands at. */
  keys: i32;
  position: i32;
  /** Keys that any row sees: first … last-1, first a multiple of DEPTH. */
  first: i32;
  last: i32;
}
const GROUP_BYTES: usize = 128;

@inline
function align64(n: u64): u64 {
  return (n + 63) & ~63;
}

@inline
export function group_rows(a: AttentionArguments): i32 {
  return a.heads / a.keyValueHeads * a.queryLength;
}

/** Whether K and V are read where they lie. What may have an f16 that is not finite is always packed. */
@inline
function is_direct(a: AttentionArguments): bool {
  return group_rows(a) <= FEW && a.format != F16;
}

@inline
export function eights(n: i32): i32 {
  return (n + 7) & ~7;
}

/** Bytes of scratch for these arguments; only sizes, format and weightsMode are read. 2³²-1 stands for more than there can be. */
export function attention_f32_scratch(p: usize): usize {
  const a = changetype<AttentionArguments>(p);
  if (a.batch == 0 || a.keyValueHeads == 0 || a.queryLength == 0) return 0;
  const S = <u64>a.keyLength, D = <u64>a.headSize, Dv8 = <u64>eights(a.valueSize);
  const keys = (S + 7) & ~7, chunks = (D + DEPTH - 1) / DEPTH;
  let bytes = <u64>(TABLE_BYTES + GROUP_BYTES + ROWS_BYTES + 2 * TILE_BYTES);
  bytes += <u64>BLOCK_ROWS * (chunks * <u64>ROW + Dv8 * 4) + align64(S / DEPTH + 1);
  if (!is_direct(a)) bytes += align64(keys * D * 4) + align64(keys * Dv8 * 4);
  if (a.weightsMode == MEAN) bytes += align64(<u64>BLOCK_ROWS * S * 4);
  return bytes > 0xffffffff ? 0xffffffff : <usize>bytes;
}

/** Cuts scratch into the group's pieces, as `attention_f32_scratch` counted them. */
export function lay_out(a: AttentionArguments, g: Group): void {
  const dv8 = <usize>eights(a.valueSize), keys = <usize>eights(a.keyLength);
  const chunks = <usize>((a.headSize + DEPTH - 1) / DEPTH);
  let p = a.scratch;
  g.table = p;
  p += TABLE_BYTES + GROUP_BYTES;
  g.rows = p;
  p += ROWS_BYTES;
  g.tile = p;
  p += TILE_BYTES;
  g.logits = p;
  p += TILE_BYTES;
  g.direct = is_direct(a);
  g.query = p;
  // Rows that are read whole lie together; rows of tiles lie DEPTH floats apart, as the micro-kernel wants them.
  g.queryStride = g.direct ? chunks * ROW : ROW;
  g.queryChunk = <usize>BLOCK_ROWS * ROW;
  p += chunks * g.queryChunk;
  g.output = p;
  g.outputStride = dv8 << 2;
  p += <usize>BLOCK_ROWS * g.outputStride;
  g.odd = p;
  p += <usize>align64(<u64>(a.keyLength / DEPTH + 1));
  if (!g.direct) {
    g.keyPanels = p;
    p += <usize>align64(<u64>keys * <u64>a.headSize * 4);
    g.valuePanels = p;
    g.valuePanel = keys << 5;
    p += <usize>align64(<u64>keys * <u64>dv8 * 4);
  }
  g.mean = p;
}

@inline
export function first_key(a: AttentionArguments, position: i32): i32 {
  return a.left < 0 ? 0 : <i32>max<i64>(0, <i64>position - a.left);
}

@inline
export function end_of_keys(a: AttentionArguments, position: i32, keys: i32): i32 {
  return a.right < 0 ? keys : <i32>max<i64>(0, min<i64>(keys, <i64>position + a.right + 1));
}
