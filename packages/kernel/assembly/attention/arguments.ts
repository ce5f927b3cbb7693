// The argument block of `attention_f32`: one record in memory that the caller fills in. Fields are 4 bytes each, in this
// order; the build derives from this file what callers write it by: offsets, formats, modes. Pointers and strides are in bytes,
// and an absent pointer is 0.
//
// B batch · H query heads · G key/value heads · L query length · S key length · D, Dv head sizes

/** How keys and values are stored. */
export enum Format {
  F32 = 0,
  F16 = 1,
  INT8 = 2,
  /** f16 without a NaN or an Infinity among them, which are faster to read. */
  F16_FINITE = 3,
}

/** What `weights` receives. */
export enum WeightsMode {
  PER_HEAD = 0,
  MEAN = 1,
}

@unmanaged
export class AttentionArguments {
  batch: i32;
  heads: i32;
  keyValueHeads: i32;
  queryLength: i32;
  keyLength: i32;
  headSize: i32;
  valueSize: i32;
  /** A Format: of key and value. */
  format: i32;

  query: usize;
  queryBatchStride: usize;
  queryHeadStride: usize;
  queryStride: usize;
  key: usize;
  keyBatchStride: usize;
  keyHeadStride: usize;
  keyStride: usize;
  /** 0: only scores are wanted, nothing is multiplied with values. */
  value: usize;
  valueBatchStride: usize;
  valueHeadStride: usize;
  valueStride: usize;
  /** [B, G, S] f32 with these strides: the scale of each int8 token. */
  keyScales: usize;
  valueScales: usize;
  scaleBatchStride: usize;
  scaleHeadStride: usize;
  output: usize;
  outputBatchStride: usize;
  outputHeadStride: usize;
  outputStride: usize;

  /** Multiplies q·k. */
  scale: f32;
  /** softcap·tanh(x/softcap); 0 = none. */
  softcap: f32;
  /** Keys visible to a query at position p: p-left … p+right. -1 = that side is unbounded. */
  left: i32;
  right: i32;
  /** [B] i32, or 0 where the only batch stride is 0: the key index that query 0 of each batch element stands at. */
  positions: usize;
  /** [B] i32: the number of keys that may be read; 0 = all S. */
  keyLengths: usize;
  /** [H] f32. */
  slopes: usize;
  /** [H] f32. */
  sinks: usize;
  /** u8 keep-mask, broadcast by strides; its key stride is 0 or 1. */
  mask: usize;
  maskBatchStride: usize;
  maskHeadStride: usize;
  maskQueryStride: usize;
  maskKeyStride: usize;
  /** f32 bias, broadcast by strides; its key stride is 0 or 4. */
  bias: usize;
  biasBatchStride: usize;
  biasHeadStride: usize;
  biasQueryStride: usize;
  biasKeyStride: usize;

  /** [B, H, L, S] f32, or [B, L, S] where weightsMode is MEAN. */
  weights: usize;
  /** A WeightsMode. */
  weightsMode: i32;
  /** [B, H, L, S] f32. */
  scores: usize;
  /** What a hidden score reads as. */
  maskedValue: f32;
  /** [B, H, L] f32. */
  lse: usize;
  /** `attention_f32_scratch` bytes, a multiple of 64. */
  scratch: usize;
}
