// What is to be known of the module "nn" without having it: its exports, and how its argument block is written.
export {
  activations,
  fields,
  sourceFormats,
  weightFormats,
  words,
} from "./generated/nn/arguments.ts";
export { type Variant, version, type WasmModule } from "./module.ts";

/**
 * What an instance of either variant exports. Pointers are byte offsets into the imported memory, strides are in bytes, lengths
 * are counts. x and y are rows of f32; where a pointer "may be absent", 0 says so.
 */
export interface NnExports {
  /** Runs the linear layer that the argument block at `args` describes. */
  linear_f32(args: number): void;
  /** Bytes of scratch for rows, inputs and format of the argument block, as an unsigned number. */
  linear_f32_scratch(args: number): number;

  /** Bytes of a packed weight [N, K] of a format of weightFormats, without its scales. */
  weight_bytes(format: number, N: number, K: number): number;
  /**
   * Packs rows first … first+rows-1 of a weight [N, K]: rows of `source`, in a format of sourceFormats, rowStride bytes apart,
   * their numbers `step` bytes apart. scales [N up to a multiple of 8] f32, with f16 and int8; sourceScales [rows], with int8.
   */
  pack_weight(
    format: number,
    weight: number,
    scales: number,
    N: number,
    K: number,
    first: number,
    rows: number,
    sourceFormat: number,
    source: number,
    rowStride: number,
    step: number,
    sourceScales: number,
    scratch: number,
  ): void;
  pack_weight_scratch(K: number): number;
  /** y [count, K] = or += factor·row of a packed weight, for each of `count` ids (i32). */
  embed_f32(
    y: number,
    yStride: number,
    ids: number,
    count: number,
    format: number,
    weight: number,
    scales: number,
    N: number,
    K: number,
    factor: number,
    accumulate: number,
  ): void;

  /** y = (s - mean)/√(variance + eps)·weight + bias, s = x + residual; `sum` receives s. All but x and y may be absent. */
  layer_norm_f32(
    y: number,
    yStride: number,
    sum: number,
    sumStride: number,
    x: number,
    xStride: number,
    residual: number,
    residualStride: number,
    rows: number,
    n: number,
    weight: number,
    bias: number,
    eps: number,
  ): void;
  /** y = s/√(mean s² + eps)·weight, s = x + residual. */
  rms_norm_f32(
    y: number,
    yStride: number,
    sum: number,
    sumStride: number,
    x: number,
    xStride: number,
    residual: number,
    residualStride: number,
    rows: number,
    n: number,
    weight: number,
    eps: number,
  ): void;
  /** y = an activation of n numbers x; y may be x. */
  activate_f32(y: number, x: number, n: number, kind: number, scratch: number): void;
  activate_f32_scratch(): number;

  /** to [count] f64 = theta^(-2i/dimensions). */
  frequencies_f64(to: number, count: number, dimensions: number, theta: number): void;
  /** f32 sines and cosines of position·frequency: positions [rows] f64, or start, start + 1 … where absent. */
  sinusoids_f32(
    sines: number,
    sineCount: number,
    cosines: number,
    cosineCount: number,
    step: number,
    stride: number,
    rows: number,
    frequencies: number,
    start: number,
    positions: number,
  ): void;
  /** Turns pairs of x [rows, heads, …] in place by the table [rows, 2·pairs] of cosines, then sines. */
  rope_f32(
    x: number,
    rowStride: number,
    headStride: number,
    rows: number,
    heads: number,
    pairs: number,
    interleaved: number,
    table: number,
  ): void;
  /** to [heads, count] = table [·, heads] at buckets [count] i32, heads `stride` bytes apart. */
  relative_bias_f32(to: number, stride: number, table: number, heads: number, buckets: number, count: number): void;

  /** y = factor·x + addend; addend may be absent. */
  add_f32_rows(
    y: number,
    yStride: number,
    x: number,
    xStride: number,
    factor: number,
    addend: number,
    addendStride: number,
    rows: number,
    n: number,
  ): void;
  /** x [rows, heads, n] *= factors [heads]. */
  scale_heads_f32(
    x: number,
    rowStride: number,
    headStride: number,
    rows: number,
    heads: number,
    n: number,
    factors: number,
  ): void;
  /** y [n] = mean of the rows. */
  mean_f32_rows(y: number, x: number, stride: number, rows: number, n: number): void;
  /** y = x/max(‖x‖, eps), each row. */
  normalize_f32_rows(
    y: number,
    yStride: number,
    x: number,
    xStride: number,
    rows: number,
    n: number,
    eps: number,
  ): void;
  /** Where the largest of n numbers is, the first of equals. */
  argmax_f32(x: number, n: number): number;
}
